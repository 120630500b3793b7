//! A refusal: a business "no", final, and safe to show to an operator and to a customer.

use super::ids::PayoutId;
use super::money::{Currency, Money, MoneyError};
use super::payout::obstacle::Obstacle;
use super::payout::status::PayoutStatus;
use super::reason::Reason;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{field} {reason}")]
    BadField { field: &'static str, reason: Reason },
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
    Limit { reason: Reason },
    #[error("PP {name} is not a processor of this front end")]
    ProcessorUnknown { name: String },
    #[error("PIN: {reason}")]
    CustomerRule { reason: Reason },
    #[error("ExtPayoutID: payout not found")]
    PayoutNotFound,
    #[error("ExtDepositID: deposit not found")]
    DepositNotFound,
    #[error("Status: the payout is {from} and can't become {to}{}", because(.why))]
    IllegalStep { from: PayoutStatus, to: PayoutStatus, why: Option<Obstacle> },
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

/// A refusal without its particulars: what a stored answer remembers, and what the door turns into a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalCode {
    BadField,
    CustomerNotFound,
    CustomerBlocked,
    OtherFrontEnd,
    CurrencyMismatch,
    InsufficientFunds,
    Rule,
    NotFound,
    IllegalStep,
    AmountFixed,
    Conflict,
    AlreadyReversed,
    NotAuthenticated,
}

impl RefusalCode {
    pub const ALL: [RefusalCode; 13] = {
        use RefusalCode::*;
        [
            BadField,
            CustomerNotFound,
            CustomerBlocked,
            OtherFrontEnd,
            CurrencyMismatch,
            InsufficientFunds,
            Rule,
            NotFound,
            IllegalStep,
            AmountFixed,
            Conflict,
            AlreadyReversed,
            NotAuthenticated,
        ]
    };

    pub fn name(self) -> &'static str {
        match self {
            RefusalCode::BadField => "bad_field",
            RefusalCode::CustomerNotFound => "customer_not_found",
            RefusalCode::CustomerBlocked => "customer_blocked",
            RefusalCode::OtherFrontEnd => "other_front_end",
            RefusalCode::CurrencyMismatch => "currency_mismatch",
            RefusalCode::InsufficientFunds => "insufficient_funds",
            RefusalCode::Rule => "rule",
            RefusalCode::NotFound => "not_found",
            RefusalCode::IllegalStep => "illegal_step",
            RefusalCode::AmountFixed => "amount_fixed",
            RefusalCode::Conflict => "conflict",
            RefusalCode::AlreadyReversed => "already_reversed",
            RefusalCode::NotAuthenticated => "not_authenticated",
        }
    }

    pub fn from_name(name: &str) -> Option<RefusalCode> {
        RefusalCode::ALL.into_iter().find(|code| code.name() == name)
    }
}

impl Refusal {
    pub fn code(&self) -> RefusalCode {
        match self {
            Refusal::BadField { .. } => RefusalCode::BadField,
            Refusal::CustomerNotFound => RefusalCode::CustomerNotFound,
            Refusal::CustomerBlocked => RefusalCode::CustomerBlocked,
            Refusal::CustomerNotAuthenticated => RefusalCode::NotAuthenticated,
            Refusal::OtherFrontEnd => RefusalCode::OtherFrontEnd,
            Refusal::CurrencyMismatch { .. } => RefusalCode::CurrencyMismatch,
            Refusal::InsufficientFunds { .. } => RefusalCode::InsufficientFunds,
            Refusal::Limit { .. } | Refusal::ProcessorUnknown { .. } | Refusal::CustomerRule { .. } => {
                RefusalCode::Rule
            }
            Refusal::PayoutNotFound | Refusal::DepositNotFound => RefusalCode::NotFound,
            Refusal::IllegalStep { .. }
            | Refusal::IllegalDepositStep { .. }
            | Refusal::OutcomeOpen { .. } => RefusalCode::IllegalStep,
            Refusal::AmountFixed { .. } => RefusalCode::AmountFixed,
            Refusal::Conflict { .. } => RefusalCode::Conflict,
            Refusal::AlreadyReversed => RefusalCode::AlreadyReversed,
        }
    }

    /// For doors of programs: told in the door's own words.
    pub fn bad(field: &'static str, reason: impl ToString) -> Refusal {
        Refusal::field(field, Reason::Text(reason.to_string()))
    }

    pub fn field(field: &'static str, reason: Reason) -> Refusal {
        Refusal::BadField { field, reason }
    }

    pub fn money(field: &'static str, error: MoneyError) -> Refusal {
        Refusal::field(field, error.into())
    }
}

fn because(why: &Option<Obstacle>) -> String {
    why.map(|why| format!(": {why}")).unwrap_or_default()
}
