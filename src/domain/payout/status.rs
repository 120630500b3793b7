//! The statuses of a payout and the whole table of steps between them.

use std::fmt;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PayoutStatus {
    Requested,
    Authorized,
    InProgress,
    Approved,
    Rejected,
    Cancelled,
    Reversed,
}

/// What a wish for a status means where the payout stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The payout moves.
    Advance,
    /// It is there already.
    Repeat,
    /// Late news of a status that it left behind: no effect.
    Stale,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IllegalStep {
    pub from: PayoutStatus,
    pub to: PayoutStatus,
}

impl PayoutStatus {
    pub const ALL: [PayoutStatus; 7] = {
        use PayoutStatus::*;
        [Requested, Authorized, InProgress, Approved, Rejected, Cancelled, Reversed]
    };

    /// The whole table, for every pair. A new status does not compile until somebody has decided where it leads and
    /// what leads to it.
    pub fn step(self, to: PayoutStatus) -> Result<Step, IllegalStep> {
        use PayoutStatus::*;
        if self == to {
            return Ok(Step::Repeat);
        }
        match (self, to) {
            // The cashier may report only some statuses, so skips are legal.
            (Requested, Authorized | InProgress | Approved | Rejected | Cancelled)
            | (Authorized, InProgress | Approved | Rejected | Cancelled)
            | (InProgress, Approved | Rejected | Cancelled)
            | (Approved, Reversed) => Ok(Step::Advance),

            // Nothing newer than what we hold: late news.
            (Requested, Requested)
            | (Authorized, Requested | Authorized)
            | (InProgress, Requested | Authorized | InProgress)
            | (Approved, Requested | Authorized | InProgress | Approved) => Ok(Step::Stale),

            // Only money that left can be reversed, and it can't be un-sent.
            (Requested | Authorized | InProgress, Reversed)
            | (Approved, Rejected | Cancelled)
            | (Rejected | Cancelled | Reversed, _) => Err(IllegalStep { from: self, to }),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            PayoutStatus::Requested => "Requested",
            PayoutStatus::Authorized => "Authorized",
            PayoutStatus::InProgress => "InProgress",
            PayoutStatus::Approved => "Approved",
            PayoutStatus::Rejected => "Rejected",
            PayoutStatus::Cancelled => "Cancelled",
            PayoutStatus::Reversed => "Reversed",
        }
    }

    /// Reads a whole word, in any case, with spaces, `_` and `-` left out, in either spelling of "cancelled".
    pub fn from_word(text: &str) -> Option<PayoutStatus> {
        let word: String =
            text.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).collect::<String>().to_ascii_lowercase();
        if word == "canceled" {
            return Some(PayoutStatus::Cancelled);
        }
        PayoutStatus::ALL.into_iter().find(|status| status.name().eq_ignore_ascii_case(&word))
    }
}

impl fmt::Display for PayoutStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One row a status held, one column a status wished for: `>` advance, `=` repeat, `.` stale, `!` refused.
    #[test]
    fn the_table_of_steps() {
        let mut table = String::new();
        for from in PayoutStatus::ALL {
            let row: String = PayoutStatus::ALL
                .into_iter()
                .map(|to| match from.step(to) {
                    Ok(Step::Advance) => '>',
                    Ok(Step::Repeat) => '=',
                    Ok(Step::Stale) => '.',
                    Err(_) => '!',
                })
                .collect();
            table.push_str(&format!("{row} {from}\n"));
        }
        println!("{table}");
        let expected = "\
=>>>>>! Requested
.=>>>>! Authorized
..=>>>! InProgress
...=!!> Approved
!!!!=!! Rejected
!!!!!=! Cancelled
!!!!!!= Reversed
";
        assert_eq!(table, expected);
    }

    #[test]
    fn words_are_read_as_people_write_them() {
        for text in ["InProgress", "in progress", "IN_PROGRESS", "in-progress"] {
            assert_eq!(PayoutStatus::from_word(text), Some(PayoutStatus::InProgress), "{text}");
        }
        assert_eq!(PayoutStatus::from_word("Canceled"), Some(PayoutStatus::Cancelled));
        assert_eq!(PayoutStatus::from_word("Paid"), None);
    }
}
