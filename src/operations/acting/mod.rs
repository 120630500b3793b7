//! What people of the house do. Pages call these and nothing else.
//!
//! - [`act_on_payout::run`] does one [`Action`](crate::domain::acting::Action) to one payout: authorize, start, approve,
//!   reject, cancel, reverse, edit, note, claim, mark, hold, retry. It takes the payout's version as the person saw it.
//! - [`look_at_payout::run`] reads a payout with all of that: version, marks, claim, hold, notes, proposals, and each
//!   action, possible or impossible with the reason, by the same decision that the action itself is held to.
//! - [`propose_outcome::run`] and [`propose_adjustment::run`] put something before a second person, and
//!   [`decide_proposal::run`] confirms, declines or takes it back. Only what is confirmed is applied, in the same commit.
//! - [`approvals`] holds the cashier and the command line to the same marks and eyes.
//!
//! Each answers with [`Acted`]: done, or [`Impossible`] with its reason in words; only what the database could not do is
//! an error. Refused actions leave a row `action.refused` in the audit trail and nothing else.

pub mod act_on_payout;
pub(super) mod approvals;
pub mod decide_proposal;
pub mod look_at_payout;
mod matters;
pub mod propose_adjustment;
pub mod propose_outcome;

use super::{Caller, OperationError, Rules};
use crate::domain::acting::{Impossible, WrongWords};
use crate::domain::deed::Deed;
use crate::domain::ids::{ProposalId, ReversalId};
use crate::domain::people::Person;
use crate::domain::refusal::Refusal;
use crate::store::{StoreError, Tx, audit};

/// What came of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acted {
    Done(Done),
    Impossible(Impossible),
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    pub description: String,
    /// The payout's version after it, with which the same person goes on.
    pub version: i64,
    pub reversal: Option<ReversalId>,
    pub proposal: Option<ProposalId>,
    /// It is not done yet: the cashier is asked to do it.
    pub cashier_asked: bool,
    /// What a person should look at.
    pub alerts: Vec<&'static str>,
}

impl Done {
    fn said(description: impl Into<String>) -> Done {
        Done { description: description.into(), ..Done::default() }
    }
}

/// Who acts, with the id of his request.
#[derive(Clone, Debug)]
pub struct By {
    pub person: Person,
    pub request_id: String,
}

impl By {
    fn caller(&self) -> Caller {
        Caller::person(&self.person, &self.request_id)
    }

    fn fact(&self, kind: Deed, subject: impl ToString, front_end: &str, pin: &str) -> audit::Fact {
        audit::Fact {
            front_end: front_end.to_owned(),
            pin: pin.to_owned(),
            who: self.person.who(),
            request_id: self.request_id.clone(),
            ..audit::Fact::of(kind, subject)
        }
    }
}

/// A "no" inside an action: it takes everything back, or the operation could not be done at all.
enum No {
    Impossible(Impossible),
    Failed(OperationError),
}

impl From<Impossible> for No {
    fn from(impossible: Impossible) -> No {
        No::Impossible(impossible)
    }
}

impl From<OperationError> for No {
    fn from(error: OperationError) -> No {
        match error {
            OperationError::Refused(refusal) => No::Impossible(refusal.into()),
            OperationError::NotYet(why) => No::Impossible(Impossible::NotYet { why }),
            OperationError::Failed(_) => No::Failed(error),
        }
    }
}

impl From<StoreError> for No {
    fn from(error: StoreError) -> No {
        No::Failed(error.into())
    }
}

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> No {
        No::Impossible(refusal.into())
    }
}

/// What is tried, for the record of a refusal.
struct Tried<'a> {
    action: &'static str,
    subject: &'a str,
    pin: &'a str,
}

/// Runs an action; one that turns out impossible takes everything back and leaves its trace alone.
fn attempted(
    tx: &mut Tx<'_>,
    rules: &Rules,
    by: &By,
    tried: &Tried<'_>,
    run: impl FnOnce(&mut Tx<'_>) -> Result<Done, No>,
) -> Result<Acted, OperationError> {
    let mark = tx.mark();
    match run(tx) {
        Ok(done) => Ok(Acted::Done(done)),
        Err(No::Failed(error)) => Err(error),
        Err(No::Impossible(impossible)) => {
            tx.roll_back(&mark);
            let fact = audit::Fact {
                why: impossible.to_string(),
                ..by.fact(Deed::ActionRefused, tried.subject, &rules.front_end.name, tried.pin)
            };
            audit::record(tx, fact.with("action", tried.action).with("code", impossible.code()))?;
            Ok(Acted::Impossible(impossible))
        }
    }
}

/// A processor's id as a person types it. It is an id, so a long number in it is let be.
fn reference(field: &'static str, text: &str) -> Result<String, Impossible> {
    let text = text.trim();
    let wrong = if text.is_empty() {
        WrongWords::Empty
    } else if text.chars().count() > LONGEST_REFERENCE {
        WrongWords::Long { most: LONGEST_REFERENCE }
    } else if text.chars().any(char::is_control) {
        WrongWords::Control
    } else {
        return Ok(text.to_owned());
    };
    Err(Impossible::Words { field, wrong })
}

const LONGEST_REFERENCE: usize = 50;
