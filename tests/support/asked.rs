//! What PostgreSQL is asked by this process, and how it plans that.
//!
//! Diesel tells of every statement that a connection prepares. Databases that are watched from before they are opened
//! have theirs kept here, so that a story can hold all of them to an index.

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use diesel::sql_types::Text;
use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use tillgate::store::{Connection, DatabaseUrl, Purpose};

type ByUrl = HashMap<String, BTreeSet<String>>;

fn kept() -> MutexGuard<'static, ByUrl> {
    static KEPT: LazyLock<Mutex<ByUrl>> = LazyLock::new(Mutex::default);
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps what is asked of a PostgreSQL database from now on. Of SQLite nothing is kept.
pub fn watch(url: &DatabaseUrl) {
    let DatabaseUrl::Postgres(url) = url else { return };
    set_default_instrumentation(|| Some(Box::new(Notes::default()))).expect("nobody panicked with it");
    kept().insert(url.clone(), BTreeSet::new());
}

/// What was asked since.
pub fn of(url: &DatabaseUrl) -> BTreeSet<String> {
    match url {
        DatabaseUrl::Sqlite(_) => BTreeSet::new(),
        DatabaseUrl::Postgres(url) => kept().get(url).cloned().unwrap_or_default(),
    }
}

/// The notes of one connection, which is of a watched database or of none.
#[derive(Default)]
struct Notes {
    url: Option<String>,
}

impl Instrumentation for Notes {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => {
                self.url = (!ASIDE.get() && kept().contains_key(url)).then(|| url.to_owned());
            }
            InstrumentationEvent::CacheQuery { sql, .. } => {
                if let Some(url) = &self.url
                    && let Some(asked) = kept().get_mut(url)
                {
                    asked.insert(sql.to_owned());
                }
            }
            _ => {}
        }
    }
}

/// What may walk through a table, and why.
const WALKS: [&str; 2] = [
    // The migrations that ran: a few rows.
    "FROM __diesel_schema_migrations",
    // The sums of all accounts, for the ledger's page and the command line: they grow with the customers, not with time.
    "FROM accounts GROUP BY kind, currency",
];

/// Every statement that was asked of a watched database goes by an index. One that another story asked was seen there.
pub fn assert_indexed_all(url: &DatabaseUrl) {
    static SEEN: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);
    let seen = || SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    for statement in of(url) {
        // A story may have taken a table away.
        if !seen().contains(&statement)
            && aside(url, Purpose::Read).batch(&format!("PREPARE it AS {statement}")).is_ok()
        {
            assert_indexed(&statement, &scans(url, &statement));
            seen().insert(statement);
        }
    }
}

thread_local! {
    static ASIDE: Cell<bool> = const { Cell::new(false) };
}

/// A connection of the test's own, whose statements are nobody's concern.
pub fn aside(url: &DatabaseUrl, purpose: Purpose) -> Connection {
    ASIDE.set(true);
    let line = Connection::open(url, purpose).expect("a connection");
    ASIDE.set(false);
    line
}

/// The indexes of a statement's generic plan: what else it says differs from server to server.
pub fn scans(url: &DatabaseUrl, statement: &str) -> BTreeSet<String> {
    let mut line = aside(url, Purpose::Write);
    let values = (1..).take_while(|n| statement.contains(&format!("${n}"))).count();
    let prepared = line.batch(&format!("PREPARE asked AS {statement}"));
    prepared.unwrap_or_else(|error| panic!("{error:?} at {statement}"));
    let nulls = vec!["NULL"; values].join(", ");
    let explain = match values {
        0 => "EXPLAIN (COSTS OFF) EXECUTE asked".to_owned(),
        _ => format!("EXPLAIN (COSTS OFF) EXECUTE asked({nulls})"),
    };
    let lines = line.load::<Text, String>(&explain, &[]).expect("explained");
    lines.iter().filter_map(|line| scan(line.trim().trim_start_matches("->").trim())).collect()
}

/// The index that a line of a plan goes by, or the line itself when it walks through a table.
fn scan(line: &str) -> Option<String> {
    if line.starts_with("Seq Scan") {
        return Some(line.to_owned());
    }
    let index = line.strip_prefix("Bitmap Index Scan on ");
    let index = index.or_else(|| line.split_once(" using ").map(|(_, rest)| rest));
    index.and_then(|rest| rest.split(' ').next()).map(str::to_owned)
}

pub fn assert_indexed(statement: &str, scans: &BTreeSet<String>) {
    let text = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    if WALKS.iter().any(|walk| text.contains(walk)) {
        return;
    }
    let walks: Vec<_> = scans.iter().filter(|scan| scan.starts_with("Seq Scan")).collect();
    assert!(walks.is_empty(), "{walks:?} in {statement}");
}
