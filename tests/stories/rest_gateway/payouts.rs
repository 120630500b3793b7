//! Payouts by the route `rest_gateway_payout`: to the card of an earlier deposit, as attempts.

use super::*;
use crate::support::databases;

/// A payout of our customer that is on its way.
pub async fn begins(stage: &Stage, amount: &str) -> String {
    begins_with(stage, stage.wish("RestCard", amount)).await
}

pub async fn begins_with(stage: &Stage, wish: Value) -> String {
    let reply = stage.call("CreatePayout", wish).await;
    assert_eq!(reply["Status"], 0, "{reply}");
    let payout = reply["ExtPayoutID"].as_str().expect("an id").to_owned();
    for status in ["A", "I"] {
        let fields = json!({ "ExtPayoutID": payout, "Status": status, "UpdatedBy": "agent7" });
        assert_eq!(stage.call("UpdatePayout", fields).await["Status"], 0);
    }
    payout
}

pub async fn state(stage: &Stage, payout: &str) -> (String, String) {
    state_of(stage, &stage.ana, payout).await
}

pub async fn state_of(stage: &Stage, customer: &Customer, payout: &str) -> (String, String) {
    let reply = stage.call_of(customer, "GetPayout", json!({ "ExtPayoutID": payout })).await;
    let text = |name: &str| reply[name].as_str().unwrap_or_default().to_owned();
    (text("PayoutStatus"), text("AttemptState"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_goes_to_the_card_of_a_deposit_and_approves_itself() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        stage.paid("50.00").await;
        let payout = begins(&stage, "30.00").await;
        assert_eq!(stage.balance().await, 2000);
        let early = json!({ "ExtPayoutID": payout, "Status": "Y" });
        assert_eq!(stage.call("UpdatePayout", early).await["Status"], -1, "not before the gateway has paid");
        stage.works().await;
        assert_eq!(state(&stage, &payout).await, ("Approved".to_owned(), "Succeeded".to_owned()));
        stage.hears().await;
        stage.later(60).await;
        assert_eq!(stage.simulator.processed("payout"), 1);
        assert_eq!(stage.simulator.books().totals("EUR").paid_out, 3000);
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_that_the_gateway_refuses_waits_for_a_person_and_its_money_comes_back() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        stage.paid("50.00").await;
        stage.simulator.set_payout_balance("EUR", 100);
        let payout = begins(&stage, "30.00").await;
        stage.works().await;
        assert_eq!(state(&stage, &payout).await, ("InProgress".to_owned(), "Refused".to_owned()));
        let reject = json!({ "ExtPayoutID": payout, "Status": "X", "UpdatedBy": "agent7" });
        assert_eq!(stage.call("UpdatePayout", reject).await["Status"], 0);
        assert_eq!(stage.balance().await, 5000);
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_without_a_deposit_there_can_t_be_paid_there() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let rich = stage.story.customer(FRONT_END, "Rich", "100.00").await;
        let reply = stage.call_of(&rich, "CreatePayout", stage.wish("RestCard", "30.00")).await;
        let payout = reply["ExtPayoutID"].as_str().expect("an id");
        for status in ["A", "I"] {
            let fields = json!({ "ExtPayoutID": payout, "Status": status, "UpdatedBy": "agent7" });
            assert_eq!(stage.call_of(&rich, "UpdatePayout", fields).await["Status"], 0);
        }
        stage.works().await;
        let reply = stage.call_of(&rich, "GetPayout", json!({ "ExtPayoutID": payout })).await;
        assert_eq!(reply["AttemptState"], "Refused", "{reply}");
        assert_eq!(stage.simulator.processed("payout"), 0);
        stage.ends().await;
    }
}

/// The parts of a bank account as a cashier sends them.
fn account(number: &str) -> Value {
    json!({ "BankTransferType": "BT", "BankAccountNumber": number, "BankAccountName": "Ana Kovac" })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_to_a_bank_account_is_open_until_the_bank_has_decided() {
    for paid in [true, false] {
        for scratch in databases() {
            let stage = Stage::on(scratch).await;
            stage.paid("50.00").await;
            let wish = and(stage.wish("RestCard", "30.00"), account("DE89370400440532013000"));
            let payout = begins_with(&stage, wish).await;
            stage.works().await;
            assert_eq!(state(&stage, &payout).await, ("InProgress".to_owned(), "Unknown".to_owned()));
            let early = stage.call("UpdatePayout", json!({ "ExtPayoutID": payout, "Status": "X" })).await;
            assert!(early["Status"] != 0, "the money may have left: {early}");
            let payments = stage.simulator.payments();
            let there = payments.into_iter().find(|payment| payment.kind == "PO").expect("it arrived");
            let reference = there.reference;
            assert!(stage.simulator.finish_payout(&reference, paid));
            stage.hears().await;
            stage.later(60).await;
            let expected = if paid { ("Approved", "Succeeded") } else { ("InProgress", "Refused") };
            let (status, attempt) = state(&stage, &payout).await;
            assert_eq!((status.as_str(), attempt.as_str()), expected);
            if !paid {
                let reject = json!({ "ExtPayoutID": payout, "Status": "X", "UpdatedBy": "agent7" });
                assert_eq!(stage.call("UpdatePayout", reject).await["Status"], 0);
            }
            assert_eq!(stage.simulator.processed("payout"), 1);
            assert_eq!(stage.simulator.books().totals("EUR").paid_out, if paid { 3000 } else { 0 });
            stage.ends().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_account_needs_no_deposit_and_belongs_to_its_payout() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let rich = stage.story.customer(FRONT_END, "Rich", "100.00").await;
        let wish = and(
            stage.wish("RestCard", "30.00"),
            json!({
                "BankTransferType": "IMPS", "BankAccountNumber": "9874563210", "BankAccountName": "Rich",
                "BankIFSC": "HDFC0000123",
            }),
        );
        let reply = stage.call_of(&rich, "CreatePayout", wish.clone()).await;
        assert_eq!(reply["Status"], 0, "{reply}");
        assert_eq!(stage.call_of(&rich, "CreatePayout", wish.clone()).await["Replayed"], 1);
        let other = and(wish.clone(), json!({ "BankAccountNumber": "9874563211" }));
        assert_eq!(stage.call_of(&rich, "CreatePayout", other).await["Status"], 33, "another account");
        let mut nowhere = wish;
        nowhere.as_object_mut().expect("fields").retain(|name, _| !name.starts_with("Bank"));
        assert_eq!(stage.call_of(&rich, "CreatePayout", nowhere).await["Status"], 33, "no account");
        for status in ["A", "I"] {
            let fields = json!({ "ExtPayoutID": reply["ExtPayoutID"], "Status": status });
            assert_eq!(stage.call_of(&rich, "UpdatePayout", fields).await["Status"], 0);
        }
        stage.works().await;
        let reply = stage.call_of(&rich, "GetPayout", json!({ "ExtPayoutID": reply["ExtPayoutID"] })).await;
        assert_eq!(reply["PayoutStatus"], "Approved", "{reply}");
        assert_eq!(stage.simulator.books().totals("EUR").paid_out, 3000);

        for (field, value) in [("BankAccountNumber", CARD_APPROVED), ("BankTransferType", "")] {
            let wish = and(stage.wish("RestCard", "3.00"), account("9874563210"));
            let refused = stage.call_of(&rich, "CreatePayout", and(wish, json!({ field: value }))).await;
            assert_eq!(refused["Status"], 3, "{refused}");
            let said = refused["Description"].as_str().unwrap_or_default();
            assert!(said.starts_with(field) && !said.contains(CARD_APPROVED), "{said}");
        }
        stage.story.ends().await;
        stage.gateway.stop().await;
    }
}
