//! What a writer remembers between its batches: its lane and its stripes of the house accounts.
//!
//! Nobody else writes these rows, and each is written with a comparison of its version. So a memory that turns out to
//! be wrong (two processes under one node name, a COMMIT whose answer was lost) costs a race and never a wrong sum.

use super::connection::Connection;
use super::error::StoreError;
use super::rows::{AccountRow, LaneRow};
use super::set::WorkingSet;
use super::statement::Bind;
use super::tx::MOST_LANES;
use std::collections::HashMap;

#[derive(Default)]
pub(super) struct Own {
    lane: Option<LaneRow>,
    stripes: HashMap<String, AccountRow>,
}

/// How many stripes are worth keeping.
const MOST_STRIPES: usize = 10_000;

impl Own {
    pub fn stripe(&self, name: &str) -> Option<&AccountRow> {
        self.stripes.get(name)
    }

    /// The writer's lane, which is made when it is missing.
    pub fn lane(&mut self, connection: &mut Connection, name: &str) -> Result<&LaneRow, StoreError> {
        let lane = match self.lane.take() {
            Some(lane) => lane,
            None => find_or_make(connection, name)?,
        };
        Ok(self.lane.insert(lane))
    }

    /// Takes the writer's rows back from a batch that was committed.
    pub fn keep(&mut self, set: WorkingSet, lane: i64) {
        self.lane = set.lanes.into_rows().find(|row| row.id == lane);
        if self.stripes.len() > MOST_STRIPES {
            self.stripes.clear();
        }
        for row in set.accounts.into_rows().filter(|row| row.stripe == lane) {
            match self.stripes.get_mut(&row.name) {
                Some(kept) => *kept = row,
                None => {
                    self.stripes.insert(row.name.clone(), row);
                }
            }
        }
    }

    /// Forgets everything: the next batch reads anew.
    pub fn forget(&mut self) {
        *self = Own::default();
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
