//! What people look at: lists, searches and figures for pages, over read-only connections.
//!
//! Lives here: every query of a page, and row types made for showing. Does not: anything that decides or writes, and
//! who may see what — a caller says that with a [`Sight`], which every query honours.
//!
//! A page costs the same with a thousand rows and with a million: rows are walked in the order of their keys, along
//! an index, behind a cursor, and never more than a budget of them (`walk`).

pub mod accounts;
pub mod audit;
pub mod customers;
pub mod deposit;
pub mod deposits;
pub mod errands;
pub mod figures;
pub mod health;
pub mod hours;
pub mod notices;
pub mod payout;
pub mod payouts;
pub mod proposals;
pub mod search;
pub mod today;
pub mod transactions;
pub mod trial;
pub mod unknown;
mod walk;

pub use walk::{Cursor, Page};

use super::connection::Connection;
use super::error::StoreError;
use super::statement::Bind;
use super::tx::{COUNT_BITS, EPOCH_MS, LANE_BITS, micros};
use crate::domain::people::Reach;
use chrono::{DateTime, Utc};
use diesel::sql_types::Text;
use walk::{Condition, Value, Walk};

/// The most rows of one page.
pub const MOST_ROWS: i64 = 200;

/// The front ends whose rows somebody may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    All,
    Only(Vec<String>),
}

impl From<Reach> for Sight {
    fn from(reach: Reach) -> Sight {
        match reach {
            Reach::All => Sight::All,
            Reach::Only(names) => Sight::Only(names.into_iter().collect()),
        }
    }
}

impl Sight {
    pub fn sees(&self, front_end: &str) -> bool {
        match self {
            Sight::All => true,
            Sight::Only(names) => names.iter().any(|name| name == front_end),
        }
    }

    /// The same sight, narrowed to what a filter asks for; nothing asked for narrows nothing.
    pub fn narrowed(&self, asked: &[String]) -> Sight {
        if asked.is_empty() {
            return self.clone();
        }
        let mut names: Vec<String> = asked.iter().filter(|name| self.sees(name)).cloned().collect();
        names.sort();
        names.dedup();
        Sight::Only(names)
    }

    fn is_blind(&self) -> bool {
        matches!(self, Sight::Only(names) if names.is_empty())
    }

    /// The condition on a column that holds the front end; `None` when everything is seen.
    fn condition(&self, column: &str) -> Option<Condition> {
        match self {
            Sight::All => None,
            Sight::Only(names) => Some(Condition::among(column, names)),
        }
    }
}

/// The front ends in sight by name. Those of everybody are found by hops along an index, one for each.
pub fn front_ends(connection: &mut Connection, sight: &Sight) -> Result<Vec<String>, StoreError> {
    match sight {
        Sight::Only(names) => Ok(names.clone()),
        Sight::All => hops(connection, "customers", "front_end"),
    }
}

/// The different values of an index's first column, by one look-up each.
fn hops(connection: &mut Connection, table: &str, column: &str) -> Result<Vec<String>, StoreError> {
    let sql = format!(
        "WITH RECURSIVE hop(value) AS (
             SELECT MIN({column}) FROM {table}
             UNION ALL SELECT (SELECT MIN({column}) FROM {table} WHERE {column} > hop.value) FROM hop
             WHERE hop.value IS NOT NULL)
         SELECT value FROM hop WHERE value IS NOT NULL"
    );
    connection.load::<Text, String>(&sql, &[])
}

/// Runs a page's reads so that all see the same moment, and so that PostgreSQL plans each for the values it is asked
/// with: what suits a common value would walk through a table for a rare one.
pub fn look<T>(
    connection: &mut Connection,
    reads: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.snapshot(|connection| {
        if connection.is_postgres() {
            connection.batch(
                "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_seqscan = off;
                 SET LOCAL jit = off; SET LOCAL statement_timeout = '10s'",
            )?;
        }
        reads(connection)
    })
}

/// The first id that can be made at a time: ids carry the time they were made at.
pub(in crate::store) fn id_at(at: DateTime<Utc>) -> i64 {
    let ms = (at.timestamp_millis() - EPOCH_MS).max(0);
    ms.checked_mul(1 << (LANE_BITS + COUNT_BITS)).unwrap_or(i64::MAX)
}

/// How far an id's time may be from a row's own: an id is never made twice, even when the clock stands still.
const ID_SLACK: chrono::Duration = chrono::Duration::minutes(1);

/// Narrows to rows written at the first moment or later, and before the second: roughly by the time that ids carry,
/// then exactly by a column.
fn within(walk: &mut Walk, made: (Option<DateTime<Utc>>, Option<DateTime<Utc>>), column: &str) {
    if let Some(from) = made.0 {
        walk.ids.0 = from.checked_sub_signed(ID_SLACK).map_or(0, id_at);
        walk.narrow(Condition::new(format!("{column} >= ?"), vec![Value::Int(micros(from))]));
    }
    if let Some(until) = made.1 {
        walk.ids.1 = until.checked_add_signed(ID_SLACK).map_or(i64::MAX, id_at);
        walk.narrow(Condition::new(format!("{column} < ?"), vec![Value::Int(micros(until))]));
    }
}

/// A row's time as a page shows it.
fn time(micros: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| StoreError::Corrupt(format!("{micros} is not a time")))
}

fn times(micros: Option<i64>) -> Result<Option<DateTime<Utc>>, StoreError> {
    micros.map(time).transpose()
}

/// `?, ?, …` for so many values.
pub(in crate::store) fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

fn binds(values: &[Value]) -> Vec<Bind<'_>> {
    values.iter().map(Value::bind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sight_is_never_widened_by_what_is_asked() {
        let some = Sight::Only(vec!["A".to_owned(), "B".to_owned()]);
        assert_eq!(some.narrowed(&[]), some);
        assert_eq!(some.narrowed(&["B".to_owned(), "C".to_owned()]), Sight::Only(vec!["B".to_owned()]));
        assert!(some.narrowed(&["C".to_owned()]).is_blind());
        assert_eq!(Sight::All.narrowed(&["C".to_owned()]), Sight::Only(vec!["C".to_owned()]));
        assert!(!Sight::All.is_blind());
    }

    #[test]
    fn times_become_ids_in_their_order() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).expect("a time");
        assert_eq!(id_at(at(0)), 0);
        assert!(id_at(at(1_800_000_000)) < id_at(at(1_800_000_001)));
        assert_eq!(id_at(DateTime::<Utc>::MAX_UTC), i64::MAX);
    }
}
