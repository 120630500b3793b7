//! The simulator's buttons over HTTP, as scripts and browsers under test press them.

use super::bench::*;
use serde_json::{Value, json};
use tillgate::domain::outcome::DepositOutcome;
use tillgate::processors::rest_gateway::simulator::{CARD_APPROVED, CARD_THREE_D};
use tillgate::processors::{DepositProcessor, Opened};

struct Remote {
    http: reqwest::Client,
    base: String,
}

impl Remote {
    fn of(bench: &Bench) -> Remote {
        Remote {
            http: crate::support::client().build().expect("a client"),
            base: format!("http://{}/control", bench.running.address),
        }
    }

    async fn look(&self, path: &str) -> Value {
        let answer = self.http.get(format!("{}/{path}", self.base)).send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    async fn press(&self, path: &str, wish: Value) -> u16 {
        let sent = self.http.post(format!("{}/{path}", self.base)).json(&wish).send().await;
        sent.expect("an answer").status().as_u16()
    }

    async fn set(&self, path: &str, wish: Value) -> u16 {
        let sent = self.http.put(format!("{}/{path}", self.base)).json(&wish).send().await;
        sent.expect("an answer").status().as_u16()
    }
}

#[tokio::test]
async fn faults_switches_and_books_are_within_reach() {
    let bench = Bench::begin().await;
    let remote = Remote::of(&bench);
    assert_eq!(remote.press("faults", json!({"operation": "payments", "fault": "reset_after"})).await, 200);
    assert_eq!(remote.press("faults", json!({"operation": "payments", "fault": "no_such"})).await, 400);
    let order = deposit("ord-1", "50.00");
    let opened = bench.gateway.open_with_card(&order, &card(CARD_APPROVED)).await;
    assert!(matches!(opened, Opened::Unknown { .. }), "{opened:?}");
    let books = remote.look("books").await;
    assert_eq!(books["totals"]["EUR"]["captured"], 5000);
    assert_eq!(books["entries"][0]["reference"], "ord-1");
    assert_eq!(remote.look("calls").await["payments"], 1);

    let mut switches = remote.look("switches").await;
    switches["slow_refunds"] = json!(true);
    assert_eq!(remote.set("switches", switches).await, 200);
    bench.gateway.refund(&order, eur("50.00"), "R1").await;
    assert_eq!(bench.refunded(), 0);
    assert_eq!(remote.press("refunds/finish", json!({})).await, 200);
    assert_eq!(bench.refunded(), 5000);
}

#[tokio::test]
async fn the_customers_click_and_the_staffs_are_within_reach() {
    let bench = Bench::begin().await;
    let remote = Remote::of(&bench);
    let order = deposit("ord-1", "50.00");
    bench.gateway.open_with_card(&order, &card(CARD_THREE_D)).await;
    let id = remote.look("payments").await[0]["id"].clone();
    assert_eq!(remote.press("decide", json!({"paymentId": id, "decision": "pay"})).await, 200);
    assert!(is_paid(&bench.gateway.settle(&order).await, 5000));
    assert_eq!(remote.press("status", json!({"paymentId": id, "status": "chargeback"})).await, 200);
    let outcome = bench.gateway.settle(&order).await;
    assert!(matches!(outcome, DepositOutcome::ChargedBack { .. }), "{outcome:?}");
    assert_eq!(remote.press("status", json!({"paymentId": 1, "status": "settled"})).await, 404);
    assert_eq!(remote.set("callbacks", json!({"delivery": "held", "copies": 3})).await, 200);
    assert_eq!(remote.press("clock/advance", json!({"seconds": 60})).await, 200);
}

#[tokio::test]
async fn nothing_shows_a_card_number() {
    let bench = Bench::begin().await;
    let remote = Remote::of(&bench);
    bench.gateway.open_and_store_card(&deposit("ord-1", "50.00"), &card(CARD_APPROVED)).await;
    for path in ["payments", "books", "calls", "invoices", "switches"] {
        let shown = remote.look(path).await.to_string();
        assert!(!shown.contains(CARD_APPROVED) && !shown.contains("k9QmZ2vT"), "{path}");
    }
}
