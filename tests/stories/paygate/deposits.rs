//! Card deposits that the platform books by itself, and deposits that are given up.

use super::{CARD, CHALLENGED, EUR, House, NOT_AUTHENTICATED, id_of};
use crate::support::databases;
use chrono::Duration;
use serde_json::json;
use tillgate::domain::outcome::DepositOutcome;
use tillgate::operations::Caller;
use tillgate::operations::settle_deposit;
use tillgate::processors::paygate::simulator::{Fault, Moved, Script};
use tillgate::store::{Wants, customers};

#[tokio::test(flavor = "multi_thread")]
async fn a_card_deposit_is_credited_once_and_leaves_a_stored_card() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "10.00").await;
        let opened = house.opens(&big, "PaygateCard", "25.00", "automatic").await;
        assert!(opened.url.contains("/payssl.aspx?"), "{}", opened.url);

        let again = json!({ "TraceID": opened.trace, "PP": "PaygateCard", "Amount": "25.00", "Capture": "automatic" });
        let again = house.call("CreateDeposit", &big, again).await;
        assert_eq!((&again["Status"], &again["RedirectURL"]), (&json!(0), &json!(opened.url)), "{again}");
        let other = json!({ "TraceID": opened.trace, "PP": "PaygateCard", "Amount": "26.00" });
        assert!(house.call("CreateDeposit", &big, other).await["Status"].as_i64() > Some(0));

        let page = house.pays(&opened).await;
        assert!(page.contains("Your payment"), "{page}");
        for _ in 0..3 {
            house.visits(&format!("{}/player/nothing/success", house.story.base)).await;
            house.works().await;
        }
        let deposit = house.deposit(&big, &opened).await;
        assert_eq!(
            (&deposit["DepositStatus"], &deposit["CapturedAmount"]),
            (&json!("Credited"), &json!("25.00"))
        );
        assert_eq!(house.story.balance(&big).await, "35.00");
        assert_eq!(house.moved(&opened.reference, Moved::Capture), 2_500);

        let store = &house.story.running().store;
        let kept = store.read(|connection| {
            let customer = customers::find_now(connection, EUR, "Big")?.expect("a customer");
            customers::latest_instrument(connection, customer.id, "paygate")
        });
        let kept = kept.await.expect("read").expect("a stored card");
        assert!(kept.token.starts_with('0') && kept.token.ends_with("111"), "{}", kept.token);
        assert_eq!(
            (kept.brand.as_str(), kept.expiry.as_str(), kept.masked.as_str()),
            ("VISA", "203012", "**** 1111")
        );
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_card_credits_nothing_and_the_page_says_so() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "10.00").await;
        let opened = house.opens(&big, "PaygateCard", "25.00", "automatic").await;
        let there = house.types_card(&opened, NOT_AUTHENTICATED).await;
        assert!(there.contains("/failure?"), "{there}");
        house.visits(&there).await;
        house.works().await;
        assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], "Declined");
        let page = house.visits(&there).await;
        assert!(page.contains("The payment was not made"), "{page}");
        assert_eq!(house.story.balance(&big).await, "10.00");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_answered_at_the_bank_before_anything_is_credited() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "10.00").await;
        let opened = house.opens(&big, "PaygateCard", "25.00", "automatic").await;
        let bank = house.types_card(&opened, CHALLENGED).await;
        assert!(bank.starts_with("/sandbox/challenge/"), "{bank}");
        house.after(Duration::minutes(2)).await;
        assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], "Pending");
        let answer = format!("{}{bank}/answer", house.simulator().base_url);
        let there = house.sent_to(&answer, &[("answer", "yes")]).await;
        house.visits(&there).await;
        house.works().await;
        assert_eq!(house.story.balance(&big).await, "35.00");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

/// Whatever the platform's answers to our questions look like, it is asked again until one can be believed.
#[tokio::test(flavor = "multi_thread")]
async fn no_answer_that_goes_wrong_credits_twice_or_loses_a_deposit() {
    let faults = [
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::HangAfter,
        Fault::HalfAnswer,
        Fault::ShortData,
        Fault::Page { status: 502, processed: true },
        Fault::Status(500),
        Fault::WrongMac,
        Fault::ForeignMerchant,
        Fault::ForeignOrder,
        Fault::Clear,
        Fault::Contradiction,
    ];
    for scratch in databases() {
        let house = House::impatient(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let mut owned = 50;
        for (number, fault) in faults.iter().enumerate() {
            let opened = house.opens(&big, "PaygateCard", "2.00", "automatic").await;
            house.pays(&opened).await;
            let questions = ["inquire.aspx", "inquire24.aspx"].map(|endpoint| Script {
                endpoint: Some(endpoint.to_owned()),
                trans_id: Some(opened.reference.clone()),
                times: 1,
                call: Some(fault.clone()),
                notice: None,
            });
            questions.into_iter().for_each(|script| house.simulator().script(script));
            for _ in 0..4 {
                house.after(Duration::minutes(3)).await;
            }
            house.simulator().release();
            owned += 200;
            assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], "Credited", "{number} {fault:?}");
            assert_eq!(house.story.balance(&big).await, format!("{}.{:02}", owned / 100, owned % 100));
            house.simulator().clear_faults();
        }
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_nobody_came_for_is_given_up_and_one_paid_afterwards_is_not_kept() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "10.00").await;
        let opened = house.opens(&big, "PaygateCard", "25.00", "manual").await;
        let reply = house.call("CancelDeposit", &big, json!({ "ExtDepositID": opened.id })).await;
        assert_eq!(reply["Status"], 0, "{reply}");
        assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], "Cancelled");
        let reply = house.call("CancelDeposit", &big, json!({ "ExtDepositID": opened.id })).await;
        assert_eq!((&reply["Status"], &reply["Replayed"]), (&json!(0), &json!(1)), "{reply}");

        // He kept the page open and pays: what he reserved is given back.
        house.types_card(&opened, CARD).await;
        house.hears_of(&opened, 1).await;
        house.works().await;
        assert_eq!(house.moved(&opened.reference, Moved::Authorization), 2_500);
        assert_eq!(house.moved(&opened.reference, Moved::Reversal), 2_500);
        assert_eq!(house.deposit(&big, &opened).await["DepositStatus"], "Cancelled");

        let never = house.opens(&big, "PaygateCard", "25.00", "automatic").await;
        house.after(Duration::hours(3)).await;
        assert_eq!(house.deposit(&big, &never).await["DepositStatus"], "Declined");
        assert_eq!(house.story.balance(&big).await, "10.00");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_credited_can_not_be_cancelled_and_a_reserve_can() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        let credited = house.paid_in(&big, "5.00").await;
        let reply = house.call("CancelDeposit", &big, json!({ "ExtDepositID": credited.id })).await;
        assert!(reply["Status"].as_i64() > Some(0), "{reply}");

        // The customer was faster than our books.
        let paid = house.opens(&big, "PaygateCard", "5.00", "automatic").await;
        house.types_card(&paid, CARD).await;
        let reply = house.call("CancelDeposit", &big, json!({ "ExtDepositID": paid.id })).await;
        assert!(reply["Status"].as_i64() > Some(0), "{reply}");
        assert_eq!(house.deposit(&big, &paid).await["DepositStatus"], "Credited");

        for fault in [
            Fault::DropBefore,
            Fault::DropAfter,
            Fault::HalfAnswer,
            Fault::Page { status: 502, processed: true },
        ] {
            let reserved = house.opens(&big, "PaygateCard", "5.00", "manual").await;
            house.pays(&reserved).await;
            house.works().await;
            assert_eq!(house.deposit(&big, &reserved).await["DepositStatus"], "Authorized");
            house.simulator().script(Script {
                endpoint: Some("reverse.aspx".to_owned()),
                trans_id: Some(reserved.reference.clone()),
                times: 1,
                call: Some(fault.clone()),
                notice: None,
            });
            let cancel = json!({ "ExtDepositID": reserved.id });
            assert_eq!(house.call("CancelDeposit", &big, cancel.clone()).await["Status"], -1, "{fault:?}");
            assert_eq!(house.call("CancelDeposit", &big, cancel).await["Status"], 0, "{fault:?}");
            assert_eq!(house.deposit(&big, &reserved).await["DepositStatus"], "Cancelled");
            assert_eq!(house.moved(&reserved.reference, Moved::Reversal), 500, "{fault:?}");
        }
        assert_eq!(house.story.balance(&big).await, "10.50");

        // A definite refusal is told as one, and the money can still be captured.
        let held = house.opens(&big, "PaygateCard", "5.00", "manual").await;
        house.pays(&held).await;
        house.works().await;
        house.simulator().script(Script {
            endpoint: Some("reverse.aspx".to_owned()),
            trans_id: Some(held.reference.clone()),
            times: 1,
            call: Some(Fault::Refuse("22060305".to_owned())),
            notice: None,
        });
        let cancel = json!({ "ExtDepositID": held.id });
        for _ in 0..2 {
            assert_eq!(house.call("CancelDeposit", &big, cancel.clone()).await["Status"], 31);
            assert_eq!(house.deposit(&big, &held).await["DepositStatus"], "Authorized");
        }
        let capture = json!({ "ExtDepositID": held.id, "TraceID": house.story.next_trace() });
        assert_eq!(house.call("CaptureDeposit", &big, capture).await["Status"], 0);
        assert_eq!(house.story.balance(&big).await, "15.50");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_money_than_we_asked_for_waits_in_suspense_once() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "10.00").await;
        let opened = house.opens(&big, "PaygateCard", "25.00", "automatic").await;
        let id = id_of(&opened);
        // The last one is the whole, after a part of it was put aside: that too is for a person to decide.
        for (minor, alert) in
            [(2_400, Some("deposit_amount_differs")), (2_400, None), (2_500, Some("suspended_deposit_paid"))]
        {
            let paid = DepositOutcome::Paid { reference: "p".to_owned(), minor, currency: "EUR".to_owned() };
            let caller = Caller { who: "desk".to_owned(), request_id: "r".to_owned() };
            let applied =
                house.story.running().store.transact("deposit", Wants::nothing().deposit(id), move |tx| {
                    settle_deposit::apply(tx, id, &paid, &caller)
                });
            assert_eq!(applied.await.expect("applied").alert, alert);
        }
        assert_eq!(house.story.balance(&big).await, "10.00");
        assert_eq!(house.booked("Paygate", "EUR").await, 2_400);
        house.ends().await;
    }
}
