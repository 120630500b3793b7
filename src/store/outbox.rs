//! Errands: what must be done outside, put in the same commit as the reason for it.

use super::connection::Connection;
use super::error::StoreError;
use super::rows::OutboxRow;
use super::statement::Bind;
use super::tx::{Tx, micros};
use chrono::{DateTime, Duration, Utc};

/// Something to be done outside, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// The name of a [`Task`].
    pub kind: String,
    pub subject: String,
    pub payload: String,
}

/// What errands are about: the closed list of what workers know to carry out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Task {
    PayOut,
    SettleDeposit,
    Refund,
    TellCashier,
}

impl Task {
    pub const ALL: [Task; 4] = [Task::PayOut, Task::SettleDeposit, Task::Refund, Task::TellCashier];

    /// As an errand's row names it.
    pub const fn name(self) -> &'static str {
        match self {
            Task::PayOut => "pay_out",
            Task::SettleDeposit => "settle_deposit",
            Task::Refund => "refund",
            Task::TellCashier => "tell_cashier",
        }
    }

    /// None for what another version of this program may have put.
    pub fn from_name(name: &str) -> Option<Task> {
        Task::ALL.into_iter().find(|task| task.name() == name)
    }
}

/// An errand that a worker has claimed. The fence tells its claim from every other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub id: i64,
    pub fence: i64,
    pub tries: i64,
    pub errand: Errand,
}

/// An errand as people see it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: i64,
    pub errand: Errand,
    pub due_at: i64,
    pub tries: i64,
    pub parked: bool,
    pub last_error: Option<String>,
}

/// Puts an errand; the same errand is put once, however often it is asked for.
pub fn put(tx: &mut Tx<'_>, errand: &Errand, due: DateTime<Utc>) -> Result<(), StoreError> {
    let name = crate::domain::ids::path(&[&errand.kind, &errand.subject]);
    if let Some(mut row) = tx.find::<OutboxRow>(&name)? {
        let fresh = row.done_at.is_some() || row.parked_at.is_some();
        // Whoever carries it out now began before this reason, and is told so by the count that differs. What it was
        // due for is being done, so that this reason alone says when it is due again.
        let first_since_claimed = row.tries > 0 && is_leased(tx, &row)?;
        row.due_at = if fresh || first_since_claimed { micros(due) } else { row.due_at.min(micros(due)) };
        row.done_at = None;
        row.parked_at = None;
        row.tries = 0;
        return tx.update(row);
    }
    let now = tx.now_micros();
    let row = OutboxRow {
        id: tx.new_id()?,
        name,
        version: 0,
        kind: errand.kind.clone(),
        subject: errand.subject.clone(),
        payload: errand.payload.clone(),
        due_at: micros(due),
        tries: 0,
        fence: 0,
        leased_by: None,
        leased_until: None,
        parked_at: None,
        done_at: None,
        last_error: None,
        created_at: now,
    };
    tx.insert(row)
}

/// Claims errands that are due under a lease. A claim of somebody who went away is over when its lease is.
pub fn claim(tx: &mut Tx<'_>, worker: &str, most: i64, lease: Duration) -> Result<Vec<Claimed>, StoreError> {
    let (due, now) = (tx.now_micros(), tx.lease_micros()?);
    // Workers of other nodes who claim at the same moment pass each other's rows by, where rows are held at all;
    // where they are not, the version tells who was first.
    let skip = if tx.connection.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let rest = format!("{DUE} ORDER BY due_at, id LIMIT ? {skip}");
    // Those that an earlier command of this batch claimed are still free in the database.
    let taken = tx.set.outbox.rows_that(|row| row.leased_until.is_some_and(|until| until >= now)).len();
    let binds = [Bind::Int(due), Bind::Int(now), Bind::Int(most.saturating_add(taken as i64))];
    let mut rows = tx.select::<OutboxRow>(&rest, &binds, |row| {
        row.done_at.is_none()
            && row.parked_at.is_none()
            && row.due_at <= due
            && row.leased_until.is_none_or(|until| until < now)
    })?;
    rows.sort_by_key(|row| (row.due_at, row.id));
    rows.truncate(usize::try_from(most).unwrap_or(0));
    rows.into_iter().map(|row| lend(tx, row, worker, lease_end(now, lease))).collect()
}

/// Claims one errand, due or not and whoever carries it out: he has lost it by that. Should its new holder die, it is
/// due when his lease is over.
pub fn take(tx: &mut Tx<'_>, errand: &Errand, by: &str, lease: Duration) -> Result<Claimed, StoreError> {
    put(tx, errand, tx.now())?;
    let name = crate::domain::ids::path(&[&errand.kind, &errand.subject]);
    let row = tx.find::<OutboxRow>(&name)?;
    let mut row = row.ok_or_else(|| StoreError::Corrupt(format!("errand {name} was just put")))?;
    row.due_at = row.due_at.min(tx.now_micros());
    let until = lease_end(tx.lease_micros()?, lease);
    lend(tx, row, by, until)
}

/// Gives an errand to somebody, whoever had it.
fn lend(tx: &mut Tx<'_>, mut row: OutboxRow, by: &str, until: i64) -> Result<Claimed, StoreError> {
    row.fence += 1;
    row.tries += 1;
    row.leased_by = Some(by.to_owned());
    row.leased_until = Some(until);
    let claimed = Claimed { id: row.id, fence: row.fence, tries: row.tries, errand: errand(&row) };
    tx.update(row)?;
    Ok(claimed)
}

/// Whether somebody is carrying it out.
fn is_leased(tx: &mut Tx<'_>, row: &OutboxRow) -> Result<bool, StoreError> {
    match row.leased_until {
        Some(until) => Ok(until >= tx.lease_micros()?),
        None => Ok(false),
    }
}

/// What may be claimed: neither done nor given up, due, and nobody's.
const DUE: &str = "WHERE done_at IS NULL AND parked_at IS NULL AND due_at <= ? \
    AND (leased_until IS NULL OR leased_until < ?)";

/// The claim if it still holds: nobody else has claimed it since and its lease is not over. Should the lease end
/// after this look and somebody else claim it before the batch is written, the row's version is another and the
/// batch is decided anew.
fn held(tx: &mut Tx<'_>, claim: &Claimed) -> Result<Option<OutboxRow>, StoreError> {
    let now = tx.lease_micros()?;
    let row = tx.find_id::<OutboxRow>(claim.id)?;
    Ok(row.filter(|row| {
        row.fence == claim.fence
            && row.done_at.is_none()
            && row.leased_until.is_some_and(|until| until >= now)
    }))
}

/// Frees errands of one kind that a worker of this name held when its process was killed. Only for errands that may
/// be carried out twice at the same time, should two processes bear the same name by mistake.
pub fn release(tx: &mut Tx<'_>, worker: &str, kind: &str) -> Result<usize, StoreError> {
    let fits = |row: &OutboxRow| {
        row.done_at.is_none()
            && row.parked_at.is_none()
            && row.kind == kind
            && row.leased_by.as_deref() == Some(worker)
    };
    // Nobody holds a parked one; to say so lets the index of the open ones serve, as few as they are.
    let rest = "WHERE done_at IS NULL AND parked_at IS NULL AND kind = ? AND leased_by = ?";
    let rows = tx.select(rest, &[Bind::Text(kind), Bind::Text(worker)], fits)?;
    let freed = rows.len();
    for mut row in rows {
        row.leased_by = None;
        row.leased_until = None;
        tx.update(row)?;
    }
    Ok(freed)
}

/// Whether this claim may still write. Asked in the same unit of work as the write.
pub fn is_held(tx: &mut Tx<'_>, claim: &Claimed) -> Result<bool, StoreError> {
    Ok(held(tx, claim)?.is_some())
}

/// Holds a claim for longer. `false` when it was lost meanwhile: whoever was paused past his lease can't have it back.
pub fn renew(tx: &mut Tx<'_>, claim: &Claimed, lease: Duration) -> Result<bool, StoreError> {
    let Some(mut row) = held(tx, claim)? else { return Ok(false) };
    row.leased_until = Some(lease_end(tx.lease_micros()?, lease));
    tx.update(row)?;
    Ok(true)
}

/// The same, and has the claim bear another name.
pub fn renew_as(tx: &mut Tx<'_>, claim: &Claimed, by: &str, lease: Duration) -> Result<bool, StoreError> {
    let Some(mut row) = held(tx, claim)? else { return Ok(false) };
    row.leased_by = Some(by.to_owned());
    row.leased_until = Some(lease_end(tx.lease_micros()?, lease));
    tx.update(row)?;
    Ok(true)
}

fn lease_end(now: i64, lease: Duration) -> i64 {
    now.saturating_add(lease.num_microseconds().unwrap_or(i64::MAX / 2))
}

/// The errand is done, unless it was asked for again since it was claimed: then it is due when that says. `false`
/// when the claim was lost meanwhile.
pub fn finish(tx: &mut Tx<'_>, claim: &Claimed) -> Result<bool, StoreError> {
    let Some(mut row) = held(tx, claim)? else { return Ok(false) };
    if row.tries == claim.tries {
        row.done_at = Some(tx.now_micros());
    }
    row.leased_by = None;
    row.leased_until = None;
    tx.update(row)?;
    Ok(true)
}

/// The errand is to be tried again later. `false` when the claim was lost meanwhile.
pub fn again(tx: &mut Tx<'_>, claim: &Claimed, due: DateTime<Utc>, why: &str) -> Result<bool, StoreError> {
    let Some(mut row) = held(tx, claim)? else { return Ok(false) };
    row.due_at = if row.tries == claim.tries { micros(due) } else { row.due_at.min(micros(due)) };
    row.last_error = Some(why.to_owned());
    row.leased_by = None;
    row.leased_until = None;
    tx.update(row)?;
    Ok(true)
}

/// Whether somebody holds the errand of this name under a lease that is not over.
pub fn is_being_carried_out(tx: &mut Tx<'_>, kind: &str, subject: &str) -> Result<bool, StoreError> {
    let now = tx.lease_micros()?;
    let row = tx.find::<OutboxRow>(&crate::domain::ids::path(&[kind, subject]))?;
    Ok(row.is_some_and(|row| row.done_at.is_none() && row.leased_until.is_some_and(|until| until >= now)))
}

/// Ends an errand whose matter was settled otherwise. Whoever still carries it out has lost his claim by that.
pub fn close(tx: &mut Tx<'_>, kind: &str, subject: &str) -> Result<(), StoreError> {
    let name = crate::domain::ids::path(&[kind, subject]);
    let Some(mut row) = tx.find::<OutboxRow>(&name)?.filter(|row| row.done_at.is_none()) else {
        return Ok(());
    };
    row.fence += 1;
    row.done_at = Some(tx.now_micros());
    row.leased_by = None;
    row.leased_until = None;
    row.parked_at = None;
    tx.update(row)
}

/// Gives an errand up until a person retries it.
pub fn park(tx: &mut Tx<'_>, id: i64, why: &str) -> Result<bool, StoreError> {
    let Some(mut row) = tx.find_id::<OutboxRow>(id)?.filter(|row| row.done_at.is_none()) else {
        return Ok(false);
    };
    row.parked_at = Some(tx.now_micros());
    row.last_error = Some(why.to_owned());
    row.leased_by = None;
    row.leased_until = None;
    tx.update(row)?;
    Ok(true)
}

/// Makes an errand due now, parked or not.
pub fn retry(tx: &mut Tx<'_>, id: i64) -> Result<bool, StoreError> {
    let Some(mut row) = tx.find_id::<OutboxRow>(id)?.filter(|row| row.done_at.is_none()) else {
        return Ok(false);
    };
    row.parked_at = None;
    row.due_at = tx.now_micros();
    tx.update(row)?;
    Ok(true)
}

/// Errands that are not done, the parked ones alone or the others, behind an id.
pub fn list(
    connection: &mut Connection,
    parked: bool,
    after: i64,
    most: i64,
) -> Result<Vec<Listed>, StoreError> {
    let condition = if parked { "parked_at IS NOT NULL" } else { "done_at IS NULL AND parked_at IS NULL" };
    let rest = format!("WHERE {condition} AND done_at IS NULL AND id > ? ORDER BY id LIMIT ?");
    let rows = connection.select::<OutboxRow>(&rest, &[Bind::Int(after), Bind::Int(most)])?;
    Ok(rows
        .into_iter()
        .map(|row| Listed {
            id: row.id,
            errand: errand(&row),
            due_at: row.due_at,
            tries: row.tries,
            parked: row.parked_at.is_some(),
            last_error: row.last_error,
        })
        .collect())
}

fn errand(row: &OutboxRow) -> Errand {
    Errand { kind: row.kind.clone(), subject: row.subject.clone(), payload: row.payload.clone() }
}
