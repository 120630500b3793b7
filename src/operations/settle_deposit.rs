//! What the processor says of a deposit is applied: credited once, whatever arrives, in whatever order, however often.

use super::begin_deposit::{CHARGE, settle_errand};
use super::{Caller, capture_deposit, post, told};
use crate::domain::deed::Deed;
use crate::domain::deposit::Deposit;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::ids::DepositId;
use crate::domain::money::{Currency, Money};
use crate::domain::outcome::DepositOutcome;
use crate::domain::refusal::Refusal;
use crate::domain::remark::Remark;
use crate::store::deposits::Managed;
use crate::store::{OperationError, StoreError, Tx, audit, deposits, outbox};

/// Where the deposit stands afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub status: DepositStatus,
    /// Nothing more is expected: the sweep may rest.
    pub ended: bool,
    pub next: Look,
    /// Why it is where it is, as far as the processor told: for the people who look at its errand.
    pub cause: Option<String>,
    pub alert: Option<&'static str>,
}

/// When the sweep looks again at a deposit that has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The customer's money may wait at the processor for a short time only.
    Soon,
    AsUsual,
    /// It was given up, and its customer may still pay.
    Daily,
}

/// What `attempted` says while the processor is asked for the whole money.
pub const DEBIT: &str = "debit";
/// What `attempted` says while a deposit is being given up.
pub const CANCEL: &str = "cancel";
/// What `attempted` says of a declined deposit whose reserve is still to be released.
pub const RELEASE: &str = "release";

/// Notes that the processor is about to be asked for the money. `false` when there is nothing to ask for, or when
/// another step is under way: of fetching, capturing and giving up only one is ever on record.
pub fn begin(tx: &mut Tx<'_>, id: DepositId) -> Result<bool, OperationError> {
    let Some(deposit) = free_for(tx, id, DEBIT)? else { return Ok(false) };
    if let Some(change) = deposit.note(DepositStatus::Settling) {
        deposits::advance(tx, &change.deposit)?;
    }
    deposits::note_attempted(tx, id, Some(DEBIT))?;
    Ok(true)
}

/// Notes that an open deposit is about to be given up. `false` when it has ended or another step is under way.
pub fn give_up(tx: &mut Tx<'_>, id: DepositId) -> Result<bool, OperationError> {
    if free_for(tx, id, CANCEL)?.is_none() {
        return Ok(false);
    }
    deposits::note_attempted(tx, id, Some(CANCEL))?;
    Ok(true)
}

/// Notes that the processor would not give a deposit up.
pub fn keep(tx: &mut Tx<'_>, id: DepositId) -> Result<(), OperationError> {
    let managed = deposits::managed(tx, id)?.ok_or(Refusal::DepositNotFound)?;
    if managed.attempted.as_deref() == Some(CANCEL) {
        deposits::note_attempted(tx, id, None)?;
    }
    Ok(())
}

/// The deposit, if it is open and no other step than this one is under way.
fn free_for(tx: &mut Tx<'_>, id: DepositId, step: &str) -> Result<Option<Deposit>, OperationError> {
    let deposit = deposits::lock(tx, id)?.ok_or(Refusal::DepositNotFound)?;
    let managed = deposits::managed(tx, id)?.ok_or(Refusal::DepositNotFound)?;
    if managed.attempted.as_deref().is_some_and(|attempted| attempted != step) {
        return Ok(None);
    }
    match deposit.status {
        DepositStatus::Pending | DepositStatus::Authorized | DepositStatus::Settling => {}
        DepositStatus::Credited
        | DepositStatus::Declined
        | DepositStatus::Cancelled
        | DepositStatus::Reversed => return Ok(None),
    }
    Ok(Some(deposit))
}

/// Applies an outcome. A processor's amount that is not ours credits nobody: it goes to suspense, for a person.
pub fn apply(
    tx: &mut Tx<'_>,
    id: DepositId,
    outcome: &DepositOutcome,
    caller: &Caller,
) -> Result<Settled, OperationError> {
    let deposit = deposits::lock(tx, id)?.ok_or(Refusal::DepositNotFound)?;
    let managed = deposits::managed(tx, id)?.ok_or(Refusal::DepositNotFound)?;
    if managed.attempted.as_deref().is_some_and(capture_deposit::is_mark) {
        // What this outcome says may be that capture's doing: the capture itself finds out and books it.
        return Ok(Settled { ended: false, ..stays(&deposit) });
    }
    match outcome {
        DepositOutcome::Paid { reference, minor, currency } => {
            if !note_reference(tx, &managed, id, reference)? {
                return Ok(Settled { alert: Some("payment_of_another_deposit"), ..stays(&deposit) });
            }
            paid(tx, &deposit, *minor, currency, reference, caller)
        }
        DepositOutcome::Authorized { reference } => {
            if !note_reference(tx, &managed, id, reference)? {
                return Ok(Settled { alert: Some("payment_of_another_deposit"), ..stays(&deposit) });
            }
            if managed.attempted.as_deref() == Some(CHARGE) {
                deposits::note_attempted(tx, id, None)?;
            }
            noted(tx, &deposit, DepositStatus::Authorized, "", caller)
        }
        DepositOutcome::AuthorizedLess { reference, minor } => {
            if !note_reference(tx, &managed, id, reference)? {
                return Ok(Settled { alert: Some("payment_of_another_deposit"), ..stays(&deposit) });
            }
            if managed.attempted.as_deref() == Some(CHARGE) {
                deposits::note_attempted(tx, id, None)?;
            }
            authorized_less(tx, &deposit, *minor, caller)
        }
        DepositOutcome::NotCaptured { reference, code, reason } => {
            if !note_reference(tx, &managed, id, reference)? {
                return Ok(Settled { alert: Some("payment_of_another_deposit"), ..stays(&deposit) });
            }
            not_captured(tx, &deposit, &format!("{code}: {reason}"), caller)
        }
        DepositOutcome::Failed { code, reason } => {
            let cancelled = managed.attempted.as_deref() == Some(CANCEL);
            // A debit stays on record: should the processor ever say that it was made, it was ours.
            if managed.attempted.as_deref() != Some(DEBIT) {
                deposits::note_attempted(tx, id, None)?;
            }
            let to = match cancelled {
                // What was captured stays; only the rest of it is over.
                _ if deposit.captured.is_positive() => DepositStatus::Credited,
                true => DepositStatus::Cancelled,
                false => DepositStatus::Declined,
            };
            noted(tx, &deposit, to, &format!("{code}: {reason}"), caller)
        }
        DepositOutcome::ChargedBack { reference } => charged_back(tx, &deposit, reference, caller),
        // The customer may still come; what was attempted stays noted until its answer is known.
        DepositOutcome::Open { cause } | DepositOutcome::Unknown { cause } => {
            // A reserve that is to be released is not forgotten before it is.
            let giving_up = matches!(managed.attempted.as_deref(), Some(CANCEL | RELEASE));
            let stays = stays(&deposit);
            Ok(Settled { cause: Some(cause.clone()), ended: stays.ended && !giving_up, ..stays })
        }
        DepositOutcome::NotFound => Ok(stays(&deposit)),
    }
}

/// `false` when the payment belongs to another deposit already: then it is not this one's.
fn note_reference(
    tx: &mut Tx<'_>,
    managed: &Managed,
    id: DepositId,
    reference: &str,
) -> Result<bool, StoreError> {
    if managed.processor_reference.is_some() || reference.is_empty() {
        return Ok(true);
    }
    let owner = deposits::lock_by_processor_reference(tx, &managed.account, reference)?;
    if owner.is_some_and(|(owner, _)| owner.id != id) {
        return Ok(false);
    }
    deposits::note_reference(tx, id, reference)?;
    Ok(true)
}

/// Less was reserved than we asked for: what can be captured is told and kept, and somebody should know.
fn authorized_less(
    tx: &mut Tx<'_>,
    deposit: &Deposit,
    minor: i64,
    caller: &Caller,
) -> Result<Settled, OperationError> {
    let reserved = Money::from_minor(minor, deposit.amount.currency());
    if deposit.reserved == Some(reserved) || !deposit.status.may_become(DepositStatus::Authorized) {
        return Ok(stays(deposit));
    }
    deposits::note_reserved(tx, deposit.id, reserved)?;
    let deposit = Deposit { reserved: Some(reserved), ..deposit.clone() };
    let why = format!("{reserved} of {} are reserved", deposit.amount);
    let settled = noted(tx, &deposit, DepositStatus::Authorized, &why, caller)?;
    Ok(Settled { alert: Some("deposit_authorized_for_less"), ..settled })
}

/// The processor does not let us have what it reserved. The deposit is over for its customer; that his reserve is to
/// be released is on record with that, and its errand ends when it is.
fn not_captured(
    tx: &mut Tx<'_>,
    deposit: &Deposit,
    why: &str,
    caller: &Caller,
) -> Result<Settled, OperationError> {
    match deposit.status {
        DepositStatus::Credited | DepositStatus::Reversed => return Ok(stays(deposit)),
        DepositStatus::Pending
        | DepositStatus::Authorized
        | DepositStatus::Settling
        | DepositStatus::Declined
        | DepositStatus::Cancelled => {}
    }
    deposits::note_attempted(tx, deposit.id, Some(RELEASE))?;
    outbox::put(tx, &settle_errand(deposit.id), tx.now())?;
    let settled = noted(tx, deposit, DepositStatus::Declined, why, caller)?;
    Ok(Settled { ended: false, next: Look::Soon, ..settled })
}

/// The bank took the money back. What was credited leaves the balance, below zero if need be, and a person must look.
fn charged_back(
    tx: &mut Tx<'_>,
    deposit: &Deposit,
    reference: &str,
    caller: &Caller,
) -> Result<Settled, OperationError> {
    match deposit.status {
        DepositStatus::Credited => {}
        DepositStatus::Pending | DepositStatus::Authorized | DepositStatus::Settling => {
            deposits::note_attempted(tx, deposit.id, None)?;
            let why = Remark::ChargedBackUncredited.text();
            return noted(tx, deposit, DepositStatus::Declined, why, caller);
        }
        DepositStatus::Declined | DepositStatus::Cancelled | DepositStatus::Reversed => {
            return Ok(stays(deposit));
        }
    }
    let change = deposit.reverse()?;
    deposits::advance(tx, &change.deposit)?;
    post(tx, &change.transactions)?;
    let fact = fact(Deed::DepositChargedBack, deposit, caller, change.deposit.status)
        .with("processor_reference", reference)
        .with("postings", told(&change.transactions));
    audit::record(tx, fact)?;
    Ok(Settled { alert: Some("deposit_charged_back"), ..stays(&change.deposit) })
}

fn paid(
    tx: &mut Tx<'_>,
    deposit: &Deposit,
    minor: i64,
    currency: &str,
    reference: &str,
    caller: &Caller,
) -> Result<Settled, OperationError> {
    match deposit.status {
        DepositStatus::Credited => return Ok(stays(deposit)),
        // The processor has the money again, for example after a chargeback that was won: a person books it.
        DepositStatus::Reversed => {
            return Ok(Settled { alert: Some("reversed_deposit_paid"), ..stays(deposit) });
        }
        DepositStatus::Pending
        | DepositStatus::Authorized
        | DepositStatus::Settling
        | DepositStatus::Declined
        | DepositStatus::Cancelled => {}
    }
    let expected = deposit.amount;
    let same_currency = currency.eq_ignore_ascii_case(expected.currency().code());
    // Parts that were captured one by one are in our books already.
    if same_currency && deposit.captured.is_positive() && minor <= deposit.captured.minor() {
        return Ok(stays(deposit));
    }
    if minor != expected.minor() || !same_currency {
        return differs(tx, deposit, minor, currency, caller);
    }
    // Some of it is in suspense already: a person who decides about that decides about the rest.
    if deposits::is_suspended(tx, deposit.id)? {
        return Ok(Settled { ended: true, alert: Some("suspended_deposit_paid"), ..stays(deposit) });
    }
    // However little it spoke of before: this is what it took.
    let deposit = &Deposit { reserved: None, ..deposit.clone() };
    let rest = expected.minus(deposit.captured).map_err(|error| Refusal::money("Amount", error))?;
    let mut change = deposit.credit_part(rest, true)?;
    change.deposit.transaction_id = Some(reference.to_owned()).filter(|text| !text.is_empty());
    deposits::advance(tx, &change.deposit)?;
    deposits::note_attempted(tx, deposit.id, None)?;
    post(tx, &change.transactions)?;
    let fact = fact(Deed::DepositCredited, deposit, caller, change.deposit.status)
        .with("amount", rest.to_string())
        .with("processor_reference", reference)
        .with("postings", told(&change.transactions));
    audit::record(tx, fact)?;
    Ok(stays(&change.deposit))
}

/// Other money than we asked for: in suspense, once, and a person must look.
fn differs(
    tx: &mut Tx<'_>,
    deposit: &Deposit,
    minor: i64,
    currency: &str,
    caller: &Caller,
) -> Result<Settled, OperationError> {
    let alert = Some("deposit_amount_differs");
    let Some(currency) = Currency::find(currency).filter(|_| minor > 0) else {
        return Ok(Settled { alert, ..stays(deposit) });
    };
    let came = Money::from_minor(minor, currency);
    if deposits::is_suspended(tx, deposit.id)? {
        return Ok(Settled { ended: true, ..stays(deposit) });
    }
    let transaction = deposit.suspend(came)?;
    post(tx, std::slice::from_ref(&transaction))?;
    deposits::note_attempted(tx, deposit.id, Some("suspense"))?;
    let fact = fact(Deed::DepositSuspended, deposit, caller, deposit.status)
        .with("expected", deposit.amount.to_string())
        .with("came", came.to_string())
        .with("postings", told(std::slice::from_ref(&transaction)));
    audit::record(tx, fact)?;
    Ok(Settled { ended: true, alert, ..stays(deposit) })
}

fn noted(
    tx: &mut Tx<'_>,
    deposit: &Deposit,
    to: DepositStatus,
    why: &str,
    caller: &Caller,
) -> Result<Settled, OperationError> {
    let Some(change) = deposit.note(to) else { return Ok(stays(deposit)) };
    deposits::advance(tx, &change.deposit)?;
    let fact = audit::Fact { why: why.to_owned(), ..fact(Deed::DepositUpdated, deposit, caller, to) };
    audit::record(tx, fact)?;
    Ok(stays(&change.deposit))
}

/// Where a deposit stands without anything new.
pub fn stays(deposit: &Deposit) -> Settled {
    let ended = match deposit.status {
        DepositStatus::Pending | DepositStatus::Settling => false,
        // It waits for a capture that somebody asks for.
        DepositStatus::Authorized => true,
        DepositStatus::Credited
        | DepositStatus::Declined
        | DepositStatus::Cancelled
        | DepositStatus::Reversed => true,
    };
    Settled { status: deposit.status, ended, next: Look::AsUsual, cause: None, alert: None }
}

fn fact(kind: Deed, deposit: &Deposit, caller: &Caller, to: DepositStatus) -> audit::Fact {
    audit::Fact {
        front_end: deposit.front_end.clone(),
        pin: deposit.pin.clone(),
        who: caller.who.clone(),
        from: deposit.status.to_string(),
        to: to.to_string(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(kind, deposit.id)
    }
}
