//! A refusal: a business "no", final, and safe to show to an operator and to a customer.

use super::ids::PayoutId;
use super::money::{Currency, Money, MoneyError};
use super::payout::status::PayoutStatus;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{field} {reason}")]
    BadField { field: &'static str, reason: String },
    #[error("PIN: customer not found")]
    CustomerNotFound,
    #[error("PIN: customer is blocked")]
    CustomerBlocked,
    #[error("PIN or Token: customer could not be authenticated")]
    CustomerNotAuthenticated,
    #[error("PIN: customer does not belong to this front end")]
    OtherFrontEnd,
    #[error("Currency {got} differs from {expected}, the currency of the front end and its customers")]
    CurrencyMismatch { expected: Currency, got: String },
    #[error("Amount: insufficient funds, available {available}, needed {needed}")]
    InsufficientFunds { available: Money, needed: Money },
    #[error("Amount {reason}")]
    Limit { reason: String },
    #[error("PP {name} is not a processor of this front end")]
    ProcessorUnknown { name: String },
    #[error("PIN: {reason}")]
    CustomerRule { reason: String },
    #[error("ExtPayoutID: payout not found")]
    PayoutNotFound,
    #[error("ExtDepositID: deposit not found")]
    DepositNotFound,
    #[error("Status: the payout is {from} and can't become {to}{}", because(.why))]
    IllegalStep { from: PayoutStatus, to: PayoutStatus, why: Option<&'static str> },
    #[error("Status: the deposit is {from} and can't become {to}")]
    IllegalDepositStep { from: &'static str, to: &'static str },
    #[error("Status: the money of payout {payout} may have left; its outcome is being inquired")]
    OutcomeOpen { payout: PayoutId },
    #[error("{field} may no longer change: it is {held}, the request says {got}")]
    AmountFixed { field: &'static str, held: Money, got: Money },
    #[error("{field} was used before with other content")]
    Conflict { field: &'static str },
    #[error("ExtPayoutID: the payout was already reversed under another TraceID")]
    AlreadyReversed,
}

impl Refusal {
    pub fn bad(field: &'static str, reason: impl ToString) -> Refusal {
        Refusal::BadField { field, reason: reason.to_string() }
    }

    pub fn money(field: &'static str, error: MoneyError) -> Refusal {
        Refusal::bad(field, error)
    }
}

fn because(why: &Option<&'static str>) -> String {
    why.map(|why| format!(": {why}")).unwrap_or_default()
}
