//! The numbers of `Status` in a reply: the only place where a refusal becomes one, and the table that is published.

use crate::domain::refusal::RefusalCode;

/// One line of the published list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    pub number: i32,
    pub name: &'static str,
    pub meaning: &'static str,
    /// Who can do something about it.
    pub who_acts: &'static str,
    /// Whether the cashier should send the same call again.
    pub resend: bool,
}

pub const DONE: i32 = 0;
/// A failure that passes: the cashier repeats the call in about five minutes.
pub const AGAIN: i32 = -1;
/// A defect of ours that a repeat would not cure.
pub const DEFECT: i32 = -2;
/// The cashier itself did not show who it is.
pub const NOT_AUTHENTICATED: i32 = 1;
/// No such method, or a body that can't be read.
pub const UNREADABLE: i32 = 2;
pub const BAD_FIELD: i32 = 3;

/// Every number that is ever sent.
pub static CODES: &[Code] = &[
    code(
        DONE,
        "Done",
        "Done, or done before: a repeat gets its first answer, marked Replayed.",
        "nobody",
        false,
    ),
    code(
        AGAIN,
        "Try again",
        "A passing failure of the platform: the database is locked or away, or a processor has not confirmed yet. \
         Nothing was decided.",
        "the cashier, by itself",
        true,
    ),
    code(
        DEFECT,
        "Defect",
        "A defect of the platform that a repeat would hardly cure. Description says whether the call had an effect.",
        "the platform's engineers",
        false,
    ),
    code(
        NOT_AUTHENTICATED,
        "Not authenticated",
        "The pass code, signature, password or address is not the front end's, or there is no such front end.",
        "whoever configures the cashier",
        false,
    ),
    code(
        UNREADABLE,
        "Unreadable",
        "The method is unknown or switched off, or the body can't be read.",
        "the cashier's engineers",
        false,
    ),
    code(
        BAD_FIELD,
        "Bad field",
        "A field is missing, malformed, too long or given twice. Description names it.",
        "the cashier's engineers",
        false,
    ),
    code(10, "Customer not found", "The platform has no customer with this PIN.", "the operator", false),
    code(
        11,
        "Customer not allowed",
        "The customer is blocked, or did not show a good login token.",
        "the operator",
        false,
    ),
    code(
        12,
        "Other front end",
        "The customer does not belong to this front end.",
        "whoever configures the cashier",
        false,
    ),
    code(
        13,
        "Currency mismatch",
        "Currency is not the one of the front end and its customers.",
        "whoever configures the cashier",
        false,
    ),
    code(
        20,
        "Insufficient funds",
        "The balance does not cover amount and fee. The payout did not move; the cashier normally rejects it.",
        "the customer",
        false,
    ),
    code(
        21,
        "Rule",
        "A limit, a customer rule or the processor map refuses the call.",
        "the operator",
        false,
    ),
    code(
        30,
        "Not found",
        "No such payout or deposit of this customer at this front end under these ids.",
        "the cashier's engineers",
        false,
    ),
    code(
        31,
        "Illegal step",
        "The payout or deposit can't go from where it stands to where it was sent.",
        "the operator",
        false,
    ),
    code(
        32,
        "Amount fixed",
        "Amount or fee differ from the payout's and may no longer change.",
        "the operator",
        false,
    ),
    code(
        33,
        "Conflict",
        "The TraceID was used before with other content. The first call stands.",
        "the cashier's engineers",
        false,
    ),
    code(
        34,
        "Already reversed",
        "The payout was reversed before, under another TraceID. The first reversal stands.",
        "the operator",
        false,
    ),
];

const fn code(
    number: i32,
    name: &'static str,
    meaning: &'static str,
    who_acts: &'static str,
    resend: bool,
) -> Code {
    Code { number, name, meaning, who_acts, resend }
}

/// The number of a refusal.
pub fn number(code: RefusalCode) -> i32 {
    match code {
        RefusalCode::BadField => BAD_FIELD,
        RefusalCode::CustomerNotFound => 10,
        RefusalCode::CustomerBlocked => 11,
        // Not 1, which is the cashier's own failure to authenticate and alarms its administrators; not 10, which
        // would tell a stranger with a guessed PIN that it exists whenever he gets another number.
        RefusalCode::NotAuthenticated => 11,
        RefusalCode::OtherFrontEnd => 12,
        RefusalCode::CurrencyMismatch => 13,
        RefusalCode::InsufficientFunds => 20,
        RefusalCode::Rule => 21,
        RefusalCode::NotFound => 30,
        RefusalCode::IllegalStep => 31,
        RefusalCode::AmountFixed => 32,
        RefusalCode::Conflict => 33,
        RefusalCode::AlreadyReversed => 34,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_a_published_positive_number() {
        for refusal in RefusalCode::ALL {
            let listed = CODES.iter().find(|code| code.number == number(refusal));
            assert!(listed.is_some_and(|code| code.number > 0 && !code.resend), "{refusal:?}");
        }
    }

    #[test]
    fn the_published_list_is_complete_and_only_minus_one_is_sent_again() {
        let numbers: Vec<i32> = CODES.iter().map(|code| code.number).collect();
        assert_eq!(numbers, [0, -1, -2, 1, 2, 3, 10, 11, 12, 13, 20, 21, 30, 31, 32, 33, 34]);
        let again: Vec<i32> = CODES.iter().filter(|code| code.resend).map(|code| code.number).collect();
        assert_eq!(again, [AGAIN]);
    }
}
