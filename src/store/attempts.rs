//! Payout attempts: the only module that reads or writes the `payout_attempts` table.

use super::connection::Connection;
use super::error::StoreError;
use super::payouts;
use super::rows::AttemptRow;
use super::statement::Bind;
use super::tx::{Tx, micros};
use crate::domain::ids::{AttemptId, DepositId, PayoutId};
use crate::domain::payout::attempt::AttemptState;
use chrono::{DateTime, Utc};

/// One try at carrying a payout out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub id: AttemptId,
    pub payout: PayoutId,
    pub number: i64,
    pub route: String,
    /// The processor account that carries it out.
    pub account: String,
    /// The idempotency key at the processor.
    pub request_id: String,
    /// Our order id at the processor, fixed when it is first sent.
    pub reference: String,
    pub state: AttemptState,
    pub processor_reference: Option<String>,
    pub code: Option<String>,
    pub reason: Option<String>,
    pub inquiries: i64,
    /// When it was last sent.
    pub sent_at: Option<DateTime<Utc>>,
    /// When its processor first did not know it, since it was last sent.
    pub not_found_at: Option<DateTime<Utc>>,
    pub terms: Terms,
}

/// What an attempt's order was fixed to when it was first sent: a customer who pays in meanwhile, or with another
/// card, must not turn it into another order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The stored instrument it goes to.
    pub instrument: Option<i64>,
    /// The deposit it is credited against.
    pub deposit: Option<DepositId>,
    /// What had been credited against that deposit before, in minor units.
    pub credited_before: i64,
}

/// Plans an attempt for a payout, numbered behind the ones before it.
pub fn plan(
    tx: &mut Tx<'_>,
    payout: PayoutId,
    route: &str,
    account: &str,
    request_id: String,
) -> Result<Attempt, StoreError> {
    let number = latest_row(tx, payout)?.map_or(1, |row| row.number + 1);
    let id = tx.new_id()?;
    let now = tx.now_micros();
    let row = AttemptRow {
        id,
        name: format!("{payout}/{number}"),
        version: 0,
        payout_id: payout.0,
        number,
        route: route.to_owned(),
        account: account.to_owned(),
        request_id,
        reference: AttemptId(id).to_string(),
        state: AttemptState::Planned.name().to_owned(),
        processor_reference: None,
        code: None,
        reason: None,
        sent_at: None,
        inquiries: 0,
        created_at: now,
        updated_at: now,
        not_found_at: None,
        instrument_id: None,
        deposit_id: None,
        credited_before: None,
    };
    tx.insert(row.clone())?;
    payouts::note_attempt(tx, payout, id, AttemptState::Planned)?;
    attempt(row)
}

pub fn lock(tx: &mut Tx<'_>, id: AttemptId) -> Result<Option<Attempt>, StoreError> {
    tx.find_id::<AttemptRow>(id.0)?.map(attempt).transpose()
}

/// The latest attempt of a payout.
pub fn latest(tx: &mut Tx<'_>, payout: PayoutId) -> Result<Option<Attempt>, StoreError> {
    latest_row(tx, payout)?.map(attempt).transpose()
}

fn latest_row(tx: &mut Tx<'_>, payout: PayoutId) -> Result<Option<AttemptRow>, StoreError> {
    let rest = "WHERE payout_id = ? ORDER BY number DESC LIMIT 1";
    let rows = tx.select::<AttemptRow>(rest, &[Bind::Int(payout.0)], |row| row.payout_id == payout.0)?;
    Ok(rows.into_iter().max_by_key(|row| row.number))
}

/// Moves an attempt along its table and the payout's note of it with it.
pub fn advance(tx: &mut Tx<'_>, changed: &Attempt) -> Result<(), StoreError> {
    let mut row = tx.find_id::<AttemptRow>(changed.id.0)?.ok_or(StoreError::Raced)?;
    let from = AttemptState::from_name(&row.state).ok_or_else(|| corrupt(row.id))?;
    if from != changed.state && !from.may_become(changed.state) {
        return Err(StoreError::Corrupt(format!(
            "attempt {}: {} can't become {}",
            changed.id,
            from.name(),
            changed.state.name()
        )));
    }
    row.state = changed.state.name().to_owned();
    row.processor_reference = changed.processor_reference.clone();
    row.code = changed.code.clone();
    row.reason = changed.reason.clone();
    row.inquiries = changed.inquiries;
    row.updated_at = tx.now_micros();
    row.not_found_at = changed.not_found_at.map(micros);
    if changed.state == AttemptState::Sending {
        row.reference = changed.reference.clone();
        row.sent_at = Some(tx.now_micros());
        row.not_found_at = None;
        row.instrument_id = changed.terms.instrument;
        row.deposit_id = changed.terms.deposit.map(|id| id.0);
        row.credited_before = changed.terms.deposit.map(|_| changed.terms.credited_before);
    }
    tx.update(row)?;
    payouts::note_attempt(tx, changed.payout, changed.id.0, changed.state)
}

pub fn find_now(connection: &mut Connection, id: AttemptId) -> Result<Option<Attempt>, StoreError> {
    connection
        .select::<AttemptRow>("WHERE id = ?", &[Bind::Int(id.0)])?
        .into_iter()
        .next()
        .map(attempt)
        .transpose()
}

pub fn of_payout(connection: &mut Connection, payout: PayoutId) -> Result<Vec<Attempt>, StoreError> {
    let rows =
        connection.select::<AttemptRow>("WHERE payout_id = ? ORDER BY number", &[Bind::Int(payout.0)])?;
    rows.into_iter().map(attempt).collect()
}

/// Attempts of a route and an account that wait to be sent, oldest first.
pub fn planned(
    connection: &mut Connection,
    route: &str,
    account: &str,
    most: i64,
) -> Result<Vec<Attempt>, StoreError> {
    let rest = "WHERE state = 'Planned' AND route = ? AND account = ? ORDER BY id LIMIT ?";
    let binds = [Bind::Text(route), Bind::Text(account), Bind::Int(most)];
    connection.select::<AttemptRow>(rest, &binds)?.into_iter().map(attempt).collect()
}

/// Attempts whose money may have left, oldest first: what a person must see and an inquiry must settle.
pub fn unsettled(connection: &mut Connection, most: i64) -> Result<Vec<Attempt>, StoreError> {
    let rest = format!("WHERE state IN ('Sending', 'Unknown') AND {INDEXED} ORDER BY id LIMIT ?");
    connection.select::<AttemptRow>(&rest, &[Bind::Int(most)])?.into_iter().map(attempt).collect()
}

/// The attempts that were ever sent as a credit against a deposit.
pub fn against_deposit(tx: &mut Tx<'_>, deposit: DepositId) -> Result<Vec<Attempt>, StoreError> {
    let rest = "WHERE deposit_id = ? ORDER BY id";
    let rows =
        tx.select::<AttemptRow>(rest, &[Bind::Int(deposit.0)], |row| row.deposit_id == Some(deposit.0))?;
    rows.into_iter().map(attempt).collect()
}

/// Attempts that were being sent before a moment: their sender is gone.
pub fn sending_since(connection: &mut Connection, before: DateTime<Utc>) -> Result<Vec<Attempt>, StoreError> {
    let rest = "WHERE state = 'Sending' AND updated_at < ? ORDER BY id LIMIT 100";
    connection.select::<AttemptRow>(rest, &[Bind::Int(micros(before))])?.into_iter().map(attempt).collect()
}

/// What the index by state holds, in its own words: SQLite looks no further than for an equation that stands there.
pub(super) const INDEXED: &str =
    "(state = 'Planned' OR state = 'Sending' OR state = 'Refused' OR state = 'Unknown')";

pub(super) fn attempt(row: AttemptRow) -> Result<Attempt, StoreError> {
    let state = AttemptState::from_name(&row.state).ok_or_else(|| corrupt(row.id))?;
    Ok(Attempt {
        id: AttemptId(row.id),
        payout: PayoutId(row.payout_id),
        number: row.number,
        route: row.route,
        account: row.account,
        request_id: row.request_id,
        reference: row.reference,
        state,
        processor_reference: row.processor_reference,
        code: row.code,
        reason: row.reason,
        inquiries: row.inquiries,
        sent_at: row.sent_at.and_then(DateTime::from_timestamp_micros),
        not_found_at: row.not_found_at.and_then(DateTime::from_timestamp_micros),
        terms: Terms {
            instrument: row.instrument_id,
            deposit: row.deposit_id.map(DepositId),
            credited_before: row.credited_before.unwrap_or(0),
        },
    })
}

fn corrupt(id: i64) -> StoreError {
    StoreError::Corrupt(format!("attempt {id}: state"))
}
