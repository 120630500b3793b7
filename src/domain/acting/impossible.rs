//! Why somebody can't do something now, in words for him.

use super::Action;
use super::news::{Moved, News};
use crate::domain::approval::{Mark, letters};
use crate::domain::money::Money;
use crate::domain::payout::status::PayoutStatus;
use crate::domain::proposal::ProposalState;
use crate::domain::refusal::{Refusal, RefusalCode};
use chrono::{DateTime, Utc};

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Impossible {
    /// It is not there, or not for him: both sound alike.
    #[error("there is no such thing here")]
    NotFound,
    #[error("your role does not allow you to {}", .action.name().replace('_', " "))]
    Role { action: Action },
    /// The payout's own rules.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A reason, a note or an id that can't be taken.
    #[error("{field} {wrong}")]
    Words { field: &'static str, wrong: WrongWords },
    #[error("it is {status} already")]
    There { status: PayoutStatus },
    #[error("it has ended: it is {status}")]
    Ended { status: PayoutStatus },
    #[error("{why}")]
    NotYet { why: &'static str },
    #[error("changed since you looked: {}", told(.news))]
    Stale { news: Option<News> },
    #[error("its cashier is being asked to end it; it becomes {to} when the cashier says so")]
    Ending { to: PayoutStatus },
    #[error("held by {by}: {why}")]
    Held { by: String, why: String },
    #[error("nobody holds it")]
    NotHeld,
    #[error("{by} is working on it until {} UTC", .until.format("%H:%M"))]
    Claimed { by: String, until: DateTime<Utc> },
    #[error("nobody is working on it")]
    NotClaimed,
    #[error("marks are missing: {}", letters(.missing))]
    MarksMissing { missing: Vec<Mark> },
    #[error("{by} gave mark {} already", .mark.letter())]
    Marked { mark: Mark, by: String },
    #[error("all marks are given")]
    AllMarked,
    #[error("the mark is not given")]
    NotMarked,
    #[error("marks are given before a payout starts; it is {status}")]
    PastMarks { status: PayoutStatus },
    #[error("you prepared it, and above the limit of this front end another person releases it")]
    FourEyes,
    #[error("it is more than {most}, the most your role may move")]
    OverLimit { most: Money },
    #[error("nothing about it is unknown")]
    NothingUnknown,
    #[error("it is being sent right now; what becomes of it will be known or asked first")]
    BeingSent,
    #[error("its processor is being asked right now; look again in two minutes")]
    BeingAsked,
    #[error("{by} has proposed an outcome, which waits for another person")]
    Proposed { by: String },
    #[error("you proposed it: another person confirms or declines it")]
    OwnProposal,
    #[error("{by} proposed it, and only the proposer takes it back")]
    OthersProposal { by: String },
    #[error("it was decided: {}{}", .state.name(), whose(.by))]
    AlreadyDecided { state: ProposalState, by: String },
    #[error("overtaken: {now}")]
    Overtaken { now: Moved },
}

/// What is wrong with a text that somebody typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WrongWords {
    #[error("must not be empty")]
    Empty,
    #[error("is longer than {most} characters")]
    Long { most: usize },
    #[error("holds a control character")]
    Control,
    #[error("holds what looks like a card number; write its last four digits only")]
    CardNumber,
}

fn whose(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" by {name}") }
}

/// The last change, if the trail has any.
fn told(news: &Option<News>) -> String {
    news.as_ref().map_or_else(|| "look at it again".to_owned(), News::to_string)
}

impl Impossible {
    /// A word for programs and for styles.
    pub fn code(&self) -> &'static str {
        match self {
            Impossible::NotFound => "not_found",
            Impossible::Role { .. } => "role",
            Impossible::Refused(refusal) => refusal.code().name(),
            Impossible::Words { .. } => RefusalCode::BadField.name(),
            Impossible::There { .. } => "there",
            Impossible::Ended { .. } => "ended",
            Impossible::NotYet { .. } => "not_yet",
            Impossible::Stale { .. } => "stale",
            Impossible::Ending { .. } => "ending",
            Impossible::Held { .. } => "held",
            Impossible::NotHeld => "not_held",
            Impossible::Claimed { .. } => "claimed",
            Impossible::NotClaimed => "not_claimed",
            Impossible::MarksMissing { .. } => "marks_missing",
            Impossible::Marked { .. } | Impossible::AllMarked => "marked",
            Impossible::NotMarked => "not_marked",
            Impossible::PastMarks { .. } => "past_marks",
            Impossible::FourEyes => "four_eyes",
            Impossible::OverLimit { .. } => "over_limit",
            Impossible::NothingUnknown => "nothing_unknown",
            Impossible::BeingSent => "being_sent",
            Impossible::BeingAsked => "being_asked",
            Impossible::Proposed { .. } => "proposed",
            Impossible::OwnProposal => "own_proposal",
            Impossible::OthersProposal { .. } => "others_proposal",
            Impossible::AlreadyDecided { .. } => "decided",
            Impossible::Overtaken { .. } => "overtaken",
        }
    }
}
