//! `/payout`: pays out to a bank account or wallet, or back to the card of an earlier payment. The answer is always JSON.

use super::super::checksum::Signed;
use super::super::client::{Call, Client, Nature, Service};
use super::super::codec::answer::ResultCodes;
use super::super::scrub::scrub;
use super::super::status::{self, Standing};
use super::super::trouble::Trouble;
use super::purchase::with_customer;
use super::{check_payment, check_reference, money, payment_id, write_amount};
use crate::domain::customer::Details;
use crate::domain::money::Money;
use std::collections::BTreeMap;

pub struct Payout<'a> {
    /// Refused there if any earlier row has it, so it may be sent again with the same one.
    pub reference: &'a str,
    pub amount: Money,
    /// An own payment whose card gets the money.
    pub back_to: Option<&'a str>,
    pub customer: &'a Details,
    pub notify_url: Option<&'a str>,
    /// `bankAccount.*` and other optional fields under the gateway's names.
    pub more: &'a BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidOut {
    pub payment: String,
    pub standing: Standing,
    pub code: String,
    pub reason: String,
}

pub async fn send(client: &Client, payout: &Payout<'_>) -> Result<PaidOut, Trouble> {
    check_reference(payout.reference)?;
    let amount = write_amount(payout.amount)?;
    if payout.back_to.is_none() && !payout.more.contains_key("bankAccount.transferType") {
        return Err(Trouble::unfit("a payout needs an earlier payment or bankAccount.transferType"));
    }
    let mut request = client
        .request(Signed::Payout { reference: payout.reference, amount: &amount })
        .with_some("authentication.terminalId", client.settings().terminal(payout.amount.currency()))
        .with("merchantTransactionId", payout.reference)
        .with("amount", &amount)
        .with("currency", payout.amount.currency().code())
        .with("paymentType", "PO");
    if let Some(payment) = payout.back_to {
        check_payment(payment)?;
        request = request.with("paymentId", payment);
    }
    request = with_customer(request, payout.customer).with_some("notificationUrl", payout.notify_url);
    for (name, value) in payout.more {
        if may_add(name) && request.value(name).is_none() {
            request = request.with_text(name, Some(value), 255);
        }
    }
    let call = Call { service: Service::Payments, path: &["payout"], nature: Nature::Order, request };
    let answer = client.call(call).await?;
    let result = ResultCodes::of(&answer);
    let word = answer.text("transactionStatus").or_else(|| answer.text("status"));
    match (payment_id(&answer), word) {
        (Some(payment), Some(word)) => {
            if money(&answer, "amount", "currency")?.is_some_and(|told| told != payout.amount) {
                return Err(Trouble::Unknown("the answer's amount is not the order's".to_owned()));
            }
            Ok(PaidOut {
                payment: payment.to_owned(),
                standing: status::of_payout(word),
                code: scrub(&result.code()),
                reason: scrub(&result.description),
            })
        }
        (None, None) if !result.codes.is_empty() => Err(Trouble::rejected(&result)),
        (Some(_) | None, _) => Err(Trouble::Unknown("an answer without a status or a payment id".to_owned())),
    }
}

fn may_add(name: &str) -> bool {
    const SINGLE: [&str; 8] = [
        "custAccount",
        "expDateOffset",
        "paymentBrand",
        "paymentMode",
        "orderDescriptor",
        "merchant.email",
        "customer.id",
        "customer.telnocc",
    ];
    const GROUPS: [&str; 3] = ["bankAccount.", "customer.wallet", "customer.bank"];
    SINGLE.contains(&name) || GROUPS.iter().any(|group| name.starts_with(group))
}
