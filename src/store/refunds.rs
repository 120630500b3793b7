//! Refunds of deposits that we run: the only module that reads or writes the `refunds` table.

use super::connection::Connection;
use super::customers::currency;
use super::error::StoreError;
use super::rows::RefundRow;
use super::statement::Bind;
use super::tx::{Tx, micros};
use crate::domain::ids::DepositId;
use crate::domain::money::Money;
use crate::domain::payout::attempt::AttemptState;
use chrono::{DateTime, Utc};

/// One refund. It goes through the same states as a payout's attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub id: i64,
    pub deposit: DepositId,
    pub number: i64,
    pub amount: Money,
    pub state: AttemptState,
    pub processor_reference: Option<String>,
    pub code: Option<String>,
    pub reason: Option<String>,
    pub inquiries: i64,
    /// When it was last sent, asked about or decided, in microseconds.
    pub updated_at: i64,
    /// When it was last sent.
    pub sent_at: Option<DateTime<Utc>>,
    /// When its processor first did not know it, since it was last sent.
    pub not_found_at: Option<DateTime<Utc>>,
}

/// The number of a deposit's next refund.
pub fn next_number(tx: &mut Tx<'_>, deposit: DepositId) -> Result<i64, StoreError> {
    Ok(held(tx, deposit)?.iter().map(|row| row.number).max().unwrap_or(0) + 1)
}

/// Whether a refund of the deposit is under way: the next one waits for it.
pub fn is_open(tx: &mut Tx<'_>, deposit: DepositId) -> Result<bool, StoreError> {
    let ended = [AttemptState::Succeeded.name(), AttemptState::Refused.name()];
    Ok(held(tx, deposit)?.iter().any(|row| !ended.contains(&row.state.as_str())))
}

fn held(tx: &mut Tx<'_>, deposit: DepositId) -> Result<Vec<RefundRow>, StoreError> {
    tx.select::<RefundRow>("WHERE deposit_id = ?", &[Bind::Int(deposit.0)], |row| row.deposit_id == deposit.0)
}

pub fn plan(tx: &mut Tx<'_>, deposit: DepositId, number: i64, amount: Money) -> Result<Refund, StoreError> {
    let now = tx.now_micros();
    let row = RefundRow {
        id: tx.new_id()?,
        name: format!("{deposit}/{number}"),
        version: 0,
        deposit_id: deposit.0,
        number,
        amount: amount.minor(),
        currency: amount.currency().code().to_owned(),
        state: AttemptState::Planned.name().to_owned(),
        processor_reference: None,
        code: None,
        reason: None,
        inquiries: 0,
        created_at: now,
        updated_at: now,
        sent_at: None,
        not_found_at: None,
    };
    tx.insert(row.clone())?;
    refund(row)
}

pub fn lock(tx: &mut Tx<'_>, id: i64) -> Result<Option<Refund>, StoreError> {
    tx.find_id::<RefundRow>(id)?.map(refund).transpose()
}

pub fn advance(tx: &mut Tx<'_>, changed: &Refund) -> Result<(), StoreError> {
    let mut row = tx.find_id::<RefundRow>(changed.id)?.ok_or(StoreError::Raced)?;
    row.state = changed.state.name().to_owned();
    row.processor_reference = changed.processor_reference.clone();
    row.code = changed.code.clone();
    row.reason = changed.reason.clone();
    row.inquiries = changed.inquiries;
    row.updated_at = tx.now_micros();
    row.not_found_at = changed.not_found_at.map(micros);
    if changed.state == AttemptState::Sending {
        row.sent_at = Some(tx.now_micros());
        row.not_found_at = None;
    }
    tx.update(row)
}

pub fn of_deposit(connection: &mut Connection, deposit: DepositId) -> Result<Vec<Refund>, StoreError> {
    let rest = "WHERE deposit_id = ? ORDER BY number";
    connection.select::<RefundRow>(rest, &[Bind::Int(deposit.0)])?.into_iter().map(refund).collect()
}

pub(super) fn refund(row: RefundRow) -> Result<Refund, StoreError> {
    let state = AttemptState::from_name(&row.state)
        .ok_or_else(|| StoreError::Corrupt(format!("refund {}: state", row.id)))?;
    Ok(Refund {
        id: row.id,
        deposit: DepositId(row.deposit_id),
        number: row.number,
        amount: Money::from_minor(row.amount, currency(&row.currency)?),
        state,
        processor_reference: row.processor_reference,
        code: row.code,
        reason: row.reason,
        inquiries: row.inquiries,
        updated_at: row.updated_at,
        sent_at: row.sent_at.and_then(DateTime::from_timestamp_micros),
        not_found_at: row.not_found_at.and_then(DateTime::from_timestamp_micros),
    })
}
