//! A bank account or wallet that a payout goes to, as the customer told the cashier.

use super::reason::Reason;
use super::refusal::Refusal;
use std::collections::BTreeMap;

/// Its parts by the names of the call that brings them. Which of them are needed depends on the kind of transfer and is
/// the processor's to say.
pub const PARTS: [&str; 9] = [
    TRANSFER_TYPE,
    NUMBER,
    "BankAccountName",
    "BankAccountType",
    "BankName",
    "BankCode",
    "BankBranchName",
    "BankBranchCode",
    "BankIFSC",
];

const TRANSFER_TYPE: &str = "BankTransferType";
const NUMBER: &str = "BankAccountNumber";

#[derive(Clone, PartialEq, Eq)]
pub struct BankAccount {
    parts: BTreeMap<&'static str, String>,
}

/// It is somebody's, and nothing that a log needs.
impl std::fmt::Debug for BankAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BankAccount(…)")
    }
}

impl BankAccount {
    /// Reads the parts that `find` knows; `None` when there are none.
    pub fn read(find: impl Fn(&'static str) -> Option<String>) -> Result<Option<BankAccount>, Refusal> {
        let parts: BTreeMap<&'static str, String> =
            PARTS.into_iter().filter_map(|name| Some((name, find(name)?))).collect();
        if parts.is_empty() {
            return Ok(None);
        }
        if !parts.contains_key(TRANSFER_TYPE) {
            return Err(Refusal::field(TRANSFER_TYPE, Reason::WithoutTransferType));
        }
        if let Some((name, _)) = parts.iter().find(|(_, text)| looks_like_a_card(text)) {
            return Err(Refusal::field(name, Reason::CardNumber));
        }
        Ok(Some(BankAccount { parts }))
    }

    pub fn parts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.parts.iter().map(|(name, text)| (*name, text.as_str()))
    }

    /// The same for the same account alone.
    pub fn content(&self) -> String {
        self.parts().map(|(name, text)| format!("{name}={}:{text};", text.len())).collect()
    }
}

/// Digits of a card brand's beginning and length whose check digit is right. Bank accounts are as long, but hardly ever
/// all of that.
fn looks_like_a_card(text: &str) -> bool {
    let digits: Vec<u32> =
        text.chars().filter(|c| !matches!(c, ' ' | '-')).map_while(|c| c.to_digit(10)).collect();
    let only_digits = digits.len() == text.chars().filter(|c| !matches!(c, ' ' | '-')).count();
    let beginning = digits.iter().take(4).fold(0, |number, digit| number * 10 + digit);
    let branded = matches!(
        (digits.len(), beginning),
        (13 | 16 | 19, 4000..=4999)
            | (16, 5100..=5599 | 2221..=2720 | 3528..=3589 | 6011 | 6440..=6599)
            | (15, 3400..=3499 | 3700..=3799)
            | (14, 3000..=3059 | 3600..=3699 | 3800..=3999)
    );
    only_digits && branded && passes_luhn(&digits)
}

fn passes_luhn(digits: &[u32]) -> bool {
    let weighted = digits.iter().rev().enumerate().map(|(place, digit)| match place % 2 {
        0 => *digit,
        _ => digit * 2 / 10 + digit * 2 % 10,
    });
    weighted.sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Option<BankAccount>, String> {
        let find =
            |name: &str| pairs.iter().find(|(other, _)| *other == name).map(|(_, text)| (*text).to_owned());
        BankAccount::read(find).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn an_account_needs_its_kind_of_transfer() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[("Amount", "1.00")]), Ok(None));
        let refused = read(&[("BankAccountNumber", "9874563210")]).unwrap_err();
        assert!(refused.starts_with("BankTransferType is missing"), "{refused}");
        let account =
            read(&[("BankAccountNumber", "9874563210"), ("BankTransferType", "BT")]).unwrap().unwrap();
        assert_eq!(account.parts().count(), 2);
        assert!(!format!("{account:?}").contains("9874563210"));
    }

    #[test]
    fn a_card_number_is_no_account_number() {
        for card in ["4000000000000051", "4000 0000 0000 0051", "378282246310005", "5555555555554444"] {
            let refused = read(&[("BankTransferType", "BT"), ("BankAccountNumber", card)]).unwrap_err();
            assert!(refused.contains("looks like a card number") && !refused.contains(card), "{refused}");
        }
        for account in ["DE89370400440532013000", "9874563210", "4000000000000052", "12345678901237"] {
            assert!(read(&[("BankTransferType", "BT"), ("BankAccountNumber", account)]).is_ok(), "{account}");
        }
    }

    #[test]
    fn other_content_is_other_content() {
        let account = |number, name| {
            let parts =
                [("BankTransferType", "BT"), ("BankAccountNumber", number), ("BankAccountName", name)];
            read(&parts).unwrap().unwrap().content()
        };
        assert_eq!(account("1", "Ana"), account("1", "Ana"));
        assert_ne!(account("1", "Ana"), account("2", "Ana"));
        assert_ne!(account("1", "Ana;BankCode=1:2;"), account("1", "Ana"));
    }
}
