//! A further payment of a series. Not idempotent, and the gateway gives it a name of its own:
//! `{initial payment}_{yyMMddHHmmss}`. A lost answer is recovered from the transaction list, never by sending again.

use super::super::checksum::Signed;
use super::super::client::{Call, Client, Nature, Service};
use super::super::codec::answer::ResultCodes;
use super::super::status::Taking;
use super::super::trouble::Trouble;
use super::placed::{Placed, Step};
use super::purchase::payment_type;
use super::{check_payment, payment_id, write_amount};
use crate::domain::money::Money;

pub struct Repeated<'a> {
    /// The first payment of the series.
    pub initial: &'a str,
    pub amount: Money,
    pub taking: Taking,
    /// Checked there though nobody returns to it.
    pub return_url: &'a str,
}

pub async fn send(client: &Client, repeated: &Repeated<'_>) -> Result<Placed, Trouble> {
    let initial = repeated.initial;
    check_payment(initial)?;
    let amount = write_amount(repeated.amount)?;
    let request = client
        .request(Signed::Repeated { initial, amount: &amount })
        .with_some("authentication.terminalId", client.settings().terminal(repeated.amount.currency()))
        .with("amount", &amount)
        .with("currency", repeated.amount.currency().code())
        .with("paymentType", payment_type(repeated.taking))
        .with("recurringType", "REPEATED")
        .with("merchantRedirectUrl", repeated.return_url);
    let path = ["payments", initial];
    let call = Call { service: Service::Payments, path: &path, nature: Nature::Order, request };
    let answer = client.call(call).await?;
    let result = ResultCodes::of(&answer);
    // The answer has no status, only codes: one exact code is success, one is a decline of a real payment.
    match payment_id(&answer) {
        Some(payment) if payment == initial => {
            Err(Trouble::Unknown("the answer names the first payment".to_owned()))
        }
        Some(payment) if result.is("00001") => {
            Ok(Placed { payment: payment.to_owned(), step: Step::Done { amount: None }, registration: None })
        }
        Some(payment) => {
            // Which codes are declines differs per installation, so the caller has to inquire about this payment.
            Ok(Placed { payment: payment.to_owned(), step: Step::Pending, registration: None })
        }
        None if !result.codes.is_empty() => Err(Trouble::rejected(&result)),
        None => Err(Trouble::Unknown("an answer without a payment id".to_owned())),
    }
}
