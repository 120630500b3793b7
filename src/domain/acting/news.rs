//! What has happened since somebody looked.

use super::Impossible;
use std::fmt;

/// The last change of a payout, as the trail has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct News {
    /// `operator/ann`, `cashier`, `worker`.
    pub who: String,
    /// The trail's word for what was done: `payout.updated`.
    pub kind: String,
    pub from: String,
    pub to: String,
}

/// `operator/ann: payout.updated, Requested to Authorized`.
impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = if self.who.is_empty() { "somebody" } else { &self.who };
        write!(f, "{who}: {}", self.kind)?;
        match (self.from.as_str(), self.to.as_str()) {
            ("", "") => Ok(()),
            ("", to) => write!(f, ", now {to}"),
            (from, to) if from == to => Ok(()),
            (from, to) => write!(f, ", {from} to {to}"),
        }
    }
}

/// Where a matter stands now that has moved on while its proposal waited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Moved {
    /// It was sent or begun again, and what became of that is unknown anew.
    Anew { stood: String },
    /// Nothing unknown is left of it, or it is under way.
    On(Box<Impossible>),
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Moved::Anew { stood } => write!(f, "it is unknown anew, {stood}"),
            Moved::On(why) => why.fmt(f),
        }
    }
}
