//! How PostgreSQL plans what the house asks it all day: every statement of the engine, and every statement that a
//! payout's and a deposit's whole life leaves. Each is in a snapshot with the indexes it goes by, so that a new one is
//! seen, and none may walk through a table. The end of every other story holds its own statements to the latter.

use super::sopg::bench::*;
use crate::backoffice::visitor::{PASSWORD, Visitor, add_person};
use crate::support::{self, asked};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tillgate::processors::sopg::simulator::Kind;
use tillgate::store::every_statement;

/// Lines of a snapshot: what is asked, and the indexes beneath it.
fn lines(plans: BTreeMap<String, BTreeSet<String>>) -> String {
    let lines = plans.into_iter().map(|(asked, scans)| {
        let scans = match scans.is_empty() {
            true => "(nothing is looked up)".to_owned(),
            false => scans.into_iter().collect::<Vec<_>>().join("\n    "),
        };
        format!("{asked}\n    {scans}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn every_statement_of_the_engine_goes_by_an_index() {
    let Some(scratch) = support::postgres() else { return };
    let mut plans = BTreeMap::new();
    for (what, text) in every_statement::of_the_engine() {
        let mut number = 0;
        let numbered = text.split('?').collect::<Vec<_>>();
        let mut statement = numbered[0].to_owned();
        for part in &numbered[1..] {
            number += 1;
            statement += &format!("${number}{part}");
        }
        let scans = asked::scans(&scratch.url, &statement);
        asked::assert_indexed(&statement, &scans);
        assert!(plans.insert(what, scans).is_none(), "it is there once");
    }
    insta::assert_snapshot!("engine", lines(plans));
}

/// A statement as people read it: without lists of columns, and a batch's as the parts it is made of.
fn shape(statement: &str) -> String {
    let text = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(parts) = text.strip_prefix("WITH ") {
        let names = parts.split(" AS (").filter_map(|before| before.rsplit(' ').next());
        let names = names.filter(|name| ["i_", "u_", "g_", "n_"].iter().any(|kind| name.starts_with(kind)));
        return format!("write {}", names.collect::<Vec<_>>().join(" "));
    }
    let loads: Vec<String> = text.split(" UNION ALL ").filter_map(load).collect();
    if !loads.is_empty() {
        return format!("load {}", loads.join(", "));
    }
    match text.split_once(" FROM ") {
        Some((columns, rest)) if columns.len() > 60 => format!("SELECT … FROM {rest}"),
        _ => text,
    }
}

/// `SELECT 'payouts'::text, ARRAY[…] FROM payouts WHERE id = ANY($1)` is `payouts by id`.
fn load(part: &str) -> Option<String> {
    let (table, rest) = part.strip_prefix("SELECT '")?.split_once("'::text, ARRAY[")?;
    let key = if rest.contains("WHERE id = ANY") { "id" } else { "name" };
    let held = if rest.contains("FOR UPDATE") { " held" } else { "" };
    Some(format!("{table}{held} by {key}"))
}

async fn asks(bench: &Bench, about: &Value, method: &str, more: Value) -> Value {
    let mut fields = about.clone();
    fields.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
    let reply = bench.story.call(method, fields).await;
    assert_eq!(reply["Status"], 0, "{method}: {reply}");
    reply
}

async fn money(bench: &Bench, pin: &str, amount: &str) {
    let body = json!({ "front_end": EUROS.front_end, "pin": pin, "amount": amount, "reason": "opening" });
    bench.story.platform("adjustments", &format!("open-{pin}"), body).await;
}

/// Payouts that the cashier carries out: created, repeated, worked to either end, reversed.
async fn by_the_cashier(bench: &Bench) {
    let customer = bench.customer(EUROS).await;
    money(bench, &customer.pin, "100.00").await;
    let who = json!({ "FrontEndName": customer.front_end, "PIN": customer.pin });
    for method in ["GetCustomer", "GetBalance"] {
        asks(bench, &who, method, json!({})).await;
    }
    for end in [&["A", "I", "Y"][..], &["C"]] {
        let create = json!({ "TraceID": bench.story.next_trace(), "PP": "CFT", "Amount": "10.00" });
        let created = asks(bench, &who, "CreatePayout", create.clone()).await;
        assert_eq!(asks(bench, &who, "CreatePayout", create).await["ExtPayoutID"], created["ExtPayoutID"]);
        let id = json!({ "ExtPayoutID": created["ExtPayoutID"] });
        for status in end {
            let update = json!({ "ExtPayoutID": created["ExtPayoutID"], "Status": status });
            asks(bench, &who, "UpdatePayout", update.clone()).await;
            asks(bench, &who, "UpdatePayout", update).await;
        }
        asks(bench, &who, "GetPayout", id.clone()).await;
        if end.len() > 1 {
            let reverse =
                json!({ "ExtPayoutID": created["ExtPayoutID"], "TraceID": bench.story.next_trace() });
            asks(bench, &who, "ReversePayout", reverse).await;
        }
    }
    let much = json!({
        "FrontEndName": customer.front_end, "PIN": customer.pin, "TraceID": bench.story.next_trace(),
        "PP": "CFT", "Amount": "1000.00",
    });
    assert_eq!(bench.story.call("CreatePayout", much).await["Status"], 20);
    let trace = bench.story.next_trace();
    let deposit = json!({ "TraceID": trace, "PP": "CFT", "Amount": "5.00", "TransactionID": "T" });
    for method in ["PendingDeposit", "ProcessDeposit", "ProcessDeposit"] {
        asks(bench, &who, method, deposit.clone()).await;
    }
}

/// A payout that we carry out: its answer is lost, it is inquired and approved.
async fn by_us(bench: &Bench) {
    let customer = bench.named(EUROS, "jane@customer.example").await;
    money(bench, &customer.pin, "20.00").await;
    let who = json!({ "FrontEndName": customer.front_end, "PIN": customer.pin });
    let create = json!({ "TraceID": bench.story.next_trace(), "PP": "paysafecard", "Amount": "14.65" });
    let id = asks(bench, &who, "CreatePayout", create).await["ExtPayoutID"].clone();
    for status in ["A", "I"] {
        asks(bench, &who, "UpdatePayout", json!({ "ExtPayoutID": id, "Status": status })).await;
    }
    bench.fails("payout", Kind::PageBefore(500), 1);
    for seconds in [30, 120, 600, 3600] {
        bench.works().await;
        bench.passes(seconds);
    }
    bench.works().await;
    assert_eq!(
        asks(bench, &who, "GetPayout", json!({ "ExtPayoutID": id })).await["PayoutStatus"],
        "Approved"
    );
}

/// A deposit that we run: opened, paid, noticed, settled, a part of it given back.
async fn run_by_us(bench: &Bench) {
    let paying = bench.opens(EUROS).await;
    bench.pays(&paying).await;
    bench.gateway.deliver_due().await;
    assert_eq!(bench.settles(&paying).await, "Credited");
    let refund = json!({ "TraceID": bench.story.next_trace(), "Amount": "1.00" });
    bench.call(&paying, "RefundDeposit", refund).await;
    bench.works().await;
}

/// Somebody signs in, looks, and leaves.
async fn a_person(bench: &Bench) {
    add_person(&bench.story, "ann", &["viewer=*", "admin=*"]).await;
    let mut ann = Visitor::of(&bench.story);
    ann.sign_in("ann", PASSWORD).await.is(303);
    ann.get("/office/me").await;
    ann.post("/office/sign-out", &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_all_day_goes_by_an_index() {
    let Some(scratch) = support::postgres() else { return };
    let url = scratch.url.clone();
    // One writer and one caller at a time: then a batch is one command, and the list the same every time.
    let bench = Bench::with(scratch, |settings| {
        settings.database.writers = 1;
        settings.worker.concurrent = 1;
        // Those are written when there is time, in a batch of whoever comes along.
        settings.worker.keep_exchanges_days = 0;
        settings.sopg.accounts.values_mut().for_each(|account| account.used_payout_id_is_paid = true);
    })
    .await;
    by_the_cashier(&bench).await;
    by_us(&bench).await;
    run_by_us(&bench).await;
    a_person(&bench).await;
    // Another node's lane, which the first one anchors when it is time.
    let second = bench.story.second_node().await;
    assert_eq!(second.worker.run_once().await, 0);
    bench.passes(61);
    by_the_cashier(&bench).await;
    second.stop().await;

    let mut plans = BTreeMap::<String, BTreeSet<String>>::new();
    for statement in asked::of(&url) {
        let scans = asked::scans(&url, &statement);
        asked::assert_indexed(&statement, &scans);
        plans.entry(shape(&statement)).or_default().extend(scans);
    }
    for of in [
        "outbox WHERE done_at IS NULL",
        "lanes WHERE id <>",
        "load replies by name",
        "WHERE name = $1 AND ended_at",
    ] {
        assert!(plans.keys().any(|shape| shape.contains(of)), "{of} is asked");
    }
    insta::assert_snapshot!("all_day", lines(plans));
    bench.ends().await;
}
