//! What to do next after each kind of answer: the whole table, for every operation.
//!
//! A logical refusal is never repeated. A technical failure of a command is repeated only after asking what became
//! of it; of a refund or payout only under the same id, where a "used before" says that the first one arrived.

use super::client::CallError;
use super::codes::{self, Class};
use super::envelope::Codes;

/// The operations we call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    CreateDisposition,
    GetSerialNumbers,
    GetDispositionRawState,
    ModifyDispositionValue,
    AssignCardToDisposition,
    AssignCardsToDisposition,
    ExecuteDebit,
    GetMid,
    Refund,
    Payout,
    GetPayoutState,
}

impl Operation {
    pub const ALL: [Operation; 11] = [
        Operation::CreateDisposition,
        Operation::GetSerialNumbers,
        Operation::GetDispositionRawState,
        Operation::ModifyDispositionValue,
        Operation::AssignCardToDisposition,
        Operation::AssignCardsToDisposition,
        Operation::ExecuteDebit,
        Operation::GetMid,
        Operation::Refund,
        Operation::Payout,
        Operation::GetPayoutState,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Operation::CreateDisposition => "createDisposition",
            Operation::GetSerialNumbers => "getSerialNumbers",
            Operation::GetDispositionRawState => "getDispositionRawState",
            Operation::ModifyDispositionValue => "modifyDispositionValue",
            Operation::AssignCardToDisposition => "assignCardToDisposition",
            Operation::AssignCardsToDisposition => "assignCardsToDisposition",
            Operation::ExecuteDebit => "executeDebit",
            Operation::GetMid => "getMid",
            Operation::Refund => "refund",
            Operation::Payout => "payout",
            Operation::GetPayoutState => "getPayoutState",
        }
    }

    fn effect(self) -> Effect {
        match self {
            Operation::GetSerialNumbers
            | Operation::GetDispositionRawState
            | Operation::GetMid
            | Operation::GetPayoutState => Effect::None,
            Operation::CreateDisposition => Effect::Creates,
            Operation::ModifyDispositionValue
            | Operation::AssignCardToDisposition
            | Operation::AssignCardsToDisposition
            | Operation::ExecuteDebit => Effect::MovesState,
            Operation::Refund | Operation::Payout => Effect::MovesMoney,
        }
    }
}

/// What a call does over there, which decides how its repetition is made safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    None,
    Creates,
    MovesState,
    MovesMoney,
}

/// How a call ended that was not a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The request can't be written: our defect.
    Unwritable,
    /// No byte left this process.
    NotSent,
    /// Time-out, reset, or an answer that can't be read.
    Lost,
    /// `resultCode` 2, or codes that contradict each other.
    Technical,
    /// `resultCode` 1 with this `errorCode`.
    Logical(i32),
    /// Our address is not on the gateway's list.
    Forbidden,
    ClientFault,
    ServerFault,
}

/// What may be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// The same call, as it is.
    Again,
    /// Ask the state; it decides whether the call is repeated.
    AskThenDecide,
    /// Ask the state to learn what is true; the call itself is not repeated.
    AskOnly,
    /// The same call under the same id.
    SameIdAgain,
    /// The id is known there: an earlier call of ours arrived.
    Arrived,
    Never,
}

/// The whole table. A new operation or failure does not compile until somebody has decided.
pub fn advice(operation: Operation, failure: Failure) -> Advice {
    use Effect::*;
    match (failure, operation.effect()) {
        (Failure::NotSent, _) => Advice::Again,

        (Failure::Lost | Failure::Technical | Failure::ServerFault, None) => Advice::Again,
        (Failure::Lost | Failure::Technical | Failure::ServerFault, Creates | MovesState) => {
            Advice::AskThenDecide
        }
        (Failure::Lost | Failure::Technical | Failure::ServerFault, MovesMoney) => Advice::SameIdAgain,

        // Our own earlier call, whose answer was lost, may be what stands in the way.
        (Failure::Logical(2001), Creates) => Advice::AskOnly,
        (Failure::Logical(2003 | 2017 | 3007), MovesState) => Advice::AskOnly,
        (Failure::Logical(3164), MovesMoney) => Advice::Arrived,
        (Failure::Logical(_), None | Creates | MovesState | MovesMoney) => Advice::Never,

        (Failure::Forbidden | Failure::ClientFault | Failure::Unwritable, _) => Advice::Never,
    }
}

impl Failure {
    /// Sorts the codes of an answer; `Ok` is a success.
    pub fn check(codes: Codes) -> Result<(), Failure> {
        match (codes.result, codes.error) {
            (0, 0) => Ok(()),
            (1, error) => Err(Failure::Logical(error)),
            // 2 is technical; codes that contradict each other, or that nobody has defined, prove nothing.
            _ => Err(Failure::Technical),
        }
    }
}

impl From<&CallError> for Failure {
    fn from(error: &CallError) -> Failure {
        match error {
            CallError::Unwritable(_) => Failure::Unwritable,
            CallError::NotSent(_) => Failure::NotSent,
            CallError::Lost(_) => Failure::Lost,
            CallError::Forbidden => Failure::Forbidden,
            CallError::ClientFault(_) => Failure::ClientFault,
            CallError::ServerFault(_) => Failure::ServerFault,
            CallError::Refused(codes) => match Failure::check(*codes) {
                Err(failure) => failure,
                // A success is never wrapped in an error; if it were, we would have to ask.
                Ok(()) => Failure::Technical,
            },
        }
    }
}

/// Whether a refusal lies with us or the contract: then a person is told at once, since no customer can do anything
/// about it and each further call ends the same way.
pub fn needs_a_person(failure: Failure) -> bool {
    match failure {
        Failure::Logical(code) => match codes::class(code) {
            Class::Program | Class::Contract | Class::Unlisted => true,
            Class::State | Class::Card | Class::Technical | Class::Information => false,
        },
        Failure::Unwritable | Failure::Forbidden | Failure::ClientFault => true,
        Failure::NotSent | Failure::Lost | Failure::Technical | Failure::ServerFault => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `>` again, `?` ask then decide, `.` ask only, `=` same id again, `<` arrived, `!` never.
    #[test]
    fn the_table_reads_as_the_vendor_and_our_money_want_it() {
        let failures = [
            Failure::NotSent,
            Failure::Lost,
            Failure::Technical,
            Failure::ServerFault,
            Failure::Logical(2001),
            Failure::Logical(2002),
            Failure::Logical(2003),
            Failure::Logical(2017),
            Failure::Logical(3007),
            Failure::Logical(3164),
            Failure::Logical(10008),
            Failure::Forbidden,
            Failure::ClientFault,
            Failure::Unwritable,
        ];
        let sign = |advice| match advice {
            Advice::Again => '>',
            Advice::AskThenDecide => '?',
            Advice::AskOnly => '.',
            Advice::SameIdAgain => '=',
            Advice::Arrived => '<',
            Advice::Never => '!',
        };
        let mut table = String::new();
        for operation in Operation::ALL {
            let row: String = failures.iter().map(|&failure| sign(advice(operation, failure))).collect();
            table += &format!("{:26}{row}\n", operation.name());
        }
        println!("{table}");
        let expected = "\
createDisposition         >???.!!!!!!!!!
getSerialNumbers          >>>>!!!!!!!!!!
getDispositionRawState    >>>>!!!!!!!!!!
modifyDispositionValue    >???!!...!!!!!
assignCardToDisposition   >???!!...!!!!!
assignCardsToDisposition  >???!!...!!!!!
executeDebit              >???!!...!!!!!
getMid                    >>>>!!!!!!!!!!
refund                    >===!!!!!<!!!!
payout                    >===!!!!!<!!!!
getPayoutState            >>>>!!!!!!!!!!
";
        assert_eq!(table, expected);
    }

    /// By class: a program, a contract, a state, a card, a technical and an unlisted code, then what has no code.
    #[test]
    fn a_person_is_told_of_what_lies_with_us_or_the_contract() {
        for (failure, expected) in [
            (Failure::Logical(2011), true),
            (Failure::Logical(10008), true),
            (Failure::Logical(2017), false),
            (Failure::Logical(2004), false),
            (Failure::Logical(10007), false),
            (Failure::Logical(77_777), true),
            (Failure::Forbidden, true),
            (Failure::ClientFault, true),
            (Failure::Unwritable, true),
            (Failure::NotSent, false),
            (Failure::Lost, false),
            (Failure::Technical, false),
            (Failure::ServerFault, false),
        ] {
            assert_eq!(needs_a_person(failure), expected, "{failure:?}");
        }
    }

    #[test]
    fn no_logical_refusal_is_ever_repeated() {
        for operation in Operation::ALL {
            for code in 0..=11_000 {
                let advice = advice(operation, Failure::Logical(code));
                assert!(
                    matches!(advice, Advice::Never | Advice::AskOnly | Advice::Arrived),
                    "{operation:?} {code}"
                );
            }
        }
    }

    #[test]
    fn only_two_zeros_are_a_success() {
        let check = |result, error| Failure::check(Codes { result, error });
        assert_eq!(check(0, 0), Ok(()));
        assert_eq!(check(0, 2017), Err(Failure::Technical));
        assert_eq!(check(1, 0), Err(Failure::Logical(0)));
        assert_eq!(check(1, 4003), Err(Failure::Logical(4003)));
        assert_eq!(check(2, 4005), Err(Failure::Technical));
        assert_eq!(check(3, 0), Err(Failure::Technical));
    }
}
