//! Two people at one payout, and a person beside the cashier: one of them is first, and the other hears of it.

use super::office::*;
use crate::support::databases;
use serde_json::json;
use tillgate::domain::acting::Impossible;
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::operations::acting::Acted;
use tillgate::operations::acting::act_on_payout::Act;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_act_on_the_same_sight_one_is_told_what_the_other_did() {
    for scratch in databases() {
        let office = Office::on(scratch, plain).await;
        let (ann, bob) = (operator("ann"), operator("bob"));
        for _ in 0..10 {
            let case = office.requested(BY_GATEWAY).await;
            let seen = office.sees(&ann, &case).await.map(|seen| seen.version);
            let (one, other) = tokio::join!(
                office.acts_on(&ann, &case, seen, Act::Start, "ok"),
                office.acts_on(&bob, &case, seen, Act::Reject, "no"),
            );
            let (winner, news) = match (&one, &other) {
                (Acted::Done(_), Acted::Impossible(Impossible::Stale { news })) => ("operator/ann", news),
                (Acted::Impossible(Impossible::Stale { news }), Acted::Done(_)) => ("operator/bob", news),
                both => panic!("one of them is first: {both:?}"),
            };
            let news = news.as_ref().expect("what the other did");
            assert_eq!((news.who.as_str(), news.from.as_str()), (winner, "Requested"), "{news}");
            office.bench.works().await;
            let started = winner == "operator/ann";
            let expected = if started { PayoutStatus::Approved } else { PayoutStatus::Rejected };
            assert_eq!(office.status(&case).await, expected);
            let left = if started { "5.00" } else { "20.00" };
            assert_eq!(office.balance(&case).await, left);
        }
        office.ends().await;
    }
}

#[tokio::test]
async fn a_button_pressed_twice_acts_once() {
    for scratch in databases() {
        let office = Office::on(scratch, plain).await;
        let ann = operator("ann");
        let case = office.requested(BY_GATEWAY).await;
        let seen = office.sees(&ann, &case).await.map(|seen| seen.version);
        let (one, other) = tokio::join!(
            office.acts_on(&ann, &case, seen, Act::Start, "ok"),
            office.acts_on(&ann, &case, seen, Act::Start, "ok"),
        );
        let mut codes = [code(&one), code(&other)];
        codes.sort_unstable();
        assert_eq!(codes, ["done", "stale"]);
        office.hours_pass().await;
        assert_eq!(office.paid_out(), 1465);
        assert_eq!(
            code(&office.acts_on(&ann, &case, None, Act::Reject, "x").await),
            "stale",
            "without a look"
        );
        office.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn beside_a_person_the_cashier_is_first_or_second_and_never_doubled() {
    for scratch in databases() {
        let office = Office::on(scratch, plain).await;
        let ann = operator("ann");
        for _ in 0..10 {
            let case = office.requested(BY_GATEWAY).await;
            let before = office.paid_out();
            let seen = office.sees(&ann, &case).await.map(|seen| seen.version);
            let (person, cashier) = tokio::join!(
                office.acts_on(&ann, &case, seen, Act::Start, "ok"),
                office.updates(&case, "I", "agent7"),
            );
            assert_eq!(cashier, 0, "first, or a repeat of what the person did");
            assert!(["done", "stale"].contains(&code(&person)), "{person:?}");
            office.bench.works().await;
            assert_eq!(office.status(&case).await, PayoutStatus::Approved);
            assert_eq!(office.paid_out() - before, 1465);
            assert_eq!(office.balance(&case).await, "5.00");
        }
        office.ends().await;
    }
}

#[tokio::test]
async fn what_a_person_did_comes_back_from_the_cashier_as_a_repeat() {
    for scratch in databases() {
        let office = Office::on(scratch, plain).await;
        let ann = operator("ann");
        let case = office.requested(BY_HAND).await;
        let acts = [
            (Act::Authorize, "A"),
            (Act::Start, "I"),
            (Act::Approve { transaction_id: Some("WIRE-77".to_owned()) }, "Y"),
        ];
        let bob = approver("bob");
        for (act, letter) in acts {
            let who = if letter == "Y" { &bob } else { &ann };
            office.does(who, &case, act, "ok").await;
            let call = json!({ "ExtPayoutID": case.id.to_string(), "Status": letter, "UpdatedBy": "agent7" });
            let reply = office.cashier(&case.customer, "UpdatePayout", call).await;
            assert_eq!((&reply["Status"], &reply["Replayed"]), (&json!(0), &json!(1)), "{letter}: {reply}");
        }
        let seen = office.sees(&ann, &case).await.expect("seen");
        assert_eq!(seen.payout.transaction_id.as_deref(), Some("WIRE-77"));
        assert_eq!(seen.payout.updated_by.as_deref(), Some("operator/bob"));
        let done = office.does(&finance("eve"), &case, Act::Reverse, "it came back").await;
        assert!(done.reversal.is_some());
        assert_eq!(office.balance(&case).await, "20.00");
        office.ends().await;
    }
}

#[tokio::test]
async fn whoever_works_on_a_payout_is_left_alone_until_his_time_is_over() {
    for scratch in databases() {
        let office = Office::on(scratch, plain).await;
        let (ann, bob) = (operator("ann"), operator("bob"));
        let case = office.requested(BY_HAND).await;
        office.does(&ann, &case, Act::Claim, "").await;
        for act in [Act::Claim, Act::Unclaim, Act::Authorize, Act::Start, Act::Reject] {
            let name = act.action().name();
            assert_eq!(code(&office.acts(&bob, &case, act, "x").await), "claimed", "{name}");
        }
        office.does(&bob, &case, Act::Note("waiting".to_owned()), "").await;
        office.does(&ann, &case, Act::Authorize, "").await;
        office.bench.passes(15 * 60);
        office.does(&bob, &case, Act::Claim, "").await;
        office.does(&approver("cy"), &case, Act::Unclaim, "").await;
        office.does(&ann, &case, Act::Start, "ok").await;
        office.ends().await;
    }
}
