//! The audit trail: who, when, why, from, to. Every row's hash covers the row before it in its lane, so nothing can
//! be changed, dropped or slipped in unseen.

use super::anchors;
use super::connection::Connection;
use super::error::StoreError;
use super::row::Written;
pub use super::rows::{AuditRow, LaneRow};
use super::set::WorkingSet;
use super::statement::Bind;
use super::tx::Tx;
use crate::domain::deed::Deed;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// Something that happened, as it is told to the audit trail.
#[derive(Clone, Debug)]
pub struct Fact {
    /// `payout.created`, `deposit.credited`, `call.refused`, …
    pub kind: Deed,
    pub subject: String,
    pub front_end: String,
    pub pin: String,
    pub who: String,
    pub why: String,
    pub from: String,
    pub to: String,
    pub request_id: String,
    pub detail: Map<String, Value>,
}

impl Fact {
    pub fn of(kind: Deed, subject: impl ToString) -> Fact {
        Fact {
            kind,
            subject: subject.to_string(),
            front_end: String::new(),
            pin: String::new(),
            who: String::new(),
            why: String::new(),
            from: String::new(),
            to: String::new(),
            request_id: String::new(),
            detail: Map::new(),
        }
    }

    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Fact {
        self.detail.insert(key.to_owned(), value.into());
        self
    }
}

/// Writes a fact down, in the same commit as what it tells.
pub fn record(tx: &mut Tx<'_>, fact: Fact) -> Result<(), StoreError> {
    let row = AuditRow {
        id: tx.new_id()?,
        lane: tx.lane,
        seq: 0,
        hash: String::new(),
        at: tx.now_micros(),
        kind: fact.kind.name().to_owned(),
        subject: fact.subject,
        front_end: fact.front_end,
        pin: fact.pin,
        who: fact.who,
        why: fact.why,
        from_state: fact.from,
        to_state: fact.to,
        request_id: fact.request_id,
        detail: Value::Object(fact.detail).to_string(),
    };
    tx.set.facts.push(row);
    Ok(())
}

/// Numbers and chains the batch's rows behind the lane's head. Done when the batch is written, so that a command that
/// was taken back leaves no hole.
pub(super) fn chain(set: &mut WorkingSet, lane: i64) -> Result<(), StoreError> {
    if set.facts.is_empty() {
        return Ok(());
    }
    let missing = || StoreError::Corrupt(format!("lane {lane} is missing"));
    let mut head: LaneRow = set.lanes.by_id(lane).cloned().ok_or_else(missing)?;
    for row in &mut set.facts {
        head.head_seq += 1;
        row.seq = head.head_seq;
        row.hash = hash(&head.head_hash, row);
        head.head_hash.clone_from(&row.hash);
    }
    set.lanes.update(head);
    Ok(())
}

/// SHA-256 over the previous hash and every column, each behind its length so that no two rows read alike.
fn hash(previous: &str, row: &AuditRow) -> String {
    let numbers = [row.id, row.lane, row.seq, row.at].map(|number| number.to_string());
    let texts = [
        &row.kind,
        &row.subject,
        &row.front_end,
        &row.pin,
        &row.who,
        &row.why,
        &row.from_state,
        &row.to_state,
        &row.request_id,
        &row.detail,
    ];
    let mut digest = Sha256::new();
    digest.update(previous.as_bytes());
    for part in numbers.iter().chain(texts) {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    hex::encode(digest.finalize())
}

/// What a walk over all chains found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verified {
    pub lanes: usize,
    pub rows: u64,
    /// Each breach in words, the first few.
    pub breaches: Vec<String>,
}

const PAGE: i64 = 5_000;
const MOST_BREACHES: usize = 20;

/// Walks every lane from its first row and compares numbers, hashes, the anchors in it and the kept head.
pub fn verify(connection: &mut Connection) -> Result<Verified, StoreError> {
    connection.snapshot(at_one_moment)
}

fn at_one_moment(connection: &mut Connection) -> Result<Verified, StoreError> {
    let lanes = connection.select::<LaneRow>("ORDER BY id", &[])?;
    let mut verified = Verified { lanes: lanes.len(), ..Verified::default() };
    let mut heads: Vec<(i64, String)> = Vec::new();
    for lane in &lanes {
        let (seq, hash) = walk(connection, lane.id, &mut verified)?;
        heads.push((seq, hash));
    }
    for (lane, (seq, hash)) in lanes.iter().zip(heads) {
        if (seq, hash.as_str()) != (lane.head_seq, lane.head_hash.as_str()) {
            let breach =
                format!("lane {} ends at row {seq}, its kept head says {}", lane.name, lane.head_seq);
            verified.breaches.push(breach);
        }
    }
    Ok(verified)
}

fn walk(
    connection: &mut Connection,
    lane: i64,
    verified: &mut Verified,
) -> Result<(i64, String), StoreError> {
    let (mut seq, mut previous) = (0, String::new());
    loop {
        let rows = after(connection, lane, seq, PAGE)?;
        for row in &rows {
            let expected = hash(&previous, row);
            let broken = row.seq != seq + 1 || row.hash != expected;
            if broken && verified.breaches.len() < MOST_BREACHES {
                verified.breaches.push(format!("lane {lane} row {}: the chain is broken", row.seq));
            }
            seq = row.seq;
            previous.clone_from(&row.hash);
            verified.rows += 1;
            let room = MOST_BREACHES.saturating_sub(verified.breaches.len());
            verified.breaches.extend(anchors::breaches(connection, row)?.into_iter().take(room));
        }
        if (rows.len() as i64) < PAGE {
            return Ok((seq, previous));
        }
    }
}

/// The next rows of a lane, oldest first. Within a lane numbers have no holes and become visible in order, so a
/// reader that remembers the last number misses nothing.
pub fn after(
    connection: &mut Connection,
    lane: i64,
    seq: i64,
    most: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    let sql = format!("{} WHERE lane = ? AND seq > ? ORDER BY seq LIMIT ?", AuditRow::texts().select);
    connection.load::<AuditSql, AuditRow>(&sql, &[Bind::Int(lane), Bind::Int(seq), Bind::Int(most)])
}

/// Everything that was recorded of one subject, oldest first.
pub fn of_subject(
    connection: &mut Connection,
    subject: &str,
    most: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    let sql = format!("{} WHERE subject = ? ORDER BY id LIMIT ?", AuditRow::texts().select);
    connection.load::<AuditSql, AuditRow>(&sql, &[Bind::Text(subject), Bind::Int(most)])
}

/// The last thing that changed a subject, for somebody who looked before it. What was refused or only said is no
/// change.
pub fn latest_change(tx: &mut Tx<'_>, subject: &str) -> Result<Option<AuditRow>, StoreError> {
    let changes =
        |row: &&AuditRow| row.subject == subject && NO_CHANGES.iter().all(|deed| deed.name() != row.kind);
    if let Some(row) = tx.set.facts.iter().rev().find(changes) {
        return Ok(Some(row.clone()));
    }
    let sql = format!(
        "{} WHERE subject = ? AND kind NOT IN ('call.refused', 'action.refused', 'payout.noted') ORDER BY id DESC LIMIT 1",
        AuditRow::texts().select
    );
    Ok(tx.connection.load::<AuditSql, AuditRow>(&sql, &[Bind::Text(subject)])?.into_iter().next())
}

/// The last time that one of these was done to a subject.
pub fn latest_of(tx: &mut Tx<'_>, subject: &str, deeds: &[Deed]) -> Result<Option<AuditRow>, StoreError> {
    let fits = |row: &&AuditRow| row.subject == subject && deeds.iter().any(|deed| deed.name() == row.kind);
    if let Some(row) = tx.set.facts.iter().rev().find(fits) {
        return Ok(Some(row.clone()));
    }
    let names: Vec<String> = deeds.iter().map(|deed| format!("'{deed}'")).collect();
    let sql = format!(
        "{} WHERE subject = ? AND kind IN ({}) ORDER BY id DESC LIMIT 1",
        AuditRow::texts().select,
        names.join(", ")
    );
    Ok(tx.connection.load::<AuditSql, AuditRow>(&sql, &[Bind::Text(subject)])?.into_iter().next())
}

/// The kinds that [`latest_change`] passes over.
const NO_CHANGES: [Deed; 3] = [Deed::CallRefused, Deed::ActionRefused, Deed::PayoutNoted];

/// All lanes, for readers that follow each.
pub fn lanes(connection: &mut Connection) -> Result<Vec<LaneRow>, StoreError> {
    connection.select::<LaneRow>("ORDER BY id", &[])
}

use diesel::sql_types::{BigInt, Text};
pub(super) type AuditSql =
    (BigInt, BigInt, BigInt, Text, BigInt, Text, Text, Text, Text, Text, Text, Text, Text, Text, Text);
