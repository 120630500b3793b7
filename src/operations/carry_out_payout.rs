//! A payout's attempt at its processor: Sending is committed before the first byte leaves, and every outcome is
//! applied once, by whoever still holds the errand.

use super::fix_payout_terms::{self, Fixed};
use super::update_payout;
use super::{Caller, OperationError, Rules};
use crate::domain::deed::Deed;
use crate::domain::ids::AttemptId;
use crate::domain::outcome::Outcome;
use crate::domain::payout::Payout;
use crate::domain::payout::attempt::{Absence, AttemptState, Step};
use crate::domain::payout::status::PayoutStatus;
use crate::domain::processor_name::Route;
use crate::domain::proposal::{Matter, ProposalState};
use crate::domain::refusal::Refusal;
use crate::domain::remark::Remark;
use crate::store::attempts::{self, Attempt};
use crate::store::outbox::{self, Claimed};
use crate::store::{Tx, audit, payouts, proposals};
use chrono::{DateTime, Duration, Utc};

/// What is to be done with an attempt now.
#[derive(Clone, Debug)]
pub enum Next {
    /// Sending is committed: send it.
    Send(Box<(Attempt, Payout)>),
    /// Its answer got lost or is open: ask.
    Inquire(Box<(Attempt, Payout)>),
    /// Something else must end first.
    Later,
    /// It is settled, or the claim was lost.
    Nothing,
}

/// What a processor was asked when it gave an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    ToPay,
    /// `grace`: from so long after an order was sent on, "not known there" may count.
    WhatBecame {
        grace: Duration,
    },
}

impl Asked {
    pub(super) fn step(
        self,
        sent_at: Option<DateTime<Utc>>,
        first_heard: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Step {
        match self {
            Asked::ToPay => Step::Sent,
            Asked::WhatBecame { grace } => Step::Inquired(Absence { sent_at, first_heard, now, grace }),
        }
    }
}

/// Since when a processor does not know an order: what it says of it otherwise ends that, silence does not.
pub(super) fn not_found_since(
    outcome: &Outcome,
    before: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    match outcome {
        Outcome::NotFound => before.or(Some(now)),
        Outcome::NotSent { .. } | Outcome::Unknown { .. } => before,
        Outcome::Paid { .. } | Outcome::Declined { .. } | Outcome::Open { .. } => None,
    }
}

/// Decides and commits what is next, before anything leaves. `prefix` is what an account's references begin with now.
pub fn next(
    tx: &mut Tx<'_>,
    id: AttemptId,
    claim: &Claimed,
    prefix: impl Fn(&str) -> String,
    caller: &Caller,
) -> Result<Next, OperationError> {
    if !outbox::is_held(tx, claim)? {
        return Ok(Next::Nothing);
    }
    let Some(mut attempt) = attempts::lock(tx, id)? else {
        outbox::finish(tx, claim)?;
        return Ok(Next::Nothing);
    };
    // It leaves in a file, and only the answer's file says what became of it: to ask, and to send it when it is not
    // known there, could pay it twice.
    if attempt.route == Route::PaygateBatch.name() {
        outbox::finish(tx, claim)?;
        return Ok(Next::Nothing);
    }
    let payout = payouts::lock(tx, attempt.payout)?.ok_or(Refusal::PayoutNotFound)?;
    match attempt.state {
        // Somebody stopped it; whoever lets it go makes the errand due.
        AttemptState::Planned if payout.status == PayoutStatus::InProgress && payout.is_stopped() => {
            Ok(Next::Later)
        }
        AttemptState::Planned if payout.status == PayoutStatus::InProgress => {
            if attempt.sent_at.is_none() {
                let prefix = prefix(&attempt.account);
                // As its processor will know it, so that people find it by that.
                if !prefix.is_empty() {
                    attempt.reference = format!("{prefix}{}", attempt.id.to_string().replace('-', ""));
                }
                match fix_payout_terms::run(tx, &attempt, &payout)? {
                    Fixed::Terms(terms) => attempt.terms = terms,
                    Fixed::Later => return Ok(Next::Later),
                    Fixed::Never(reason) => {
                        attempt.state = AttemptState::Refused;
                        attempt.code = Some(NOTHING_TO_SEND.to_owned());
                        attempt.reason = Some(reason.into());
                        attempts::advance(tx, &attempt)?;
                        record(tx, &attempt, &payout, AttemptState::Planned, caller, reason.text())?;
                        outbox::finish(tx, claim)?;
                        return Ok(Next::Nothing);
                    }
                }
            }
            attempt.state = AttemptState::Sending;
            attempts::advance(tx, &attempt)?;
            record(tx, &attempt, &payout, AttemptState::Planned, caller, "")?;
            Ok(Next::Send(Box::new((attempt, payout))))
        }
        // Its payout went another way before anything left.
        AttemptState::Planned => {
            attempt.state = AttemptState::Refused;
            attempt.reason = Some(Remark::WithdrawnUnsent.into());
            attempts::advance(tx, &attempt)?;
            outbox::finish(tx, claim)?;
            Ok(Next::Nothing)
        }
        // Whoever was sending it is gone: nobody knows how far he came.
        AttemptState::Sending => {
            attempt.state = AttemptState::Unknown;
            attempt.reason = Some(Remark::Interrupted.into());
            attempts::advance(tx, &attempt)?;
            record(tx, &attempt, &payout, AttemptState::Sending, caller, Remark::Interrupted.text())?;
            Ok(Next::Inquire(Box::new((attempt, payout))))
        }
        AttemptState::Unknown => Ok(Next::Inquire(Box::new((attempt, payout)))),
        AttemptState::Succeeded | AttemptState::Refused => {
            outbox::finish(tx, claim)?;
            Ok(Next::Nothing)
        }
    }
}

/// The code of an attempt that we refused ourselves, before anything left.
const NOTHING_TO_SEND: &str = "NOTHING-TO-SEND";

/// Where an attempt stands after an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    pub state: AttemptState,
    pub inquiries: i64,
    /// Its processor confirmed that it does not know it: what was sent never arrived.
    pub absent: bool,
    /// Its processor does not know it, which may be believed from then on, when it is heard again.
    pub believed_from: Option<DateTime<Utc>>,
}

/// Applies an outcome; `None` when the claim was lost, and then nothing is written.
pub fn apply(
    tx: &mut Tx<'_>,
    id: AttemptId,
    outcome: &Outcome,
    asked: Asked,
    claim: &Claimed,
    approve: Option<&Rules>,
    caller: &Caller,
) -> Result<Option<Applied>, OperationError> {
    if !outbox::is_held(tx, claim)? {
        contradicted(tx, id, outcome, caller)?;
        return Ok(None);
    }
    let Some(attempt) = attempts::lock(tx, id)? else { return Ok(None) };
    let asked_about = (attempt.state == AttemptState::Unknown).then_some(Matter::Attempt(attempt.id));
    let applied = settle(tx, attempt, outcome, asked, approve, caller)?;
    if let Some(matter) = asked_about.filter(|_| applied.state != AttemptState::Unknown)
        && let Some(proposal) = proposals::open_about(tx, matter)?
    {
        // The inquiry was faster than the second person.
        proposals::decide(
            tx,
            proposal.id,
            ProposalState::Overtaken,
            &caller.who,
            Remark::SettledByInquiry.text(),
        )?;
    }
    if matches!(applied.state, AttemptState::Succeeded | AttemptState::Refused) {
        outbox::finish(tx, claim)?;
    }
    Ok(Some(applied))
}

/// What an outcome makes of an attempt, whoever found it out: the worker under its claim, or two people.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    mut attempt: Attempt,
    outcome: &Outcome,
    asked: Asked,
    approve: Option<&Rules>,
    caller: &Caller,
) -> Result<Applied, OperationError> {
    let payout = payouts::lock(tx, attempt.payout)?.ok_or(Refusal::PayoutNotFound)?;
    let from = attempt.state;
    let now = tx.now();
    let to = AttemptState::after(outcome, asked.step(attempt.sent_at, attempt.not_found_at, now));
    attempt.not_found_at = not_found_since(outcome, attempt.not_found_at, now);
    if from == to || from.may_become(to) {
        attempt.state = to;
    }
    let why = note(&mut attempt, outcome);
    // Counts an inquiry that ends in "not known there" as well: what is sent then was sent before.
    attempt.inquiries += i64::from(from == AttemptState::Unknown || attempt.state == AttemptState::Unknown);
    attempts::advance(tx, &attempt)?;
    if from != attempt.state {
        record(tx, &attempt, &payout, from, caller, &why)?;
    }
    if attempt.state == AttemptState::Succeeded
        && let Some(rules) = approve
    {
        let reference = attempt.processor_reference.clone();
        update_payout::approve(tx, attempt.payout, reference, rules, caller)?;
    }
    let not_found = *outcome == Outcome::NotFound;
    let absent = not_found && attempt.state == AttemptState::Planned;
    let believed_from = match asked {
        Asked::WhatBecame { grace } if not_found && !absent => attempt.sent_at.map(|sent| sent + grace),
        _ => None,
    };
    Ok(Applied { state: attempt.state, inquiries: attempt.inquiries, absent, believed_from })
}

/// Writes down with an attempt what its processor said, and says it in words.
pub(super) fn note(attempt: &mut Attempt, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Paid { reference } => {
            attempt.processor_reference = Some(reference.clone());
            String::new()
        }
        Outcome::Declined { code, reason } => {
            attempt.code = Some(code.clone());
            attempt.reason = Some(reason.clone());
            format!("{code}: {reason}")
        }
        Outcome::NotFound => Remark::NotKnownThere.into(),
        Outcome::NotSent { cause } | Outcome::Open { cause } | Outcome::Unknown { cause } => {
            attempt.reason = Some(cause.clone());
            cause.clone()
        }
    }
}

/// An answer that came after its claim was lost changes nothing. Should people have settled the attempt the other way
/// meanwhile, that is written down for them to see.
fn contradicted(
    tx: &mut Tx<'_>,
    id: AttemptId,
    outcome: &Outcome,
    caller: &Caller,
) -> Result<(), OperationError> {
    let Some(attempt) = attempts::lock(tx, id)? else { return Ok(()) };
    let said = match (outcome, attempt.state) {
        (Outcome::Paid { reference }, AttemptState::Refused) => format!("paid as {reference}"),
        (Outcome::Declined { code, reason }, AttemptState::Succeeded) => format!("{code}: {reason}"),
        _ => return Ok(()),
    };
    let payout = payouts::lock(tx, attempt.payout)?.ok_or(Refusal::PayoutNotFound)?;
    tracing::error!(payout.id = %payout.id, attempt = %id, said, "a late answer contradicts how the attempt was settled");
    let fact = audit::Fact {
        front_end: payout.front_end.clone(),
        pin: payout.pin.clone(),
        who: caller.who.clone(),
        why: said,
        from: attempt.state.name().to_owned(),
        to: attempt.state.name().to_owned(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(Deed::PayoutAttemptContradicted, payout.id)
    };
    audit::record(tx, fact.with("attempt", id.to_string()))?;
    Ok(())
}

/// Whether a payout approves itself once its processor has paid it: only where the processor map says so.
pub fn approves_itself(payout: &Payout, rules: &Rules) -> bool {
    let named = payout.used.as_ref().or(payout.asked.as_ref());
    let mapped = named.and_then(|named| rules.processors.look_up(&named.cashier).ok());
    mapped.is_some_and(|mapped| mapped.processor.approve_when_paid)
}

pub(super) fn record(
    tx: &mut Tx<'_>,
    attempt: &Attempt,
    payout: &Payout,
    from: AttemptState,
    caller: &Caller,
    why: &str,
) -> Result<(), OperationError> {
    let fact = audit::Fact {
        front_end: payout.front_end.clone(),
        pin: payout.pin.clone(),
        who: caller.who.clone(),
        why: why.to_owned(),
        from: from.name().to_owned(),
        to: attempt.state.name().to_owned(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(Deed::PayoutAttempt, payout.id)
    };
    let fact = fact.with("attempt", attempt.id.to_string()).with("number", attempt.number);
    audit::record(tx, fact)?;
    Ok(())
}
