//! Reserves that are captured: whole, in parts, after hours, and by callers who vanish.

use super::faults::{every_fault, goes_wrong_about, left_open};
use super::{EUR, House, Opened};
use crate::support::databases;
use crate::support::story::Customer;
use chrono::Duration;
use serde_json::{Value, json};
use tillgate::processors::paygate::simulator::{Fault, Moved};

async fn reserved(house: &House, customer: &Customer, amount: &str) -> Opened {
    let opened = house.opens(customer, "PaygateCard", amount, "manual").await;
    house.pays(&opened).await;
    house.works().await;
    assert_eq!(house.deposit(customer, &opened).await["DepositStatus"], "Authorized");
    opened
}

fn part(house: &House, opened: &Opened, amount: &str, last: bool) -> Value {
    json!({ "ExtDepositID": opened.id, "TraceID": house.story.next_trace(), "Amount": amount, "Final": last })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reserve_is_captured_in_parts_and_late_news_of_them_change_nothing() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let opened = reserved(&house, &big, "30.00").await;
        let first = part(&house, &opened, "10.00", false);
        let reply = house.call("CaptureDeposit", &big, first.clone()).await;
        assert_eq!(reply["Status"], 0, "{reply}");
        assert_eq!(house.story.balance(&big).await, "10.50");
        let again = house.call("CaptureDeposit", &big, first.clone()).await;
        assert_eq!((&again["Status"], &again["Replayed"]), (&json!(0), &json!(1)), "{again}");

        // An equal part under another number is another part.
        let second = part(&house, &opened, "10.00", false);
        assert_eq!(house.call("CaptureDeposit", &big, second).await["Status"], 0);
        house.after(Duration::minutes(10)).await;
        let deposit = house.deposit(&big, &opened).await;
        assert_eq!(
            (&deposit["DepositStatus"], &deposit["CapturedAmount"]),
            (&json!("Authorized"), &json!("20.00"))
        );
        assert!(
            house.call("CaptureDeposit", &big, part(&house, &opened, "10.01", true)).await["Status"].as_i64()
                > Some(0)
        );

        let last = part(&house, &opened, "4.00", true);
        assert_eq!(house.call("CaptureDeposit", &big, last).await["Status"], 0);
        house.after(Duration::minutes(10)).await;
        let deposit = house.deposit(&big, &opened).await;
        assert_eq!(
            (&deposit["DepositStatus"], &deposit["CapturedAmount"]),
            (&json!("Credited"), &json!("24.00"))
        );
        assert!(
            house.call("CaptureDeposit", &big, part(&house, &opened, "1.00", true)).await["Status"].as_i64()
                > Some(0)
        );
        let mut changed = first;
        changed["Amount"] = json!("11.00");
        assert!(house.call("CaptureDeposit", &big, changed).await["Status"].as_i64() > Some(0));
        assert_eq!(house.story.balance(&big).await, "24.50");
        assert_eq!(house.moved(&opened.reference, Moved::Capture), 2_400);
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

fn capture_goes_wrong(house: &House, opened: &Opened, fault: &Fault) {
    goes_wrong_about(house, "capture.aspx", opened, fault);
}

/// Half of the callers repeat, the others vanish: the sweep finishes their captures, and whoever asks later is told so.
#[tokio::test(flavor = "multi_thread")]
async fn a_capture_whose_answer_got_lost_is_taken_once_and_never_forgotten() {
    for scratch in databases() {
        let house = House::impatient(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let mut owned = 50;
        // A refusal has a story of its own below.
        let faults = every_fault().into_iter().filter(|fault| !matches!(fault, Fault::Refuse(_)));
        for (number, fault) in faults.enumerate() {
            let opened = reserved(&house, &big, "6.00").await;
            let first = part(&house, &opened, "2.00", false);
            assert_eq!(house.call("CaptureDeposit", &big, first).await["Status"], 0);
            capture_goes_wrong(&house, &opened, &fault);
            let second = part(&house, &opened, "3.00", true);
            let reply = house.call("CaptureDeposit", &big, second.clone()).await;
            // Refused, and taken all the same: the sums say so at once.
            let known = matches!(fault, Fault::BookedBut(_));
            assert_eq!(reply["Status"], if known { 0 } else { -1 }, "{fault:?}: {reply}");
            house.simulator().release();
            if left_open(&fault) {
                house.after(Duration::minutes(3)).await;
                assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], "Authorized", "{fault:?}");
                assert!(house.simulator().decide(&opened.reference, true), "{fault:?}");
            }
            if number % 2 == 0 {
                house.story.advance(Duration::minutes(3));
            } else {
                house.after(Duration::minutes(3)).await;
                house.after(Duration::minutes(3)).await;
                assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], "Credited", "{fault:?}");
            }
            let reply = house.call("CaptureDeposit", &big, second).await;
            assert_eq!(reply["Status"], 0, "{fault:?}: {reply}");
            owned += 500;
            assert_eq!(house.moved(&opened.reference, Moved::Capture), 500, "{fault:?}");
            assert_eq!(
                house.story.balance(&big).await,
                format!("{}.{:02}", owned / 100, owned % 100),
                "{fault:?}"
            );
        }
        house.after(Duration::hours(1)).await;
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_capture_takes_nothing_and_may_be_asked_for_again() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let opened = reserved(&house, &big, "6.00").await;
        capture_goes_wrong(&house, &opened, &Fault::Refuse("22060305".to_owned()));
        let first = part(&house, &opened, "6.00", true);
        let reply = house.call("CaptureDeposit", &big, first.clone()).await;
        assert!(reply["Status"].as_i64() > Some(0), "{reply}");
        assert_eq!(house.call("CaptureDeposit", &big, first).await["Status"], reply["Status"]);
        assert_eq!(house.story.balance(&big).await, "0.50");
        assert_eq!(
            house.call("CaptureDeposit", &big, part(&house, &opened, "6.00", true)).await["Status"],
            0
        );
        assert_eq!(house.story.balance(&big).await, "6.50");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reserve_that_the_platform_captures_after_hours_is_credited_by_the_sweep() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let opened = house.opens(&big, "PaygateCard", "6.00", "4").await;
        house.pays(&opened).await;
        house.works().await;
        assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], "Authorized");
        house.after(Duration::hours(3)).await;
        assert_eq!(house.story.balance(&big).await, "0.50");
        house.story.advance(Duration::hours(2));
        house.simulator().deliver().await;
        house.works().await;
        assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], "Credited");
        assert_eq!(house.story.balance(&big).await, "6.50");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}
