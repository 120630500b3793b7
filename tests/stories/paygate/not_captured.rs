//! What was reserved for us and can't be captured: the customer gets his reserve back, once, whoever dies and whatever
//! goes wrong on the way.

use super::faults::{every_fault, goes_wrong_about, left_open};
use super::{CHF, House, Opened};
use crate::support::story::Customer;
use crate::support::{Scratch, databases};
use chrono::Duration;
use futures_util::future::join_all;
use serde_json::json;
use tillgate::processors::paygate::simulator::{Fault, Moved};

/// Refused by the authorisation system.
const REFUSED: &str = "22060305";

/// Confirmed by its customer; the platform will not let us capture it.
async fn confirmed_in_vain(house: &House, customer: &Customer) -> Opened {
    let opened = house.opens(customer, "TWINT", "2.00", "automatic").await;
    goes_wrong_about(house, "capture.aspx", &opened, &Fault::Refuse(REFUSED.to_owned()));
    let form = house.form_of(&opened).await;
    house.sent_to(&form, &[("answer", "confirm")]).await;
    house.hears_of(&opened, 1).await;
    opened
}

async fn status(house: &House, customer: &Customer, opened: &Opened) -> String {
    house.deposit(customer, opened).await["DepositStatus"].as_str().expect("a status").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_the_answer_it_is_released_once() {
    join_all(databases().into_iter().map(released_under_every_fault)).await;
}

async fn released_under_every_fault(scratch: Scratch) {
    let house = House::impatient(scratch).await;
    let big = house.story.customer(CHF, "Big", "0.50").await;
    for endpoint in ["reverse.aspx", "inquire.aspx"] {
        for fault in every_fault() {
            let what = format!("{endpoint} {fault:?}");
            let opened = confirmed_in_vain(&house, &big).await;
            if endpoint == "reverse.aspx" {
                goes_wrong_about(&house, endpoint, &opened, &fault);
            }
            house.works().await;
            if endpoint == "inquire.aspx" {
                goes_wrong_about(&house, endpoint, &opened, &fault);
            }
            house.after(Duration::minutes(1)).await;
            // Over for its customer, whatever is still to be done.
            assert_eq!(status(&house, &big, &opened).await, "Declined", "{what}");
            house.simulator().release();
            if endpoint == "reverse.aspx" && left_open(&fault) {
                house.after(Duration::minutes(3)).await;
                assert_eq!(house.moved(&opened.reference, Moved::Reversal), 0, "{what}");
                assert!(house.simulator().decide(&opened.reference, true), "{what}");
            }
            for _ in 0..4 {
                house.after(Duration::minutes(61)).await;
            }
            house.simulator().clear_faults();
            // A definite refusal is for a person; the reserve runs out by itself, and is never captured after all.
            let stays = endpoint == "reverse.aspx" && matches!(fault, Fault::Refuse(_));
            let released = if stays { 0 } else { 200 };
            assert_eq!(house.moved(&opened.reference, Moved::Reversal), released, "{what}");
            assert_eq!(house.moved(&opened.reference, Moved::Capture), 0, "{what}");
            assert_eq!(status(&house, &big, &opened).await, "Declined", "{what}");
            let capture = json!({ "ExtDepositID": opened.id, "TraceID": house.story.next_trace() });
            assert_eq!(house.call("CaptureDeposit", &big, capture).await["Status"], 31, "{what}");
        }
    }
    assert_eq!(house.story.balance(&big).await, "0.50");
    house.books_agree("Paygate TWINT", "CHF").await;
    house.ends().await;
}

/// The node is gone in the middle of the reversal, before or after the platform has it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p7_the_reserve_is_released_by_another_node_within_a_minute() {
    for scratch in databases() {
        let mut house = House::with(scratch, |_| {}).await;
        let platform = house.simulator().base_url.clone();
        let settings = house.story.settings();
        settings.sandbox.simulators.paygate.clear();
        for account in settings.paygate.values_mut() {
            account.base_url = platform.clone();
            account.https_only = false;
        }
        let second = house.story.second_node().await;
        let big = house.story.customer(CHF, "Big", "0.50").await;
        for fault in [Fault::HangBefore, Fault::HangAfter] {
            let opened = confirmed_in_vain(&house, &big).await;
            goes_wrong_about(&house, "reverse.aspx", &opened, &fault);
            let worker = house.story.running().worker.clone();
            let first = tokio::spawn(async move { worker.run_once().await });
            while house.simulator().scripts() > 0 {
                tokio::task::yield_now().await;
            }
            assert_eq!(status(&house, &big, &opened).await, "Declined", "{fault:?}");
            house.story.advance(Duration::seconds(59));
            second.worker.run_once().await;
            assert_eq!(house.moved(&opened.reference, Moved::Reversal), 200, "{fault:?}: within a minute");
            // Whoever was only paused comes too late to do anything.
            house.simulator().release();
            first.await.expect("worked");
            house.after(Duration::minutes(3)).await;
            assert_eq!(house.moved(&opened.reference, Moved::Reversal), 200, "{fault:?}: once");
            assert_eq!(status(&house, &big, &opened).await, "Declined", "{fault:?}");
        }
        second.stop().await;
        assert_eq!(house.story.balance(&big).await, "0.50");
        house.books_agree("Paygate TWINT", "CHF").await;
        house.ends().await;
    }
}
