//! A hold on a deposit: whoever takes a step of it at its processor has its errand, so that of all nodes and doors one
//! alone is at it, and somebody else soon after he died.

use super::OperationError;
use super::begin_deposit::{SETTLE_DEPOSIT, settle_errand};
use crate::domain::ids::DepositId;
use crate::store::outbox::{self, Claimed};
use crate::store::{StoreError, Tx};
use chrono::Duration;
use std::sync::Arc;

/// Who takes the step.
#[derive(Clone)]
pub struct Holder {
    /// A name that is not the worker's: what was being sent when a node was killed is not taken up before its lease is
    /// over, however soon the node is back.
    pub name: Arc<str>,
    /// So long he is believed to live without a word, at each account.
    pub lease: Arc<dyn Fn(&str) -> Duration + Send + Sync>,
    /// The worker's claim where the step is taken for him. It is his to end.
    pub lent: Option<Claimed>,
}

/// A claim on a deposit's errand, to be renewed while the step is taken.
#[derive(Clone, Debug)]
pub struct Hold {
    pub claim: Claimed,
    pub lease: Duration,
    lent: bool,
}

impl Holder {
    /// Whether nobody else is at the deposit.
    pub fn may_go_on(&self, tx: &mut Tx<'_>, deposit: DepositId) -> Result<bool, StoreError> {
        match &self.lent {
            Some(claim) => outbox::is_held(tx, claim),
            None => Ok(!outbox::is_being_carried_out(tx, SETTLE_DEPOSIT, &deposit.to_string())?),
        }
    }

    /// Takes the hold. Whoever only asks about the deposit meanwhile loses his claim by that.
    pub fn takes(&self, tx: &mut Tx<'_>, deposit: DepositId, account: &str) -> Result<Hold, OperationError> {
        let lease = (self.lease)(account);
        let Some(claim) = &self.lent else {
            let claim = outbox::take(tx, &settle_errand(deposit), &self.name, lease)?;
            return Ok(Hold { claim, lease, lent: false });
        };
        match outbox::renew_as(tx, claim, &self.name, lease)? {
            true => Ok(Hold { claim: claim.clone(), lease, lent: true }),
            false => Err(OVERTAKEN),
        }
    }
}

const OVERTAKEN: OperationError =
    OperationError::NotYet("another step of this deposit is under way, please repeat");

impl Hold {
    /// Before anything is written of what came of the step: whoever was overtaken leaves that to the other.
    pub fn still_holds(&self, tx: &mut Tx<'_>) -> Result<(), OperationError> {
        if outbox::is_held(tx, &self.claim)? { Ok(()) } else { Err(OVERTAKEN) }
    }

    /// Lets go; the sweep looks after the deposit then, or never if nothing more is to come.
    pub fn ends(&self, tx: &mut Tx<'_>, sweep: Option<Duration>) -> Result<(), StoreError> {
        let due = sweep.map(|later| tx.now() + later);
        match due {
            Some(due) if self.lent => return outbox::put(tx, &self.claim.errand, due),
            None if self.lent => return Ok(()),
            Some(due) => outbox::again(tx, &self.claim, due, "a step of the deposit was taken")?,
            None => outbox::finish(tx, &self.claim)?,
        };
        Ok(())
    }
}
