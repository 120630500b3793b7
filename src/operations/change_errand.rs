//! A person has an errand done now, or gives it up until somebody retries it. Both are on record with their reason.

use super::{Caller, OperationError};
use crate::domain::deed::Deed;
use crate::store::{Tx, audit, outbox};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// Due now, parked or not.
    Retry,
    Park,
}

impl Change {
    /// As the audit trail names it.
    pub fn deed(self) -> Deed {
        match self {
            Change::Retry => Deed::OutboxRetried,
            Change::Park => Deed::OutboxParked,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Wish {
    pub id: i64,
    pub change: Change,
    pub reason: String,
}

/// `false` when there is no open errand of this id.
pub fn run(tx: &mut Tx<'_>, wish: &Wish, caller: &Caller) -> Result<bool, OperationError> {
    let done = match wish.change {
        Change::Retry => outbox::retry(tx, wish.id)?,
        Change::Park => outbox::park(tx, wish.id, &wish.reason)?,
    };
    if done {
        let fact = audit::Fact {
            who: caller.who.clone(),
            why: wish.reason.clone(),
            request_id: caller.request_id.clone(),
            ..audit::Fact::of(wish.change.deed(), wish.id)
        };
        audit::record(tx, fact)?;
    }
    Ok(done)
}
