//! Why a field was refused, as a closed list: whoever shows it to people says it in their language.

use super::money::MoneyError;
use std::fmt;

/// What is wrong with a field. The texts complete a sentence that begins with the field's name, as programs read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    Money(MoneyError),
    Zero,
    /// It is not smaller than the amount that it is taken from.
    NotSmaller,
    BelowLimit,
    AboveLimit,
    /// The front end lets nobody edit.
    NoEdits,
    /// It has been started.
    TooLateToEdit,
    NothingChanged,
    MoreThanAuthorized,
    MoreThanCaptured,
    MoreThanNotGivenBack,
    /// Deposits are locked while payouts are open.
    OpenPayouts,
    /// Above the four-eyes limit whoever starts a payout is named, and he is not.
    Unnamed,
    /// The one who is named prepared it.
    Prepared,
    /// It takes approvals that can be given in the back office alone.
    NeedsApprovals,
    AnothersPayment,
    Processor(String),
    WithoutTransferType,
    CardNumber,
    /// What a door found wrong in a request of a program, which is told it in these words.
    Text(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Money(error) => return error.fmt(f),
            Reason::Processor(said) => return write!(f, "was refused by the processor: {said}"),
            Reason::Text(text) => text,
            Reason::Zero => "must not be zero",
            Reason::NotSmaller => "must be smaller than Amount",
            Reason::BelowLimit => "is below the limit of this front end",
            Reason::AboveLimit => "is above the limit of this front end",
            Reason::NoEdits => "may not be edited at this front end",
            Reason::TooLateToEdit => "may be edited before it starts only",
            Reason::NothingChanged => "must differ from what is there",
            Reason::MoreThanAuthorized => "is more than what was authorized and not captured yet",
            Reason::MoreThanCaptured => "is more than what was captured and not refunded yet",
            Reason::MoreThanNotGivenBack => "is more than what was captured and not given back yet",
            Reason::OpenPayouts => "open payout requests must be cancelled before a deposit",
            Reason::Unnamed => "is missing: above the four-eyes limit whoever starts a payout is named",
            Reason::Prepared => "prepared this payout; above the four-eyes limit another person starts it",
            Reason::NeedsApprovals => {
                "needs the approvals of this front end: it is tried again in the back office"
            }
            Reason::AnothersPayment => "is another deposit's payment",
            Reason::WithoutTransferType => "is missing, and other parts of a bank account are there",
            Reason::CardNumber => "looks like a card number, which has no place here",
        })
    }
}

impl From<MoneyError> for Reason {
    fn from(error: MoneyError) -> Reason {
        Reason::Money(error)
    }
}
