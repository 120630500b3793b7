//! What people did with a payout beside moving it: the only module that reads or writes its marks, claims, preparers
//! and notes.
//!
//! A payout that is released takes its marks back for nobody: they stay as they were when it left.

use super::connection::Connection;
use super::error::StoreError;
use super::rows::{ClaimRow, MarkRow, NoteRow, PreparerRow};
use super::statement::Bind;
use super::tx::{Tx, micros};
use crate::domain::approval::{Claim, Given, Handling, Mark};
use crate::domain::ids::{PayoutId, path};
use chrono::{DateTime, Utc};

/// Something a person wrote about a payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub by: String,
    pub text: String,
    pub at: DateTime<Utc>,
}

pub fn lock(tx: &mut Tx<'_>, payout: PayoutId) -> Result<Handling, StoreError> {
    let bind = [Bind::Int(payout.0)];
    let marks =
        tx.select::<MarkRow>("WHERE payout_id = ? ORDER BY letter", &bind, |row| row.payout_id == payout.0)?;
    let preparers =
        tx.select::<PreparerRow>("WHERE payout_id = ? ORDER BY id", &bind, |row| row.payout_id == payout.0)?;
    let claim = tx.find::<ClaimRow>(&payout.to_string())?;
    handling(marks, preparers, claim)
}

pub fn find_now(connection: &mut Connection, payout: PayoutId) -> Result<Handling, StoreError> {
    let bind = [Bind::Int(payout.0)];
    let marks = connection.select::<MarkRow>("WHERE payout_id = ? ORDER BY letter", &bind)?;
    let preparers = connection.select::<PreparerRow>("WHERE payout_id = ? ORDER BY id", &bind)?;
    let name = payout.to_string();
    let claim = connection.select::<ClaimRow>("WHERE name = ?", &[Bind::Text(&name)])?.into_iter().next();
    handling(marks, preparers, claim)
}

fn handling(
    marks: Vec<MarkRow>,
    preparers: Vec<PreparerRow>,
    claim: Option<ClaimRow>,
) -> Result<Handling, StoreError> {
    let mut given = Vec::with_capacity(marks.len());
    for row in marks {
        let mark = Mark::from_letter(&row.letter)
            .ok_or_else(|| StoreError::Corrupt(format!("mark {} of payout {}", row.letter, row.payout_id)))?;
        if let Some(by) = row.given_by {
            given.push(Given { mark, by, at: time(row.at) });
        }
    }
    given.sort_by_key(|given| given.mark);
    Ok(Handling {
        marks: given,
        claim: claim.map(|row| Claim { by: row.claimed_by, until: time(row.until_at) }),
        prepared_by: preparers.into_iter().map(|row| row.prepared_by).collect(),
    })
}

/// Gives a mark, or takes it back.
pub fn set_mark(tx: &mut Tx<'_>, payout: PayoutId, mark: Mark, by: Option<&str>) -> Result<(), StoreError> {
    let name = path(&[&payout.to_string(), mark.letter()]);
    let at = tx.now_micros();
    if let Some(mut row) = tx.find::<MarkRow>(&name)? {
        row.given_by = by.map(str::to_owned);
        row.at = at;
        return tx.update(row);
    }
    let Some(by) = by else { return Ok(()) };
    let row = MarkRow {
        id: tx.new_id()?,
        name,
        version: 0,
        payout_id: payout.0,
        letter: mark.letter().to_owned(),
        given_by: Some(by.to_owned()),
        at,
    };
    tx.insert(row)
}

/// Notes that somebody works on it until a time; a time that is over ends it.
pub fn set_claim(tx: &mut Tx<'_>, payout: PayoutId, claim: &Claim) -> Result<(), StoreError> {
    let name = payout.to_string();
    if let Some(mut row) = tx.find::<ClaimRow>(&name)? {
        row.claimed_by = claim.by.clone();
        row.until_at = micros(claim.until);
        return tx.update(row);
    }
    let row = ClaimRow {
        id: tx.new_id()?,
        name,
        version: 0,
        payout_id: payout.0,
        claimed_by: claim.by.clone(),
        until_at: micros(claim.until),
    };
    tx.insert(row)
}

/// Notes that somebody had a hand in it, once.
pub fn note_preparer(
    tx: &mut Tx<'_>,
    payout: PayoutId,
    by: &str,
    what: &'static str,
) -> Result<(), StoreError> {
    let name = path(&[&payout.to_string(), by]);
    if tx.find::<PreparerRow>(&name)?.is_some() {
        return Ok(());
    }
    let row = PreparerRow {
        id: tx.new_id()?,
        name,
        version: 0,
        payout_id: payout.0,
        prepared_by: by.to_owned(),
        first_by: what.to_owned(),
        at: tx.now_micros(),
    };
    tx.insert(row)
}

pub fn add_note(tx: &mut Tx<'_>, payout: PayoutId, by: &str, text: &str) -> Result<(), StoreError> {
    let id = tx.new_id()?;
    let row = NoteRow {
        id,
        name: path(&[&payout.to_string(), &id.to_string()]),
        version: 0,
        payout_id: payout.0,
        written_by: by.to_owned(),
        text: text.to_owned(),
        at: tx.now_micros(),
    };
    tx.insert(row)
}

/// A payout's notes, oldest first.
pub fn notes(connection: &mut Connection, payout: PayoutId, most: i64) -> Result<Vec<Note>, StoreError> {
    let rest = "WHERE payout_id = ? ORDER BY id LIMIT ?";
    let rows = connection.select::<NoteRow>(rest, &[Bind::Int(payout.0), Bind::Int(most)])?;
    Ok(rows.into_iter().map(|row| Note { by: row.written_by, text: row.text, at: time(row.at) }).collect())
}

fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}
