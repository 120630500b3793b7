//! Payouts from request to reversal, for each moment of the debit.

use crate::support::databases;
use crate::support::story::{Customer, Story};
use serde_json::{Value, json};

/// A cashier's call about a customer, with more fields.
fn about(customer: &Customer, more: Value) -> Value {
    let mut fields = json!({ "FrontEndName": customer.front_end, "PIN": customer.pin });
    for (name, value) in more.as_object().expect("fields") {
        fields[name] = value.clone();
    }
    fields
}

async fn create(story: &Story, customer: &Customer, amount: &str, fee: &str) -> String {
    let fields =
        about(customer, json!({ "TraceID": story.next_trace(), "PP": "CFT", "Amount": amount, "Fee": fee }));
    let reply = story.call("CreatePayout", fields).await;
    assert_eq!(reply["Status"], 0, "{reply}");
    reply["ExtPayoutID"].as_str().expect("an id").to_owned()
}

async fn update(story: &Story, customer: &Customer, payout: &str, status: &str) -> Value {
    let fields = about(customer, json!({ "ExtPayoutID": payout, "Status": status, "UpdatedBy": "agent7" }));
    story.call("UpdatePayout", fields).await
}

#[tokio::test]
async fn a_payout_cancelled_after_the_debit_gives_amount_and_fee_back() {
    for scratch in databases() {
        let story = Story::on(scratch).await;
        let bigdaddy = story.customer("Flows EUR Requested", "Bigdaddy", "200.00").await;

        let payout = create(&story, &bigdaddy, "120.00", "2.50").await;
        assert_eq!(story.balance(&bigdaddy).await, "77.50");

        assert_eq!(update(&story, &bigdaddy, &payout, "C").await["Status"], 0);
        assert_eq!(story.balance(&bigdaddy).await, "200.00");
        story.ends().await;
    }
}

#[tokio::test]
async fn a_reversed_payout_gives_amount_and_fee_back() {
    for scratch in databases() {
        let story = Story::on(scratch).await;
        let bigdaddy = story.customer("Flows EUR InProgress", "Bigdaddy", "200.00").await;

        let payout = create(&story, &bigdaddy, "120.00", "2.50").await;
        assert_eq!(story.balance(&bigdaddy).await, "200.00");
        for status in ["A", "I", "Y"] {
            assert_eq!(update(&story, &bigdaddy, &payout, status).await["Status"], 0, "{status}");
        }
        assert_eq!(story.balance(&bigdaddy).await, "77.50");

        let fields = about(&bigdaddy, json!({ "ExtPayoutID": payout, "TraceID": 9001, "Amount": "120.00" }));
        let reply = story.call("ReversePayout", fields.clone()).await;
        assert_eq!(reply["Status"], 0, "{reply}");
        assert_eq!(story.balance(&bigdaddy).await, "200.00");

        let again = story.call("ReversePayout", fields).await;
        assert_eq!((&again["Status"], &again["Replayed"]), (&json!(0), &json!(1)));
        assert_eq!(again["ExtReversalID"], reply["ExtReversalID"]);
        story.ends().await;
    }
}
