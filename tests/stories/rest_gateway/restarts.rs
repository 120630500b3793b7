//! A server that goes away in the middle of a call: the next one goes on from what was written down.

use super::payouts::{begins, state};
use super::refunds::refund;
use super::*;
use crate::support::databases;
use tillgate::processors::rest_gateway::simulator::Fault;

/// The worker is in the middle of a call that was carried out and is never answered, and the server goes away.
async fn goes_away_at(stage: &mut Stage, operation: &str, silences: u32) {
    stage.simulator.plan(operation, Fault::TimeoutAfter);
    let worker = stage.story.running().worker.clone();
    let working = tokio::spawn(async move { worker.run_once().await });
    stage.simulator.silenced(silences).await;
    working.abort();
    let _ = working.await;
    stage.story.starts_again().await;
    stage.simulator.release();
}

fn patient(settings: &mut Settings) {
    settings.rest_gateway.get_mut("rest").expect("an account").payment_timeout_ms = 60_000;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_middle_of_a_payout() {
    for scratch in databases() {
        let mut stage = Stage::with(scratch, patient).await;
        stage.paid("50.00").await;
        let payout = begins(&stage, "30.00").await;
        goes_away_at(&mut stage, "payout", 1).await;
        assert_eq!(state(&stage, &payout).await, ("InProgress".to_owned(), "Sending".to_owned()));
        let reject = json!({ "ExtPayoutID": payout, "Status": "X", "UpdatedBy": "agent7" });
        assert_ne!(stage.call("UpdatePayout", reject).await["Status"], 0, "the money may have left");
        for _ in 0..4 {
            stage.later(3).await;
        }
        assert_eq!(state(&stage, &payout).await, ("Approved".to_owned(), "Succeeded".to_owned()));
        assert_eq!(stage.simulator.processed("payout"), 1);
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_middle_of_a_refund() {
    for scratch in databases() {
        let mut stage = Stage::with(scratch, patient).await;
        let deposit = stage.paid("50.00").await;
        assert_eq!(stage.call("RefundDeposit", refund(&stage, &deposit, "20.00")).await["Status"], 0);
        goes_away_at(&mut stage, "refund", 1).await;
        for _ in 0..4 {
            stage.later(30).await;
        }
        assert_eq!(stage.simulator.processed("refund"), 1);
        assert_eq!(stage.simulator.books().totals("EUR").refunded, 2000);
        assert_eq!(stage.balance().await, 3000);
        // It is settled: another may follow.
        assert_eq!(stage.call("RefundDeposit", refund(&stage, &deposit, "30.00")).await["Status"], 0);
        stage.works().await;
        assert_eq!(stage.simulator.books().totals("EUR").refunded, 5000);
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_middle_of_a_charge_and_before_a_customer_comes_back() {
    for scratch in databases() {
        let mut stage = Stage::with(scratch, impatient).await;
        let stored = and(stage.card("1.00", CARD_APPROVED), json!({ "StoreCard": "true" }));
        assert_eq!(stage.call("CreateDeposit", stored).await["Status"], 0);
        let opened = id(&stage.call("CreateDeposit", stage.wish("RestSofort", "10.00")).await);
        stage.simulator.plan("paywithtoken", Fault::TimeoutAfter);
        let charge = stage.wish("RestCard", "15.00");
        assert_eq!(stage.call("ChargeStored", charge.clone()).await["Status"], -1);
        stage.story.starts_again().await;
        stage.simulator.release();

        let again = stage.insists("ChargeStored", charge).await;
        assert_eq!((&again["Status"], &again["DepositStatus"]), (&json!(0), &json!("Credited")), "{again}");
        assert_eq!(stage.simulator.processed("paywithtoken"), 1);
        stage.customer_pays(&opened);
        assert_eq!(stage.ends_as(&opened).await, "Credited");
        assert_eq!(stage.balance().await, 2600);
        stage.ends().await;
    }
}
