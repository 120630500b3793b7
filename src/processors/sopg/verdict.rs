//! What a disposition's state means for an order of ours: a pure decision, the whole table.

use super::state::{Disposition, State};
use crate::domain::money::Money;
use crate::domain::remark::Remark;
use crate::processors::DepositOrder;

/// The order's extra in which a caller tells what it has committed to before; see [`Attempted`].
pub const ATTEMPTED: &str = "attempted";

/// What we are on record to have begun at the gateway. O alone proves nothing: a release ends there, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempted {
    Nothing,
    /// A debit of the whole amount with `close=1`, or the last of the parts.
    Debit,
    /// A debit of nothing with `close=1`.
    Release,
    /// A refund under the same refund id.
    Refund,
}

impl Attempted {
    /// What the extra [`ATTEMPTED`] holds: `debit`, `release` or `refund`.
    pub fn on_record(order: &DepositOrder) -> Attempted {
        match order.extra.get(ATTEMPTED).map(String::as_str) {
            Some("debit") => Attempted::Debit,
            Some("release") => Attempted::Release,
            Some("refund") => Attempted::Refund,
            Some(_) | None => Attempted::Nothing,
        }
    }

    pub fn word(self) -> Option<&'static str> {
        match self {
            Attempted::Nothing => None,
            Attempted::Debit => Some("debit"),
            Attempted::Release => Some("release"),
            Attempted::Refund => Some("refund"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The customer has not paid yet.
    Wait,
    /// Reserved, with our amount and currency: commit, then debit.
    Debit,
    /// Our debit has happened.
    Taken,
    /// It ended without money.
    Ended { code: &'static str, reason: Remark },
    /// Nothing that may be acted on without a person.
    Review { cause: String },
}

/// Decides for an order that is to be debited once and whole.
pub fn verdict(expected: Money, there: &Disposition, attempted: Attempted) -> Verdict {
    let same = there.amount == expected;
    match (&there.state, attempted) {
        (State::Created, _) => Verdict::Wait,

        (State::Disposed | State::Debited, _) if !same => Verdict::Review {
            cause: format!("the gateway reserved {}, the order is for {expected}: not debited", there.amount),
        },
        (State::Disposed | State::Debited, Attempted::Nothing | Attempted::Debit | Attempted::Refund) => {
            Verdict::Debit
        }
        // Given up by us: whoever pays now gets his reserve back and is not debited.
        (State::Disposed | State::Debited, Attempted::Release) => {
            Verdict::Ended { code: "S", reason: Remark::ReserveToRelease }
        }

        // Nobody but us can close it; what was released or never attempted is not ours.
        (State::Consumed, Attempted::Debit | Attempted::Refund) if same || there.amount.is_zero() => {
            Verdict::Taken
        }
        (State::Consumed, Attempted::Debit | Attempted::Refund) => {
            Verdict::Review { cause: format!("closed with {}, the order is for {expected}", there.amount) }
        }
        (State::Consumed, Attempted::Release) => {
            Verdict::Ended { code: "O", reason: Remark::ReserveReleased }
        }
        (State::Consumed, Attempted::Nothing) => Verdict::Review { cause: Remark::ClosedWithoutDebit.into() },

        (State::Cancelled, _) => Verdict::Ended { code: "L", reason: Remark::CancelledOnPanel },
        (State::Expired, _) => Verdict::Ended { code: "X", reason: Remark::TimeRanOut },
        (State::Invalid | State::Unheard(_), _) => {
            Verdict::Review { cause: format!("state {:?} needs a person", there.state.letter()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::eur;
    use super::*;

    /// `.` wait, `>` debit, `+` taken, `-` ended, `?` review.
    #[test]
    fn the_table_debits_only_what_is_reserved_and_credits_only_what_we_debited() {
        let sign = |letter: &str, minor, attempted| {
            let there = Disposition { state: State::read(letter), amount: eur(minor), cards: Vec::new() };
            match verdict(eur(2490), &there, attempted) {
                Verdict::Wait => '.',
                Verdict::Debit => '>',
                Verdict::Taken => '+',
                Verdict::Ended { .. } => '-',
                Verdict::Review { .. } => '?',
            }
        };
        let mut table = String::new();
        for letter in ["R", "S", "E", "O", "L", "X", "I", "D"] {
            table += letter;
            for minor in [2490, 2489, 0] {
                table.push(' ');
                for attempted in [Attempted::Nothing, Attempted::Debit, Attempted::Release] {
                    table.push(sign(letter, minor, attempted));
                }
            }
            table.push('\n');
        }
        println!("{table}");
        let expected = "\
R ... ... ...
S >>- ??? ???
E >>- ??? ???
O ?+- ??- ?+-
L --- --- ---
X --- --- ---
I ??? ??? ???
D ??? ??? ???
";
        assert_eq!(table, expected);
    }
}
