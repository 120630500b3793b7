//! The state of the day: how many payouts wait where and since when, and how much money is in transit.
//!
//! Queues are counted up to a limit: an operator needs the number while it is small, and the alarm when it is not.

use super::errands::Count;
use super::{Sight, front_ends, look, marks, time};
use crate::domain::ids::path;
use crate::domain::money::Money;
use crate::domain::payout::status::PayoutStatus;
use crate::store::connection::Connection;
use crate::store::customers::currency;
use crate::store::error::StoreError;
use crate::store::statement::{Afresh, Bind};
use crate::store::tx::micros;
use chrono::{DateTime, Duration, Utc};
use diesel::sql_types::{BigInt, Text};

/// The payouts that stand in one status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    pub status: PayoutStatus,
    pub size: Count,
    /// The one that was made first.
    pub oldest: Option<DateTime<Utc>>,
    /// How many have not changed for how long: one number for each of [`AGES`] and one for those beyond.
    pub standing: [i64; AGES.len() + 1],
}

/// The bounds between which the time without a change is counted, in minutes.
pub const AGES: [i64; 4] = [10, 60, 240, 1440];

const MOST_COUNTED: i64 = 10_000;

/// The queues of the open statuses.
pub fn queues(
    connection: &mut Connection,
    sight: &Sight,
    now: DateTime<Utc>,
) -> Result<Vec<Queue>, StoreError> {
    let open = [PayoutStatus::Requested, PayoutStatus::Authorized, PayoutStatus::InProgress];
    look(connection, |connection| {
        let mut queues = Vec::with_capacity(open.len());
        for status in open {
            let mut bounds = Vec::new();
            let mut sums = Vec::new();
            for minutes in AGES {
                sums.push("CAST(COALESCE(SUM(CASE WHEN updated_at > ? THEN 1 ELSE 0 END), 0) AS BIGINT)");
                bounds.push(Bind::Int(micros(now - Duration::minutes(minutes))));
            }
            let (among, names) = among(sight);
            bounds.extend(names.iter().map(|name| Bind::Text(name)));
            // The oldest ones are looked at, as many as the limit says.
            let sql = format!(
                "SELECT COUNT(*), MIN(created_at), {} FROM (SELECT created_at, updated_at FROM
                     (SELECT front_end, created_at, updated_at FROM payouts
                      WHERE status = '{}' ORDER BY id LIMIT {}) q {among}) r",
                sums.join(", "),
                status.name(),
                MOST_COUNTED + 1,
            );
            type Row = (i64, Option<i64>, i64, i64, i64, i64);
            type Sql = (BigInt, diesel::sql_types::Nullable<BigInt>, BigInt, BigInt, BigInt, BigInt);
            let rows: Vec<Row> = connection.load_cached::<Afresh, Sql, Row>(&sql, &bounds)?;
            let Some(&(size, oldest, a, b, c, d)) = rows.first() else { continue };
            queues.push(Queue {
                status,
                size: Count::up_to(size, MOST_COUNTED),
                oldest: oldest.map(time).transpose()?,
                standing: [a, b - a, c - b, d - c, size - d],
            });
        }
        Ok(queues)
    })
}

fn among(sight: &Sight) -> (String, &[String]) {
    match sight {
        Sight::All => (String::new(), &[]),
        Sight::Only(names) if names.is_empty() => ("WHERE 1 = 0".to_owned(), &[]),
        Sight::Only(names) => (format!("WHERE front_end IN ({})", marks(names.len())), names),
    }
}

/// What is debited and has not left yet, of one front end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InTransit {
    pub front_end: String,
    pub held: Money,
}

/// Money in transit, by front end: the kept balances, no sum over payouts.
pub fn in_transit(connection: &mut Connection, sight: &Sight) -> Result<Vec<InTransit>, StoreError> {
    look(connection, |connection| {
        let mut found = Vec::new();
        for front_end in front_ends(connection, sight)? {
            let account = path(&["payouts_in_transit", &front_end]);
            let sql = "SELECT currency, CAST(SUM(balance) AS BIGINT) FROM accounts WHERE path = ?
                GROUP BY currency";
            let sums: Vec<(String, i64)> =
                connection.load::<(Text, BigInt), (String, i64)>(sql, &[Bind::Text(&account)])?;
            for (code, minor) in sums {
                let held = Money::from_minor(minor, currency(&code)?);
                found.push(InTransit { front_end: front_end.clone(), held });
            }
        }
        Ok(found)
    })
}
