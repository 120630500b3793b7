//! Payments that are authorised for less than was asked, as prepaid cards may be: nobody is credited with money that
//! did not come, and none that came is lost.

use super::{CARD, CHF, EUR, House, Opened};
use crate::support::databases;
use crate::support::story::Customer;
use chrono::Duration;
use serde_json::{Value, json};
use tillgate::domain::ledger::Account;
use tillgate::domain::money::Currency;
use tillgate::processors::paygate::simulator::{Merchant, Moved};
use tillgate::store::ledger;

/// No card of this house's customers holds more than 5.00.
async fn of_poor_cards(scratch: crate::support::Scratch) -> House {
    let house = House::on(scratch).await;
    let merchant = Merchant {
        id: "tillgate_test".to_owned(),
        password: "sandbox-blowfish-key".to_owned(),
        mac_password: "sandbox-mac-key-0123456789".to_owned(),
        authorizes_at_most: 500,
        ..Merchant::default()
    };
    assert!(house.simulator().set_up(merchant));
    house
}

async fn suspended(house: &House) -> i64 {
    let account = Account::suspense("Paygate", Currency::find("EUR").expect("a currency"));
    let read = house.story.running().store.read(move |connection| ledger::balance_now(connection, &account));
    read.await.expect("read").minor()
}

async fn pays(house: &House, customer: &Customer, capture: &str) -> (Opened, Value) {
    let opened = house.opens(customer, "PaygateCard", "8.00", capture).await;
    let there = house.types_card(&opened, CARD).await;
    house.visits(&there).await;
    house.works().await;
    let deposit = house.deposit(customer, &opened).await;
    (opened, deposit)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_by_itself_waits_in_suspense_for_a_person() {
    for scratch in databases() {
        let house = of_poor_cards(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for (number, capture) in ["automatic", "4"].into_iter().enumerate() {
            let (opened, deposit) = pays(&house, &big, capture).await;
            let status = if capture == "automatic" { "Pending" } else { "Authorized" };
            assert_eq!(deposit["DepositStatus"], status, "{capture}: {deposit}");
            for _ in 0..3 {
                house.after(Duration::hours(5)).await;
                house.simulator().deliver().await;
                house.works().await;
            }
            assert_eq!(house.moved(&opened.reference, Moved::Capture), 500, "{capture}");
            assert_eq!(suspended(&house).await, 500 * (number as i64 + 1), "{capture}: once");
            assert_ne!(house.deposit(&big, &opened).await["DepositStatus"], "Credited", "{capture}");
        }
        assert_eq!(house.story.balance(&big).await, "0.50");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_reserved_is_told_and_no_more_can_be_captured() {
    for scratch in databases() {
        let house = of_poor_cards(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let capture = |opened: &Opened, more: Value| {
            let mut fields = json!({ "ExtDepositID": opened.id, "TraceID": house.story.next_trace() });
            fields.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
            fields
        };
        for parts in [1, 2] {
            let (opened, deposit) = pays(&house, &big, "manual").await;
            let shown =
                ["DepositStatus", "Amount", "AuthorizedAmount", "CapturedAmount"].map(|name| &deposit[name]);
            assert_eq!(shown, ["Authorized", "8.00", "5.00", "0.00"], "{deposit}");
            for amount in ["5.01", "8.00"] {
                let reply =
                    house.call("CaptureDeposit", &big, capture(&opened, json!({ "Amount": amount }))).await;
                assert!(reply["Status"].as_i64() > Some(0), "{reply}");
                assert!(reply["Description"].as_str().expect("words").contains("Amount"), "{reply}");
            }
            if parts == 2 {
                let part = json!({ "Amount": "2.00", "Final": false });
                assert_eq!(house.call("CaptureDeposit", &big, capture(&opened, part)).await["Status"], 0);
                house.after(Duration::minutes(10)).await;
            }
            // All that is left, which is all that was reserved.
            let reply = house.call("CaptureDeposit", &big, capture(&opened, json!({}))).await;
            assert_eq!(reply["Status"], 0, "{reply}");
            house.after(Duration::minutes(10)).await;
            let deposit = house.deposit(&big, &opened).await;
            let shown = ["DepositStatus", "Amount", "CapturedAmount"].map(|name| &deposit[name]);
            assert_eq!(shown, ["Credited", "8.00", "5.00"], "{deposit}");
            assert_eq!(house.story.balance(&big).await, format!("{}.50", 5 * parts));
        }
        // Given up, the platform is told its own sum.
        let (opened, _) = pays(&house, &big, "manual").await;
        let reply = house.call("CancelDeposit", &big, json!({ "ExtDepositID": opened.id })).await;
        assert_eq!(reply["Status"], 0, "{reply}");
        assert_eq!(house.moved(&opened.reference, Moved::Reversal), 500);
        assert_eq!(suspended(&house).await, 0);
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ours_to_capture_is_given_back_instead() {
    for scratch in databases() {
        let house = of_poor_cards(scratch).await;
        let big = house.story.customer(CHF, "Big", "0.50").await;
        let opened = house.opens(&big, "TWINT", "8.00", "automatic").await;
        let form = house.form_of(&opened).await;
        let there = house.sent_to(&form, &[("answer", "confirm")]).await;
        house.visits(&there).await;
        house.works().await;
        house.after(Duration::minutes(1)).await;
        assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], "Declined");
        assert_eq!(house.moved(&opened.reference, Moved::Reversal), 500);
        assert_eq!(house.moved(&opened.reference, Moved::Capture), 0);
        assert_eq!(house.story.balance(&big).await, "0.50");
        house.books_agree("Paygate TWINT", "CHF").await;
        house.ends().await;
    }
}
