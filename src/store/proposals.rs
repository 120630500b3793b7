//! Proposals: the only module that reads or writes the `proposals` table.

use super::connection::Connection;
use super::customers::currency;
use super::error::StoreError;
use super::rows::ProposalRow;
use super::statement::Bind;
use super::tx::{Tx, micros};
use crate::domain::ids::{AttemptId, DepositId, ProposalId};
use crate::domain::money::Money;
use crate::domain::proposal::{Decided, Matter, Proposal, ProposalState, Verdict};
use chrono::{DateTime, Utc};

pub fn insert(tx: &mut Tx<'_>, proposal: &Proposal, customer: i64) -> Result<(), StoreError> {
    let (reference, below_zero) = match &proposal.verdict {
        Verdict::Paid { reference } => (Some(reference.clone()), false),
        Verdict::NotPaid => (None, false),
        Verdict::Adjust { below_zero } => (None, *below_zero),
    };
    let row = ProposalRow {
        id: proposal.id.0,
        name: proposal.id.to_string(),
        version: 0,
        kind: proposal.matter.kind().to_owned(),
        matter_id: number(proposal.matter).unwrap_or(customer),
        front_end: proposal.front_end.clone(),
        pin: proposal.pin.clone(),
        subject: proposal.subject.clone(),
        verdict: proposal.verdict.name().to_owned(),
        reference,
        amount: proposal.amount.minor(),
        currency: proposal.amount.currency().code().to_owned(),
        below_zero: i64::from(below_zero),
        reason: proposal.reason.clone(),
        proposed_by: proposal.proposed_by.clone(),
        proposed_at: micros(proposal.proposed_at),
        stood: proposal.stood.clone(),
        state: proposal.state.name().to_owned(),
        decided_by: None,
        decided_why: None,
        decided_at: None,
    };
    tx.insert(row)
}

pub fn lock(tx: &mut Tx<'_>, id: ProposalId) -> Result<Option<Proposal>, StoreError> {
    tx.find_id::<ProposalRow>(id.0)?.map(proposal).transpose()
}

/// Writes how a proposal ended.
pub fn decide(
    tx: &mut Tx<'_>,
    id: ProposalId,
    to: ProposalState,
    by: &str,
    why: &str,
) -> Result<(), StoreError> {
    let mut row = tx.find_id::<ProposalRow>(id.0)?.ok_or(StoreError::Raced)?;
    let from = ProposalState::from_name(&row.state).ok_or_else(|| corrupt(row.id, "state"))?;
    if !from.may_become(to) {
        return Err(StoreError::Corrupt(format!(
            "proposal {id}: {} can't become {}",
            from.name(),
            to.name()
        )));
    }
    row.state = to.name().to_owned();
    row.decided_by = Some(by.to_owned());
    row.decided_why = Some(why.to_owned());
    row.decided_at = Some(tx.now_micros());
    tx.update(row)
}

/// The open proposal about a matter. A balance may have several, and none is *the* one.
pub fn open_about(tx: &mut Tx<'_>, matter: Matter) -> Result<Option<Proposal>, StoreError> {
    let Some(id) = number(matter) else { return Ok(None) };
    let kind = matter.kind();
    let rest = "WHERE kind = ? AND matter_id = ? AND state = 'Open'";
    let rows = tx.select::<ProposalRow>(rest, &[Bind::Text(kind), Bind::Int(id)], |row| {
        row.kind == kind && row.matter_id == id && row.state == ProposalState::Open.name()
    })?;
    rows.into_iter().next().map(proposal).transpose()
}

pub fn open_about_now(connection: &mut Connection, matter: Matter) -> Result<Option<Proposal>, StoreError> {
    let Some(id) = number(matter) else { return Ok(None) };
    let rest = "WHERE kind = ? AND matter_id = ? AND state = 'Open'";
    let rows = connection.select::<ProposalRow>(rest, &[Bind::Text(matter.kind()), Bind::Int(id)])?;
    rows.into_iter().next().map(proposal).transpose()
}

pub fn find_now(connection: &mut Connection, id: ProposalId) -> Result<Option<Proposal>, StoreError> {
    connection
        .select::<ProposalRow>("WHERE id = ?", &[Bind::Int(id.0)])?
        .into_iter()
        .next()
        .map(proposal)
        .transpose()
}

/// Proposals that wait for a second person, behind an id, oldest first; whoever asks leaves out front ends that are
/// not his.
pub fn open(connection: &mut Connection, after: i64, most: i64) -> Result<Vec<Proposal>, StoreError> {
    let rest = "WHERE state = 'Open' AND id > ? ORDER BY id LIMIT ?";
    connection
        .select::<ProposalRow>(rest, &[Bind::Int(after), Bind::Int(most)])?
        .into_iter()
        .map(proposal)
        .collect()
}

/// Every proposal about a payout or deposit, oldest first.
pub fn of_subject(connection: &mut Connection, subject: &str) -> Result<Vec<Proposal>, StoreError> {
    connection
        .select::<ProposalRow>("WHERE subject = ? ORDER BY id", &[Bind::Text(subject)])?
        .into_iter()
        .map(proposal)
        .collect()
}

fn number(matter: Matter) -> Option<i64> {
    match matter {
        Matter::Attempt(id) => Some(id.0),
        Matter::Refund(id) => Some(id),
        Matter::Deposit(id) => Some(id.0),
        Matter::Balance => None,
    }
}

pub(super) fn proposal(row: ProposalRow) -> Result<Proposal, StoreError> {
    let bad = |column| corrupt(row.id, column);
    let matter = match row.kind.as_str() {
        "attempt" => Matter::Attempt(AttemptId(row.matter_id)),
        "refund" => Matter::Refund(row.matter_id),
        "deposit" => Matter::Deposit(DepositId(row.matter_id)),
        "balance" => Matter::Balance,
        _ => return Err(bad("kind")),
    };
    let verdict = match row.verdict.as_str() {
        "paid" => Verdict::Paid { reference: row.reference.clone().unwrap_or_default() },
        "not_paid" => Verdict::NotPaid,
        "adjust" => Verdict::Adjust { below_zero: row.below_zero != 0 },
        _ => return Err(bad("verdict")),
    };
    let time = |micros| DateTime::<Utc>::from_timestamp_micros(micros).unwrap_or_default();
    let decided = row.decided_at.map(|at| Decided {
        by: row.decided_by.clone().unwrap_or_default(),
        why: row.decided_why.clone().unwrap_or_default(),
        at: time(at),
    });
    Ok(Proposal {
        id: ProposalId(row.id),
        matter,
        verdict,
        amount: Money::from_minor(row.amount, currency(&row.currency)?),
        state: ProposalState::from_name(&row.state).ok_or_else(|| bad("state"))?,
        proposed_at: time(row.proposed_at),
        decided,
        front_end: row.front_end,
        pin: row.pin,
        subject: row.subject,
        reason: row.reason,
        proposed_by: row.proposed_by,
        stood: row.stood,
    })
}

fn corrupt(id: i64, column: &str) -> StoreError {
    StoreError::Corrupt(format!("proposal {id}: {column}"))
}
