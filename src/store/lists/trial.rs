//! The trial balance: what each kind of account held at the end of a day, and what moved on it. The books are kept by days
//! in UTC, the same for everybody.
//!
//! Entries are never changed, so the sums of a past hour are good for ever. What was held at the end of a past day is
//! what is held now, less what has moved since.

use super::hours::{Hours, of_days};
use super::{Sight, look};
use crate::domain::money::Money;
use crate::store::connection::Connection;
use crate::store::customers::currency;
use crate::store::error::StoreError;
use crate::store::statement::Bind;
use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use diesel::sql_types::{BigInt, Text};
use std::collections::BTreeMap;
use std::ops::Range;

/// What was summed so far. Keep one and clone it.
#[derive(Clone, Default)]
pub struct Movements(Hours<Vec<Line>>);

#[derive(Clone)]
struct Line {
    front_end: String,
    kind: String,
    currency: String,
    taken: i64,
    given: i64,
}

/// The accounts of one kind and currency on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    pub kind: String,
    /// What was taken from them on that day.
    pub taken: Money,
    /// What was given to them.
    pub given: Money,
    /// What they held together when the day ended, or hold now. `None` while the days since then are not summed yet,
    /// and for those who see only some front ends.
    pub held: Option<Money>,
}

#[derive(Clone, Debug)]
pub struct TrialBalance {
    pub day: NaiveDate,
    /// By currency and kind. What was taken and what was given are the same over all kinds of one currency, and what
    /// is held sums to zero.
    pub sums: Vec<Sum>,
    /// False while hours of the day are not summed yet: the page may be asked for again.
    pub complete: bool,
}

/// An hour's ids are all written when it is over for so long: no command is held up longer.
const SETTLES_IN: Duration = Duration::minutes(15);

impl Movements {
    pub fn trial_balance(
        &self,
        connection: &mut Connection,
        sight: &Sight,
        day: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<TrialBalance, StoreError> {
        look(connection, |connection| {
            let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
            let tomorrow = now.date_naive().checked_add_days(Days::new(1)).unwrap_or(day);
            // Up to now, for what was held at the end of the day.
            let end = if *sight == Sight::All { next.max(tomorrow) } else { next };
            let hours = of_days(&(day..end), chrono_tz::UTC);
            let summed = self.0.sum(
                connection,
                &hours,
                now,
                |age| if age > SETTLES_IN { None } else { Some(Duration::zero()) },
                count,
            )?;
            let mut lines: BTreeMap<(String, String), Moved> = BTreeMap::new();
            let mut seen = 0;
            for (hour, moved) in &summed.hours {
                let on_that_day = hour.day == day;
                seen += usize::from(on_that_day);
                for line in moved.iter().filter(|line| sight.sees(&line.front_end)) {
                    let sum = lines.entry((line.currency.clone(), line.kind.clone())).or_default();
                    if on_that_day {
                        sum.taken += line.taken;
                        sum.given += line.given;
                    } else {
                        sum.since += line.given - line.taken;
                    }
                }
            }
            if *sight == Sight::All {
                for (kind, code, minor) in held_now(connection)? {
                    lines.entry((code, kind)).or_default().now = Some(minor);
                }
            }
            let asked = hours.iter().filter(|hour| hour.day == day && hour.from <= now).count();
            let sums = lines.into_iter().map(|((code, kind), moved)| {
                let currency = currency(&code)?;
                let money = |minor| Money::from_minor(minor, currency);
                let held = moved.now.filter(|_| summed.complete).map(|now| money(now - moved.since));
                Ok(Sum { kind, taken: money(moved.taken), given: money(moved.given), held })
            });
            let sums = sums.collect::<Result<_, StoreError>>()?;
            Ok(TrialBalance { day, sums, complete: seen >= asked })
        })
    }
}

#[derive(Default)]
struct Moved {
    taken: i64,
    given: i64,
    /// Given less taken after the day.
    since: i64,
    now: Option<i64>,
}

fn held_now(connection: &mut Connection) -> Result<Vec<(String, String, i64)>, StoreError> {
    let sums = crate::store::ledger::trial_balance(connection)?;
    Ok(sums
        .into_iter()
        .map(|sum| (sum.kind, sum.balance.currency().code().to_owned(), sum.balance.minor()))
        .collect())
}

/// What the entries with ids in a range moved, by front end, kind of account and currency.
fn count(connection: &mut Connection, ids: Range<i64>) -> Result<(Vec<Line>, i64), StoreError> {
    let mut lines: BTreeMap<(String, String, String), (i64, i64)> = BTreeMap::new();
    let mut total = 0;
    let entries = super::walk::indexed("ledger_entries e", "", connection.is_postgres());
    for (side, taken) in [("from_account", true), ("to_account", false)] {
        let sql = format!(
            "SELECT t.front_end, a.kind, e.currency, COUNT(*), CAST(SUM(e.amount) AS BIGINT)
             FROM {entries}
             JOIN ledger_transactions t ON t.id = e.transaction_id
             JOIN accounts a ON a.id = e.{side}
             WHERE e.id >= ? AND e.id < ? GROUP BY t.front_end, a.kind, e.currency"
        );
        type Row = (String, String, String, i64, i64);
        type Sql = (Text, Text, Text, BigInt, BigInt);
        let rows: Vec<Row> =
            connection.load::<Sql, Row>(&sql, &[Bind::Int(ids.start), Bind::Int(ids.end)])?;
        for (front_end, kind, currency, rows, minor) in rows {
            total += rows;
            let sum = lines.entry((front_end, kind, currency)).or_default();
            if taken { sum.0 += minor } else { sum.1 += minor }
        }
    }
    let lines = lines.into_iter().map(|((front_end, kind, currency), (taken, given))| Line {
        front_end,
        kind,
        currency,
        taken,
        given,
    });
    Ok((lines.collect(), total))
}
