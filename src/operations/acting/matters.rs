//! Where something unknown stands, and what two people's verdict makes of it.
//!
//! A verdict goes the way that the worker's outcome goes: the same function applies it. What a worker holds under a
//! lease is not touched: it is being asked, and what it hears comes first.

use super::super::carry_out_payout::{self, Asked};
use super::super::update_payout::pay_out_errand;
use super::super::{Caller, Rules, begin_deposit, capture_deposit, refund_deposit, settle_deposit};
use super::No;
use crate::domain::acting::Impossible;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::ids::{AttemptId, DepositId};
use crate::domain::money::Money;
use crate::domain::outcome::{DepositOutcome, Outcome};
use crate::domain::payout::attempt::AttemptState;
use crate::domain::proposal::{Matter, Verdict};
use crate::domain::reason::Reason;
use crate::domain::refusal::Refusal;
use crate::store::outbox::Errand;
use crate::store::{Tx, attempts, deposits, outbox, payouts, refunds};
use chrono::{DateTime, Duration, Utc};

/// Something whose outcome nobody knows.
pub(super) struct Standing {
    /// The payout or deposit behind it.
    pub subject: String,
    pub front_end: String,
    pub pin: String,
    pub amount: Money,
    /// Words that are others as soon as it has moved on.
    pub stood: String,
    /// What looks after it.
    errand: Errand,
}

/// The code of what two people settled.
const BY_TWO: &str = "SETTLED-BY-TWO";

/// A deposit that its customer may still pay is not unknown before this time.
const LONG_OPEN: Duration = Duration::hours(2);

/// Where a matter stands, if it is unknown at all.
pub(super) fn standing(tx: &mut Tx<'_>, matter: Matter) -> Result<Standing, No> {
    match matter {
        Matter::Attempt(id) => attempt(tx, id),
        Matter::Refund(id) => refund(tx, id),
        Matter::Deposit(id) => deposit(tx, id),
        Matter::Balance => Err(Impossible::NotFound.into()),
    }
}

fn attempt(tx: &mut Tx<'_>, id: AttemptId) -> Result<Standing, No> {
    let attempt = attempts::lock(tx, id)?.ok_or(Impossible::NotFound)?;
    let payout = payouts::lock(tx, attempt.payout)?.ok_or(Impossible::NotFound)?;
    is_unknown(attempt.state)?;
    Ok(Standing {
        subject: payout.id.to_string(),
        stood: sent(attempt.sent_at),
        errand: pay_out_errand(id),
        amount: payout.debit.amount,
        front_end: payout.front_end,
        pin: payout.pin,
    })
}

fn refund(tx: &mut Tx<'_>, id: i64) -> Result<Standing, No> {
    let refund = refunds::lock(tx, id)?.ok_or(Impossible::NotFound)?;
    let deposit = deposits::lock(tx, refund.deposit)?.ok_or(Impossible::NotFound)?;
    is_unknown(refund.state)?;
    Ok(Standing {
        subject: deposit.id.to_string(),
        stood: sent(refund.sent_at),
        errand: refund_deposit::errand(&refund),
        amount: refund.amount,
        front_end: deposit.front_end,
        pin: deposit.pin,
    })
}

/// A deposit is unknown when something was begun at its processor and no answer tells, or when it has been open for
/// longer than any customer pays.
fn deposit(tx: &mut Tx<'_>, id: DepositId) -> Result<Standing, No> {
    let deposit = deposits::lock(tx, id)?.ok_or(Impossible::NotFound)?;
    let managed = deposits::managed(tx, id)?.ok_or(Impossible::NothingUnknown)?;
    let attempted = managed.attempted.as_deref();
    let capture = attempted.is_some_and(capture_deposit::is_mark);
    if capture_deposit::is_under_way(tx, id, &managed)? {
        return Err(Impossible::BeingSent.into());
    }
    let old = tx.now_micros() - managed.created_at >= LONG_OPEN.num_microseconds().unwrap_or(i64::MAX);
    let begun = attempted.is_some_and(|step| step == begin_deposit::CHARGE || step == settle_deposit::DEBIT);
    let unknown = match deposit.status {
        DepositStatus::Pending | DepositStatus::Settling => begun || capture || old,
        DepositStatus::Authorized => begun || capture,
        DepositStatus::Credited
        | DepositStatus::Declined
        | DepositStatus::Cancelled
        | DepositStatus::Reversed => false,
    };
    if !unknown {
        return Err(Impossible::NothingUnknown.into());
    }
    let part = attempted.and_then(|mark| capture_deposit::Wish::resumed(&deposit, mark));
    let part = part.map(|wish| wish.amount).unwrap_or_default();
    let left = deposit.amount.minus(deposit.captured);
    Ok(Standing {
        subject: deposit.id.to_string(),
        stood: format!("{} {}", deposit.status, attempted.unwrap_or("-")),
        errand: begin_deposit::settle_errand(id),
        amount: part.unwrap_or(left.map_err(|error| Refusal::money("Amount", error))?),
        front_end: deposit.front_end,
        pin: deposit.pin,
    })
}

fn is_unknown(state: AttemptState) -> Result<(), Impossible> {
    match state {
        AttemptState::Unknown => Ok(()),
        AttemptState::Sending => Err(Impossible::BeingSent),
        AttemptState::Planned | AttemptState::Succeeded | AttemptState::Refused => {
            Err(Impossible::NothingUnknown)
        }
    }
}

/// The same order that was sent again is another matter: the proposal spoke of the sending before.
fn sent(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "never sent".to_owned(), |at| format!("sent {}", at.to_rfc3339()))
}

/// Applies what two people say became of it.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    matter: Matter,
    verdict: &Verdict,
    why: &str,
    rules: &Rules,
    caller: &Caller,
) -> Result<(), No> {
    let at = standing(tx, matter)?;
    if outbox::is_being_carried_out(tx, &at.errand.kind, &at.errand.subject)? {
        return Err(Impossible::BeingAsked.into());
    }
    let asked = Asked::WhatBecame { grace: Duration::zero() };
    let outcome = match verdict {
        Verdict::Paid { reference } => Outcome::Paid { reference: reference.clone() },
        Verdict::NotPaid => Outcome::Declined { code: BY_TWO.to_owned(), reason: why.to_owned() },
        Verdict::Adjust { .. } => return Err(Impossible::NotFound.into()),
    };
    match matter {
        Matter::Attempt(id) => {
            let attempt = attempts::lock(tx, id)?.ok_or(Impossible::NotFound)?;
            let payout = payouts::lock(tx, attempt.payout)?.ok_or(Impossible::NotFound)?;
            let approve = Some(rules).filter(|rules| carry_out_payout::approves_itself(&payout, rules));
            carry_out_payout::settle(tx, attempt, &outcome, asked, approve, caller)?;
        }
        Matter::Refund(id) => {
            let refund = refunds::lock(tx, id)?.ok_or(Impossible::NotFound)?;
            refund_deposit::settle(tx, refund, &outcome, asked, caller)?;
        }
        Matter::Deposit(id) => settle_deposit(tx, id, outcome, rules, caller)?,
        Matter::Balance => return Err(Impossible::NotFound.into()),
    }
    // Nobody asks about it any more, and whoever was about to has lost his claim.
    Ok(outbox::close(tx, &at.errand.kind, &at.errand.subject)?)
}

fn settle_deposit(
    tx: &mut Tx<'_>,
    id: DepositId,
    outcome: Outcome,
    rules: &Rules,
    caller: &Caller,
) -> Result<(), No> {
    let deposit = deposits::lock(tx, id)?.ok_or(Impossible::NotFound)?;
    let managed = deposits::managed(tx, id)?.ok_or(Impossible::NotFound)?;
    let capture =
        managed.attempted.as_deref().and_then(|mark| capture_deposit::Wish::resumed(&deposit, mark));
    if let Some(wish) = capture {
        let left = deposit.amount.minus(deposit.captured).map_err(|error| Refusal::money("Amount", error))?;
        let amount = wish.amount.unwrap_or(left);
        let last = wish.last || amount == left;
        match &outcome {
            Outcome::Paid { .. } => capture_deposit::taken(tx, &wish, amount, last, rules, caller)?,
            Outcome::Declined { .. } => capture_deposit::refused(tx, &wish, BY_TWO, rules, caller)?,
            // Neither paid nor refused: nothing is settled by that.
            Outcome::NotSent { .. } | Outcome::NotFound | Outcome::Open { .. } | Outcome::Unknown { .. } => {
                return Err(Impossible::NothingUnknown.into());
            }
        };
        return Ok(());
    }
    let paid = matches!(outcome, Outcome::Paid { .. });
    let outcome = match outcome {
        Outcome::Paid { reference } => DepositOutcome::Paid {
            reference,
            minor: deposit.amount.minor(),
            currency: deposit.amount.currency().code().to_owned(),
        },
        Outcome::Declined { code, reason } => DepositOutcome::Failed { code, reason },
        Outcome::NotSent { .. } | Outcome::NotFound | Outcome::Open { .. } | Outcome::Unknown { .. } => {
            return Err(Impossible::NothingUnknown.into());
        }
    };
    let settled = settle_deposit::apply(tx, id, &outcome, caller)?;
    let credited = settled.status == DepositStatus::Credited;
    if settled.alert.is_some() || (paid && !credited) {
        return Err(Refusal::field("Reference", Reason::AnothersPayment).into());
    }
    Ok(())
}
