//! What happened, to be followed by cursor.
//!
//! Every writer numbers its own audit rows without holes, so a cursor is the last number seen of each lane. Whoever
//! goes on from the cursor he was given misses nothing and sees nothing twice, on any number of nodes.

use crate::store::{Connection, StoreError, audit};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The last row seen of each lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor(BTreeMap<i64, i64>);

impl Cursor {
    /// Reads `1:153,2:22`; an empty text is the beginning.
    pub fn parse(text: &str) -> Option<Cursor> {
        let mut cursor = Cursor::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (lane, seq) = part.split_once(':')?;
            cursor.0.insert(lane.parse().ok()?, seq.parse().ok()?);
        }
        Some(cursor)
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(lane, seq)| format!("{lane}:{seq}")).collect();
        f.write_str(&parts.join(","))
    }
}

/// The families of facts that a platform follows; refused calls and the chain's own rows are not among them.
const FAMILIES: [&str; 4] = ["payout.", "deposit.", "balance.", "customer."];

/// The next events behind a cursor of the front ends that the caller may see, and the cursor behind them.
pub fn after(
    connection: &mut Connection,
    cursor: &Cursor,
    most: usize,
    may_see: impl Fn(&str) -> bool,
) -> Result<(Vec<Value>, Cursor), StoreError> {
    let mut next = cursor.clone();
    let mut events = Vec::new();
    for lane in audit::lanes(connection)? {
        let mut seq = next.0.get(&lane.id).copied().unwrap_or(0);
        while events.len() < most && seq < lane.head_seq {
            let page = audit::after(connection, lane.id, seq, (most - events.len()) as i64)?;
            let Some(last) = page.last() else { break };
            seq = last.seq;
            let told = page.iter().filter(|row| {
                FAMILIES.iter().any(|family| row.kind.starts_with(family)) && may_see(&row.front_end)
            });
            events.extend(told.map(|row| (row.id, event(row))));
        }
        next.0.insert(lane.id, seq);
    }
    // Ids are time-ordered over all lanes.
    events.sort_by_key(|(id, _)| *id);
    Ok((events.into_iter().map(|(_, event)| event).collect(), next))
}

fn event(row: &audit::AuditRow) -> Value {
    let at = chrono::DateTime::from_timestamp_micros(row.at).map(|at| at.to_rfc3339());
    json!({
        "id": row.id.to_string(),
        "at": at,
        "kind": row.kind,
        "subject": row.subject,
        "front_end": row.front_end,
        "pin": row.pin,
        "who": row.who,
        "why": row.why,
        "from": row.from_state,
        "to": row.to_state,
        "request_id": row.request_id,
        "detail": serde_json::from_str::<Value>(&row.detail).unwrap_or(Value::Null),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_they_are_written() {
        for text in ["", "1:153", "1:153,2:22"] {
            assert_eq!(Cursor::parse(text).expect("a cursor").to_string(), text);
        }
        for bad in ["x", "1", "1:", "1:2:3", ":1"] {
            assert_eq!(Cursor::parse(bad), None, "{bad}");
        }
    }
}
