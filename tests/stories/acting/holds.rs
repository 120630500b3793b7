//! Somebody stops a payout: nothing of it starts, by whatever door, until he or another lets it go.

use super::office::*;
use crate::support::databases;
use tillgate::domain::payout::attempt::AttemptState;
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::operations::acting::act_on_payout::Act;

#[tokio::test]
async fn a_held_payout_starts_by_no_door() {
    for scratch in databases() {
        let office = Office::on(scratch, plain).await;
        let (ann, bob) = (operator("ann"), approver("bob"));
        let case = office.requested(BY_GATEWAY).await;
        assert_eq!(code(&office.acts(&ann, &case, Act::Hold, "").await), "bad_field", "why?");
        office.does(&ann, &case, Act::Hold, "the bank called").await;
        assert_eq!(office.updates(&case, "A", "agent7").await, 0, "that starts nothing");
        assert_eq!(office.updates(&case, "I", "agent7").await, -1);
        assert_eq!(code(&office.acts(&bob, &case, Act::Start, "x").await), "held");
        assert_eq!(code(&office.acts(&ann, &case, Act::Unhold, "").await), "role", "another lets it go");
        office.hours_pass().await;
        assert_eq!((office.paid_out(), office.balance(&case).await), (0, "20.00".to_owned()));

        office.does(&bob, &case, Act::Unhold, "").await;
        assert_eq!(office.updates(&case, "I", "agent7").await, 0);
        office.bench.works().await;
        assert_eq!((office.paid_out(), office.status(&case).await), (1465, PayoutStatus::Approved));
        office.ends().await;
    }
}

#[tokio::test]
async fn a_payout_that_is_held_before_its_order_leaves_is_not_sent() {
    for scratch in databases() {
        let office = Office::on(scratch, plain).await;
        let (ann, bob) = (operator("ann"), approver("bob"));
        let case = office.requested(BY_GATEWAY).await;
        office.does(&ann, &case, Act::Start, "ok").await;
        office.does(&ann, &case, Act::Hold, "wait").await;
        office.hours_pass().await;
        let attempt = |seen: tillgate::operations::acting::look_at_payout::Seen| seen.payout.attempt;
        let seen = office.sees(&ann, &case).await.expect("seen");
        assert_eq!((attempt(seen), office.paid_out()), (Some(AttemptState::Planned), 0));
        assert_eq!(office.updates(&case, "Y", "agent7").await, -1, "not paid, so not approved");

        office.does(&bob, &case, Act::Unhold, "").await;
        office.bench.works().await;
        assert_eq!((office.paid_out(), office.status(&case).await), (1465, PayoutStatus::Approved));

        // The customer's money may go back all the same.
        let second = office.requested(BY_GATEWAY).await;
        office.does(&ann, &second, Act::Start, "ok").await;
        office.does(&ann, &second, Act::Hold, "wait").await;
        assert_eq!(office.updates(&second, "X", "agent7").await, 0);
        assert_eq!(office.balance(&second).await, "20.00");
        office.hours_pass().await;
        assert_eq!(office.paid_out(), 1465);
        office.ends().await;
    }
}

#[tokio::test]
async fn what_the_cashier_has_paid_is_booked_though_it_was_held() {
    for scratch in databases() {
        let office = Office::on(scratch, plain).await;
        let cy = approver("cy");
        let case = office.requested(BY_HAND).await;
        office.does(&cy, &case, Act::Hold, "under suspicion").await;
        assert_eq!(office.updates(&case, "Y", "agent7").await, 0);
        assert_eq!(office.balance(&case).await, "5.00");
        office.ends().await;
    }
}
