//! Refunds of deposits, under every fault of the platform.

use super::faults::{every_fault, goes_wrong_about, left_open};
use super::{EUR, House, Opened};
use crate::support::databases;
use chrono::Duration;
use serde_json::{Value, json};
use tillgate::processors::paygate::simulator::{Fault, Moved};

fn refund(house: &House, opened: &Opened, amount: &str) -> Value {
    json!({ "ExtDepositID": opened.id, "TraceID": house.story.next_trace(), "Amount": amount })
}

fn credit_goes_wrong(house: &House, opened: &Opened, fault: &Fault) {
    goes_wrong_about(house, "credit.aspx", opened, fault);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_made_once_whatever_becomes_of_its_answer() {
    // A refusal has a story of its own below.
    let faults: Vec<Fault> =
        every_fault().into_iter().filter(|fault| !matches!(fault, Fault::Refuse(_))).collect();
    for scratch in databases() {
        let house = House::impatient(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for fault in faults.clone() {
            let opened = house.paid_in(&big, "9.00").await;
            // One goes through before, so that ours must be told from it.
            assert_eq!(house.call("RefundDeposit", &big, refund(&house, &opened, "4.00")).await["Status"], 0);
            house.works().await;
            credit_goes_wrong(&house, &opened, &fault);
            let ours = refund(&house, &opened, "4.00");
            assert_eq!(house.call("RefundDeposit", &big, ours.clone()).await["Status"], 0);
            house.works().await;
            // Asked about twice within the grace time; what was "not found" is not sent again yet.
            house.after(Duration::seconds(31)).await;
            house.after(Duration::minutes(3)).await;
            house.simulator().release();
            if left_open(&fault) {
                assert_eq!(house.moved(&opened.reference, Moved::Credit), 400, "{fault:?}");
                assert!(house.simulator().decide(&opened.reference, true), "{fault:?}");
            }
            for _ in 0..4 {
                house.after(Duration::minutes(61)).await;
            }
            assert_eq!(house.moved(&opened.reference, Moved::Credit), 800, "{fault:?}");
            let again = house.call("RefundDeposit", &big, ours).await;
            assert_eq!((&again["Status"], &again["Replayed"]), (&json!(0), &json!(1)), "{fault:?}");
            let deposit = house.deposit(&big, &opened).await;
            // Also of a platform that books and says no, because a refusal is held against its sums.
            assert_eq!(deposit["RefundedAmount"], "8.00", "{fault:?}");
            let more = house.call("RefundDeposit", &big, refund(&house, &opened, "1.01")).await;
            assert!(more["Status"].as_i64() > Some(0), "{fault:?}: {more}");
        }
        house.simulator().clear_faults();
        let moved: i64 =
            house.simulator().movements().iter().filter(|m| m.kind == Moved::Credit).map(|m| m.minor).sum();
        assert_eq!(moved, faults.len() as i64 * 800);
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_refund_comes_back_to_the_balance() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let opened = house.paid_in(&big, "9.00").await;
        credit_goes_wrong(&house, &opened, &Fault::Refuse("22060305".to_owned()));
        assert_eq!(house.call("RefundDeposit", &big, refund(&house, &opened, "4.00")).await["Status"], 0);
        assert_eq!(house.story.balance(&big).await, "5.50");
        house.works().await;
        assert_eq!(house.story.balance(&big).await, "9.50");
        assert_eq!(house.call("RefundDeposit", &big, refund(&house, &opened, "9.00")).await["Status"], 0);
        house.works().await;
        assert_eq!(house.story.balance(&big).await, "0.50");
        assert_eq!(house.moved(&opened.reference, Moved::Credit), 900);
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}
