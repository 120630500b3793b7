//! Payments at the cashier's terminals: paid, reserved, given up by the slip, under every fault.

use super::direct::{allowing, allowing_impatiently, card};
use super::faults::{as_the_platform_booked, every_fault, goes_wrong, left_open};
use super::{CARD, EUR, House};
use crate::support::databases;
use serde_json::{Value, json};
use tillgate::processors::paygate::simulator::Moved;

pub fn read(house: &House, amount: &str, capture: &str) -> Value {
    let track = format!("{CARD}=3012101");
    let more = json!({ "CardTrack2": track, "CardTrack3": track, "BrowserInfo": null, "Capture": capture });
    card(house, "PaygateTerminal", CARD, amount, more)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_is_told_what_to_print_and_its_slip_undoes_a_reserve() {
    for scratch in databases() {
        let house = allowing(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let fields = read(&house, "2.00", "automatic");
        let reply = house.call("CreateDeposit", &big, fields.clone()).await;
        assert_eq!((&reply["Status"], &reply["DepositStatus"]), (&json!(0), &json!("Credited")), "{reply}");
        assert_eq!((&reply["TerminalID"], &reply["AuthCode"]), (&json!("12345678"), &json!("A1B2C3")));
        let again = house.call("CreateDeposit", &big, fields).await;
        assert_eq!((&again["Replayed"], &again["AuthCode"]), (&json!(1), &json!("A1B2C3")));

        let held = house.opens_typed(&big, read(&house, "5.00", "manual")).await;
        assert_eq!(house.deposit(&big, &held).await["DepositStatus"], "Authorized");
        let cancel = json!({ "ExtDepositID": held.id });
        assert_eq!(house.call("CancelDeposit", &big, cancel).await["Status"], 0);
        assert_eq!(house.deposit(&big, &held).await["DepositStatus"], "Cancelled");
        assert_eq!(house.moved(&held.reference, Moved::Reversal), 500);

        let taken = house.opens_typed(&big, read(&house, "3.00", "manual")).await;
        let capture = json!({ "ExtDepositID": taken.id, "TraceID": house.story.next_trace() });
        assert_eq!(house.call("CaptureDeposit", &big, capture).await["Status"], 0);
        assert_eq!(house.story.balance(&big).await, "5.50");

        let mut without = read(&house, "2.00", "manual");
        without["CardTrack2"] = json!(null);
        without["CardTrack3"] = json!(null);
        let reply = house.call("CreateDeposit", &big, without).await;
        assert!(reply["Status"].as_i64() > Some(0) && reply.to_string().contains("Track2"), "{reply}");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_an_answer_a_terminal_takes_once_or_not_at_all() {
    for scratch in databases() {
        let house = allowing_impatiently(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for fault in every_fault() {
            goes_wrong(&house, "stationary.aspx", &fault);
            let made = house.tries("CreateDeposit", &big, read(&house, "2.00", "automatic")).await;
            house.works().await;
            if left_open(&fault) {
                assert_eq!(house.deposit(&big, &made).await["DepositStatus"], "Pending", "{fault:?}");
                house.simulator().decide(&made.reference, true);
            }
            as_the_platform_booked(&house, &big, &made, &fault).await;
        }
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}
