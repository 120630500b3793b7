//! Reserves that are given up, at the platform and by the slip of a terminal, under every fault.

use super::direct::allowing_impatiently;
use super::faults::{every_fault, goes_wrong, goes_wrong_about, left_open};
use super::terminal::read;
use super::{EUR, House, Opened};
use crate::support::story::Customer;
use crate::support::{Scratch, databases};
use chrono::Duration;
use futures_util::future::join_all;
use serde_json::json;
use tillgate::processors::paygate::simulator::{Fault, Moved};

async fn is_given_up(house: &House, big: &Customer, held: &Opened, endpoint: &str, fault: &Fault) {
    let what = format!("{endpoint} {fault:?}");
    let cancel = || house.call("CancelDeposit", big, json!({ "ExtDepositID": held.id }));
    goes_wrong(house, endpoint, fault);
    let reply = cancel().await;
    let (answered, ends, released) = match fault {
        // A definite refusal is told as one, and the reserve stays.
        Fault::Refuse(_) => (31, "Authorized", 0),
        // Refused, and done all the same: the sums say so.
        Fault::BookedBut(_) => (0, "Cancelled", 200),
        _ => (-1, "Cancelled", 200),
    };
    assert_eq!(reply["Status"], answered, "{what}: {reply}");
    if left_open(fault) {
        // Open is open, however often it is asked about.
        house.after(Duration::minutes(1)).await;
        assert_eq!(cancel().await["Status"], -1, "{what}");
        assert_eq!(house.deposit(big, held).await["DepositStatus"], "Authorized", "{what}");
        assert!(house.simulator().decide(&held.reference, true), "{what}");
    }
    house.simulator().release();
    house.after(Duration::minutes(1)).await;
    let reply = cancel().await;
    assert_eq!(reply["Status"], if answered == 31 { 31 } else { 0 }, "{what}: {reply}");
    assert_eq!(house.deposit(big, held).await["DepositStatus"], ends, "{what}");
    assert_eq!(house.moved(&held.reference, Moved::Reversal), released, "{what}");
    house.simulator().clear_faults();
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_an_answer_a_slip_is_undone_once() {
    for scratch in databases() {
        let house = allowing_impatiently(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for fault in every_fault() {
            let held = house.opens_typed(&big, read(&house, "2.00", "manual")).await;
            is_given_up(&house, &big, &held, "stationary_rev.aspx", &fault).await;
        }
        assert_eq!(house.story.balance(&big).await, "0.50");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_an_answer_a_reserve_is_given_up_once() {
    for scratch in databases() {
        let house = House::impatient(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for fault in every_fault() {
            let held = house.opens(&big, "PaygateCard", "2.00", "manual").await;
            house.pays(&held).await;
            house.works().await;
            assert_eq!(house.deposit(&big, &held).await["DepositStatus"], "Authorized");
            is_given_up(&house, &big, &held, "reverse.aspx", &fault).await;
        }
        assert_eq!(house.story.balance(&big).await, "0.50");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

/// What the platform will not give up runs out by itself, once it is not renewed any more.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_an_answer_a_reserve_that_stays_is_renewed_no_more() {
    join_all(databases().into_iter().map(renewed_no_more_under_every_fault)).await;
}

async fn renewed_no_more_under_every_fault(scratch: Scratch) {
    let house = House::impatient(scratch).await;
    let big = house.story.customer(EUR, "Big", "0.50").await;
    let mut owned = 0;
    for fault in every_fault() {
        let what = format!("cancelAuth.aspx {fault:?}");
        let held = house.opens(&big, "PaygateCard", "2.00", "manual").await;
        house.pays(&held).await;
        house.works().await;
        let cancel = || house.call("CancelDeposit", &big, json!({ "ExtDepositID": held.id }));
        goes_wrong_about(&house, "reverse.aspx", &held, &Fault::Refuse("22060305".to_owned()));
        goes_wrong_about(&house, "cancelAuth.aspx", &held, &fault);
        // What became of that call changes nothing of what the cashier is told.
        assert_eq!(cancel().await["Status"], 31, "{what}");
        assert_eq!(house.simulator().scripts(), 0, "{what}: both were called");
        house.simulator().release();
        if left_open(&fault) {
            assert!(house.simulator().decide(&held.reference, true), "{what}");
        }
        // Asked again, the platform refuses alike, and is told again.
        assert_eq!(cancel().await["Status"], 31, "{what}");
        let payment = house.simulator().payment("tillgate_test", &held.reference).expect("a payment");
        assert!(payment.renewal_stopped, "{what}");
        assert_eq!(house.deposit(&big, &held).await["DepositStatus"], "Authorized", "{what}");
        let capture = json!({ "ExtDepositID": held.id, "TraceID": house.story.next_trace() });
        assert_eq!(house.call("CaptureDeposit", &big, capture).await["Status"], 0, "{what}");
        owned += 2;
        assert_eq!(house.story.balance(&big).await, format!("{owned}.50"), "{what}");
        let moved = [Moved::Capture, Moved::Reversal].map(|kind| house.moved(&held.reference, kind));
        assert_eq!(moved, [200, 0], "{what}");
    }
    house.books_agree("Paygate", "EUR").await;
    house.ends().await;
}
