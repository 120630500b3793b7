//! Payouts that leave in files: an attempt is Sending from the commit in which it is put into one, and nothing but the
//! answer's file, read by a person's command, says what became of it. Nobody asks and nobody sends it again meanwhile.

use super::carry_out_payout::{note, record};
use super::{Caller, OperationError, Rules, update_payout};
use crate::domain::ids::AttemptId;
use crate::domain::money::Money;
use crate::domain::outcome::Outcome;
use crate::domain::payout::attempt::{AttemptState, Step};
use crate::domain::payout::status::PayoutStatus;
use crate::domain::processor_name::Route;
use crate::domain::refusal::Refusal;
use crate::store::attempts::Attempt;
use crate::store::{Tx, attempts, customers, payouts};

/// What goes into a file for an attempt, as it was when the file was written.
#[derive(Clone, Debug)]
pub struct Chosen {
    pub attempt: AttemptId,
    pub amount: Money,
    /// The stored card it goes to.
    pub instrument: i64,
}

/// An attempt that can't go into any file.
#[derive(Clone, Debug)]
pub struct Unfit {
    pub attempt: AttemptId,
    pub reason: String,
}

/// Commits that a file is about to leave. Should anything differ from what was written, nothing is committed.
pub fn send(
    tx: &mut Tx<'_>,
    chosen: &[Chosen],
    unfit: &[Unfit],
    caller: &Caller,
) -> Result<(), OperationError> {
    const CHANGED: OperationError =
        OperationError::NotYet("a payout changed meanwhile; write the file again");
    for Chosen { attempt, amount, instrument } in chosen {
        let mut attempt = planned(tx, *attempt)?.ok_or(CHANGED)?;
        let payout = payouts::lock(tx, attempt.payout)?.ok_or(Refusal::PayoutNotFound)?;
        let customer =
            customers::find(tx, &payout.front_end, &payout.pin)?.ok_or(Refusal::CustomerNotFound)?;
        let issuer = Route::PaygateBatch.instrument_issuer().unwrap_or_default();
        let latest = customers::latest_instrument_id(tx, customer.id, issuer)?;
        let same = payout.status == PayoutStatus::InProgress
            && !payout.is_stopped()
            && payout.debit.amount == *amount
            && payout.bank_account.is_none()
            && latest == Some(*instrument);
        if !same {
            return Err(CHANGED);
        }
        attempt.terms.instrument = Some(*instrument);
        attempt.state = AttemptState::Sending;
        attempts::advance(tx, &attempt)?;
        record(tx, &attempt, &payout, AttemptState::Planned, caller, "put into a batch file")?;
    }
    for Unfit { attempt, reason } in unfit {
        let mut attempt = planned(tx, *attempt)?.ok_or(CHANGED)?;
        let payout = payouts::lock(tx, attempt.payout)?.ok_or(Refusal::PayoutNotFound)?;
        attempt.state = AttemptState::Refused;
        attempt.code = Some(NOT_SENDABLE.to_owned());
        attempt.reason = Some(reason.clone());
        attempts::advance(tx, &attempt)?;
        record(tx, &attempt, &payout, AttemptState::Planned, caller, reason)?;
    }
    Ok(())
}

/// The code of an attempt that we refused ourselves, before anything left.
const NOT_SENDABLE: &str = "NOT-SENDABLE";

fn planned(tx: &mut Tx<'_>, id: AttemptId) -> Result<Option<Attempt>, OperationError> {
    let attempt = attempts::lock(tx, id)?;
    Ok(attempt.filter(|attempt| {
        attempt.state == AttemptState::Planned && attempt.route == Route::PaygateBatch.name()
    }))
}

/// What an answer did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// The attempt stands there now.
    Moved(AttemptState),
    /// It said so before.
    Same(AttemptState),
    /// The answer contradicts our books, and nothing was done: a person must look.
    Contradicts(String),
}

/// Applies what an answer's record says of an attempt. Read as often as one likes.
pub fn read(
    tx: &mut Tx<'_>,
    id: AttemptId,
    amount: Money,
    outcome: &Outcome,
    approve: Option<&Rules>,
    caller: &Caller,
) -> Result<Read, OperationError> {
    let found = attempts::lock(tx, id)?.filter(|attempt| attempt.route == Route::PaygateBatch.name());
    let Some(mut attempt) = found else {
        return Ok(Read::Contradicts("no payout of ours was put into a file under this TransID".to_owned()));
    };
    let payout = payouts::lock(tx, attempt.payout)?.ok_or(Refusal::PayoutNotFound)?;
    if payout.debit.amount != amount {
        let said = format!("the file says {amount}, the payout is about {}", payout.debit.amount);
        return Ok(Read::Contradicts(said));
    }
    let from = attempt.state;
    let to = AttemptState::after(outcome, Step::Sent);
    match from {
        AttemptState::Sending | AttemptState::Unknown => {}
        AttemptState::Planned => {
            return Ok(Read::Contradicts("the payout was never put into a file".to_owned()));
        }
        AttemptState::Succeeded | AttemptState::Refused if from == to => return Ok(Read::Same(from)),
        AttemptState::Succeeded | AttemptState::Refused => {
            return Ok(Read::Contradicts(format!("the attempt is {} already", from.name())));
        }
    }
    if from == to {
        return Ok(Read::Same(from));
    }
    if !from.may_become(to) {
        return Ok(Read::Contradicts(format!("{} can't become {}", from.name(), to.name())));
    }
    let why = note(&mut attempt, outcome);
    attempt.state = to;
    attempts::advance(tx, &attempt)?;
    record(tx, &attempt, &payout, from, caller, &why)?;
    if let (AttemptState::Succeeded, Some(rules)) = (to, approve) {
        update_payout::approve(tx, attempt.payout, attempt.processor_reference.clone(), rules, caller)?;
    }
    Ok(Read::Moved(to))
}
