//! People of ours want a payout to end that its cashier still holds for open: the cashier is asked to end it, and its own
//! update of the payout is what ends it here.
//!
//! No money moves by asking, nor by the answer: a cashier that pays the payout out itself must say first that it won't.
//! While it is asked, nothing of the payout starts. What the cashier refuses stays held for people to look at.

use super::{Caller, OperationError};
use crate::domain::deed::Deed;
use crate::domain::ids::PayoutId;
use crate::domain::payout::status::PayoutStatus;
use crate::domain::payout::{Hold, Payout};
use crate::domain::remark::Remark;
use crate::store::outbox::{self, Claimed, Errand, Task};
use crate::store::{StoreError, Tx, audit, payouts};
use chrono::Duration;

/// The kind of the errand that asks.
pub const TELL_CASHIER: &str = Task::TellCashier.name();

/// How long after its yes the cashier's own update is waited for, before it is asked once more.
const AFTER_YES: Duration = Duration::minutes(10);
/// From this try on a yes without an update is for a person to know, and at the last one it is given up.
const ALARM_AFTER: i64 = 3;
const MOST_TRIES: i64 = 30;

/// What the cashier said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Yes,
    No {
        status: i64,
        description: String,
    },
    /// Nothing that tells; asked again after `later`, or given up until a person retries.
    Nothing {
        cause: String,
        later: Option<Duration>,
    },
}

/// Writes down that a payout is to end, and puts the errand that asks for it.
pub(super) fn ask(
    tx: &mut Tx<'_>,
    payout: &Payout,
    to: PayoutStatus,
    why: &str,
    caller: &Caller,
) -> Result<(), StoreError> {
    payouts::advance(tx, &Payout { ending: Some(to), ..payout.clone() })?;
    let subject = payout.id.to_string();
    let errand = Errand { kind: TELL_CASHIER.to_owned(), subject, payload: "{}".to_owned() };
    outbox::put(tx, &errand, tx.now())?;
    record(tx, payout, Deed::PayoutEndAsked, to, why, caller)
}

/// Whether the cashier is to be asked now, and about what. A payout that has ended meanwhile needs no asking.
pub fn next(tx: &mut Tx<'_>, id: PayoutId, claim: &Claimed) -> Result<Option<Payout>, OperationError> {
    if !outbox::is_held(tx, claim)? {
        return Ok(None);
    }
    let payout = payouts::lock(tx, id)?.filter(|payout| payout.ending.is_some());
    if payout.is_none() {
        outbox::finish(tx, claim)?;
    }
    Ok(payout)
}

/// What comes of an answer; `None` when the claim was lost or the payout has ended. Otherwise an alert, or nothing to
/// be alarmed about.
pub fn apply(
    tx: &mut Tx<'_>,
    id: PayoutId,
    heard: &Heard,
    claim: &Claimed,
    caller: &Caller,
) -> Result<Option<Option<&'static str>>, OperationError> {
    if !outbox::is_held(tx, claim)? {
        return Ok(None);
    }
    let Some(payout) = payouts::lock(tx, id)? else { return Ok(None) };
    let Some(to) = payout.ending else {
        outbox::finish(tx, claim)?;
        return Ok(None);
    };
    let alert = match heard {
        Heard::Yes => {
            record(tx, &payout, Deed::PayoutEndPromised, to, "", caller)?;
            if claim.tries >= MOST_TRIES {
                outbox::park(tx, claim.id, Remark::PromiseBroken.text())?;
            } else {
                outbox::again(tx, claim, tx.now() + AFTER_YES, Remark::PromiseAwaited.text())?;
            }
            (claim.tries >= ALARM_AFTER).then_some("cashier_promised_in_vain")
        }
        Heard::No { status, description } => {
            let why = format!("{}: {status} {description}", Remark::CashierRefuses);
            let hold = Hold { by: caller.who.clone(), why: why.clone() };
            payouts::advance(tx, &Payout { ending: None, hold: Some(hold), ..payout.clone() })?;
            record(tx, &payout, Deed::PayoutEndRefused, to, &why, caller)?;
            outbox::finish(tx, claim)?;
            Some("cashier_refused_to_end")
        }
        Heard::Nothing { cause, later: Some(later) } => {
            outbox::again(tx, claim, tx.now() + *later, cause)?;
            None
        }
        Heard::Nothing { cause, later: None } => {
            outbox::park(tx, claim.id, cause)?;
            Some("cashier_not_reached")
        }
    };
    Ok(Some(alert))
}

fn record(
    tx: &mut Tx<'_>,
    payout: &Payout,
    kind: Deed,
    to: PayoutStatus,
    why: &str,
    caller: &Caller,
) -> Result<(), StoreError> {
    let fact = audit::Fact {
        front_end: payout.front_end.clone(),
        pin: payout.pin.clone(),
        who: caller.who.clone(),
        why: why.to_owned(),
        from: payout.status.to_string(),
        to: payout.status.to_string(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(kind, payout.id)
    };
    audit::record(tx, fact.with("wanted", to.name()))
}
