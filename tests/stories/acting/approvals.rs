//! Marks, four eyes and limits, and every way around them that somebody might try.

use super::office::*;
use crate::support::databases;
use serde_json::json;
use tillgate::domain::acting::{Action, Impossible};
use tillgate::domain::approval::Mark;
use tillgate::domain::money::Money;
use tillgate::domain::payout::Edit;
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::domain::people::{Person, Role};
use tillgate::operations::acting::act_on_payout::Act;

#[tokio::test]
async fn a_payout_goes_through_two_pairs_of_hands_and_is_paid_once() {
    for scratch in databases() {
        let office = Office::on(scratch, strict).await;
        let (ann, bob) = (operator("ann"), approver("bob"));
        let case = office.requested(BY_GATEWAY).await;
        office.does(&ann, &case, Act::Claim, "").await;
        office.does(&ann, &case, Act::Authorize, "").await;
        assert_eq!(code(&office.acts(&bob, &case, Act::Start, "ok").await), "marks_missing");
        office.marks(&ann, &case, &[Mark::G]).await;
        office.marks(&approver("cy"), &case, &[Mark::M]).await;
        assert_eq!(code(&office.acts(&ann, &case, Act::Start, "ok").await), "four_eyes");
        assert_eq!(code(&office.acts(&bob, &case, Act::Start, " ").await), "bad_field", "a reason");
        office.does(&bob, &case, Act::Start, "papers complete").await;
        office.bench.works().await;
        assert_eq!(office.status(&case).await, PayoutStatus::Approved);
        office.hours_pass().await;
        assert_eq!((office.paid_out(), office.balance(&case).await), (1465, "5.00".to_owned()));

        let trail = office.trail(case.id).await;
        let told = |kind: &str, who: &str| trail.iter().any(|row| row.kind == kind && row.who == who);
        for (kind, who) in [
            ("payout.claimed", "operator/ann"),
            ("payout.marked", "operator/cy"),
            ("action.refused", "operator/ann"),
            ("payout.updated", "operator/bob"),
        ] {
            assert!(told(kind, who), "{kind} by {who}");
        }
        let started = trail.iter().find(|row| row.to_state == "InProgress").expect("started");
        assert_eq!(started.why, "papers complete");
        office.ends().await;
    }
}

#[tokio::test]
async fn nobody_is_two_people() {
    for scratch in databases() {
        let office = Office::on(scratch, strict).await;
        let ann = person("ann", &[Role::Operator, Role::Approver]);
        let case = office.requested(BY_GATEWAY).await;
        office.marks(&ann, &case, &[Mark::G, Mark::M]).await;
        // Not by another spelling, not by taking the marks back and having others give them, not through the cashier.
        for name in ["ann", "ANN", "Ann "] {
            let same = person(name, &[Role::Operator, Role::Approver, Role::Finance, Role::Admin]);
            assert_eq!(code(&office.acts(&same, &case, Act::Start, "x").await), "four_eyes", "{name}");
            assert_eq!(
                code(&office.acts(&same, &case, Act::Approve { transaction_id: None }, "x").await),
                "illegal_step",
                "{name}: nothing was paid out"
            );
        }
        let cy = approver("cy");
        for mark in [Mark::G, Mark::M] {
            office.does(&ann, &case, Act::Unmark(mark), "").await;
        }
        office.marks(&cy, &case, &[Mark::G, Mark::M]).await;
        assert_eq!(code(&office.acts(&ann, &case, Act::Start, "x").await), "four_eyes");
        for name in ["ann", "operator/ann", "cli/ANN"] {
            assert_eq!(office.updates(&case, "I", name).await, 3, "{name} through the cashier");
        }
        let call = json!({ "ExtPayoutID": case.id.to_string(), "Status": "I" });
        let reply = office.cashier(&case.customer, "UpdatePayout", call).await;
        assert_eq!(reply["Status"], 3, "nobody at all: {reply}");
        assert!(reply["Description"].as_str().is_some_and(|text| text.starts_with("UpdatedBy")));
        assert_eq!(office.status(&case).await, PayoutStatus::Requested);

        office.does(&approver("bob"), &case, Act::Start, "ok").await;
        office.bench.works().await;
        assert_eq!(office.paid_out(), 1465);
        office.ends().await;
    }
}

#[tokio::test]
async fn an_edit_takes_the_marks_back_whoever_makes_it() {
    for scratch in databases() {
        let office = Office::on(scratch, strict).await;
        let (ann, bob) = (operator("ann"), approver("bob"));
        let case = office.requested(BY_HAND).await;
        let eur = |minor| Money::from_minor(minor, office.rules().front_end.currency);
        let edit = |minor| Act::Edit(Edit { amount: Some(eur(minor)), ..Edit::default() });
        office.marks(&bob, &case, &[Mark::G, Mark::M]).await;
        office.does(&ann, &case, edit(1_500), "").await;
        assert!(office.sees(&ann, &case).await.expect("seen").handling.marks.is_empty());
        assert_eq!(code(&office.acts(&approver("cy"), &case, Act::Start, "x").await), "marks_missing");

        office.marks(&bob, &case, &[Mark::G, Mark::M]).await;
        let call = json!({
            "ExtPayoutID": case.id.to_string(), "Status": "A", "Amount": "16.00", "UpdatedBy": "agent7",
        });
        assert_eq!(office.cashier(&case.customer, "UpdatePayout", call).await["Status"], 0);
        assert!(
            office.sees(&ann, &case).await.expect("seen").handling.marks.is_empty(),
            "the cashier's edit"
        );

        assert_eq!(code(&office.acts(&ann, &case, edit(1_700), "").await), "amount_fixed", "authorized");
        office.ends().await;
    }
}

#[tokio::test]
async fn a_cashiers_start_waits_for_the_marks_and_its_news_do_not() {
    for scratch in databases() {
        let office = Office::on(scratch, strict).await;
        let bob = approver("bob");
        let case = office.requested(BY_HAND).await;
        assert_eq!(office.updates(&case, "A", "agent7").await, 0);
        assert_eq!(office.updates(&case, "I", "agent7").await, -1, "asked again later");
        assert_eq!(office.balance(&case).await, "20.00");
        office.marks(&bob, &case, &[Mark::G, Mark::M]).await;
        assert_eq!(office.updates(&case, "I", "agent7").await, 0);
        assert_eq!(office.updates(&case, "I", "agent7").await, 0, "a repeat");

        // What the cashier has paid is paid, whether it had its marks or not.
        let paid = office.requested(BY_HAND).await;
        assert_eq!(office.updates(&paid, "Y", "agent7").await, 0);
        assert_eq!(office.balance(&paid).await, "5.00");
        office.ends().await;
    }
}

#[tokio::test]
async fn a_role_moves_what_its_limit_allows_and_sees_its_own_front_ends_alone() {
    for scratch in databases() {
        let office = Office::on(scratch, |approvals| {
            approvals.limits = [("operator".to_owned(), "14.64".to_owned())].into();
        })
        .await;
        let case = office.requested(BY_HAND).await;
        let ann = operator("ann");
        for act in [Act::Start, Act::Reject, Act::Cancel] {
            let action = act.action();
            assert_eq!(code(&office.acts(&ann, &case, act, "x").await), "over_limit", "{}", action.name());
            let button = office.button(&ann, &case, action).await;
            assert!(matches!(button, Err(Impossible::OverLimit { .. })), "{button:?}");
        }
        assert_eq!(code(&office.acts(&finance("eve"), &case, Act::Start, "x").await), "role");

        let seen = office.sees(&ann, &case).await.map(|seen| seen.version);
        let gone = Person { disabled: true, ..person("gone", &Role::ALL) };
        for stranger in [at("MyPhoneCards USD", "zed", &Role::ALL), gone] {
            assert!(office.sees(&stranger, &case).await.is_none());
            for act in [Act::Note("hello".to_owned()), Act::Start, Act::Hold] {
                let said = office.acts_on(&stranger, &case, seen, act, "x").await;
                assert_eq!(code(&said), "not_found");
            }
        }
        assert_eq!(office.status(&case).await, PayoutStatus::Requested);
        office.does(&approver("bob"), &case, Act::Start, "ok").await;
        assert_eq!(office.button(&ann, &case, Action::Start).await.map_err(|no| no.code()), Err("there"));
        office.ends().await;
    }
}

#[tokio::test]
async fn a_note_holds_no_card_number() {
    for scratch in databases() {
        let office = Office::on(scratch, plain).await;
        let case = office.requested(BY_HAND).await;
        let ann = operator("ann");
        let note = |text: &str| Act::Note(text.to_owned());
        let said = office.acts(&ann, &case, note("his card is 4111 1111 1111 1111"), "").await;
        assert_eq!(code(&said), "bad_field");
        office.does(&ann, &case, note("called, all well\n<b>she says</b>"), "").await;
        let seen = office.sees(&ann, &case).await.expect("seen");
        let notes: Vec<_> = seen.notes.iter().map(|note| (note.by.as_str(), note.text.as_str())).collect();
        assert_eq!(notes, [("ann", "called, all well\n<b>she says</b>")]);
        let trail = office.trail(case.id).await;
        assert!(trail.iter().all(|row| !row.why.contains("4111") && !row.detail.contains("4111")));
        office.ends().await;
    }
}
