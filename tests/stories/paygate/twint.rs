//! TWINT: confirmed in the app, late, never, and with news that get lost.

use super::faults::{as_the_platform_booked, every_fault, goes_wrong, left_open};
use super::{CHF, House, Opened};
use crate::support::databases;
use chrono::Duration;
use serde_json::json;
use tillgate::processors::paygate::simulator::{Fault, Moved, NoticeFault};

async fn answers(house: &House, opened: &Opened, answer: &str) -> String {
    let form = house.form_of(opened).await;
    house.sent_to(&form, &[("answer", answer)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_payment_is_captured_and_credited_and_can_be_given_back() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(CHF, "Big", "0.50").await;
        let opened = house.opens(&big, "TWINT", "8.00", "automatic").await;
        assert!(opened.url.contains("/twint.aspx?"), "{}", opened.url);
        let there = answers(&house, &opened, "confirm").await;
        house.visits(&there).await;
        house.works().await;
        assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], "Credited");
        assert_eq!(house.moved(&opened.reference, Moved::Capture), 800);
        let refund =
            json!({ "ExtDepositID": opened.id, "TraceID": house.story.next_trace(), "Amount": "3.00" });
        assert_eq!(house.call("RefundDeposit", &big, refund).await["Status"], 0);
        house.works().await;
        assert_eq!(house.moved(&opened.reference, Moved::Credit), 300);
        assert_eq!(house.story.balance(&big).await, "5.50");
        house.books_agree("Paygate TWINT", "CHF").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_confirmed_after_the_browser_was_closed_is_settled_by_the_sweep() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(CHF, "Big", "0.50").await;
        let mut owned = 50;
        for (answer, lost) in [("close", false), ("close", true), ("abandon", false), ("abandon", true)] {
            let opened = house.opens(&big, "TWINT", "8.00", "automatic").await;
            if lost {
                house.simulator().next_notice(&opened.reference, NoticeFault::Lost);
            }
            answers(&house, &opened, answer).await;
            for _ in 0..14 {
                house.story.advance(Duration::minutes(5));
                house.simulator().deliver().await;
                house.works().await;
            }
            let expected = if answer == "close" { "Credited" } else { "Declined" };
            assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], expected, "{answer} {lost}");
            owned += if answer == "close" { 800 } else { 0 };
            assert_eq!(house.story.balance(&big).await, format!("{}.{:02}", owned / 100, owned % 100));
        }
        house.books_agree("Paygate TWINT", "CHF").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_of_ours_whose_answer_got_lost_is_made_once() {
    for scratch in databases() {
        let house = House::impatient(scratch).await;
        let big = house.story.customer(CHF, "Big", "0.50").await;
        for fault in every_fault() {
            let opened = house.opens(&big, "TWINT", "2.00", "automatic").await;
            goes_wrong(&house, "capture.aspx", &fault);
            let there = answers(&house, &opened, "confirm").await;
            house.visits(&there).await;
            house.works().await;
            house.simulator().release();
            house.after(Duration::minutes(3)).await;
            if left_open(&fault) {
                assert_ne!(house.deposit(&big, &opened).await["DepositStatus"], "Credited", "{fault:?}");
                assert!(house.simulator().decide(&opened.reference, true), "{fault:?}");
            }
            house.simulator().clear_faults();
            let ends = if matches!(fault, Fault::Refuse(_)) { "Declined" } else { "Credited" };
            assert_eq!(as_the_platform_booked(&house, &big, &opened, &fault).await, ends, "{fault:?}");
            let released = if ends == "Declined" { 200 } else { 0 };
            assert_eq!(house.moved(&opened.reference, Moved::Reversal), released, "{fault:?}");
        }
        house.books_agree("Paygate TWINT", "CHF").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manual_capture_waits_for_the_cashier_and_euros_are_refused() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(CHF, "Big", "0.50").await;
        let opened = house.opens(&big, "TWINT", "8.00", "manual").await;
        let there = answers(&house, &opened, "confirm").await;
        house.visits(&there).await;
        house.works().await;
        assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], "Authorized");
        let capture = json!({ "ExtDepositID": opened.id, "TraceID": house.story.next_trace() });
        assert_eq!(house.call("CaptureDeposit", &big, capture).await["Status"], 0);
        assert_eq!(house.story.balance(&big).await, "8.50");

        let euro = house.story.customer(super::EUR, "Euro", "0.50").await;
        let fields = json!({ "TraceID": house.story.next_trace(), "PP": "TWINT", "Amount": "8.00" });
        let reply = house.call("CreateDeposit", &euro, fields).await;
        assert!(reply["Status"].as_i64() > Some(0), "{reply}");
        house.books_agree("Paygate TWINT", "CHF").await;
        house.ends().await;
    }
}
