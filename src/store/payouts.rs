//! Payout rows: the only module that reads or writes the `payouts` table.
//!
//! Lives here: queries, row ↔ domain conversion. Does not: rules about what may change (`domain::payout`), or opening
//! units of work (whoever calls us already holds a `Tx`).

use super::connection::Connection;
use super::customers::currency;
use super::error::StoreError;
use super::rows::PayoutRow;
use super::statement::Bind;
use super::tx::Tx;
use crate::domain::bank_account::BankAccount;
use crate::domain::debit::DebitState;
use crate::domain::ids::{PayoutId, ReversalId, path};
use crate::domain::money::Money;
use crate::domain::payout::attempt::AttemptState;
use crate::domain::payout::status::PayoutStatus;
use crate::domain::payout::{Debit, Hold, Named, Payout, Reversal};
use crate::domain::processor_name::Route;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One payout for each of a front end's TraceIDs.
fn name(front_end: &str, trace_id: i64) -> String {
    path(&[front_end, &trace_id.to_string()])
}

pub fn lock(tx: &mut Tx<'_>, id: PayoutId) -> Result<Option<Payout>, StoreError> {
    tx.find_id::<PayoutRow>(id.0)?.map(payout).transpose()
}

pub fn insert(tx: &mut Tx<'_>, payout: &Payout, customer: i64) -> Result<(), StoreError> {
    let now = tx.now_micros();
    let mut row = PayoutRow {
        id: payout.id.0,
        name: name(&payout.front_end, payout.trace_id),
        version: 0,
        front_end: payout.front_end.clone(),
        pin: payout.pin.clone(),
        customer_id: customer,
        trace_id: payout.trace_id,
        status: String::new(),
        currency: payout.amount.currency().code().to_owned(),
        amount: 0,
        fee: 0,
        debit_state: String::new(),
        debit_amount: 0,
        debit_fee: 0,
        asked_name: None,
        asked_processor: None,
        asked_route: None,
        used_name: None,
        used_processor: None,
        used_route: None,
        payment_method: None,
        transaction_id: None,
        created_by: None,
        updated_by: None,
        reversal_id: None,
        reversal_trace_id: None,
        attempt_id: None,
        attempt_state: None,
        created_at: now,
        updated_at: now,
        bank_account: payout.bank_account.as_ref().map(kept_account),
        stopped: None,
    };
    fill(&mut row, payout);
    tx.insert(row)
}

/// Writes what became of a payout. The row is held, and only its version is overwritten.
pub fn advance(tx: &mut Tx<'_>, payout: &Payout) -> Result<(), StoreError> {
    let mut row = tx.find_id::<PayoutRow>(payout.id.0)?.ok_or(StoreError::Raced)?;
    fill(&mut row, payout);
    row.updated_at = tx.now_micros();
    tx.update(row)
}

/// Notes which attempt is the latest and where it stands.
pub fn note_attempt(
    tx: &mut Tx<'_>,
    payout: PayoutId,
    attempt: i64,
    state: AttemptState,
) -> Result<(), StoreError> {
    let mut row = tx.find_id::<PayoutRow>(payout.0)?.ok_or(StoreError::Raced)?;
    row.attempt_id = Some(attempt);
    row.attempt_state = Some(state.name().to_owned());
    row.updated_at = tx.now_micros();
    tx.update(row)
}

fn fill(row: &mut PayoutRow, payout: &Payout) {
    let parts = |named: &Option<Named>| match named {
        Some(Named { cashier, platform, route }) => {
            (Some(cashier.clone()), Some(platform.clone()), Some(route.name().to_owned()))
        }
        None => (None, None, None),
    };
    row.status = payout.status.name().to_owned();
    row.amount = payout.amount.minor();
    row.fee = payout.fee.minor();
    row.debit_state = payout.debit.state.name().to_owned();
    row.debit_amount = payout.debit.amount.minor();
    row.debit_fee = payout.debit.fee.minor();
    (row.asked_name, row.asked_processor, row.asked_route) = parts(&payout.asked);
    (row.used_name, row.used_processor, row.used_route) = parts(&payout.used);
    row.payment_method = payout.payment_method.clone();
    row.transaction_id = payout.transaction_id.clone();
    row.created_by = payout.created_by.clone();
    row.updated_by = payout.updated_by.clone();
    row.reversal_id = payout.reversal.map(|reversal| reversal.id.0);
    row.reversal_trace_id = payout.reversal.and_then(|reversal| reversal.trace_id);
    row.attempt_state = payout.attempt.map(|state| state.name().to_owned());
    row.stopped = stopped(payout);
}

/// What stops it, as the one column keeps it; nothing when nothing does.
fn stopped(payout: &Payout) -> Option<String> {
    let mut stop = Map::new();
    if let Some(hold) = &payout.hold {
        stop.insert("by".to_owned(), hold.by.as_str().into());
        stop.insert("why".to_owned(), hold.why.as_str().into());
    }
    if let Some(ending) = payout.ending {
        stop.insert("ending".to_owned(), ending.name().into());
    }
    (!stop.is_empty()).then(|| Value::Object(stop).to_string())
}

/// Reads what [`stopped`] wrote.
fn stop(text: &str) -> Option<(Option<Hold>, Option<PayoutStatus>)> {
    let value: Value = serde_json::from_str(text).ok()?;
    let word = |key: &str| value.get(key).and_then(Value::as_str);
    let hold =
        word("by").map(|by| Hold { by: by.to_owned(), why: word("why").unwrap_or_default().to_owned() });
    let ending = match word("ending") {
        None => None,
        Some(name) => Some(PayoutStatus::from_word(name)?),
    };
    Some((hold, ending))
}

/// How often the payout was written: what somebody looked at is still so while the count is.
pub fn version(tx: &mut Tx<'_>, id: PayoutId) -> Result<Option<i64>, StoreError> {
    Ok(tx.find_id::<PayoutRow>(id.0)?.map(|row| row.version))
}

/// A payout with the count of its writes, for a page that acts on what it shows.
pub fn find_seen(connection: &mut Connection, id: PayoutId) -> Result<Option<(Payout, i64)>, StoreError> {
    let row = connection.select::<PayoutRow>("WHERE id = ?", &[Bind::Int(id.0)])?.into_iter().next();
    row.map(|row| {
        let version = row.version;
        Ok((payout(row)?, version))
    })
    .transpose()
}

/// Counts a write of something that belongs to the payout and is kept elsewhere, so that whoever looked before it
/// finds the payout changed.
pub fn touch(tx: &mut Tx<'_>, id: PayoutId) -> Result<(), StoreError> {
    let mut row = tx.find_id::<PayoutRow>(id.0)?.ok_or(StoreError::Raced)?;
    row.updated_at = tx.now_micros();
    tx.update(row)
}

/// Whether a customer has requests that nobody has authorized yet.
pub fn has_requested(connection: &mut Connection, customer: i64) -> Result<bool, StoreError> {
    let rest = "WHERE customer_id = ? AND status = 'Requested' LIMIT 1";
    Ok(!connection.select::<PayoutRow>(rest, &[Bind::Int(customer)])?.is_empty())
}

pub fn has_requested_in(tx: &mut Tx<'_>, customer: i64) -> Result<bool, StoreError> {
    let rest = "WHERE customer_id = ? AND status = 'Requested' ORDER BY id";
    let requested = PayoutStatus::Requested.name();
    let rows = tx.select::<PayoutRow>(rest, &[Bind::Int(customer)], |row| {
        row.customer_id == customer && row.status == requested
    })?;
    Ok(!rows.is_empty())
}

pub fn find_now(connection: &mut Connection, id: PayoutId) -> Result<Option<Payout>, StoreError> {
    connection
        .select::<PayoutRow>("WHERE id = ?", &[Bind::Int(id.0)])?
        .into_iter()
        .next()
        .map(payout)
        .transpose()
}

/// Finds by the cashier's own number.
pub fn find_by_trace(
    connection: &mut Connection,
    front_end: &str,
    trace_id: i64,
) -> Result<Option<Payout>, StoreError> {
    let name = name(front_end, trace_id);
    connection
        .select::<PayoutRow>("WHERE name = ?", &[Bind::Text(&name)])?
        .into_iter()
        .next()
        .map(payout)
        .transpose()
}

/// A page of a front end's payouts behind an id, oldest first.
pub fn list(
    connection: &mut Connection,
    front_end: &str,
    after: i64,
    most: i64,
) -> Result<Vec<Payout>, StoreError> {
    let rest = "WHERE front_end = ? AND id > ? ORDER BY id LIMIT ?";
    let binds = [Bind::Text(front_end), Bind::Int(after), Bind::Int(most)];
    connection.select::<PayoutRow>(rest, &binds)?.into_iter().map(payout).collect()
}

pub(super) fn payout(row: PayoutRow) -> Result<Payout, StoreError> {
    let corrupt = |column: &str| StoreError::Corrupt(format!("payout {}: {column}", row.id));
    let currency = currency(&row.currency)?;
    let money = |minor| Money::from_minor(minor, currency);
    let status = PayoutStatus::from_word(&row.status).ok_or_else(|| corrupt("status"))?;
    let debit_state = debit_state(&row.debit_state).ok_or_else(|| corrupt("debit_state"))?;
    let attempt = match row.attempt_state.as_deref() {
        None => None,
        Some(name) => Some(AttemptState::from_name(name).ok_or_else(|| corrupt("attempt_state"))?),
    };
    let (hold, ending) = match row.stopped.as_deref() {
        None => (None, None),
        Some(text) => stop(text).ok_or_else(|| corrupt("stopped"))?,
    };
    let reversal = row.reversal_id.map(|id| Reversal { id: ReversalId(id), trace_id: row.reversal_trace_id });
    let bank_account = match row.bank_account.as_deref() {
        None => None,
        Some(kept) => Some(bank_account(kept).ok_or_else(|| corrupt("bank_account"))?),
    };
    Ok(Payout {
        id: PayoutId(row.id),
        status,
        amount: money(row.amount),
        fee: money(row.fee),
        debit: Debit { state: debit_state, amount: money(row.debit_amount), fee: money(row.debit_fee) },
        asked: named(row.asked_name, row.asked_processor, row.asked_route)?,
        used: named(row.used_name, row.used_processor, row.used_route)?,
        front_end: row.front_end,
        pin: row.pin,
        trace_id: row.trace_id,
        payment_method: row.payment_method,
        bank_account,
        transaction_id: row.transaction_id,
        created_by: row.created_by,
        updated_by: row.updated_by,
        reversal,
        attempt,
        hold,
        ending,
    })
}

fn kept_account(account: &BankAccount) -> String {
    let parts = account.parts().map(|(name, text)| (name.to_owned(), serde_json::Value::from(text)));
    serde_json::Value::Object(parts.collect()).to_string()
}

fn bank_account(kept: &str) -> Option<BankAccount> {
    let parts: BTreeMap<String, String> = serde_json::from_str(kept).ok()?;
    BankAccount::read(|name| parts.get(name).cloned()).ok().flatten()
}

fn debit_state(name: &str) -> Option<DebitState> {
    use DebitState::*;
    [NotTaken, Taken, Released, GivenBack].into_iter().find(|state| state.name() == name)
}

/// A processor's three columns, which are there together or not at all.
pub(super) fn named(
    cashier: Option<String>,
    platform: Option<String>,
    route: Option<String>,
) -> Result<Option<Named>, StoreError> {
    let (Some(cashier), Some(platform), Some(route)) = (cashier, platform, route) else { return Ok(None) };
    let route = Route::ALL.into_iter().find(|known| known.name() == route);
    let route = route.ok_or_else(|| StoreError::Corrupt("a processor's route".to_owned()))?;
    Ok(Some(Named { cashier, platform, route }))
}
