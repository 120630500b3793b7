//! How the processors' accounts did in the last hour, by what became of what was sent to them. Any node tells the
//! same: it is read from the database, not from one process's memory.

use super::{look, times};
use crate::domain::deposit::status::DepositStatus;
use crate::domain::payout::attempt::AttemptState;
use crate::store::connection::Connection;
use crate::store::error::StoreError;
use crate::store::statement::Bind;
use chrono::{DateTime, Duration, Utc};
use diesel::sql_types::{BigInt, Text};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    pub account: String,
    /// Payouts that were paid and deposits that were credited.
    pub good: i64,
    /// What the processor refused.
    pub refused: i64,
    /// What nobody knows of.
    pub unsettled: i64,
    pub last_good: Option<DateTime<Utc>>,
}

/// More rows of the last hour than this are not looked at.
const MOST_ROWS: i64 = 20_000;

/// The accounts that anything was sent to in the last hour.
pub fn of_accounts(connection: &mut Connection, now: DateTime<Utc>) -> Result<Vec<Account>, StoreError> {
    let since = super::id_at(now - Duration::hours(1));
    let mut accounts: BTreeMap<String, (Account, Option<i64>)> = BTreeMap::new();
    look(connection, |connection| {
        for (account, state, rows, last) in tell(connection, "payout_attempts", "state", since)? {
            let Some(state) = AttemptState::from_name(&state) else { continue };
            let (line, good_at) = accounts.entry(account).or_default();
            match state {
                AttemptState::Succeeded => {
                    line.good += rows;
                    *good_at = (*good_at).max(Some(last));
                }
                AttemptState::Refused => line.refused += rows,
                AttemptState::Unknown => line.unsettled += rows,
                AttemptState::Planned | AttemptState::Sending => {}
            }
        }
        for (account, status, rows, last) in tell(connection, "deposits", "status", since)? {
            let Some(status) = DepositStatus::from_name(&status) else { continue };
            let (line, good_at) = accounts.entry(account).or_default();
            match status {
                DepositStatus::Credited | DepositStatus::Authorized => {
                    line.good += rows;
                    *good_at = (*good_at).max(Some(last));
                }
                DepositStatus::Declined => line.refused += rows,
                DepositStatus::Settling => line.unsettled += rows,
                // Customers change their minds, and money may come back later: neither is the processor's doing.
                DepositStatus::Pending | DepositStatus::Cancelled | DepositStatus::Reversed => {}
            }
        }
        Ok(())
    })?;
    let named = accounts
        .into_iter()
        .map(|(account, (line, good_at))| Ok(Account { account, last_good: times(good_at)?, ..line }));
    named.collect()
}

type Told = (String, String, i64, i64);

/// The rows of a table that were made since an id, by account and state.
fn tell(connection: &mut Connection, table: &str, state: &str, since: i64) -> Result<Vec<Told>, StoreError> {
    let rows = super::walk::indexed(table, "", connection.is_postgres());
    let sql = format!(
        "SELECT account, state, COUNT(*), MAX(updated_at) FROM
             (SELECT account, {state} AS state, updated_at FROM {rows} WHERE id >= ? ORDER BY id DESC LIMIT {MOST_ROWS}) r
         WHERE account IS NOT NULL GROUP BY account, state ORDER BY account, state"
    );
    connection.load::<(Text, Text, BigInt, BigInt), Told>(&sql, &[Bind::Int(since)])
}
