//! What a writer remembers between its batches: its lane, and the customers and accounts that it saw last.
//!
//! Commands of one customer come to one writer of a node, so what it saw is mostly what is still stored, and a batch is
//! spared a question. It is never believed unseen: on PostgreSQL the statement that writes a batch compares the version
//! of every remembered row, and on SQLite nothing is remembered past a commit of somebody else. So a memory that turns
//! out to be wrong (another node was there, two processes under one name, a COMMIT whose answer was lost) costs a second
//! run and never a wrong sum.

use super::connection::Connection;
use super::error::StoreError;
use super::row::Row;
use super::rows::{AccountRow, CustomerRow, LaneRow};
use super::set::{Table, WorkingSet};
use super::statement::Bind;
use super::tx::MOST_LANES;
use chrono::{DateTime, Duration, Utc};
use diesel::sql_types::BigInt;
use std::collections::{BTreeSet, HashMap};

#[derive(Default)]
pub(super) struct Own {
    lane: Option<LaneRow>,
    pub customers: Memory<CustomerRow>,
    pub accounts: Memory<AccountRow>,
    /// For how many batches the memory is left alone, and for how many it will be when it is wrong again: where several
    /// nodes work for the same customers it mostly would be.
    doubt: u32,
    caution: u32,
    /// SQLite's count of what others committed, as of the last batch.
    seen: i64,
    aged: DateTime<Utc>,
}

/// How many rows of a table are worth keeping, and for how long when nobody asks for them; up to twice that, at times.
const MOST_ROWS: usize = 8_192;
const WORTH: Duration = Duration::seconds(5);
const MOST_CAUTION: u32 = 256;

/// The rows of one table that were seen last, by name, in two halves: the older is dropped when the younger gets old.
pub(super) struct Memory<R> {
    young: HashMap<String, R>,
    old: HashMap<String, R>,
}

impl<R> Default for Memory<R> {
    fn default() -> Memory<R> {
        Memory { young: HashMap::new(), old: HashMap::new() }
    }
}

impl<R: Row> Memory<R> {
    /// Moves the rows of these names into a batch's set; they come back with what it made of them, or not at all.
    pub fn recall(&mut self, table: &mut Table<R>, names: &BTreeSet<String>) {
        for name in table.unread(names) {
            if let Some(row) = self.young.remove(name).or_else(|| self.old.remove(name)) {
                table.recall(row);
            }
        }
    }

    fn keep(&mut self, row: R) {
        if self.young.len() >= MOST_ROWS {
            self.age();
        }
        self.old.remove(row.name());
        self.young.insert(row.name().to_owned(), row);
    }

    fn age(&mut self) {
        self.old = std::mem::take(&mut self.young);
    }
}

impl Own {
    /// The writer's lane, which is made when it is missing.
    pub fn lane(&mut self, connection: &mut Connection, name: &str) -> Result<&LaneRow, StoreError> {
        let lane = match self.lane.take() {
            Some(lane) => lane,
            None => find_or_make(connection, name)?,
        };
        Ok(self.lane.insert(lane))
    }

    /// Whether a batch may take rows from memory.
    pub fn is_trusted(&mut self, now: DateTime<Utc>) -> bool {
        let unused = now - self.aged;
        if unused >= WORTH {
            self.aged = now;
            if unused < WORTH * 2 {
                self.customers.age();
                self.accounts.age();
            } else {
                // In a long silence nobody aged it: all of it is old.
                self.forget_rows();
            }
        }
        let trusted = self.doubt == 0;
        self.doubt = self.doubt.saturating_sub(1);
        trusted
    }

    /// Inside a unit of work on SQLite: forgets the rows if anybody else has committed since the last one.
    pub fn look(&mut self, connection: &mut Connection) -> Result<(), StoreError> {
        let seen = connection.load::<BigInt, i64>("PRAGMA data_version", &[])?.first().copied().unwrap_or(0);
        if seen != self.seen {
            self.forget_rows();
            self.seen = seen;
        }
        Ok(())
    }

    fn forget_rows(&mut self) {
        (self.customers, self.accounts) = (Memory::default(), Memory::default());
    }

    /// Takes the rows back from a batch that was committed.
    pub fn keep(&mut self, set: WorkingSet, lane: i64) {
        self.lane = set.lanes.into_rows().find(|row| row.id == lane);
        set.customers.into_rows().for_each(|row| self.customers.keep(row));
        set.accounts.into_rows().for_each(|row| self.accounts.keep(row));
    }

    /// What was remembered was so.
    pub fn confirm(&mut self) {
        self.caution /= 2;
    }

    /// What was remembered was no longer so.
    pub fn doubt(&mut self) {
        self.caution = (self.caution * 2).clamp(1, MOST_CAUTION);
        self.doubt = self.caution;
    }

    /// Forgets everything: the next batch reads anew.
    pub fn forget(&mut self) {
        *self = Own { doubt: self.doubt, caution: self.caution, ..Own::default() };
    }
}

fn find_or_make(connection: &mut Connection, name: &str) -> Result<LaneRow, StoreError> {
    // Writers that start at once take numbers from each other: one of them gets through each time.
    for _ in 0..MOST_LANES {
        let found = connection.select::<LaneRow>("WHERE name = ?", &[Bind::Text(name)])?;
        if let Some(lane) = found.into_iter().next() {
            return Ok(lane);
        }
        let sql = "INSERT INTO lanes (id, name, version, head_seq, head_hash, last_id)
            SELECT COALESCE(MAX(id), 0) + 1, ?, 0, 0, '', 0 FROM lanes HAVING COALESCE(MAX(id), 0) < ?
            ON CONFLICT DO NOTHING";
        connection.execute(sql, &[Bind::Text(name), Bind::Int(MOST_LANES)])?;
    }
    Err(StoreError::Corrupt(format!("all {MOST_LANES} lanes are taken")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_remembered_after(silence: Duration) -> bool {
        let noon = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
        let mut own = Own::default();
        assert!(own.is_trusted(noon));
        let (path, kind, currency) = ("fees/A".to_owned(), "fees".to_owned(), "EUR".to_owned());
        let name = "fees/A#0".to_owned();
        own.accounts.keep(AccountRow {
            id: 1,
            name: name.clone(),
            version: 0,
            path,
            stripe: 0,
            kind,
            currency,
            balance: 0,
        });
        own.is_trusted(noon + silence);
        let mut table = Table::default();
        own.accounts.recall(&mut table, &BTreeSet::from([name]));
        table.by_id(1).is_some()
    }

    #[test]
    fn what_nobody_asked_for_is_forgotten_also_when_nobody_asked_for_anything() {
        assert!(is_remembered_after(Duration::zero()));
        assert!(is_remembered_after(WORTH));
        assert!(!is_remembered_after(WORTH * 2));
        assert!(!is_remembered_after(Duration::days(1)));
    }
}
