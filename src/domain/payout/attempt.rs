//! One try at carrying a payout out at a processor, and the whole table of its states.

use crate::domain::outcome::Outcome;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AttemptState {
    /// Written with the payout's status; nothing has left.
    Planned,
    /// Committed before the first byte leaves.
    Sending,
    Succeeded,
    Refused,
    /// The money may have left. Only an inquiry or two people settle it.
    Unknown,
}

impl AttemptState {
    pub const ALL: [AttemptState; 5] = {
        use AttemptState::*;
        [Planned, Sending, Succeeded, Refused, Unknown]
    };

    pub fn name(self) -> &'static str {
        match self {
            AttemptState::Planned => "Planned",
            AttemptState::Sending => "Sending",
            AttemptState::Succeeded => "Succeeded",
            AttemptState::Refused => "Refused",
            AttemptState::Unknown => "Unknown",
        }
    }

    pub fn from_name(name: &str) -> Option<AttemptState> {
        AttemptState::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether an attempt may go from here to there. A settled attempt never moves again.
    pub fn may_become(self, to: AttemptState) -> bool {
        use AttemptState::*;
        match self {
            // A planned attempt may be withdrawn with its payout, before anything left.
            Planned => matches!(to, Sending | Refused),
            Sending => matches!(to, Succeeded | Refused | Unknown | Planned),
            Unknown => matches!(to, Succeeded | Refused | Planned),
            Succeeded | Refused => false,
        }
    }

    /// Whether the payout's money may have left while the attempt stands here.
    pub fn holds_the_money(self) -> bool {
        match self {
            AttemptState::Sending | AttemptState::Unknown => true,
            AttemptState::Planned | AttemptState::Succeeded | AttemptState::Refused => false,
        }
    }

    /// Where an outcome leads an attempt that is being sent or inquired.
    ///
    /// Only "nothing left this process" and a confirmed "not known there" lead back to Planned, where the same order
    /// with the same request id is sent again. "Still open" and a lost answer wait.
    pub fn after(outcome: &Outcome) -> AttemptState {
        match outcome {
            Outcome::Paid { .. } => AttemptState::Succeeded,
            Outcome::Declined { .. } => AttemptState::Refused,
            Outcome::NotSent { .. } | Outcome::NotFound => AttemptState::Planned,
            Outcome::Open { .. } | Outcome::Unknown { .. } => AttemptState::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_attempts() {
        let mut table = String::new();
        for from in AttemptState::ALL {
            let row: String =
                AttemptState::ALL.into_iter().map(|to| if from.may_become(to) { '>' } else { '!' }).collect();
            table.push_str(&format!("{row} {}\n", from.name()));
        }
        println!("{table}");
        assert_eq!(table, "!>!>! Planned\n>!>>> Sending\n!!!!! Succeeded\n!!!!! Refused\n>!>>! Unknown\n");
    }
}
