//! Sessions by the hash of their cookie: whoever reads the database can't take one over.

use super::rows::SessionRow;
use super::{Account, find_id_now};
use crate::store::connection::Connection;
use crate::store::error::StoreError;
use crate::store::lists::id_at;
use crate::store::statement::Bind;
use crate::store::tx::Tx;
use chrono::{DateTime, Utc};

/// How far somebody has got at the sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The password was right; the code is still due.
    Code,
    /// Nothing but a second factor can be set up.
    Enrolment,
    Full,
}

impl Stage {
    const ALL: [Stage; 3] = [Stage::Code, Stage::Enrolment, Stage::Full];

    fn name(self) -> &'static str {
        match self {
            Stage::Code => "Code",
            Stage::Enrolment => "Enrolment",
            Stage::Full => "Full",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the cookie, in hex.
    pub hash: String,
    pub user_id: i64,
    pub stage: Stage,
    /// What every form of the session bears.
    pub csrf: String,
    /// Microseconds.
    pub created_at: i64,
    pub seen_at: i64,
    /// When the second factor was last shown.
    pub code_at: Option<i64>,
}

/// A session that nobody has ended, with whose it is. Whether it is too old is for the caller to say.
pub fn find_now(connection: &mut Connection, hash: &str) -> Result<Option<(Session, Account)>, StoreError> {
    let rows = connection.select::<SessionRow>("WHERE name = ? AND ended_at IS NULL", &[Bind::Text(hash)])?;
    let Some(session) = rows.into_iter().next().map(session).transpose()? else { return Ok(None) };
    Ok(find_id_now(connection, session.user_id)?.map(|account| (session, account)))
}

/// A session that nobody has ended.
pub fn find(tx: &mut Tx<'_>, hash: &str) -> Result<Option<Session>, StoreError> {
    tx.find::<SessionRow>(hash)?.filter(|row| row.ended_at.is_none()).map(session).transpose()
}

pub fn insert(tx: &mut Tx<'_>, session: &Session) -> Result<(), StoreError> {
    let id = tx.new_id()?;
    let row = SessionRow {
        id,
        name: session.hash.clone(),
        version: 0,
        user_id: session.user_id,
        stage: session.stage.name().to_owned(),
        csrf: session.csrf.clone(),
        created_at: session.created_at,
        seen_at: session.seen_at,
        code_at: session.code_at,
        ended_at: None,
    };
    tx.insert(row)
}

/// Notes that a session is in use, and when the second factor was last shown in it.
pub fn touch(tx: &mut Tx<'_>, hash: &str, code_at: Option<i64>) -> Result<(), StoreError> {
    let now = tx.now_micros();
    let Some(row) = tx.find::<SessionRow>(hash)? else { return Ok(()) };
    let code_at = code_at.or(row.code_at);
    tx.update(SessionRow { seen_at: now, code_at, ..row })
}

pub fn end(tx: &mut Tx<'_>, hash: &str) -> Result<(), StoreError> {
    let now = tx.now_micros();
    match tx.find::<SessionRow>(hash)? {
        Some(row) if row.ended_at.is_none() => tx.update(SessionRow { ended_at: Some(now), ..row }),
        Some(_) | None => Ok(()),
    }
}

/// Ends every session of a person but one.
pub fn end_all(tx: &mut Tx<'_>, user_id: i64, but: Option<&str>) -> Result<(), StoreError> {
    let open = |row: &SessionRow| row.user_id == user_id && row.ended_at.is_none();
    let rows =
        tx.select::<SessionRow>("WHERE user_id = ? AND ended_at IS NULL", &[Bind::Int(user_id)], open)?;
    let now = tx.now_micros();
    let others = rows.into_iter().filter(|row| but != Some(row.name.as_str()));
    others.into_iter().try_for_each(|row| tx.update(SessionRow { ended_at: Some(now), ..row }))
}

/// Deletes some sessions that began before a time, when none of them can be alive any more.
pub fn purge(tx: &mut Tx<'_>, begun_before: DateTime<Utc>, most: i64) -> Result<usize, StoreError> {
    let sql = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE id < ? ORDER BY id LIMIT ?)";
    tx.connection.execute(sql, &[Bind::Int(id_at(begun_before)), Bind::Int(most)])
}

fn session(row: SessionRow) -> Result<Session, StoreError> {
    let stage = Stage::ALL.into_iter().find(|stage| stage.name() == row.stage);
    let stage =
        stage.ok_or_else(|| StoreError::Corrupt(format!("{} is no stage of a session", row.stage)))?;
    Ok(Session {
        hash: row.name,
        user_id: row.user_id,
        stage,
        csrf: row.csrf,
        created_at: row.created_at,
        seen_at: row.seen_at,
        code_at: row.code_at,
    })
}
