//! The answers that were given, kept so that a repeat gets the same one.

use super::error::StoreError;
use super::rows::ReplyRow;
use super::tx::Tx;
use crate::domain::ids::path;

/// A kept answer and the fingerprint of the content that it answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub fingerprint: String,
    pub reply: String,
}

/// The name of a call: who called what under which key of his own.
pub fn name(front_end: &str, method: &str, key: &str) -> String {
    path(&[front_end, method, key])
}

pub fn find(tx: &mut Tx<'_>, name: &str) -> Result<Option<Kept>, StoreError> {
    let row = tx.find::<ReplyRow>(name)?;
    Ok(row.map(|row| Kept { fingerprint: row.fingerprint, reply: row.reply }))
}

pub fn keep(tx: &mut Tx<'_>, name: String, kept: Kept) -> Result<(), StoreError> {
    let row = ReplyRow {
        id: tx.new_id()?,
        name,
        version: 0,
        fingerprint: kept.fingerprint,
        reply: kept.reply,
        at: tx.now_micros(),
    };
    tx.insert(row)
}

/// Keeps an answer in the place of an earlier one.
pub fn replace(tx: &mut Tx<'_>, name: String, kept: Kept) -> Result<(), StoreError> {
    let Some(mut row) = tx.find::<ReplyRow>(&name)? else { return keep(tx, name, kept) };
    row.fingerprint = kept.fingerprint;
    row.reply = kept.reply;
    row.at = tx.now_micros();
    tx.update(row)
}
