//! Exchanges with processors: the only module that reads or writes the `exchanges` table. Nothing that moves money
//! reads it.

use super::connection::Connection;
use super::error::StoreError;
use super::lists::{id_at, marks};
use super::rows::ExchangeRow;
use super::statement::Bind;
use super::tx::{Tx, micros};
use chrono::{DateTime, Duration, Utc};
use std::collections::BTreeMap;

/// One call and its answer, whoever made it, as it was kept: masked already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The payout or deposit, in its outside spelling.
    pub subject: String,
    pub attempt: Option<String>,
    pub account: String,
    pub action: String,
    pub address: String,
    pub sent: String,
    pub status: Option<u16>,
    pub received: Option<String>,
    pub failure: Option<String>,
    pub at: DateTime<Utc>,
    pub took: Duration,
    /// The notice whose body this is; without one the call was ours.
    pub notice: Option<i64>,
}

const OUT: &str = "out";
/// They called. What is known of it is a notice, which stays; this is its body, which goes when its days are over.
const IN: &str = "in";

/// Each behind letters: digits alone could be a card number's, and whoever looks for those would find them.
fn name(id: i64, notice: Option<i64>) -> String {
    notice.map_or_else(|| format!("EX{id}"), |notice| format!("NO{notice}"))
}

pub fn insert(tx: &mut Tx<'_>, exchange: &Exchange) -> Result<(), StoreError> {
    let id = tx.new_id()?;
    tx.insert(ExchangeRow {
        id,
        name: name(id, exchange.notice),
        version: 0,
        subject: exchange.subject.clone(),
        attempt: exchange.attempt.clone(),
        account: exchange.account.clone(),
        direction: if exchange.notice.is_some() { IN } else { OUT }.to_owned(),
        action: exchange.action.clone(),
        address: exchange.address.clone(),
        sent: exchange.sent.clone(),
        status: exchange.status.map(i64::from),
        received: exchange.received.clone(),
        failure: exchange.failure.clone(),
        at: micros(exchange.at),
        took_us: exchange.took.num_microseconds().unwrap_or(i64::MAX),
    })
}

/// Our latest calls about a payout or deposit, oldest first.
pub fn of_subject(
    connection: &mut Connection,
    subject: &str,
    most: i64,
) -> Result<Vec<Exchange>, StoreError> {
    let rest = "WHERE subject = ? AND direction = ? ORDER BY id DESC LIMIT ?";
    let rows =
        connection.select::<ExchangeRow>(rest, &[Bind::Text(subject), Bind::Text(OUT), Bind::Int(most)])?;
    rows.into_iter().rev().map(exchange).collect()
}

/// The bodies of these notices, as far as they are still kept.
pub fn bodies(connection: &mut Connection, notices: &[i64]) -> Result<BTreeMap<i64, String>, StoreError> {
    if notices.is_empty() {
        return Ok(BTreeMap::new());
    }
    let names: BTreeMap<String, i64> =
        notices.iter().map(|notice| (name(0, Some(*notice)), *notice)).collect();
    let binds: Vec<Bind<'_>> = names.keys().map(|name| Bind::Text(name)).collect();
    let rest = format!("WHERE name IN ({})", marks(binds.len()));
    let rows = connection.select::<ExchangeRow>(&rest, &binds)?;
    Ok(rows.into_iter().filter_map(|row| Some((*names.get(&row.name)?, row.sent))).collect())
}

/// Deletes some of what is older than a time, and says how much it was.
pub fn purge(tx: &mut Tx<'_>, before: DateTime<Utc>, most: i64) -> Result<usize, StoreError> {
    let sql = "DELETE FROM exchanges WHERE id IN (SELECT id FROM exchanges WHERE id < ? ORDER BY id LIMIT ?)";
    tx.connection.execute(sql, &[Bind::Int(id_at(before)), Bind::Int(most)])
}

fn exchange(row: ExchangeRow) -> Result<Exchange, StoreError> {
    let bad = |column: &str| StoreError::Corrupt(format!("exchange {}: {column}", row.id));
    let status = row.status.map(u16::try_from).transpose().map_err(|_| bad("status"))?;
    Ok(Exchange {
        at: DateTime::from_timestamp_micros(row.at).ok_or_else(|| bad("at"))?,
        subject: row.subject,
        attempt: row.attempt,
        account: row.account,
        action: row.action,
        address: row.address,
        sent: row.sent,
        status,
        received: row.received,
        failure: row.failure,
        took: Duration::microseconds(row.took_us),
        notice: None,
    })
}
