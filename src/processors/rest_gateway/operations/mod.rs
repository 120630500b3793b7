//! What can be asked of the gateway, one file per operation: the request, the sending, the reading.
//!
//! Not here: tokens and HTTP (`client`), when to try again (whoever holds the order), our own methods (`deposits`,
//! `payouts`).

pub mod balance;
pub mod capture;
pub mod inquiry;
pub mod invoice;
pub mod payout;
pub mod placed;
pub mod purchase;
pub mod recurring;
pub mod refund;
pub mod registration;
pub mod reversal;
pub mod token_deletion;
pub mod token_listing;
pub mod token_payment;
pub mod transactions;

use super::codec::amount;
use super::codec::answer::{Node, ResultCodes};
use super::trouble::Trouble;
use crate::domain::money::{Currency, Money};

/// The number of a payment, where the answer has one: `-` means none.
fn payment_id(answer: &Node) -> Option<&str> {
    answer.text("paymentId").filter(|id| is_number(id))
}

fn is_number(id: &str) -> bool {
    (1..=20).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit())
}

fn write_amount(money: Money) -> Result<String, Trouble> {
    amount::write(money).map_err(Trouble::unfit)
}

/// The payment ids and references that travel in a path are checked before they are signed: the gateway re-encodes
/// them there, and then the checksum would not fit.
fn check_payment(id: &str) -> Result<(), Trouble> {
    if is_number(id) { Ok(()) } else { Err(Trouble::unfit("a payment id must be a number")) }
}

fn check_reference(reference: &str) -> Result<(), Trouble> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    if (1..=100).contains(&reference.len()) && reference.bytes().all(fits) {
        return Ok(());
    }
    Err(Trouble::unfit("a reference must have 1 to 100 letters, digits, dots, dashes or underscores"))
}

fn check_registration(id: &str) -> Result<(), Trouble> {
    if (2..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(Trouble::unfit("a token must have 2 to 32 letters and digits"))
}

/// An amount and its currency out of an answer; both or neither.
fn money(answer: &Node, amount_at: &str, currency_at: &str) -> Result<Option<Money>, Trouble> {
    let (Some(text), Some(code)) = (answer.text(amount_at), answer.text(currency_at)) else {
        return Ok(None);
    };
    let currency = Currency::find(code);
    let currency = currency.ok_or_else(|| Trouble::Unknown("the answer's currency is unknown".to_owned()))?;
    let money = amount::read(text, currency).map_err(|error| Trouble::Unknown(error.to_string()))?;
    Ok(Some(money))
}

/// Success of a capture, reversal, refund and the like is one exact code and nothing else.
fn expect_code(answer: &Node, code: &str) -> Result<(), Trouble> {
    let result = ResultCodes::of(answer);
    if result.is(code) {
        return Ok(());
    }
    if result.codes.is_empty() {
        return Err(Trouble::Unknown("the answer has no result code".to_owned()));
    }
    Err(Trouble::rejected(&result))
}

/// Codes differ per installation. The configured ones decide; without any, "record not found" is a reject of the
/// processing (family 9), while a wrong checksum or a missing permission is of another family.
fn says_not_found(result: &ResultCodes, configured: &[String]) -> bool {
    if configured.is_empty() {
        return result.all_in_family('9');
    }
    !result.codes.is_empty() && result.codes.iter().all(|code| configured.contains(code))
}
