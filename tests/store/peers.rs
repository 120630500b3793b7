//! What we are measured against does the same work: one CreatePayout of each writes the same rows.

use crate::support::{self, express, story};
use diesel::Connection as _;
use diesel::PgConnection;
use diesel::sql_types::Text;
use serde_json::json;
use tillgate::config::FrontEnd;
use tillgate::store::{Connection, DatabaseUrl, Purpose};

#[path = "../../benches/speed/pool_peer.rs"]
#[allow(dead_code)]
mod pool_peer;
#[path = "../../benches/speed/rows.rs"]
mod rows;

use rows::{Rows, Written};

const FRONT_END: &str = "Bench EUR";

fn snapshot(line: &mut Connection) -> Rows {
    Rows::of(|query| line.load::<Text, String>(query, &[]).expect("an answer").concat())
}

#[tokio::test]
async fn pgbench_the_plain_pool_and_express_write_the_rows_that_we_write() {
    let Some(scratch) = support::postgres() else { return };
    let url = scratch.url.clone();
    let DatabaseUrl::Postgres(address) = &url else { panic!("PostgreSQL was asked for") };
    let mut settings = story::settings(&url);
    settings.worker.enabled = false;
    settings.front_ends.push(front_end());
    let story = story::Story::with(scratch, settings).await;
    let customer = story.customer(FRONT_END, "bench0000", "1000000.00").await;
    let create = json!({
        "FrontEndName": FRONT_END, "PIN": customer.pin, "PP": "CFT", "Amount": "12.00", "Fee": "0.50",
        "CreatedBy": "INTERNET",
    });
    let one = |trace: i64| {
        let mut call = create.clone();
        call["TraceID"] = json!(trace);
        call
    };
    // The first call of a node opens its house accounts as well.
    assert_eq!(story.call("CreatePayout", one(5_000_000_000_000_900_001)).await["Status"], 0);
    let mut line = Connection::open(&url, Purpose::Write).expect("a line");
    line.batch(include_str!("../../benches/speed/prepare.sql")).expect("prepared");

    let before = snapshot(&mut line);
    assert_eq!(story.call("CreatePayout", one(5_000_000_000_000_900_002)).await["Status"], 0);
    let after = snapshot(&mut line);
    let ours = after.written_since(&before);
    assert!(!ours.added.is_empty(), "a payout leaves rows");

    line.batch(&statement()).expect("pgbench's statement runs");
    let by_pgbench = snapshot(&mut line);
    ours.assert_same_work(&by_pgbench.written_since(&after), "pgbench");

    let mut theirs = PgConnection::establish(address).expect("the peer's connection");
    let call = serde_json::from_value(one(5_000_000_000_000_900_003)).expect("a call");
    theirs.transaction(|connection| pool_peer::write(connection, &call)).expect("the peer writes");
    let by_pool = snapshot(&mut line).written_since(&by_pgbench);
    ours.assert_same_work(&by_pool, "the plain pool");
    if let Some(express) = express::on(address).await {
        let before = snapshot(&mut line);
        let call = format!("http://{}/cashier/CreatePayout", express.address);
        let call = story.http().post(call).header("content-type", "application/json");
        let reply = call.body(one(5_000_000_000_000_900_004).to_string()).send().await.expect("an answer");
        let reply = reply.text().await.expect("a body");
        assert!(reply.contains("\"Status\":0"), "{reply}");
        ours.assert_same_work(&snapshot(&mut line).written_since(&before), "Express");
    }
    // Whoever leaves out a row is found.
    let short = Written {
        added: ours.added.iter().skip(1).map(|(k, v)| (k.clone(), v.clone())).collect(),
        ..by_pool
    };
    assert_ne!(ours.added, short.added);
}

/// The script's statement with its variables filled in, as pgbench's first client would have it.
fn statement() -> String {
    let script = include_str!("../../benches/speed/create_payout.sql");
    let lines: Vec<_> = script.lines().filter(|line| !line.starts_with('\\')).collect();
    lines.join("\n").replace(":client_id", "0").replace(":c)", "1)")
}

fn front_end() -> FrontEnd {
    toml::from_str(&format!(
        "name = '{FRONT_END}'\ncurrency = 'EUR'\ndebit_event = 'requested'\nauth = {{ pass_code = 'sandbox' }}"
    ))
    .expect("a front end")
}
