//! What processors told us, each stored once.

use super::connection::Connection;
use super::error::StoreError;
use super::rows::NoticeRow;
use super::statement::Bind;
use super::tx::Tx;
use crate::domain::ids::path;

/// Counts one more delivery of a notice that had come before; `false` when it had not.
pub fn repeat(tx: &mut Tx<'_>, account: &str, key: &str) -> Result<bool, StoreError> {
    let Some(mut row) = tx.find::<NoticeRow>(&path(&[account, key]))? else { return Ok(false) };
    row.deliveries += 1;
    tx.update(row)?;
    Ok(true)
}

/// Stores a notice that has not come before, and gives its number.
pub fn store(
    tx: &mut Tx<'_>,
    account: &str,
    key: &str,
    reference: &str,
    summary: &str,
) -> Result<i64, StoreError> {
    let id = tx.new_id()?;
    let row = NoticeRow {
        id,
        name: path(&[account, key]),
        version: 0,
        account: account.to_owned(),
        reference: reference.to_owned(),
        summary: summary.to_owned(),
        deliveries: 1,
        at: tx.now_micros(),
    };
    tx.insert(row)?;
    Ok(id)
}

/// How many different notices an account's processor has told of a reference.
pub fn different_ones(tx: &mut Tx<'_>, account: &str, reference: &str) -> Result<usize, StoreError> {
    let fits = |row: &NoticeRow| row.reference == reference && row.account == account;
    let binds = [Bind::Text(reference), Bind::Text(account)];
    Ok(tx.select::<NoticeRow>("WHERE reference = ? AND account = ?", &binds, fits)?.len())
}

/// How often a processor told us something of an order, repeats included.
pub fn deliveries_of(connection: &mut Connection, reference: &str) -> Result<i64, StoreError> {
    let rows = connection.select::<NoticeRow>("WHERE reference = ?", &[Bind::Text(reference)])?;
    Ok(rows.iter().map(|row| row.deliveries).sum())
}
