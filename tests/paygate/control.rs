//! The simulator's switchboard over HTTP, as a person with a terminal would use it.

use super::support::{CARD, EXPIRY, Story};
use serde_json::{Value, json};
use tillgate::domain::outcome::Outcome;
use tillgate::processors::PayoutProcessor;

#[tokio::test]
async fn faults_merchants_cards_and_time_are_set_over_http_and_books_are_read() {
    let story = Story::begin();
    let at = |path: &str| format!("{}/control/{path}", story.simulator.base_url);
    let put = |path: &str, body: Value| story.browser.post(at(path)).json(&body).send();

    let card = json!({ "number": CARD, "expiry": EXPIRY, "brand": "VISA" });
    let card: Value = put("cards", card).await.unwrap().json().await.unwrap();
    let token = card["pcnr"].as_str().unwrap();
    assert!(token.starts_with('0') && token.ends_with("111") && token.len() == 16, "{token}");

    let mut order = story.payout(1, 700);
    order.instrument.as_mut().unwrap().token = token.to_owned();
    let script = json!({ "endpoint": "creditex.aspx", "trans_id": order.reference, "call": "open_silently" });
    assert_eq!(put("faults", script).await.unwrap().status(), 204);
    assert!(matches!(story.paygate.send(&order).await, Outcome::Unknown { .. }));
    let decision = json!({ "trans_id": order.reference, "success": true });
    assert_eq!(put("decide", decision.clone()).await.unwrap().status(), 204);
    assert_eq!(put("decide", decision).await.unwrap().status(), 404);
    assert!(matches!(story.paygate.inquire(&order).await, Outcome::Paid { .. }));

    let books: Value = story.browser.get(at("books")).send().await.unwrap().json().await.unwrap();
    assert_eq!(books["movements"][0]["kind"], "payout");
    assert_eq!(books["movements"][0]["minor"], 700);
    assert!(!books.to_string().contains(CARD), "the books show no card number");

    let switched = json!({
        "id": "sandbox_shop", "creditex": false,
        "password": "sandbox-encryption", "mac_password": "sandbox-mac-password-of-32-chars",
    });
    assert_eq!(story.browser.put(at("merchant")).json(&switched).send().await.unwrap().status(), 204);
    assert!(matches!(story.paygate.send(&story.payout(2, 700)).await, Outcome::Declined { .. }));

    let random = json!({ "seed": 1, "per_thousand": 1000, "calls": [{ "page": { "status": 502, "processed": false } }] });
    assert_eq!(put("random", random).await.unwrap().status(), 204);
    assert!(matches!(story.paygate.inquire(&order).await, Outcome::Unknown { .. }));
    assert_eq!(story.browser.delete(at("faults")).send().await.unwrap().status(), 204);
    assert!(matches!(story.paygate.inquire(&order).await, Outcome::Paid { .. }));
    assert_eq!(put("release", json!({})).await.unwrap().status(), 204);
    let before = story.clock.now();
    assert_eq!(put("advance", json!({ "minutes": 5 })).await.unwrap().status(), 200);
    assert_eq!(story.clock.now() - before, chrono::Duration::minutes(5));
}
