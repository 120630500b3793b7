//! What the command line tells of payouts, deposits and errands, beside a server that made them.

use super::{Desk, EUR};
use crate::support::story::Story;
use crate::support::{databases, on_both};
use serde_json::{Value, json};
use std::process::Command;
use tillgate::store::DatabaseUrl;

/// Runs beside a server, on its database.
async fn beside(url: &DatabaseUrl, arguments: &[&str]) -> super::Ran {
    let url = match url {
        DatabaseUrl::Sqlite(path) => format!("sqlite://{path}"),
        DatabaseUrl::Postgres(url) => url.clone(),
    };
    let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    let run = move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Desk::new().run_with(&arguments, &[("TILLGATE__DATABASE__URL", &url)], b"")
    };
    tokio::task::spawn_blocking(run).await.expect("it ran")
}

fn read(ran: super::Ran) -> Value {
    let ran = ran.ok();
    serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("JSON was printed, not {}", ran.out))
}

#[tokio::test]
async fn payouts_and_deposits_are_shown_with_their_postings() {
    for scratch in databases() {
        let url = scratch.url.clone();
        let story = Story::on(scratch).await;
        let call = |method: &'static str, more: Value| {
            let mut fields = json!({ "FrontEndName": EUR, "PIN": "Bigdaddy" });
            fields.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            story.call(method, fields)
        };
        let created =
            call("CreatePayout", json!({ "TraceID": 1, "PP": "CFT", "Amount": "120.00", "Fee": "2.50" }))
                .await;
        let id = created["ExtPayoutID"].as_str().expect("an id").to_owned();
        let update = json!({ "ExtPayoutID": id, "Status": "I" });
        assert_eq!(call("UpdatePayout", update).await["Status"], 0);
        let second = call("CreatePayout", json!({ "TraceID": 2, "PP": "CFT", "Amount": "1.00" })).await;
        assert_eq!(second["Status"], 0, "{second}");
        let deposit = call("ProcessDeposit", json!({ "TraceID": 3, "PP": "VISA", "Amount": "5.00" })).await;
        assert_eq!(deposit["Status"], 0, "{deposit}");

        let shown = read(beside(&url, &["payout", "show", &id, "--format", "json"]).await);
        assert_eq!((&shown["status"], &shown["debited_amount"]), (&json!("InProgress"), &json!("120.00")));
        assert_eq!(shown["postings"].as_array().map(Vec::len), Some(3));
        beside(&url, &["payout", "show", "--front-end", EUR, "--trace", "1"])
            .await
            .ok()
            .says(&id)
            .says("-122.50 EUR");
        beside(&url, &["payout", "show", "--front-end", EUR, "--trace", "9"]).await.ends(1);
        let listed = |arguments: &'static [&'static str]| {
            let arguments = [&["payout", "list", "--front-end", EUR, "--format", "json"], arguments].concat();
            let url = url.clone();
            async move { read(beside(&url, &arguments).await).as_array().expect("a list").len() }
        };
        assert_eq!(listed(&[]).await, 2);
        assert_eq!(listed(&["--limit", "1"]).await, 1);
        assert_eq!(listed(&["--status", "Requested"]).await, 1);
        assert_eq!(listed(&["--status", "Approved"]).await, 0);
        beside(&url, &["payout", "list", "--front-end", EUR, "--status", "Lost"])
            .await
            .ends(2)
            .says("InProgress");
        let behind = ["payout", "list", "--front-end", EUR, "--after", &id, "--format", "json"];
        assert_eq!(read(beside(&url, &behind).await).as_array().map(Vec::len), Some(1));
        beside(&url, &["payout", "list", "--front-end", EUR]).await.ok().says("DEBIT").says("InProgress");

        let id = deposit["ExtDepositID"].as_str().expect("an id");
        let shown = read(beside(&url, &["deposit", "show", id, "--format", "json"]).await);
        assert_eq!((&shown["status"], &shown["captured"]), (&json!("Credited"), &json!("5.00")));
        beside(&url, &["deposit", "list", "--front-end", EUR, "--status", "Credited"]).await.ok().says(id);
        beside(&url, &["audit", "show", id]).await.ok().says("deposit.");
        story.ends().await;
    }
}

#[tokio::test]
async fn another_writer_on_the_same_database_has_a_chain_of_its_own() {
    on_both(|url| async move {
        for command in [
            &["customer", "add", "--front-end", EUR, "--pin", "4711"][..],
            &[
                "customer",
                "adjust",
                "--front-end",
                EUR,
                "--pin",
                "4711",
                "--amount",
                "9.00",
                "--reason",
                "r",
                "--key",
                "k",
            ],
        ] {
            beside(&url, command).await.ok();
        }
        let verified = read(beside(&url, &["audit", "verify", "--format", "json"]).await);
        assert_eq!(verified["whole"], true);
        let checked = read(beside(&url, &["ledger", "check", "--format", "json"]).await);
        assert_eq!(checked["sound"], true);
        assert_eq!(read(beside(&url, &["outbox", "list", "--format", "json"]).await), json!([]));
        beside(&url, &["outbox", "retry", "1"]).await.ends(1).says("no open errand");
        beside(&url, &["outbox", "park", "1", "--reason", "r"]).await.ends(1).says("no open errand");
    })
    .await;
}

#[tokio::test]
async fn a_ledger_that_was_tampered_with_is_a_breach() {
    for scratch in databases() {
        for command in [
            &["customer", "add", "--front-end", EUR, "--pin", "4711"][..],
            &[
                "customer",
                "adjust",
                "--front-end",
                EUR,
                "--pin",
                "4711",
                "--amount",
                "9.00",
                "--reason",
                "r",
                "--key",
                "k",
            ],
        ] {
            beside(&scratch.url, command).await.ok();
        }
        let tamper = |sql: &str| {
            use tillgate::store::{Connection, Purpose};
            Connection::open(&scratch.url, Purpose::Write).expect("it opens").batch(sql).expect("it runs");
        };
        tamper("UPDATE accounts SET balance = balance + 1 WHERE kind = 'customer'");
        let ran = beside(&scratch.url, &["ledger", "check"]).await.ends(1);
        ran.says("BREACH  every balance equals the sum of its entries").says("4711");
        tamper("UPDATE lanes SET head_seq = head_seq + 1");
        beside(&scratch.url, &["audit", "verify"]).await.ends(1).says("BREACH");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let desk = Desk::migrated();
    let script = format!("'{}' completions bash | head -n 1", env!("CARGO_BIN_EXE_tillgate"));
    let output =
        Command::new("sh").args(["-c", &script]).current_dir(desk.folder.path()).output().expect("a shell");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
