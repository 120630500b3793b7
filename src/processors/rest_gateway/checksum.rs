//! The gateway's checksums: MD5 over the listed values joined with `|`, exactly as they are sent.
//!
//! Lives here: which values each operation signs and in which order, signing, constant-time verification.
//! Does not: how an amount is written (`codec::amount`) or where the checksum is put (`codec::request`).

use md5::{Digest, Md5};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// What a checksum speaks for. Each operation signs its own values, so a checksum can't be moved to another one.
#[derive(Clone, Copy)]
pub enum Signed<'a> {
    /// A purchase, a preauthorization, or the first payment of a series.
    Payment {
        reference: &'a str,
        amount: &'a str,
    },
    Capture {
        payment: &'a str,
        amount: &'a str,
    },
    Refund {
        payment: &'a str,
        amount: &'a str,
    },
    Reversal {
        payment: &'a str,
    },
    /// By payment id or by merchantTransactionId: the id that stands in the path.
    Inquiry {
        id: &'a str,
    },
    /// A further payment of a series, named by the id of the first.
    Repeated {
        initial: &'a str,
        amount: &'a str,
    },
    TokenPayment {
        registration: &'a str,
        amount: &'a str,
    },
    CardRegistration {
        number: &'a str,
    },
    BankRegistration {
        bic: &'a str,
    },
    TokenDeletion {
        registration: &'a str,
    },
    /// Lists and balances: nothing but who asks.
    Member,
    /// The only request that has the key at the end.
    Payout {
        reference: &'a str,
        amount: &'a str,
    },
    InvoiceGeneration {
        invoice: &'a str,
        amount: &'a str,
        redirect: &'a str,
    },
    /// Regenerate, cancel and remind.
    InvoiceChange {
        invoice_id: &'a str,
        redirect: &'a str,
    },
    InvoiceInquiry {
        invoice: &'a str,
    },
    /// The other formula for invoice inquiries, which the vendor's list prints.
    InvoiceInquiryById {
        invoice_id: &'a str,
    },
    /// A callback or a browser return; `amount` as signed there, which for yen has no fraction.
    Callback {
        payment: &'a str,
        reference: &'a str,
        amount: &'a str,
        status: &'a str,
    },
    RegistrationCallback {
        status: &'a str,
    },
}

/// One merchant's number and key: the two values that nobody else can put into a checksum together.
#[derive(Clone, Debug)]
pub struct Signer {
    member: String,
    key: SecretString,
}

impl Signer {
    pub fn new(member: &str, key: SecretString) -> Signer {
        Signer { member: member.to_owned(), key }
    }

    pub fn sign(&self, signed: Signed<'_>) -> String {
        let (member, key) = (self.member.as_str(), self.key.expose_secret());
        match signed {
            Signed::Payment { reference, amount } => join(&[member, key, reference, amount]),
            Signed::Capture { payment, amount } | Signed::Refund { payment, amount } => {
                join(&[member, key, payment, amount])
            }
            Signed::Reversal { payment } => join(&[member, key, payment]),
            Signed::Inquiry { id } => join(&[member, key, id]),
            Signed::Repeated { initial, amount } => join(&[member, key, initial, amount]),
            Signed::TokenPayment { registration, amount } => join(&[member, key, registration, amount]),
            Signed::CardRegistration { number } => join(&[member, key, number]),
            Signed::BankRegistration { bic } => join(&[member, key, bic]),
            Signed::TokenDeletion { registration } => join(&[member, key, registration]),
            Signed::Member => join(&[member, key]),
            Signed::Payout { reference, amount } => join(&[member, reference, amount, key]),
            Signed::InvoiceGeneration { invoice, amount, redirect } => {
                join(&[member, key, invoice, amount, redirect])
            }
            Signed::InvoiceChange { invoice_id, redirect } => join(&[invoice_id, member, key, redirect]),
            Signed::InvoiceInquiry { invoice } => join(&[member, key, invoice]),
            Signed::InvoiceInquiryById { invoice_id } => join(&[invoice_id, member, key]),
            Signed::Callback { payment, reference, amount, status } => {
                join(&[payment, reference, amount, status, key])
            }
            Signed::RegistrationCallback { status } => join(&[member, key, status]),
        }
    }

    /// Compares in constant time, so that a forger can't feel his way to a checksum. Upper case is not accepted.
    pub fn verifies(&self, signed: Signed<'_>, checksum: &str) -> bool {
        self.sign(signed).as_bytes().ct_eq(checksum.as_bytes()).into()
    }

    /// The same merchant with the literal key `null`, which the gateway is known to sign with when a customer
    /// cancels. Only good for saying why such a return is refused.
    pub fn with_null_key(&self) -> Signer {
        Signer { member: self.member.clone(), key: SecretString::from("null") }
    }
}

/// Lower-case hex MD5 of the values joined with `|`.
pub(super) fn join(values: &[&str]) -> String {
    hex::encode(Md5::digest(values.join("|").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn read(text: &str) -> Vec<Value> {
        serde_json::from_str(text).expect("recorded data")
    }

    fn signer() -> Signer {
        Signer::new("10519", SecretString::from("k9QmZ2vT7xLw4RbN8sYpD3hJ6fGcA1eU"))
    }

    #[test]
    fn the_recorded_vectors_pass() {
        let vectors = read(include_str!("../../../tests/data/rest_gateway/vectors.json"));
        assert_eq!(vectors.len(), 4);
        for vector in vectors {
            let input = |name: &str| vector["inputs"][name].as_str().unwrap_or_default().to_owned();
            let signer = Signer::new(&input("memberId"), SecretString::from(input("secureKey")));
            let (reference, amount, payment, status) = (
                input("merchantTransactionId"),
                input("amount"),
                input("paymentId"),
                input("transactionStatus"),
            );
            let operation = vector["operation"].as_str().unwrap_or_default();
            let signed = match operation.split_whitespace().next() {
                Some("payment") => Signed::Payment { reference: &reference, amount: &amount },
                Some("inquiry") => Signed::Inquiry { id: &payment },
                Some("payout") => Signed::Payout { reference: &reference, amount: &amount },
                Some("callback") => Signed::Callback {
                    payment: &payment,
                    reference: &reference,
                    amount: &amount,
                    status: &status,
                },
                _ => Signed::Member,
            };
            // A callback is signed without a member number.
            let checksum = vector["checksum"].as_str().unwrap_or_default();
            assert_eq!(signer.sign(signed), checksum, "{operation}");
            assert!(signer.verifies(signed, checksum), "{operation}");
            assert!(!signer.verifies(signed, &checksum.to_uppercase()), "{operation}");
        }
    }

    #[test]
    fn the_recorded_examples_pass() {
        let redirect = "https://shop.example/invoice/return";
        let token = "Tq7LmW2xZ9vKr4NbY1sHd8GfJ3cPaE6u";
        let examples = read(include_str!("../../../tests/data/rest_gateway/examples.json"));
        assert_eq!(examples.len(), 10);
        for example in examples {
            let operation = example["operation"].as_str().unwrap_or_default();
            let signed = match operation {
                "inquiry by reference" => Signed::Inquiry { id: "ord-20240117-000431" },
                "capture" => Signed::Capture { payment: "620417", amount: "20.00" },
                "refund" => Signed::Refund { payment: "620417", amount: "5.00" },
                "reversal" => Signed::Reversal { payment: "620418" },
                "card registration" => Signed::CardRegistration { number: "4000000000000051" },
                "token payment" => Signed::TokenPayment { registration: token, amount: "15.00" },
                "repeated" => Signed::Repeated { initial: "620417", amount: "9.99" },
                "invoice generate" => {
                    Signed::InvoiceGeneration { invoice: "INV-24-0007", amount: "250.00", redirect }
                }
                "invoice change" => Signed::InvoiceChange { invoice_id: "3519", redirect },
                "invoice inquiry" => Signed::InvoiceInquiry { invoice: "INV-24-0007" },
                other => panic!("no rule for {other}"),
            };
            assert_eq!(Some(signer().sign(signed).as_str()), example["checksum"].as_str(), "{operation}");
        }
    }

    #[test]
    fn the_key_is_not_in_the_debug_output() {
        assert!(!format!("{:?}", signer()).contains("k9Qm"));
    }
}
