//! Refunds and chargebacks.

use super::*;
use crate::support::databases;

pub fn refund(stage: &Stage, deposit: &str, amount: &str) -> Value {
    json!({ "TraceID": stage.story.next_trace(), "ExtDepositID": deposit, "Amount": amount })
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_leave_the_balance_at_once_and_the_gateway_once() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let deposit = stage.paid("50.00").await;
        for (amount, left) in [("20.00", 3000), ("30.00", 0)] {
            let fields = refund(&stage, &deposit, amount);
            assert_eq!(stage.call("RefundDeposit", fields.clone()).await["Status"], 0);
            assert_eq!(stage.balance().await, left);
            assert_eq!(stage.call("RefundDeposit", fields).await["Replayed"], 1);
            stage.works().await;
            stage.hears().await;
        }
        // What we gave back ourselves changes nothing more when the gateway tells of it.
        assert_eq!(stage.status(&deposit).await, "Credited");
        assert_eq!(stage.get(&deposit).await["RefundedAmount"], "50.00");
        assert_eq!(stage.call("RefundDeposit", refund(&stage, &deposit, "0.01")).await["Status"], 3);
        assert_eq!(stage.simulator.books().totals("EUR").refunded, 5000);
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_takes_its_time_or_is_refused_is_settled_all_the_same() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let deposit = stage.paid("50.00").await;
        stage.simulator.switch(|switches| switches.slow_refunds = true);
        assert_eq!(stage.call("RefundDeposit", refund(&stage, &deposit, "20.00")).await["Status"], 0);
        stage.works().await;
        // The next waits until the gateway has made the first: two at once could not be told apart.
        assert_eq!(stage.call("RefundDeposit", refund(&stage, &deposit, "10.00")).await["Status"], 0);
        stage.works().await;
        assert_eq!(stage.simulator.processed("refund"), 1);
        let waits = stage.call("RefundDeposit", refund(&stage, &deposit, "10.00")).await;
        assert_eq!(waits["Status"], -1, "one at a time: {waits}");
        stage.simulator.finish_refunds();
        for _ in 0..3 {
            stage.later(60).await;
        }
        stage.simulator.finish_refunds();
        assert_eq!(stage.simulator.processed("refund"), 2);
        stage.simulator.switch(|switches| {
            switches.slow_refunds = false;
            switches.multiple_refund = false;
        });
        let refused = refund(&stage, &deposit, "10.00");
        assert_eq!(stage.call("RefundDeposit", refused).await["Status"], 0);
        assert_eq!(stage.balance().await, 1000);
        stage.works().await;
        assert_eq!(stage.balance().await, 2000, "the gateway refused: the money is the customer's again");
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chargeback_takes_the_rest_of_a_credited_deposit_once() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let deposit = stage.paid("50.00").await;
        assert_eq!(stage.call("RefundDeposit", refund(&stage, &deposit, "20.00")).await["Status"], 0);
        stage.works().await;
        stage.hears().await;
        let payment = stage.payment(&deposit).expect("a payment").id;
        assert!(stage.simulator.set_status(payment, "chargeback"));
        stage.hears().await;
        assert_eq!(stage.status(&deposit).await, "Reversed");
        assert_eq!(stage.balance().await, 0);
        for _ in 0..3 {
            stage.simulator.resend(payment);
            stage.hears().await;
            stage.later(60).await;
        }
        assert_eq!(stage.balance().await, 0);
        // One that was won brings the money to the gateway, and a person books it.
        assert!(stage.simulator.set_status(payment, "chargebackreversed"));
        stage.simulator.resend(payment);
        stage.hears().await;
        assert_eq!(stage.status(&deposit).await, "Reversed");
        stage.ends().await;
    }
}
