//! States as badges: told by a colour, a shape and a word, so that no one of the three is needed.

use super::Escaped;
use crate::backoffice::words::Words;
use crate::domain::debit::DebitState;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::payout::attempt::AttemptState;
use crate::domain::payout::status::PayoutStatus;
use crate::domain::proposal::ProposalState;
use askama::filters::HtmlSafe;
use std::fmt::{Display, Formatter, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to be done, nothing to be said.
    Quiet,
    /// Waits for somebody.
    Waiting,
    /// Under way.
    Moving,
    Good,
    Bad,
    /// Somebody should look.
    Alarm,
}

impl Tone {
    pub fn name(self) -> &'static str {
        match self {
            Tone::Quiet => "quiet",
            Tone::Waiting => "waiting",
            Tone::Moving => "moving",
            Tone::Good => "good",
            Tone::Bad => "bad",
            Tone::Alarm => "alarm",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    pub tone: Tone,
    /// One sign, which screen readers skip.
    pub shape: &'static str,
    pub word: String,
}

impl HtmlSafe for Badge {}

impl Display for Badge {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(
            f,
            "<span class=\"badge {}\"><span class=\"shape\" aria-hidden=\"true\">{}</span> {}</span>",
            self.tone.name(),
            self.shape,
            Escaped(&self.word)
        )
    }
}

impl Badge {
    pub fn new(tone: Tone, shape: &'static str, word: impl Into<String>) -> Badge {
        Badge { tone, shape, word: word.into() }
    }

    pub fn payout(status: PayoutStatus, words: &'static Words) -> Badge {
        let (tone, shape, key) = match status {
            PayoutStatus::Requested => (Tone::Waiting, "○", "payout.requested"),
            PayoutStatus::Authorized => (Tone::Waiting, "◐", "payout.authorized"),
            PayoutStatus::InProgress => (Tone::Moving, "▶", "payout.in_progress"),
            PayoutStatus::Approved => (Tone::Good, "✔", "payout.approved"),
            PayoutStatus::Rejected => (Tone::Bad, "✖", "payout.rejected"),
            PayoutStatus::Cancelled => (Tone::Quiet, "⊘", "payout.cancelled"),
            PayoutStatus::Reversed => (Tone::Alarm, "↩", "payout.reversed"),
        };
        Badge::new(tone, shape, words.say(key))
    }

    /// Somebody stopped it.
    pub fn held(words: &'static Words) -> Badge {
        Badge::new(Tone::Alarm, "‖", words.say("payout.held"))
    }

    pub fn debit(state: DebitState, words: &'static Words) -> Badge {
        let (tone, shape, key) = match state {
            DebitState::NotTaken => (Tone::Quiet, "○", "debit.not_taken"),
            DebitState::Taken => (Tone::Moving, "●", "debit.taken"),
            DebitState::Released => (Tone::Quiet, "◌", "debit.released"),
            DebitState::GivenBack => (Tone::Quiet, "↩", "debit.given_back"),
        };
        Badge::new(tone, shape, words.say(key))
    }

    pub fn attempt(state: AttemptState, words: &'static Words) -> Badge {
        let (tone, shape, key) = match state {
            AttemptState::Planned => (Tone::Waiting, "○", "attempt.planned"),
            AttemptState::Sending => (Tone::Moving, "▶", "attempt.sending"),
            AttemptState::Succeeded => (Tone::Good, "✔", "attempt.succeeded"),
            AttemptState::Refused => (Tone::Bad, "✖", "attempt.refused"),
            AttemptState::Unknown => (Tone::Alarm, "?", "attempt.unknown"),
        };
        Badge::new(tone, shape, words.say(key))
    }

    pub fn deposit(status: DepositStatus, words: &'static Words) -> Badge {
        let (tone, shape, key) = match status {
            DepositStatus::Pending => (Tone::Waiting, "○", "deposit.pending"),
            DepositStatus::Authorized => (Tone::Waiting, "◐", "deposit.authorized"),
            DepositStatus::Settling => (Tone::Moving, "▶", "deposit.settling"),
            DepositStatus::Credited => (Tone::Good, "✔", "deposit.credited"),
            DepositStatus::Declined => (Tone::Bad, "✖", "deposit.declined"),
            DepositStatus::Cancelled => (Tone::Quiet, "⊘", "deposit.cancelled"),
            DepositStatus::Reversed => (Tone::Alarm, "↩", "deposit.reversed"),
        };
        Badge::new(tone, shape, words.say(key))
    }

    pub fn proposal(state: ProposalState, words: &'static Words) -> Badge {
        let (tone, shape, key) = match state {
            ProposalState::Open => (Tone::Waiting, "○", "proposal.open"),
            ProposalState::Confirmed => (Tone::Good, "✔", "proposal.confirmed"),
            ProposalState::Declined => (Tone::Bad, "✖", "proposal.declined"),
            ProposalState::Withdrawn => (Tone::Quiet, "⊘", "proposal.withdrawn"),
            ProposalState::Overtaken => (Tone::Quiet, "↷", "proposal.overtaken"),
        };
        Badge::new(tone, shape, words.say(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_one_kind_differ_by_their_shapes_and_words() {
        for language in crate::backoffice::words::LANGUAGES {
            let words = Words::of(language);
            let kinds = [
                PayoutStatus::ALL.map(|status| Badge::payout(status, words)).to_vec(),
                AttemptState::ALL.map(|state| Badge::attempt(state, words)).to_vec(),
                DepositStatus::ALL.map(|status| Badge::deposit(status, words)).to_vec(),
                ProposalState::ALL.map(|state| Badge::proposal(state, words)).to_vec(),
            ];
            for badges in kinds {
                for (index, badge) in badges.iter().enumerate() {
                    assert!(!badge.word.contains('.'), "{} has a word", badge.word);
                    let twin = badges[..index]
                        .iter()
                        .find(|other| other.shape == badge.shape || other.word == badge.word);
                    assert_eq!(twin, None, "{badge:?}");
                }
            }
        }
    }
}
