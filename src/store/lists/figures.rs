//! Figures for charts: what came in by day and processor, what became of it, and how long it took.
//!
//! Payouts and deposits are counted by the hour they were made in, along the ids of that hour alone. Counts of past
//! hours are kept in memory and renewed now and then, for what became of an old payout may still change.

use super::Sight;
use super::hours::{Hours, of_days};
use crate::domain::money::{Currency, Money};
use crate::store::connection::Connection;
use crate::store::error::StoreError;
use crate::store::statement::Bind;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use chrono_tz::Tz;
use diesel::sql_types::{BigInt, Text};
use std::collections::BTreeMap;
use std::ops::Range;

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Of {
    Payouts,
    Deposits,
}

/// The counts so far. Keep one and clone it: what one page counted the next one finds.
#[derive(Clone, Default)]
pub struct Figures {
    payouts: Hours<Vec<Line>>,
    deposits: Hours<Vec<Line>>,
}

#[derive(Clone)]
struct Line {
    front_end: String,
    processor: String,
    currency: String,
    status: String,
    rows: i64,
    minor: i64,
    took_micros: i64,
}

/// The rows of one day that have processor, currency and status in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    pub day: NaiveDate,
    /// Empty where none is chosen yet.
    pub processor: String,
    /// Where they stand now.
    pub status: String,
    pub rows: i64,
    pub amount: Money,
    /// How long they took together, from when they were made until they last changed.
    pub took: Duration,
}

/// The figures of some days.
#[derive(Clone, Debug)]
pub struct Days {
    /// By day, processor, status and currency.
    pub sums: Vec<Sum>,
    /// False while the rows of some hours are not counted yet: the page may be asked for again.
    pub complete: bool,
}

impl Figures {
    /// The figures of days in UTC.
    pub fn of_days(
        &self,
        connection: &mut Connection,
        of: Of,
        sight: &Sight,
        days: Range<NaiveDate>,
        now: DateTime<Utc>,
    ) -> Result<Days, StoreError> {
        self.of_days_in(connection, of, sight, days, chrono_tz::UTC, now)
    }

    /// The figures of days as they begin and end in a zone.
    pub fn of_days_in(
        &self,
        connection: &mut Connection,
        of: Of,
        sight: &Sight,
        days: Range<NaiveDate>,
        zone: Tz,
        now: DateTime<Utc>,
    ) -> Result<Days, StoreError> {
        let hours = match of {
            Of::Payouts => &self.payouts,
            Of::Deposits => &self.deposits,
        };
        let summed = hours.sum(
            connection,
            &of_days(&days, zone),
            now,
            |age| Some(fresh_for(age)),
            |connection, ids| count(connection, of, ids),
        )?;
        // By day, processor, status and currency.
        type Key = (NaiveDate, String, String, String);
        let mut sums: BTreeMap<Key, (i64, i64, i64)> = BTreeMap::new();
        for (hour, lines) in &summed.hours {
            for line in lines.iter().filter(|line| sight.sees(&line.front_end)) {
                let key = (hour.day, line.processor.clone(), line.status.clone(), line.currency.clone());
                let sum = sums.entry(key).or_default();
                sum.0 += line.rows;
                sum.1 = sum.1.saturating_add(line.minor);
                sum.2 = sum.2.saturating_add(line.took_micros);
            }
        }
        let sums = sums.into_iter().map(|((day, processor, status, code), (rows, minor, took))| {
            let currency: Currency = crate::store::customers::currency(&code)?;
            let amount = Money::from_minor(minor, currency);
            Ok(Sum { day, processor, status, rows, amount, took: Duration::microseconds(took) })
        });
        Ok(Days { sums: sums.collect::<Result<_, StoreError>>()?, complete: summed.complete })
    }
}

/// The younger an hour, the more of it still changes.
fn fresh_for(age: Duration) -> Duration {
    if age < Duration::hours(2) {
        Duration::seconds(15)
    } else if age < Duration::days(2) {
        Duration::minutes(10)
    } else {
        Duration::hours(1)
    }
}

fn count(connection: &mut Connection, of: Of, ids: Range<i64>) -> Result<(Vec<Line>, i64), StoreError> {
    let (table, processor) = match of {
        Of::Payouts => ("payouts", "COALESCE(used_processor, asked_processor, '')"),
        Of::Deposits => ("deposits", "COALESCE(processor, '')"),
    };
    // Along the ids, whatever else there is an index for.
    let table = super::walk::indexed(table, "", connection.is_postgres());
    let sql = format!(
        "SELECT front_end, {processor} AS processor, currency, status, COUNT(*), CAST(SUM(amount) AS BIGINT),
             CAST(SUM(updated_at - created_at) AS BIGINT)
         FROM {table} WHERE id >= ? AND id < ? GROUP BY front_end, {processor}, currency, status"
    );
    type Row = (String, String, String, String, i64, i64, i64);
    type Sql = (Text, Text, Text, Text, BigInt, BigInt, BigInt);
    let rows: Vec<Row> = connection.load::<Sql, Row>(&sql, &[Bind::Int(ids.start), Bind::Int(ids.end)])?;
    let mut total = 0;
    let lines = rows.into_iter().map(|(front_end, processor, currency, status, rows, minor, took_micros)| {
        total += rows;
        Line { front_end, processor, currency, status, rows, minor, took_micros }
    });
    let lines = lines.collect();
    Ok((lines, total))
}
