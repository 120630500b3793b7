//! A unit of work: what an operation sees of the store.
//!
//! Reads come from the working set that was loaded for a whole batch, or, when an operation asks for something
//! nobody announced, from the database. Writes stay in the set until the engine writes the whole batch.

use super::connection::Connection;
use super::error::StoreError;
use super::row::Row;
use super::set::{InSet, Known, Mark, WorkingSet};
use super::statement::Bind;
use chrono::{DateTime, Utc};

pub struct Tx<'a> {
    pub(super) set: &'a mut WorkingSet,
    pub(super) connection: &'a mut Connection,
    pub(super) lane: i64,
    pub(super) now: DateTime<Utc>,
}

/// Microseconds since 1970, as every table keeps times.
pub fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// The beginning of our ids' time: 2024-01-01.
const EPOCH_MS: i64 = 1_704_067_200_000;
const LANE_BITS: u32 = 10;
const COUNT_BITS: u32 = 12;
/// As many lanes as the ids have room for.
pub const MOST_LANES: i64 = (1 << LANE_BITS) - 1;

impl Tx<'_> {
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub fn now_micros(&self) -> i64 {
        micros(self.now)
    }

    /// How far the unit of work has come; see [`Tx::roll_back`].
    pub fn mark(&self) -> Mark {
        self.set.mark()
    }

    /// Takes back everything since the mark, so that a refusal can be written down alone.
    pub fn roll_back(&mut self, mark: &Mark) {
        self.set.roll_back(mark);
    }

    /// Makes an id: time, lane, count. The lane's row is locked, so no other writer makes the same one.
    pub fn new_id(&mut self) -> Result<i64, StoreError> {
        let mut lane = self.lane_row()?;
        let shift = LANE_BITS + COUNT_BITS;
        let last_ms = lane.last_id >> shift;
        let last_count = lane.last_id & ((1 << COUNT_BITS) - 1);
        let now_ms = (self.now.timestamp_millis() - EPOCH_MS).max(0);
        // A clock that stands still or steps back must not make an old id again.
        let (ms, count) = if now_ms > last_ms {
            (now_ms, 0)
        } else if last_count + 1 < 1 << COUNT_BITS {
            (last_ms, last_count + 1)
        } else {
            (last_ms + 1, 0)
        };
        let id = ms << shift | self.lane << COUNT_BITS | count;
        lane.last_id = id;
        self.set.lanes.update(lane);
        Ok(id)
    }

    fn lane_row(&self) -> Result<super::rows::LaneRow, StoreError> {
        let row = self.set.lanes.by_id(self.lane).cloned();
        row.ok_or_else(|| StoreError::Corrupt(format!("lane {} is missing", self.lane)))
    }

    /// Finds a row by its natural key, and holds it where its table is locked.
    pub(super) fn find<R: InSet>(&mut self, name: &str) -> Result<Option<R>, StoreError> {
        if let Known::Unread = R::table(self.set).by_name(name) {
            self.read::<R>(&[], &[name])?;
        }
        Ok(match R::table(self.set).by_name(name) {
            Known::Row(row) => Some(row.clone()),
            Known::Absent | Known::Unread => None,
        })
    }

    pub(super) fn find_id<R: InSet>(&mut self, id: i64) -> Result<Option<R>, StoreError> {
        if R::table(self.set).by_id(id).is_none() {
            self.read::<R>(&[id], &[])?;
        }
        Ok(R::table(self.set).by_id(id).cloned())
    }

    /// Rows of another condition than id or name: `rest` begins with WHERE. What the set holds wins.
    pub(super) fn select<R: InSet>(&mut self, rest: &str, binds: &[Bind<'_>]) -> Result<Vec<R>, StoreError> {
        let rows = self.connection.select::<R>(rest, binds)?;
        let ids: Vec<i64> = rows.iter().map(Row::id).collect();
        let table = R::table(self.set);
        table.learn(rows);
        Ok(ids.iter().filter_map(|&id| table.by_id(id).cloned()).collect())
    }

    /// Reads rows into the set; on PostgreSQL they are locked, in the order of their ids.
    pub(super) fn read<R: InSet>(&mut self, ids: &[i64], names: &[&str]) -> Result<(), StoreError> {
        let rows = load_rows::<R>(self.connection, ids, names)?;
        let table = R::table(self.set);
        table.learn(rows);
        table.learn_absent(names.iter().copied());
        Ok(())
    }

    pub(super) fn insert<R: InSet>(&mut self, row: R) -> Result<(), StoreError> {
        if R::table(self.set).insert(row) { Ok(()) } else { Err(StoreError::Raced) }
    }

    pub(super) fn update<R: InSet>(&mut self, row: R) -> Result<(), StoreError> {
        if R::table(self.set).update(row) {
            return Ok(());
        }
        Err(StoreError::Corrupt(format!("a row of {} was changed that was never read", R::TABLE)))
    }
}

/// Whole rows by id or by name: one statement for a set on PostgreSQL, one for each key on SQLite.
fn load_rows<R: Row>(connection: &mut Connection, ids: &[i64], names: &[&str]) -> Result<Vec<R>, StoreError> {
    let mut rows = Vec::new();
    if connection.is_postgres() {
        let lock = if R::LOCKED { "FOR UPDATE" } else { "" };
        if !ids.is_empty() {
            let rest = format!("WHERE id = ANY(?) ORDER BY id {lock}");
            rows.extend(connection.select::<R>(&rest, &[Bind::Ints(ids.to_vec())])?);
        }
        if !names.is_empty() {
            let rest = format!("WHERE name = ANY(?) ORDER BY id {lock}");
            rows.extend(connection.select::<R>(&rest, &[Bind::Texts(names.to_vec())])?);
        }
        return Ok(rows);
    }
    for &id in ids {
        rows.extend(connection.select::<R>("WHERE id = ?", &[Bind::Int(id)])?);
    }
    for &name in names {
        rows.extend(connection.select::<R>("WHERE name = ?", &[Bind::Text(name)])?);
    }
    Ok(rows)
}
