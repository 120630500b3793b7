//! Payouts by `creditex` and by `credit`, under every fault of the platform, and by nobody twice.

use super::faults::{every_fault, goes_wrong_about, left_open};
use super::{EUR, House};
use crate::support::databases;
use chrono::Duration;
use serde_json::json;
use tillgate::domain::ids::PayoutId;
use tillgate::domain::payout::attempt::AttemptState;
use tillgate::operations::{Answer, Caller, retry_payout};
use tillgate::processors::paygate::simulator::{Fault, Moved, Script};

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_is_paid_once_whatever_becomes_of_its_answer() {
    for scratch in databases() {
        let house = House::impatient(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        house.paid_in(&big, "100.00").await;
        // What stays open has a story of its own below.
        for fault in every_fault().into_iter().filter(|fault| !left_open(fault)) {
            let paid = !matches!(fault, Fault::Refuse(_));
            let before = house.story.balance(&big).await;
            let (payout, attempt) = house.pays_out(&big, "PaygateCard", "5.00").await;
            let reference = attempt.reference.replace('-', "");
            house.goes_wrong(&reference, fault.clone());
            house.works().await;
            let shown = house.payout(&big, &payout).await;
            if matches!(fault, Fault::Refuse(_)) {
                assert_eq!(
                    (&shown["PayoutStatus"], &shown["AttemptState"]),
                    (&json!("InProgress"), &json!("Refused"))
                );
                assert_eq!(house.update(&big, &payout, "X").await["Status"], 0);
                assert_eq!(house.story.balance(&big).await, before);
            } else if matches!(fault, Fault::BookedBut(_)) {
                // Refused, and paid all the same: the sums say so at once.
                assert_eq!(shown["PayoutStatus"], "Approved", "{fault:?}: {shown}");
            } else {
                // The money may have left: it is held, and nobody can call the payout off.
                assert_eq!(shown["AttemptState"], "Unknown", "{fault:?}: {shown}");
                assert!(house.update(&big, &payout, "X").await["Status"].as_i64() > Some(0), "{fault:?}");
                assert_eq!(house.update(&big, &payout, "Y").await["Status"], -1, "{fault:?}");
                for step in [Duration::seconds(31), Duration::minutes(3), Duration::minutes(5)] {
                    house.after(step).await;
                    let state = house.attempts(&payout).await[0].state;
                    assert!(
                        matches!(state, AttemptState::Unknown | AttemptState::Succeeded),
                        "{fault:?}: {state:?}"
                    );
                }
                house.simulator().release();
                for _ in 0..4 {
                    house.after(Duration::minutes(61)).await;
                }
                let shown = house.payout(&big, &payout).await;
                assert_eq!(shown["PayoutStatus"], "Approved", "{fault:?}: {shown}");
            }
            assert_eq!(house.moved(&reference, Moved::Payout), if paid { 500 } else { 0 }, "{fault:?}");
            assert_eq!(house.attempts(&payout).await.len(), 1, "{fault:?}");
        }
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_payout_waits_for_as_long_as_it_is_open() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        house.paid_in(&big, "100.00").await;
        for (fault, success) in [
            (Fault::OpenForever, true),
            (Fault::OpenSilently, true),
            (Fault::OpenForever, false),
            (Fault::OpenSilently, false),
        ] {
            let (payout, attempt) = house.pays_out(&big, "PaygateCard", "5.00").await;
            let reference = attempt.reference.replace('-', "");
            house.goes_wrong(&reference, fault.clone());
            house.works().await;
            for _ in 0..30 {
                house.after(Duration::minutes(61)).await;
            }
            let shown = house.payout(&big, &payout).await;
            assert_eq!(
                (&shown["PayoutStatus"], &shown["AttemptState"]),
                (&json!("InProgress"), &json!("Unknown"))
            );
            assert!(house.update(&big, &payout, "C").await["Status"].as_i64() > Some(0));
            assert!(house.simulator().decide(&reference, success));
            house.after(Duration::minutes(61)).await;
            let shown = house.payout(&big, &payout).await;
            assert_eq!(shown["AttemptState"], if success { "Succeeded" } else { "Refused" }, "{fault:?}");
            assert_eq!(shown["PayoutStatus"], if success { "Approved" } else { "InProgress" }, "{fault:?}");
            assert_eq!(house.moved(&reference, Moved::Payout), if success { 500 } else { 0 });
            if !success {
                assert_eq!(house.update(&big, &payout, "X").await["Status"], 0);
            }
        }
        assert_eq!(house.story.balance(&big).await, "90.50");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_payout_is_tried_again_only_because_a_person_says_so() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        house.paid_in(&big, "100.00").await;
        let (payout, first) = house.pays_out(&big, "PaygateCard", "5.00").await;
        assert!(retry(&house, &payout, "too early").await.refused.is_some(), "it has not been sent yet");
        house.goes_wrong(&first.reference.replace('-', ""), Fault::Refuse("22060305".to_owned()));
        house.works().await;

        // A call of the cashier that comes again is a repeat and pays nothing.
        let again = house.update(&big, &payout, "I").await;
        assert_eq!((&again["Status"], &again["Replayed"]), (&json!(0), &json!(1)), "{again}");
        house.after(Duration::hours(2)).await;
        assert_eq!(house.attempts(&payout).await.len(), 1);
        assert!(house.update(&big, &payout, "Y").await["Status"].as_i64() > Some(0));

        assert_eq!(retry(&house, &payout, "the card was unblocked").await.refused, None);
        assert!(retry(&house, &payout, "a second click").await.refused.is_some());
        house.works().await;
        let attempts = house.attempts(&payout).await;
        assert_eq!(attempts.len(), 2);
        assert!(
            attempts[0].request_id != attempts[1].request_id
                && attempts[0].reference != attempts[1].reference
        );
        assert_eq!(attempts.map_states(), [AttemptState::Refused, AttemptState::Succeeded]);
        assert_eq!(house.payout(&big, &payout).await["PayoutStatus"], "Approved");
        assert!(retry(&house, &payout, "too late").await.refused.is_some());
        assert_eq!(house.story.balance(&big).await, "95.50");
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

trait States {
    fn map_states(&self) -> Vec<AttemptState>;
}

impl States for Vec<tillgate::store::attempts::Attempt> {
    fn map_states(&self) -> Vec<AttemptState> {
        self.iter().map(|attempt| attempt.state).collect()
    }
}

async fn retry(house: &House, payout: &str, reason: &str) -> Answer {
    let running = house.story.running();
    let rules = running.directory.now().find(EUR).expect("a front end").rules.clone();
    let caller = Caller { who: "operator/ann".to_owned(), request_id: reason.to_owned() };
    let wish = retry_payout::Wish {
        payout: PayoutId::parse(payout).expect("an id"),
        reason: reason.to_owned(),
        attempt_key: format!("key {reason}"),
    };
    let answer = running
        .store
        .transact("retry", wish.wants(), move |tx| retry_payout::run(tx, &wish, &rules, &caller));
    answer.await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_without_a_card_or_a_deposit_is_refused_before_anything_leaves() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "50.00").await;
        for pp in ["PaygateCard", "PaygateCredit"] {
            let (payout, _) = house.pays_out(&big, pp, "5.00").await;
            house.works().await;
            assert_eq!(house.payout(&big, &payout).await["AttemptState"], "Refused", "{pp}");
            assert_eq!(house.update(&big, &payout, "X").await["Status"], 0);
        }
        assert_eq!(house.simulator().movements().len(), 0);
        assert_eq!(house.story.balance(&big).await, "50.00");
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_keeps_the_card_it_was_first_sent_to() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        house.paid_in(&big, "100.00").await;
        let (payout, attempt) = house.pays_out(&big, "PaygateCard", "5.00").await;
        house.goes_wrong(&attempt.reference.replace('-', ""), Fault::DropBefore);
        house.works().await;
        let first = house.attempts(&payout).await[0].terms.clone();
        // He pays in with another card before the payout is sent again.
        let opened = house.opens(&big, "PaygateCard", "9.00", "automatic").await;
        let there = house.types_card(&opened, "5555555555554444").await;
        house.visits(&there).await;
        for _ in 0..4 {
            house.after(Duration::minutes(61)).await;
        }
        let paid = &house.attempts(&payout).await[0];
        assert_eq!((paid.state, &paid.terms), (AttemptState::Succeeded, &first));
        assert!(first.instrument.is_some());
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

/// The platform says no and books all the same, once with its answer to the question lost too.
#[tokio::test(flavor = "multi_thread")]
async fn a_credit_that_was_booked_though_it_was_refused_counts_as_paid() {
    for scratch in databases() {
        let house = House::on(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for (question_is_lost, at_first) in [(false, AttemptState::Succeeded), (true, AttemptState::Unknown)]
        {
            let opened = house.paid_in(&big, "9.00").await;
            let (payout, _) = house.pays_out(&big, "PaygateCredit", "5.00").await;
            let mut faults = vec![("credit.aspx", Fault::BookedBut("22060305".to_owned()))];
            if question_is_lost {
                faults.push(("inquire.aspx", Fault::DropAfter));
            }
            for (endpoint, fault) in faults {
                house.simulator().script(Script {
                    endpoint: Some(endpoint.to_owned()),
                    trans_id: Some(opened.reference.clone()),
                    times: 1,
                    call: Some(fault),
                    notice: None,
                });
            }
            house.works().await;
            assert_eq!(house.attempts(&payout).await[0].state, at_first);
            for _ in 0..4 {
                house.after(Duration::minutes(61)).await;
            }
            assert_eq!(house.attempts(&payout).await[0].state, AttemptState::Succeeded);
            assert_eq!(house.moved(&opened.reference, Moved::Credit), 500);
            assert_eq!(house.update(&big, &payout, "Y").await["Status"], 0);
            house.simulator().clear_faults();
        }
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credits_against_a_deposit_are_made_once_and_take_turns_with_its_refunds() {
    for scratch in databases() {
        let house = House::impatient(scratch).await;
        let big = house.story.customer(EUR, "Big", "0.50").await;
        for fault in every_fault() {
            let paid = !matches!(fault, Fault::Refuse(_));
            let opened = house.paid_in(&big, "9.00").await;
            let (payout, _) = house.pays_out(&big, "PaygateCredit", "5.00").await;
            goes_wrong_about(&house, "credit.aspx", &opened, &fault);
            house.works().await;
            let state = house.attempts(&payout).await[0].state;
            let unknown = state == AttemptState::Unknown;
            let known = match fault {
                Fault::Refuse(_) => AttemptState::Refused,
                Fault::BookedBut(_) => AttemptState::Succeeded,
                _ => AttemptState::Unknown,
            };
            assert_eq!(state, known, "{fault:?}");
            // Another deposit does not become the one that is credited; a refund of this one waits.
            house.paid_in(&big, "7.00").await;
            let refund =
                json!({ "ExtDepositID": opened.id, "TraceID": house.story.next_trace(), "Amount": "4.00" });
            assert_eq!(house.call("RefundDeposit", &big, refund).await["Status"], 0, "{fault:?}");
            house.works().await;
            if unknown {
                let credited = house.moved(&opened.reference, Moved::Credit);
                assert!(credited == 0 || credited == 500, "{fault:?}: {credited}");
            }
            house.after(Duration::minutes(5)).await;
            house.simulator().release();
            if left_open(&fault) {
                assert!(house.simulator().decide(&opened.reference, true), "{fault:?}");
            }
            for _ in 0..6 {
                house.after(Duration::minutes(61)).await;
            }
            let state = house.attempts(&payout).await[0].state;
            assert_eq!(
                state,
                if paid { AttemptState::Succeeded } else { AttemptState::Refused },
                "{fault:?}"
            );
            assert_eq!(
                house.moved(&opened.reference, Moved::Credit),
                if paid { 900 } else { 400 },
                "{fault:?}"
            );
            // confirm = "cashier": the money has left, the payout waits for the cashier's word.
            assert_eq!(house.payout(&big, &payout).await["PayoutStatus"], "InProgress");
            assert_eq!(
                house.update(&big, &payout, if paid { "Y" } else { "X" }).await["Status"],
                0,
                "{fault:?}"
            );
            house.simulator().clear_faults();
        }
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}
