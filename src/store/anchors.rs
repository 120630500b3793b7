//! Audit lanes anchored into each other.
//!
//! A lane's chain alone can't tell that its end was cut off or that it was written anew from the first row on. So each
//! writer notes the heads of the other lanes in its own from time to time: whoever forges one lane must forge all.

use super::audit::{self, AuditRow, Fact, LaneRow};
use super::connection::Connection;
use super::error::StoreError;
use super::statement::Bind;
use super::tx::Tx;
use crate::domain::deed::Deed;
use chrono::{DateTime, Duration, Utc};
use diesel::sql_types::Text;
use serde_json::{Value, json};

const KIND: Deed = Deed::AuditAnchored;
const INTERVAL: Duration = Duration::minutes(1);

/// When a writer last anchored.
#[derive(Default)]
pub(super) struct Anchor {
    last: Option<DateTime<Utc>>,
}

impl Anchor {
    /// Records the other lanes' heads when it is time and there is a batch that is written anyway.
    pub fn record(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let now = tx.now();
        let due = self.last.is_none_or(|last| now - last >= INTERVAL);
        if !due || tx.set.facts.is_empty() {
            return Ok(());
        }
        self.last = Some(now);
        let others = tx
            .connection
            .select::<LaneRow>("WHERE id <> ? AND head_seq > 0 ORDER BY id", &[Bind::Int(tx.lane)])?;
        if others.is_empty() {
            return Ok(());
        }
        let heads: Vec<Value> = others
            .iter()
            .map(|lane| json!({ "lane": lane.id, "seq": lane.head_seq, "hash": lane.head_hash }))
            .collect();
        let fact = Fact { who: "store".to_owned(), ..Fact::of(KIND, format!("lane {}", tx.lane)) };
        audit::record(tx, fact.with("heads", heads))
    }
}

/// Compares what a row anchored with what the other lanes hold now; a breach in words for each that differs.
pub(super) fn breaches(connection: &mut Connection, row: &AuditRow) -> Result<Vec<String>, StoreError> {
    if row.kind != KIND.name() {
        return Ok(Vec::new());
    }
    let place = format!("lane {} row {}", row.lane, row.seq);
    let detail: Option<Value> = serde_json::from_str(&row.detail).ok();
    let heads = detail.as_ref().and_then(|detail| detail.get("heads")).and_then(Value::as_array);
    let Some(heads) = heads else { return Ok(vec![format!("{place}: the anchor can't be read")]) };
    let mut found = Vec::new();
    for head in heads {
        let number = |key: &str| head.get(key).and_then(Value::as_i64).unwrap_or_default();
        let (lane, seq) = (number("lane"), number("seq"));
        let sql = "SELECT hash FROM audit WHERE lane = ? AND seq = ?";
        let held = connection.load::<Text, String>(sql, &[Bind::Int(lane), Bind::Int(seq)])?;
        if held.first().map(String::as_str) != head.get("hash").and_then(Value::as_str) {
            found.push(format!("{place} anchors lane {lane} at row {seq}, which is gone or another now"));
        }
    }
    Ok(found)
}
