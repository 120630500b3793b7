//! A unit of work: what an operation sees of the store.
//!
//! Reads come from the working set that was loaded for a whole batch, or, when an operation asks for something
//! nobody announced, from the database. Writes stay in the set until the engine writes the whole batch.

use super::connection::Connection;
use super::error::StoreError;
use super::load::{self, Loading};
use super::set::{InSet, Known, Mark, WorkingSet};
use super::statement::Bind;
use chrono::{DateTime, Utc};

pub struct Tx<'a> {
    pub(super) set: &'a mut WorkingSet,
    pub(super) connection: &'a mut Connection,
    pub(super) lane: i64,
    pub(super) now: DateTime<Utc>,
    /// Whether rows are locked when they are read, and not only compared when they are written.
    pub(super) hold: bool,
    /// Whether time only moves when a test moves it.
    pub(super) frozen: bool,
}

/// Microseconds since 1970, as every table keeps times.
pub fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// The beginning of our ids' time: 2024-01-01.
pub(super) const EPOCH_MS: i64 = 1_704_067_200_000;
pub(super) const LANE_BITS: u32 = 10;
pub(super) const COUNT_BITS: u32 = 12;
/// As many lanes as the ids have room for.
pub const MOST_LANES: i64 = (1 << LANE_BITS) - 1;

impl Tx<'_> {
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub fn now_micros(&self) -> i64 {
        micros(self.now)
    }

    /// The clock that leases are measured by: the database's where several nodes share it, whose own clocks differ.
    pub(super) fn lease_micros(&mut self) -> Result<i64, StoreError> {
        if !self.connection.is_postgres() || self.frozen {
            return Ok(self.now_micros());
        }
        let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
        let now = self.connection.load::<diesel::sql_types::BigInt, i64>(sql, &[])?;
        now.first().copied().ok_or_else(|| StoreError::Corrupt("the database has no clock".to_owned()))
    }

    /// How far the unit of work has come; see [`Tx::roll_back`].
    pub fn mark(&self) -> Mark {
        self.set.mark()
    }

    /// Takes back everything since the mark, so that a refusal can be written down alone.
    pub fn roll_back(&mut self, mark: &Mark) {
        self.set.roll_back(mark);
    }

    /// Makes an id: time, lane, count. Only the lane's writer makes ids of its lane.
    pub fn new_id(&mut self) -> Result<i64, StoreError> {
        let shift = LANE_BITS + COUNT_BITS;
        let last_ms = self.set.last_id >> shift;
        let last_count = self.set.last_id & ((1 << COUNT_BITS) - 1);
        let now_ms = (self.now.timestamp_millis() - EPOCH_MS).max(0);
        // A clock that stands still or steps back must not make an old id again.
        let (ms, count) = if now_ms > last_ms {
            (now_ms, 0)
        } else if last_count + 1 < 1 << COUNT_BITS {
            (last_ms, last_count + 1)
        } else {
            (last_ms + 1, 0)
        };
        self.set.last_id = ms << shift | self.lane << COUNT_BITS | count;
        Ok(self.set.last_id)
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

    /// Rows of another condition than id or name, by id. `rest` begins with WHERE and asks the database; `fits` asks
    /// the set, where commands of the same batch may have changed such rows or made new ones.
    pub(super) fn select<R: InSet>(
        &mut self,
        rest: &str,
        binds: &[Bind<'_>],
        fits: impl Fn(&R) -> bool,
    ) -> Result<Vec<R>, StoreError> {
        let rows = self.connection.select::<R>(rest, binds)?;
        let table = R::table(self.set);
        rows.into_iter().for_each(|row| table.learn(row));
        Ok(table.rows_that(fits).into_iter().cloned().collect())
    }

    /// Reads rows into the set. They are held to the end, or must be found unchanged when the batch is written.
    pub(super) fn read<R: InSet>(&mut self, ids: &[i64], names: &[&str]) -> Result<(), StoreError> {
        if self.connection.is_postgres() {
            let mut loading = Loading::new(self.hold);
            loading.ask::<R>(ids, names.to_vec());
            loading.run(self.connection, self.set)?;
        } else {
            load::one_by_one::<R>(self.connection, self.set, ids, names)?;
        }
        R::table(self.set).learn_absent(names.iter().copied());
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
