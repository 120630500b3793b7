//! An inquiry comes before every step, and each may go wrong: nothing is decided by what it did not say.

use super::faults::{every_fault, goes_wrong_about};
use super::{CARD, EUR, House, Opened};
use crate::support::story::Customer;
use crate::support::{Scratch, databases};
use chrono::Duration;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tillgate::processors::paygate::simulator::{Moved, NoticeFault};

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_can_not_be_asked_about_stays_open_until_it_can() {
    join_all(databases().into_iter().map(payments_are_asked_about)).await;
}

async fn payments_are_asked_about(scratch: Scratch) {
    let house = House::impatient(scratch).await;
    let big = house.story.customer(EUR, "Big", "0.50").await;
    let mut owned = 0;
    for endpoint in ["inquire.aspx", "inquire24.aspx"] {
        for fault in every_fault() {
            let what = format!("{endpoint} {fault:?}");
            let opened = house.opens(&big, "PaygateCard", "2.00", "automatic").await;
            let by_order = endpoint == "inquire24.aspx";
            if by_order {
                // Nobody told us the platform's own number.
                house.simulator().next_notice(&opened.reference, NoticeFault::Lost);
            }
            goes_wrong_about(&house, endpoint, &opened, &fault);
            let there = house.types_card(&opened, CARD).await;
            if !by_order {
                house.visits(&there).await;
            }
            house.after(Duration::seconds(31)).await;
            assert_eq!(house.simulator().scripts(), 0, "{what}: it was asked");
            assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], "Pending", "{what}");
            house.simulator().release();
            house.after(Duration::minutes(3)).await;
            assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], "Credited", "{what}");
            owned += 2;
            assert_eq!(house.story.balance(&big).await, format!("{owned}.50"), "{what}");
        }
    }
    house.books_agree("Paygate", "EUR").await;
    house.ends().await;
}

/// The steps behind a payment, each with its inquiry before it.
async fn takes_a_step(house: &House, big: &Customer, method: &'static str) -> (Opened, Value) {
    let opened = match method {
        "RefundDeposit" => house.paid_in(big, "2.00").await,
        _ => {
            let held = house.opens(big, "PaygateCard", "2.00", "manual").await;
            house.pays(&held).await;
            house.works().await;
            held
        }
    };
    let mut fields = json!({ "ExtDepositID": opened.id, "TraceID": house.story.next_trace() });
    if method == "RefundDeposit" {
        fields["Amount"] = json!("2.00");
    }
    (opened, fields)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_can_not_be_asked_about_is_not_taken_until_it_can_and_once() {
    join_all(databases().into_iter().map(steps_are_asked_about)).await;
}

async fn steps_are_asked_about(scratch: Scratch) {
    let house = House::impatient(scratch).await;
    let big = house.story.customer(EUR, "Big", "0.50").await;
    let mut owned = 0;
    for (method, moves) in [
        ("CaptureDeposit", Moved::Capture),
        ("CancelDeposit", Moved::Reversal),
        ("RefundDeposit", Moved::Credit),
    ] {
        for fault in every_fault() {
            let what = format!("{method} {fault:?}");
            let (opened, fields) = takes_a_step(&house, &big, method).await;
            goes_wrong_about(&house, "inquire.aspx", &opened, &fault);
            let reply = house.call(method, &big, fields.clone()).await;
            // A refund is put on record, and made by its errand.
            let answered = if method == "RefundDeposit" { 0 } else { -1 };
            assert_eq!(reply["Status"], answered, "{what}: {reply}");
            if method == "RefundDeposit" {
                house.works().await;
            }
            assert_eq!(house.simulator().scripts(), 0, "{what}: it was asked");
            assert_eq!(house.moved(&opened.reference, moves), 0, "{what}");
            house.simulator().release();
            for _ in 0..3 {
                house.after(Duration::minutes(61)).await;
            }
            let reply = house.call(method, &big, fields).await;
            assert_eq!(reply["Status"], 0, "{what}: {reply}");
            assert_eq!(house.moved(&opened.reference, moves), 200, "{what}: once");
            owned += if method == "CaptureDeposit" { 2 } else { 0 };
            assert_eq!(house.story.balance(&big).await, format!("{owned}.50"), "{what}");
        }
    }
    house.books_agree("Paygate", "EUR").await;
    house.ends().await;
}
