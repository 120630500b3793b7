//! Deposit rows: the only module that reads or writes the `deposits` table.

use super::connection::Connection;
use super::customers::currency;
use super::error::StoreError;
use super::payouts::named;
use super::rows::DepositRow;
use super::statement::Bind;
use super::tx::Tx;
use crate::domain::deposit::Deposit;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::ids::{DepositId, path};
use crate::domain::money::Money;
use crate::domain::payout::Named;
use std::collections::BTreeMap;

/// One deposit for each of a front end's TraceIDs.
pub fn name(front_end: &str, trace_id: i64) -> String {
    path(&[front_end, &trace_id.to_string()])
}

/// What only a deposit has that we open at a processor ourselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Managed {
    pub account: String,
    pub method: String,
    pub reference: String,
    pub processor_reference: Option<String>,
    /// `automatic`, `manual`, or hours as a number.
    pub capture: String,
    pub language: String,
    /// Names the customer's pages of this deposit.
    pub token: String,
    /// Where the customer pays, as the processor said it.
    pub opened: Option<String>,
    /// A call that is under way or whose answer is not known.
    pub attempted: Option<String>,
    /// What its room must be told besides, under the room's own names.
    pub extra: BTreeMap<String, String>,
    /// What the processor told and its room must know later, under the room's own names.
    pub told: BTreeMap<String, String>,
    pub created_at: i64,
    pub updated_at: i64,
}

pub fn lock(tx: &mut Tx<'_>, id: DepositId) -> Result<Option<Deposit>, StoreError> {
    tx.find_id::<DepositRow>(id.0)?.map(deposit).transpose()
}

pub fn lock_by_trace(tx: &mut Tx<'_>, front_end: &str, trace_id: i64) -> Result<Option<Deposit>, StoreError> {
    tx.find::<DepositRow>(&name(front_end, trace_id))?.map(deposit).transpose()
}

/// The processor's side of a deposit that we run; `None` for one that the cashier runs.
pub fn managed(tx: &mut Tx<'_>, id: DepositId) -> Result<Option<Managed>, StoreError> {
    Ok(tx.find_id::<DepositRow>(id.0)?.and_then(|row| managed_part(&row)))
}

pub fn insert(
    tx: &mut Tx<'_>,
    deposit: &Deposit,
    customer: i64,
    managed: Option<Managed>,
) -> Result<(), StoreError> {
    let now = tx.now_micros();
    let mut row = DepositRow {
        id: deposit.id.0,
        name: name(&deposit.front_end, deposit.trace_id),
        version: 0,
        front_end: deposit.front_end.clone(),
        pin: deposit.pin.clone(),
        customer_id: customer,
        trace_id: deposit.trace_id,
        status: String::new(),
        currency: deposit.amount.currency().code().to_owned(),
        amount: 0,
        captured: 0,
        refunded: 0,
        processor_name: None,
        processor: None,
        route: None,
        payment_method: None,
        transaction_id: None,
        created_by: None,
        run_by_us: i64::from(managed.is_some()),
        account: None,
        method: None,
        reference: None,
        processor_reference: None,
        capture: None,
        language: None,
        token: None,
        opened: None,
        attempted: None,
        created_at: now,
        updated_at: now,
        extra: None,
    };
    fill(&mut row, deposit);
    if let Some(managed) = managed {
        row.account = Some(managed.account);
        row.method = Some(managed.method);
        row.reference = Some(managed.reference);
        row.processor_reference = managed.processor_reference;
        row.capture = Some(managed.capture);
        row.language = Some(managed.language);
        row.token = Some(managed.token);
        row.attempted = managed.attempted;
        row.extra = written(&managed.extra);
    }
    tx.insert(row)
}

pub fn advance(tx: &mut Tx<'_>, deposit: &Deposit) -> Result<(), StoreError> {
    let mut row = tx.find_id::<DepositRow>(deposit.id.0)?.ok_or(StoreError::Raced)?;
    fill(&mut row, deposit);
    row.updated_at = tx.now_micros();
    tx.update(row)
}

/// Notes the processor's own reference once it is known.
pub fn note_reference(tx: &mut Tx<'_>, id: DepositId, reference: &str) -> Result<(), StoreError> {
    let mut row = tx.find_id::<DepositRow>(id.0)?.ok_or(StoreError::Raced)?;
    row.processor_reference = Some(reference.to_owned());
    row.updated_at = tx.now_micros();
    tx.update(row)
}

/// Notes where the customer pays.
pub fn note_opened(tx: &mut Tx<'_>, id: DepositId, opened: &str) -> Result<(), StoreError> {
    let mut row = tx.find_id::<DepositRow>(id.0)?.ok_or(StoreError::Raced)?;
    row.opened = Some(opened.to_owned());
    tx.update(row)
}

/// Notes a call that is about to be made, before it is; `None` when its answer is known.
pub fn note_attempted(tx: &mut Tx<'_>, id: DepositId, attempted: Option<&str>) -> Result<(), StoreError> {
    let mut row = tx.find_id::<DepositRow>(id.0)?.ok_or(StoreError::Raced)?;
    row.attempted = attempted.map(str::to_owned);
    row.updated_at = tx.now_micros();
    tx.update(row)
}

fn fill(row: &mut DepositRow, deposit: &Deposit) {
    row.status = deposit.status.name().to_owned();
    row.amount = deposit.amount.minor();
    row.captured = deposit.captured.minor();
    row.refunded = deposit.refunded.minor();
    if let Some(Named { cashier, platform, route }) = &deposit.processor {
        row.processor_name = Some(cashier.clone());
        row.processor = Some(platform.clone());
        row.route = Some(route.name().to_owned());
    }
    row.payment_method = deposit.payment_method.clone();
    row.transaction_id = deposit.transaction_id.clone();
    row.created_by = deposit.created_by.clone();
}

pub fn find_now(connection: &mut Connection, id: DepositId) -> Result<Option<Deposit>, StoreError> {
    let rows = connection.select::<DepositRow>("WHERE id = ?", &[Bind::Int(id.0)])?;
    rows.into_iter().next().map(deposit).transpose()
}

pub fn find_by_trace(
    connection: &mut Connection,
    front_end: &str,
    trace_id: i64,
) -> Result<Option<Deposit>, StoreError> {
    let name = name(front_end, trace_id);
    let rows = connection.select::<DepositRow>("WHERE name = ?", &[Bind::Text(&name)])?;
    rows.into_iter().next().map(deposit).transpose()
}

/// A page of a front end's deposits behind an id, oldest first.
pub fn list(
    connection: &mut Connection,
    front_end: &str,
    after: i64,
    most: i64,
) -> Result<Vec<Deposit>, StoreError> {
    let rest = "WHERE front_end = ? AND id > ? ORDER BY id LIMIT ?";
    let binds = [Bind::Text(front_end), Bind::Int(after), Bind::Int(most)];
    connection.select::<DepositRow>(rest, &binds)?.into_iter().map(deposit).collect()
}

/// The deposit an order at a processor belongs to, with the processor's side.
pub fn find_by_reference(
    connection: &mut Connection,
    reference: &str,
) -> Result<Option<(Deposit, Managed)>, StoreError> {
    let rows = connection.select::<DepositRow>("WHERE reference = ?", &[Bind::Text(reference)])?;
    rows.into_iter().next().map(with_managed).transpose()
}

/// The deposit whose pages a token names.
pub fn find_by_token(
    connection: &mut Connection,
    token: &str,
) -> Result<Option<(Deposit, Managed)>, StoreError> {
    let rows = connection.select::<DepositRow>("WHERE token = ?", &[Bind::Text(token)])?;
    rows.into_iter().next().map(with_managed).transpose()
}

/// The credited deposits of a customer through an account, latest first: what a payout can be credited against.
pub fn credited(
    tx: &mut Tx<'_>,
    customer: i64,
    account: &str,
) -> Result<Vec<(Deposit, Managed)>, StoreError> {
    let credited = DepositStatus::Credited.name();
    let rest = "WHERE customer_id = ? AND status = ? AND account = ? ORDER BY id DESC LIMIT 100";
    let binds = [Bind::Int(customer), Bind::Text(credited), Bind::Text(account)];
    let mut rows = tx.select::<DepositRow>(rest, &binds, |row| {
        row.customer_id == customer && row.status == credited && row.account.as_deref() == Some(account)
    })?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.id));
    rows.into_iter().map(with_managed).collect()
}

/// Writes a deposit without changing it, so that of two decisions that read it one must be made again.
pub fn touch(tx: &mut Tx<'_>, id: DepositId) -> Result<(), StoreError> {
    let mut row = tx.find_id::<DepositRow>(id.0)?.ok_or(StoreError::Raced)?;
    row.updated_at = tx.now_micros();
    tx.update(row)
}

pub fn find_managed(
    connection: &mut Connection,
    id: DepositId,
) -> Result<Option<(Deposit, Managed)>, StoreError> {
    let rows = connection.select::<DepositRow>("WHERE id = ? AND run_by_us = 1", &[Bind::Int(id.0)])?;
    rows.into_iter().next().map(with_managed).transpose()
}

fn with_managed(row: DepositRow) -> Result<(Deposit, Managed), StoreError> {
    let id = row.id;
    let managed =
        managed_part(&row).ok_or_else(|| StoreError::Corrupt(format!("deposit {id}: its processor")))?;
    Ok((deposit(row)?, managed))
}

pub(super) fn managed_part(row: &DepositRow) -> Option<Managed> {
    let (told, extra): (BTreeMap<_, _>, BTreeMap<_, _>) =
        read(row.extra.as_deref())?.into_iter().partition(|(name, _)| name.starts_with(TOLD));
    let told = told.into_iter().map(|(name, text)| (name[TOLD.len()..].to_owned(), text)).collect();
    Some(Managed {
        account: row.account.clone()?,
        method: row.method.clone()?,
        reference: row.reference.clone()?,
        processor_reference: row.processor_reference.clone(),
        capture: row.capture.clone()?,
        language: row.language.clone()?,
        token: row.token.clone()?,
        opened: row.opened.clone(),
        attempted: row.attempted.clone(),
        extra,
        told,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// Begins the names of what a processor told, among what its room must be told besides.
const TOLD: &str = "told.";

/// The name, among what a processor told, of what it reserved where that is less than was asked.
const RESERVED: &str = "reserved_minor";

/// Notes that a processor reserved less than was asked.
pub fn note_reserved(tx: &mut Tx<'_>, id: DepositId, reserved: Money) -> Result<(), StoreError> {
    note_told(tx, id, &BTreeMap::from([(RESERVED.to_owned(), reserved.minor().to_string())]))
}

fn reserved(row: &DepositRow) -> Result<Option<i64>, StoreError> {
    let corrupt = || StoreError::Corrupt(format!("deposit {}: extra", row.id));
    if row.extra.is_none() {
        return Ok(None);
    }
    let extra = read(row.extra.as_deref()).ok_or_else(corrupt)?;
    let told = extra.get(&format!("{TOLD}{RESERVED}"));
    told.map(|minor| minor.parse().map_err(|_| corrupt())).transpose()
}

/// Notes what a processor told and its room must know later.
pub fn note_told(tx: &mut Tx<'_>, id: DepositId, told: &BTreeMap<String, String>) -> Result<(), StoreError> {
    let mut row = tx.find_id::<DepositRow>(id.0)?.ok_or(StoreError::Raced)?;
    let corrupt = || StoreError::Corrupt(format!("deposit {}: extra", id));
    let mut extra = read(row.extra.as_deref()).ok_or_else(corrupt)?;
    extra.extend(told.iter().map(|(name, text)| (format!("{TOLD}{name}"), text.clone())));
    row.extra = written(&extra);
    row.updated_at = tx.now_micros();
    tx.update(row)
}

fn written(extra: &BTreeMap<String, String>) -> Option<String> {
    (!extra.is_empty()).then(|| serde_json::json!(extra).to_string())
}

/// `None` when it can't be read: then nothing is guessed.
fn read(extra: Option<&str>) -> Option<BTreeMap<String, String>> {
    extra.map_or_else(|| Some(BTreeMap::new()), |text| serde_json::from_str(text).ok())
}

pub(super) fn deposit(row: DepositRow) -> Result<Deposit, StoreError> {
    let currency = currency(&row.currency)?;
    let money = |minor| Money::from_minor(minor, currency);
    let status = DepositStatus::from_name(&row.status)
        .ok_or_else(|| StoreError::Corrupt(format!("deposit {}: status", row.id)))?;
    Ok(Deposit {
        id: DepositId(row.id),
        status,
        amount: money(row.amount),
        reserved: reserved(&row)?.map(money),
        captured: money(row.captured),
        refunded: money(row.refunded),
        processor: named(row.processor_name, row.processor, row.route)?,
        front_end: row.front_end,
        pin: row.pin,
        trace_id: row.trace_id,
        payment_method: row.payment_method,
        transaction_id: row.transaction_id,
        created_by: row.created_by,
    })
}

/// Whether money came for a deposit that was not what we asked for, and waits in suspense.
pub fn is_suspended(tx: &mut Tx<'_>, id: DepositId) -> Result<bool, StoreError> {
    let row = tx.find_id::<DepositRow>(id.0)?;
    Ok(row.is_some_and(|row| row.attempted.as_deref() == Some("suspense")))
}

/// Holds the deposit that an order at a processor belongs to.
pub fn lock_by_reference(tx: &mut Tx<'_>, reference: &str) -> Result<Option<(Deposit, Managed)>, StoreError> {
    let rows = tx.select::<DepositRow>("WHERE reference = ?", &[Bind::Text(reference)], |row| {
        row.reference.as_deref() == Some(reference)
    })?;
    rows.into_iter().next().map(with_managed).transpose()
}

/// Holds the deposit that a payment at an account was adopted for.
pub fn lock_by_processor_reference(
    tx: &mut Tx<'_>,
    account: &str,
    reference: &str,
) -> Result<Option<(Deposit, Managed)>, StoreError> {
    let fits = |row: &DepositRow| {
        row.account.as_deref() == Some(account) && row.processor_reference.as_deref() == Some(reference)
    };
    let rest = "WHERE account = ? AND processor_reference = ?";
    let rows = tx.select::<DepositRow>(rest, &[Bind::Text(account), Bind::Text(reference)], fits)?;
    rows.into_iter().next().map(with_managed).transpose()
}

/// Another deposit of the same amount at the same account and time, as far as it matters to tell their payments apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twin {
    pub processor_reference: Option<String>,
    pub status: DepositStatus,
    pub attempted: Option<String>,
}

/// The deposits that a payment of this one could be mistaken for: two days to either side.
pub fn twins(
    connection: &mut Connection,
    deposit: &Deposit,
    managed: &Managed,
) -> Result<Vec<Twin>, StoreError> {
    // Ids begin with their time, so the table's own key finds the days.
    let days = |days: i64| {
        let ms = managed.created_at / 1_000 + days * 86_400_000 - super::tx::EPOCH_MS;
        ms.max(0) << (super::tx::LANE_BITS + super::tx::COUNT_BITS)
    };
    let currency = deposit.amount.currency();
    let rest = "WHERE id BETWEEN ? AND ? AND id <> ? AND account = ? AND currency = ? AND amount = ?";
    let binds = [
        Bind::Int(days(-2)),
        Bind::Int(days(2)),
        Bind::Int(deposit.id.0),
        Bind::Text(&managed.account),
        Bind::Text(currency.code()),
        Bind::Int(deposit.amount.minor()),
    ];
    let twin = |row: DepositRow| {
        let status = DepositStatus::from_name(&row.status)
            .ok_or_else(|| StoreError::Corrupt(format!("deposit {}: status", row.id)))?;
        Ok(Twin { processor_reference: row.processor_reference, status, attempted: row.attempted })
    };
    connection.select::<DepositRow>(rest, &binds)?.into_iter().map(twin).collect()
}

/// The latest deposit of a customer through an account of which nothing was given back: a payout can go to its card.
pub fn latest_untouched(
    connection: &mut Connection,
    customer: i64,
    account: &str,
) -> Result<Option<(Deposit, Managed)>, StoreError> {
    let rest = "WHERE customer_id = ? AND status = 'Credited' AND refunded = 0 AND account = ? \
                AND processor_reference IS NOT NULL ORDER BY id DESC LIMIT 1";
    let rows = connection.select::<DepositRow>(rest, &[Bind::Int(customer), Bind::Text(account)])?;
    rows.into_iter().next().map(with_managed).transpose()
}
