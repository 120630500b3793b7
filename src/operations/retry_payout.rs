//! A payout that its processor refused is tried again, by a new attempt with a new request id, because a person says so.

use super::acting::approvals;
use super::update_payout::plan;
use super::{Answer, Call, Caller, OperationError, Rules, refusable};
use crate::domain::deed::Deed;
use crate::domain::ids::PayoutId;
use crate::domain::refusal::Refusal;
use crate::store::{Tx, Wants, audit, payouts};

#[derive(Clone, Debug)]
pub struct Wish {
    pub payout: PayoutId,
    pub reason: String,
    /// The idempotency key of the new attempt, drawn once for all runs of the command.
    pub attempt_key: String,
}

impl Wish {
    pub fn wants(&self) -> Wants {
        Wants::nothing().payout(self.payout)
    }
}

/// Asked twice, the second one finds the first one's attempt under way and is refused.
pub fn run(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, caller: &Caller) -> Result<Answer, OperationError> {
    let subject = wish.payout.to_string();
    let call = Call { method: "RetryPayout", subject: &subject, pin: "" };
    refusable(tx, rules, caller, &call, |tx| retry(tx, wish, rules, caller))
}

/// The new attempt itself, for whoever writes refusals down in his own way.
pub(super) fn retry(
    tx: &mut Tx<'_>,
    wish: &Wish,
    rules: &Rules,
    caller: &Caller,
) -> Result<Answer, OperationError> {
    let payout = payouts::lock(tx, wish.payout)?.ok_or(Refusal::PayoutNotFound)?;
    if payout.front_end != rules.front_end.name {
        return Err(Refusal::PayoutNotFound.into());
    }
    if !caller.is_person() {
        approvals::of_a_retry(tx, &payout, rules)?;
    }
    let change = payout.retry(&caller.who)?;
    payouts::advance(tx, &change.payout)?;
    plan(tx, &change.payout, rules, wish.attempt_key.clone())?;
    let fact = audit::Fact {
        front_end: payout.front_end.clone(),
        pin: payout.pin.clone(),
        who: caller.who.clone(),
        why: wish.reason.clone(),
        from: payout.status.to_string(),
        to: change.payout.status.to_string(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(Deed::PayoutRetried, payout.id)
    };
    audit::record(tx, fact)?;
    Ok(Answer { payout: Some(payout.id), ..Answer::done("A new attempt is planned") })
}
