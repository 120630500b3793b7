//! How PostgreSQL plans what runs for every call: by an index, never by a walk through a table.
//!
//! The statements are not written down here a second time: they are taken from where they are run, from the server's
//! list of what its connections asked last, or from diesel as it prepares them.

use super::house::{FRONT_END, House, options, payout};
use crate::support::{
    self,
    asked::{assert_indexed, scans},
};
use diesel::connection::{Connection as _, InstrumentationEvent};
use diesel::sql_types::Text;
use std::sync::{Arc, Mutex};
use tillgate::clock::Clock;
use tillgate::domain::ids::{AttemptId, PayoutId};
use tillgate::store::{
    Connection, DatabaseUrl, Purpose, attempts, audit, customers, deposits, outbox, payouts,
};

/// What the store's connections asked last, by how it begins.
fn last_asked(url: &DatabaseUrl, beginning: &str) -> String {
    let mut line = Connection::open(url, Purpose::Read).expect("a line");
    let sql = format!(
        "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
         AND query LIKE '{beginning}%' ORDER BY query_start DESC LIMIT 1"
    );
    line.load::<Text, String>(&sql, &[]).expect("a list").into_iter().next().expect("such a statement")
}

#[tokio::test]
async fn a_batch_is_loaded_and_written_by_its_keys() {
    let Some(scratch) = support::postgres() else { return };
    let mut options = options(&scratch.url, "one");
    options.writers = 1;
    let house = House::with(options, Clock::system());
    house.customer("Bigdaddy", 10_000).await;
    house.pays("Bigdaddy", 1, 100).await;
    let written = last_asked(&scratch.url, "WITH");
    // A repeat writes nothing, so its last statement is the load.
    house.pays("Bigdaddy", 1, 100).await;
    let loaded = last_asked(&scratch.url, "SELECT ''replies''");
    for (name, statement) in [("write_of_create_payout", written), ("load_of_create_payout", loaded)] {
        let scans = scans(&scratch.url, &statement);
        assert_indexed(&statement, &scans);
        insta::assert_snapshot!(name, scans.into_iter().collect::<Vec<_>>().join("\n"));
    }
    house.closes_sound().await;
}

#[tokio::test]
async fn pages_and_look_ups_go_by_an_index() {
    let Some(scratch) = support::postgres() else { return };
    let mut line = Connection::open(&scratch.url, Purpose::Write).expect("a line");
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    if let Connection::Postgres(connection) = &mut line {
        let asked = asked.clone();
        connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::CacheQuery { sql, .. } = event {
                asked.lock().expect("the list").push(sql.to_owned());
            }
        });
    }
    customers::find_now(&mut line, FRONT_END, "1").expect("asked");
    customers::list(&mut line, FRONT_END, 0, 10).expect("asked");
    customers::latest_instrument(&mut line, 1, "paygate").expect("asked");
    payouts::find_now(&mut line, PayoutId(1)).expect("asked");
    payouts::find_by_trace(&mut line, FRONT_END, 1).expect("asked");
    payouts::list(&mut line, FRONT_END, 0, 10).expect("asked");
    payouts::has_requested(&mut line, 1).expect("asked");
    attempts::find_now(&mut line, AttemptId(1)).expect("asked");
    attempts::of_payout(&mut line, PayoutId(1)).expect("asked");
    attempts::unsettled(&mut line, 10).expect("asked");
    deposits::find_by_trace(&mut line, FRONT_END, 1).expect("asked");
    outbox::list(&mut line, false, 0, 10).expect("asked");
    outbox::list(&mut line, true, 0, 10).expect("asked");
    audit::after(&mut line, 1, 0, 10).expect("asked");
    audit::of_subject(&mut line, "x", 10).expect("asked");
    tillgate::store::ledger::postings_of(&mut line, &PayoutId(1).to_string()).expect("asked");
    let asked = asked.lock().expect("the list").clone();
    assert_eq!(asked.len(), 16);
    let mut plans = Vec::new();
    for statement in &asked {
        let scans = scans(&scratch.url, statement);
        assert_indexed(statement, &scans);
        let rest = statement.split_once(" FROM ").map_or(statement.as_str(), |(_, rest)| rest);
        let rest = rest.split_whitespace().collect::<Vec<_>>().join(" ");
        plans.push(format!("{rest}\n    {}", scans.into_iter().collect::<Vec<_>>().join("\n    ")));
    }
    insta::assert_snapshot!("look_ups", plans.join("\n"));
}

/// The claim of errands, among many that are done.
#[tokio::test]
async fn due_errands_are_found_without_walking_through_the_done_ones() {
    use tillgate::store::Wants;
    let Some(scratch) = support::postgres() else { return };
    let mut options = options(&scratch.url, "one");
    options.writers = 1;
    let house = House::with(options, Clock::system());
    house.customer("Bigdaddy", 10_000).await;
    house.creates(payout("Bigdaddy", 1, 100)).await.expect("created");
    let claimed = house.store.transact("worker", Wants::nothing(), |tx| {
        Ok(outbox::claim(tx, "worker", 10, chrono::Duration::minutes(1))?)
    });
    assert_eq!(claimed.await.expect("claimed"), []);
    let statement = last_asked(&scratch.url, "SELECT id, name, version, kind, subject, payload, due_at");
    let scans = scans(&scratch.url, &statement);
    assert_indexed(&statement, &scans);
    assert_eq!(scans.into_iter().collect::<Vec<_>>(), ["outbox_due"]);
    house.closes_sound().await;
}

/// For a list of more than two names in a condition SQLite makes a table, at every row that it checks.
#[test]
fn sqlite_writes_what_commands_write_without_a_table_of_its_own() {
    use diesel::sql_types::{BigInt, Nullable};
    type Sql = (BigInt, Text, BigInt, BigInt, BigInt, Nullable<Text>, BigInt, Nullable<Text>);
    type Step = (i64, String, i64, i64, i64, Option<String>, i64, Option<String>);
    let scratch = support::sqlite();
    let mut line = Connection::open(&scratch.url, Purpose::Read).expect("a line");
    for table in [
        "payouts",
        "payout_attempts",
        "deposits",
        "refunds",
        "ledger_transactions",
        "ledger_entries",
        "audit",
        "replies",
        "outbox",
    ] {
        let sql = format!("SELECT name FROM pragma_table_info('{table}')");
        let columns = line.load::<Text, String>(&sql, &[]).expect("columns");
        let (names, values) = (columns.join(", "), vec!["abs(7)"; columns.len()].join(", "));
        let sql = format!("EXPLAIN INSERT INTO {table} ({names}) VALUES ({values})");
        let steps = line.load::<Sql, Step>(&sql, &[]).expect("steps");
        let opened = steps.iter().map(|step| step.1.as_str()).collect::<Vec<_>>();
        assert!(opened.contains(&"OpenWrite"), "{table}: {opened:?}");
        assert!(!opened.contains(&"OpenEphemeral"), "{table}: {opened:?}");
    }
}
