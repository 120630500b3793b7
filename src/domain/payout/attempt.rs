//! One try at carrying a payout out at a processor, and the whole table of its states.

use crate::domain::outcome::Outcome;
use chrono::{DateTime, Duration, Utc};

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
    pub fn after(outcome: &Outcome, step: Step) -> AttemptState {
        match (outcome, step) {
            (Outcome::Paid { .. }, _) => AttemptState::Succeeded,
            (Outcome::Declined { .. }, _) => AttemptState::Refused,
            (Outcome::NotSent { .. }, Step::Sent) => AttemptState::Planned,
            (Outcome::NotFound, Step::Inquired(absence)) if absence.is_confirmed() => AttemptState::Planned,
            // That the question did not leave says nothing of the order that did.
            (Outcome::NotSent { .. } | Outcome::NotFound, _)
            | (Outcome::Open { .. } | Outcome::Unknown { .. }, _) => AttemptState::Unknown,
        }
    }
}

/// What an outcome is the answer to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    Sent,
    Inquired(Absence),
}

/// What is known about an order that its processor does not know.
///
/// Right after a time-out "not known" proves nothing: the order may still be on its way, or wait in there. It counts
/// when it is heard again and more time has passed since the order was sent than any order can be on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Absence {
    pub sent_at: Option<DateTime<Utc>>,
    /// When it was heard for the first time since then.
    pub first_heard: Option<DateTime<Utc>>,
    pub now: DateTime<Utc>,
    pub grace: Duration,
}

impl Absence {
    fn is_confirmed(&self) -> bool {
        let heard_before = self.first_heard.is_some_and(|heard| heard < self.now);
        let late_enough = self.sent_at.is_some_and(|sent| self.now - sent >= self.grace);
        heard_before && late_enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AttemptState::*;

    fn absence(sent: i64, first_heard: Option<i64>, now: i64) -> Step {
        let at = |minute: i64| DateTime::UNIX_EPOCH + Duration::minutes(minute);
        let grace = Duration::minutes(10);
        Step::Inquired(Absence {
            sent_at: Some(at(sent)),
            first_heard: first_heard.map(at),
            now: at(now),
            grace,
        })
    }

    #[test]
    fn not_found_counts_when_it_is_heard_again_after_the_grace_time() {
        for (first_heard, now, to) in [
            (None, 1, Unknown),
            (None, 60, Unknown),
            (Some(60), 60, Unknown),
            (Some(1), 9, Unknown),
            (Some(1), 10, Planned),
            (Some(9), 60, Planned),
        ] {
            let step = absence(0, first_heard, now);
            assert_eq!(AttemptState::after(&Outcome::NotFound, step), to, "{first_heard:?} {now}");
        }
        assert_eq!(AttemptState::after(&Outcome::NotFound, Step::Sent), Unknown);
        let unsent = Step::Inquired(Absence {
            sent_at: None,
            first_heard: Some(DateTime::UNIX_EPOCH),
            now: DateTime::UNIX_EPOCH + Duration::days(9),
            grace: Duration::minutes(10),
        });
        assert_eq!(AttemptState::after(&Outcome::NotFound, unsent), Unknown);
    }

    #[test]
    fn a_question_that_did_not_leave_does_not_free_the_order() {
        let unsent = Outcome::NotSent { cause: "no connection".to_owned() };
        assert_eq!(AttemptState::after(&unsent, Step::Sent), Planned);
        assert_eq!(AttemptState::after(&unsent, absence(0, Some(1), 600)), Unknown);
    }

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
