//! The service around the methods: every method is there, failures are answered in kind, a reload is all or nothing.

use crate::support::databases;
use crate::support::story::{Story, settings};
use serde_json::json;
use std::sync::Arc;
use tillgate::cashier::catalog::METHODS;
use tillgate::clock::Entropy;
use tillgate::config::Unknown;
use tillgate::store::{Connection, Purpose};
use tokio::task::JoinSet;

#[tokio::test]
async fn every_method_of_the_catalog_is_answered_by_its_own_code() {
    for scratch in databases() {
        let story = Story::on(scratch).await;
        for method in METHODS {
            let reply = story
                .call(method.name, json!({ "FrontEndName": "Flows EUR Requested", "PIN": "Nobody" }))
                .await;
            let description = reply["Description"].as_str().expect("a description");
            assert!(!description.contains("unknown method"), "{}: {reply}", method.name);
            assert_ne!(reply["Status"], 0, "{} needs more than that", method.name);
        }
        story.ends().await;
    }
}

#[tokio::test]
async fn an_extension_is_off_unless_the_front_end_lists_it() {
    for scratch in databases() {
        let story = Story::on(scratch).await;
        for method in ["DeclinedDeposit", "ReverseDeposit"] {
            let reply =
                story.call(method, json!({ "FrontEndName": "MyPhoneCards EUR", "PIN": "Bigdaddy" })).await;
            assert_eq!(reply["Status"], 2, "{reply}");
            assert_eq!(reply["Description"], "Method: not enabled for this front end");
        }
        story.ends().await;
    }
}

#[tokio::test]
async fn a_wrong_secret_and_an_unknown_front_end_are_not_told_apart() {
    for scratch in databases() {
        let story = Story::on(scratch).await;
        let ask = async |front_end: &str, pass_code: &str| {
            let body = json!({ "FrontEndName": front_end, "PIN": "Bigdaddy", "WSPassCode": pass_code });
            story.post("GetBalance", "application/json", body.to_string()).await
        };
        let wrong = ask("MyPhoneCards EUR", "wrong").await;
        assert_eq!(wrong, ask("Nowhere", "sandbox").await);
        assert_eq!(wrong, ask("Nowhere", "").await);
        assert!(wrong.starts_with("{\"Status\":1,"), "{wrong}");
        story.ends().await;
    }
}

#[tokio::test]
async fn a_locked_database_asks_for_the_same_call_again() {
    for scratch in databases() {
        let url = scratch.url.clone();
        let story = Story::on(scratch).await;
        let customer = story.customer("Flows EUR Requested", "Bigdaddy", "100.00").await;
        let create = json!({ "FrontEndName": customer.front_end, "PIN": customer.pin, "TraceID": 5, "Amount": "10.00" });

        let mut other = Connection::open(&url, Purpose::Write).expect("a connection");
        other.begin().expect("the write lock");
        if other.is_postgres() {
            other.batch("LOCK TABLE payouts IN ACCESS EXCLUSIVE MODE").expect("the table");
        }
        let reply = story.call("CreatePayout", create.clone()).await;
        assert_eq!(reply["Status"], -1, "{reply}");
        other.rollback().expect("the lock is given up");

        let reply = story.call("CreatePayout", create).await;
        assert_eq!(reply["Status"], 0, "{reply}");
        assert_eq!(story.balance(&customer).await, "90.00");
        story.ends().await;
    }
}

/// Whatever the writers wait for: who asks whether the process lives is answered meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_takes_long_does_not_delay_health() {
    for scratch in databases() {
        let url = scratch.url.clone();
        let mut settings = settings(&url);
        // Fewer threads than calls that wait, and one writer.
        (settings.listen.workers, settings.database.writers) = (1, 1);
        let story = Arc::new(Story::with(scratch, settings).await);
        let customer = story.customer("Flows EUR Requested", "Bigdaddy", "100.00").await;
        let mut other = Connection::open(&url, Purpose::Write).expect("a connection");
        other.begin().expect("the write lock");
        if other.is_postgres() {
            other.batch("LOCK TABLE payouts IN ACCESS EXCLUSIVE MODE").expect("the table");
        }
        // A batch takes what comes while it is filled, however much that is: calls are sent until one waits behind the
        // batch that waits for the lock, and after each of them health is asked.
        let mut calls = JoinSet::new();
        while story.running().store.waiting() == 0 {
            assert!(calls.len() < 500, "no call waits behind the batch");
            let (from, customer, trace) = (story.clone(), customer.clone(), 900 + calls.len());
            calls.spawn(async move {
                let call = json!({
                    "FrontEndName": customer.front_end, "PIN": customer.pin, "TraceID": trace, "Amount": "0.10",
                });
                from.call("CreatePayout", call).await
            });
            for path in ["health", "health/ready"] {
                let reply =
                    story.http().get(format!("{}/{path}", story.base)).send().await.expect("an answer");
                assert_eq!(reply.status(), 200, "{path}");
            }
        }
        // Whoever waited for too long meanwhile was told to repeat: that is another matter.
        other.rollback().expect("the lock is given up");
        calls.join_all().await;
        Arc::into_inner(story).expect("nobody else has it").ends().await;
    }
}

#[tokio::test]
async fn a_good_reload_is_in_force_at_once_and_a_bad_one_changes_nothing() {
    for scratch in databases() {
        let mut changed = settings(&scratch.url);
        let story = Story::on(scratch).await;
        let ask = async |front_end: &str| {
            story.call("GetBalance", json!({ "FrontEndName": front_end, "PIN": "Bigdaddy" })).await["Status"]
                .clone()
        };
        assert_eq!(ask("MyPhoneCards SEK").await, 1);

        let mut added = changed.front_ends[0].clone();
        added.name = "MyPhoneCards SEK".to_owned();
        added.currency = "SEK".to_owned();
        changed.front_ends.push(added);
        story.running().reload(&changed, &Entropy::seeded(1)).expect("a good configuration");
        assert_eq!(ask("MyPhoneCards SEK").await, 10, "the front end is known, the customer is not");

        changed.front_ends[0].currency = "???".to_owned();
        changed.front_ends.pop();
        let problems =
            story.running().reload(&changed, &Entropy::seeded(1)).expect_err("a bad configuration");
        assert_eq!(problems[0].key, "front_ends[0].currency");
        assert_eq!(ask("MyPhoneCards SEK").await, 10, "the old one stays in force");
        story.ends().await;
    }
}

#[tokio::test]
async fn a_processor_name_that_nobody_mapped_is_refused_parked_or_passed() {
    for (choice, becomes) in
        [(Unknown::Refuse, None), (Unknown::Park, Some("parked")), (Unknown::Pass, Some("NoSuchProcessor"))]
    {
        for scratch in databases() {
            let mut settings = settings(&scratch.url);
            settings.processors.unknown = choice;
            let story = Story::with(scratch, settings).await;
            let customer = story.customer("MyPhoneCards EUR", "unmapped", "100.00").await;
            let call = json!({
                "FrontEndName": customer.front_end, "PIN": customer.pin, "TraceID": story.next_trace(),
                "PP": "NoSuchProcessor", "Amount": "10.00",
            });
            let reply = story.call("CreatePayout", call).await;
            let Some(becomes) = becomes else {
                assert_ne!(reply["Status"], 0, "{reply}");
                assert!(reply["Description"].as_str().is_some_and(|text| text.contains("PP")), "{reply}");
                story.ends().await;
                continue;
            };
            assert_eq!(reply["Status"], 0, "{reply}");
            let asked = json!({
                "FrontEndName": customer.front_end, "PIN": customer.pin, "ExtPayoutID": reply["ExtPayoutID"],
            });
            let payout = story.call("GetPayout", asked).await;
            assert_eq!((&payout["PP"], &payout["Processor"]), (&json!("NoSuchProcessor"), &json!(becomes)));
            story.ends().await;
        }
    }
}
