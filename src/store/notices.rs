//! What processors told us, each stored once.

use super::connection::Connection;
use super::error::StoreError;
use super::rows::NoticeRow;
use super::statement::Bind;
use super::tx::Tx;
use crate::domain::ids::path;

/// Stores a notice; `false` when the same news had come before, which is only counted.
pub fn store(
    tx: &mut Tx<'_>,
    account: &str,
    key: &str,
    reference: &str,
    summary: &str,
) -> Result<bool, StoreError> {
    let name = path(&[account, key]);
    if let Some(mut row) = tx.find::<NoticeRow>(&name)? {
        row.deliveries += 1;
        tx.update(row)?;
        return Ok(false);
    }
    let row = NoticeRow {
        id: tx.new_id()?,
        name,
        version: 0,
        account: account.to_owned(),
        reference: reference.to_owned(),
        summary: summary.to_owned(),
        deliveries: 1,
        at: tx.now_micros(),
    };
    tx.insert(row)?;
    Ok(true)
}

/// How often a processor told us something of an order, repeats included.
pub fn deliveries_of(connection: &mut Connection, reference: &str) -> Result<i64, StoreError> {
    let rows = connection.select::<NoticeRow>("WHERE reference = ?", &[Bind::Text(reference)])?;
    Ok(rows.iter().map(|row| row.deliveries).sum())
}
