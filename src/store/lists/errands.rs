//! The outbox as people see it: what is due, what was given up, what is done.

use super::walk::{Condition, Walk};
use super::{Cursor, Page, look, time, times};
use crate::store::connection::Connection;
use crate::store::error::StoreError;
use crate::store::outbox::Errand;
use crate::store::rows::OutboxRow;
use crate::store::statement::{Afresh, Bind};
use chrono::{DateTime, Utc};
use diesel::sql_types::BigInt;

#[derive(Clone, Debug)]
pub struct Line {
    pub id: i64,
    pub errand: Errand,
    pub due_at: DateTime<Utc>,
    pub tries: i64,
    /// Who carries it out now, and until when nobody else may.
    pub leased_by: Option<String>,
    pub leased_until: Option<DateTime<Utc>>,
    pub parked_at: Option<DateTime<Utc>>,
    pub done_at: Option<DateTime<Utc>>,
    pub last_error: Option<String>,
    pub created_at: DateTime<Utc>,
}

pub(super) fn line(row: OutboxRow) -> Result<Line, StoreError> {
    Ok(Line {
        id: row.id,
        errand: Errand { kind: row.kind, subject: row.subject, payload: row.payload },
        due_at: time(row.due_at)?,
        tries: row.tries,
        leased_by: row.leased_by,
        leased_until: times(row.leased_until)?,
        parked_at: times(row.parked_at)?,
        done_at: times(row.done_at)?,
        last_error: row.last_error,
        created_at: time(row.created_at)?,
    })
}

/// The errands that wait or are under way, the one that is due first in front. `after` is where the page before
/// ended: its last line's due time in microseconds and id.
pub fn due(
    connection: &mut Connection,
    after: Option<(i64, i64)>,
    most: i64,
) -> Result<Vec<Line>, StoreError> {
    let (due_at, id) = after.unwrap_or((i64::MIN, 0));
    let rest = "WHERE done_at IS NULL AND parked_at IS NULL AND due_at >= ? AND (due_at, id) > (?, ?)
        ORDER BY due_at, id LIMIT ?";
    let most = most.clamp(1, super::MOST_ROWS);
    let binds = [Bind::Int(due_at), Bind::Int(due_at), Bind::Int(id), Bind::Int(most)];
    look(connection, |connection| connection.select::<OutboxRow>(rest, &binds))?
        .into_iter()
        .map(line)
        .collect()
}

/// The errands that were given up until a person retries them, oldest first.
pub fn parked(connection: &mut Connection, after: Cursor, most: i64) -> Result<Vec<Line>, StoreError> {
    let rest = "WHERE parked_at IS NOT NULL AND done_at IS NULL AND id > ? ORDER BY id LIMIT ?";
    let binds = [Bind::Int(after), Bind::Int(most.clamp(1, super::MOST_ROWS))];
    look(connection, |connection| connection.select::<OutboxRow>(rest, &binds))?
        .into_iter()
        .map(line)
        .collect()
}

/// All errands, newest first, those of one kind where one is named.
pub fn all(
    connection: &mut Connection,
    kind: Option<&str>,
    after: Option<Cursor>,
    most: i64,
) -> Result<Page<Line>, StoreError> {
    let mut walk = Walk::new("outbox p", after, most);
    if let Some(kind) = kind {
        walk.narrow(Condition::text("p.kind = ?", kind));
    }
    look(connection, |connection| walk.run::<OutboxRow>(connection))?.map(line)
}

/// How many errands stand where, counted up to a limit, and the oldest that is due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub due: Count,
    pub parked: Count,
    /// Since when the errand waits that is due longest.
    pub due_since: Option<DateTime<Utc>>,
}

/// A count that was not pursued for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub number: i64,
    /// There are more.
    pub more: bool,
}

impl Count {
    pub(super) fn up_to(number: i64, most: i64) -> Count {
        Count { number: number.min(most), more: number > most }
    }
}

const MOST_COUNTED: i64 = 10_000;

pub fn counts(connection: &mut Connection, now: DateTime<Utc>) -> Result<Counts, StoreError> {
    let now = crate::store::tx::micros(now);
    let count = |connection: &mut Connection, condition: &str, binds: &[Bind<'_>]| {
        let limit = MOST_COUNTED + 1;
        let sql = format!("SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE {condition} LIMIT {limit}) c");
        let counts = connection.load_cached::<Afresh, BigInt, i64>(&sql, binds)?;
        Ok::<Count, StoreError>(Count::up_to(counts.first().copied().unwrap_or(0), MOST_COUNTED))
    };
    let waiting = "done_at IS NULL AND parked_at IS NULL AND due_at <= ?";
    look(connection, |connection| {
        let sql = format!("SELECT due_at FROM outbox WHERE {waiting} ORDER BY due_at, id LIMIT 1");
        let since = connection.load::<BigInt, i64>(&sql, &[Bind::Int(now)])?;
        Ok(Counts {
            due: count(connection, waiting, &[Bind::Int(now)])?,
            parked: count(connection, "parked_at IS NOT NULL AND done_at IS NULL", &[])?,
            due_since: times(since.first().copied())?,
        })
    })
}
