//! Which rows one CreatePayout leaves behind, so that nobody is compared who writes less: added rows by table and
//! column, changed rows by table.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What differs between two calls, or between two writers, by its nature: its kind and size count, not its value.
const OWN: [&str; 22] = [
    "at",
    "created_at",
    "customer_id",
    "detail",
    "fingerprint",
    "from_account",
    "hash",
    "id",
    "lane",
    "name",
    "pin",
    "reply",
    "request_id",
    "seq",
    "subject",
    "subject_id",
    "to_account",
    "trace_id",
    "transaction_id",
    "updated_at",
    "version",
    "who",
];

/// A database's rows, by table and key.
pub struct Rows(BTreeMap<String, BTreeMap<String, Value>>);

/// What came between two snapshots.
#[derive(Debug, PartialEq)]
pub struct Written {
    /// Rows by table, each column as it stands or, for what is one's own, as its kind.
    pub added: BTreeMap<String, Vec<Map<String, Value>>>,
    pub changed: BTreeMap<String, usize>,
    /// Bytes of text in one's own columns, by table.
    pub own_text: BTreeMap<String, usize>,
}

impl Rows {
    /// `ask` answers a query by its one text.
    pub fn of(mut ask: impl FnMut(&str) -> String) -> Rows {
        let tables = ask(
            "SELECT coalesce(string_agg(tablename, ',' ORDER BY tablename), '') FROM pg_tables WHERE schemaname = 'public'",
        );
        let tables = tables.split(',').filter(|table| !table.starts_with("bench_"));
        let read = tables.map(|table| {
            let text = ask(&format!("SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]')::text FROM {table} t"));
            let rows: Vec<Value> = serde_json::from_str(&text).expect("rows as JSON");
            let keyed = rows.into_iter().map(|row| (key(&row), row)).collect();
            (table.to_owned(), keyed)
        });
        Rows(read.collect())
    }

    pub fn written_since(&self, before: &Rows) -> Written {
        let mut written =
            Written { added: BTreeMap::new(), changed: BTreeMap::new(), own_text: BTreeMap::new() };
        for (table, rows) in &self.0 {
            let known = before.0.get(table);
            for (key, row) in rows {
                match known.and_then(|known| known.get(key)) {
                    Some(same) if same == row => {}
                    Some(_) => *written.changed.entry(table.clone()).or_default() += 1,
                    None => {
                        let (shape, text) = shape(row);
                        written.added.entry(table.clone()).or_default().push(shape);
                        *written.own_text.entry(table.clone()).or_default() += text;
                    }
                }
            }
        }
        for rows in written.added.values_mut() {
            rows.sort_by_key(|row| Value::Object(row.clone()).to_string());
        }
        written
    }
}

impl Written {
    /// Panics with the table and both sides where another writer does not write what we do.
    pub fn assert_same_work(&self, other: &Written, who: &str) {
        assert_eq!(self.added, other.added, "{who} adds other rows than we do");
        assert_eq!(self.changed, other.changed, "{who} changes other rows than we do");
        for (table, ours) in &self.own_text {
            let theirs = other.own_text.get(table).copied().unwrap_or_default();
            let near = theirs * 10 >= ours * 8 && theirs * 10 <= ours * 13;
            assert!(near, "{who} writes {theirs} bytes of its own text into {table}, we {ours}");
        }
    }
}

fn key(row: &Value) -> String {
    row.get("id").or_else(|| row.get("name")).map_or_else(|| row.to_string(), Value::to_string)
}

fn shape(row: &Value) -> (Map<String, Value>, usize) {
    let mut text = 0;
    let columns = row.as_object().into_iter().flatten().map(|(column, value)| {
        if !OWN.contains(&column.as_str()) {
            return (column.clone(), value.clone());
        }
        let kind = match value {
            Value::Null => "nothing",
            Value::String(own) => {
                text += own.len();
                "text"
            }
            _ => "number",
        };
        (column.clone(), Value::from(kind))
    });
    let columns = columns.collect();
    (columns, text)
}
