//! What takes two people: the outcome of what is unknown, and adjustments of a balance.

use super::office::*;
use crate::support::databases;
use chrono::Duration;
use serde_json::json;
use tillgate::domain::ids::{DepositId, ProposalId};
use tillgate::domain::payout::attempt::AttemptState;
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::domain::proposal::{Decision, Matter, ProposalState, Verdict};
use tillgate::operations::acting::act_on_payout::Act;
use tillgate::processors::sopg::simulator::{Fault, Kind};
use tillgate::store::{Wants, deposits, outbox, proposals, refunds};

fn paid() -> Verdict {
    Verdict::Paid { reference: "STATEMENT-7".to_owned() }
}

fn id_of(acted: tillgate::operations::acting::Acted) -> ProposalId {
    done(acted).proposal.expect("a proposal")
}

async fn state(office: &Office, id: ProposalId) -> ProposalState {
    let store = &office.bench.story.running().store;
    let found = store.read(move |connection| proposals::find_now(connection, id)).await;
    found.expect("read").expect("the proposal").state
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_people_settle_as_paid_what_no_inquiry_can_tell() {
    for scratch in databases() {
        let office = Office::on(scratch, plain).await;
        let (ann, bob, cy) = (finance("ann"), finance("bob"), approver("cy"));
        let case = office.unknown(true).await;
        office.hours_pass().await;
        let matter = office.matter(&case).await;
        assert_eq!(code(&office.proposes(&operator("otto"), matter, paid()).await), "role");
        let id = id_of(office.proposes(&ann, matter, paid()).await);
        assert_eq!(office.status(&case).await, PayoutStatus::InProgress, "one person changes nothing");
        assert_eq!(code(&office.proposes(&bob, matter, Verdict::NotPaid).await), "proposed");
        for name in ["ann", "Ann", "ANN "] {
            let said = office.decides(&finance(name), id, Decision::Confirm).await;
            assert_eq!(code(&said), "own_proposal", "{name}");
        }
        assert_eq!(code(&office.decides(&bob, id, Decision::Withdraw).await), "others_proposal");
        assert_eq!(code(&office.decides(&operator("otto"), id, Decision::Confirm).await), "role");
        assert_eq!(office.updates(&case, "Y", "agent7").await, -1, "still unknown");

        let (one, other) = tokio::join!(
            office.decides(&bob, id, Decision::Confirm),
            office.decides(&cy, id, Decision::Confirm),
        );
        let mut codes = [code(&one), code(&other)];
        codes.sort_unstable();
        assert_eq!(codes, ["decided", "done"]);
        assert_eq!(office.status(&case).await, PayoutStatus::Approved);
        let seen = office.sees(&ann, &case).await.expect("seen");
        assert_eq!(seen.payout.transaction_id.as_deref(), Some("STATEMENT-7"));
        let calls = office.bench.gateway.calls("payout");
        office.hours_pass().await;
        assert_eq!(office.bench.gateway.calls("payout"), calls, "nobody asks any more");
        assert_eq!((office.paid_out(), office.balance(&case).await), (1465, "5.00".to_owned()));
        assert_eq!(office.updates(&case, "Y", "agent7").await, 0);

        let trail = office.trail(case.id).await;
        let made = trail.iter().find(|row| row.kind == "proposal.made").expect("on record");
        let decided = trail.iter().find(|row| row.kind == "proposal.decided").expect("on record");
        assert_eq!(made.who, "operator/ann");
        assert!(["operator/bob", "operator/cy"].contains(&decided.who.as_str()));
        assert!(decided.detail.contains("\"proposed_by\":\"ann\""), "{}", decided.detail);
        office.ends().await;
    }
}

#[tokio::test]
async fn two_people_settle_as_not_paid_and_the_money_goes_back() {
    for scratch in databases() {
        let office = Office::on(scratch, plain).await;
        let (ann, bob) = (finance("ann"), approver("bob"));
        let case = office.unknown(false).await;
        let matter = office.matter(&case).await;
        let id = id_of(office.proposes(&ann, matter, Verdict::NotPaid).await);
        assert_eq!(code(&office.acts(&bob, &case, Act::Reject, "x").await), "illegal_step", "still unknown");
        done(office.decides(&bob, id, Decision::Confirm).await);
        let seen = office.sees(&bob, &case).await.expect("seen");
        assert_eq!(seen.payout.attempt, Some(AttemptState::Refused));
        office.hours_pass().await;
        assert_eq!(office.paid_out(), 0, "nothing is sent again by itself");
        office.does(&bob, &case, Act::Reject, "never paid").await;
        assert_eq!(office.balance(&case).await, "20.00");
        office.ends().await;
    }
}

#[tokio::test]
async fn declined_or_taken_back_a_proposal_changes_nothing_and_another_may_follow() {
    for scratch in databases() {
        let office = Office::on(scratch, plain).await;
        let (ann, bob) = (finance("ann"), finance("bob"));
        let case = office.unknown(true).await;
        let matter = office.matter(&case).await;
        for (who, decision, expected) in [
            (&bob, Decision::Decline, ProposalState::Declined),
            (&ann, Decision::Withdraw, ProposalState::Withdrawn),
        ] {
            let id = id_of(office.proposes(&ann, matter, Verdict::NotPaid).await);
            done(office.decides(who, id, decision).await);
            assert_eq!(state(&office, id).await, expected);
            for late in Decision::ALL {
                assert_eq!(code(&office.decides(&finance("cy"), id, late).await), "decided");
            }
        }
        let seen = office.sees(&ann, &case).await.expect("seen");
        assert_eq!(seen.payout.attempt, Some(AttemptState::Unknown));
        let id = id_of(office.proposes(&ann, matter, paid()).await);
        done(office.decides(&bob, id, Decision::Confirm).await);
        assert_eq!(office.status(&case).await, PayoutStatus::Approved);
        office.ends().await;
    }
}

#[tokio::test]
async fn an_inquiry_that_is_faster_overtakes_the_proposal() {
    for scratch in databases() {
        let office = Office::with(scratch, |settings| {
            settings.sopg.accounts.values_mut().for_each(|account| account.used_payout_id_is_paid = true);
        })
        .await;
        let (ann, bob) = (finance("ann"), finance("bob"));
        let case = office.unknown(true).await;
        let matter = office.matter(&case).await;
        let id = id_of(office.proposes(&ann, matter, Verdict::NotPaid).await);
        office.hours_pass().await;
        assert_eq!(office.status(&case).await, PayoutStatus::Approved, "the inquiry");
        assert_eq!(state(&office, id).await, ProposalState::Overtaken);
        assert_eq!(code(&office.decides(&bob, id, Decision::Confirm).await), "decided");
        assert_eq!(code(&office.proposes(&ann, matter, Verdict::NotPaid).await), "nothing_unknown");
        assert_eq!((office.paid_out(), office.balance(&case).await), (1465, "5.00".to_owned()));
        office.ends().await;
    }
}

/// What is on its way right now, or is just being asked about, is not people's to settle.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_settles_what_a_worker_holds() {
    for scratch in databases() {
        let office = Office::on(scratch, plain).await;
        let (ann, bob) = (finance("ann"), finance("bob"));
        let case = office.requested(BY_GATEWAY).await;
        office.does(&operator("otto"), &case, Act::Start, "ok").await;
        office.bench.gateway.fault(Fault::new("payout", Kind::HoldAfter).skipping(1));
        let worker = office.bench.story.running().worker.clone();
        let sending = tokio::spawn(async move { worker.run_once().await });
        while office.bench.gateway.calls("payout") < 2 {
            tokio::task::yield_now().await;
        }
        let matter = office.matter(&case).await;
        assert_eq!(code(&office.proposes(&ann, matter, Verdict::NotPaid).await), "being_sent");
        sending.abort();
        assert!(sending.await.is_err_and(|error| error.is_cancelled()));
        office.bench.clears_faults().await;

        // Its lease ends, the next worker finds it unknown and asks in vain.
        office.bench.passes(121);
        office.bench.works().await;
        let id = id_of(office.proposes(&ann, matter, paid()).await);
        office.bench.passes(31);
        let store = office.bench.story.running().store.clone();
        let claims = store.transact("worker", Wants::nothing(), |tx| {
            Ok(outbox::claim(tx, "another node", 10, Duration::seconds(120))?)
        });
        let claims = claims.await.expect("claimed");
        assert!(claims.iter().any(|claim| claim.errand.kind == "pay_out"), "{claims:?}");
        assert_eq!(code(&office.decides(&bob, id, Decision::Confirm).await), "being_asked");
        office.bench.passes(121);
        done(office.decides(&bob, id, Decision::Confirm).await);
        assert_eq!(office.status(&case).await, PayoutStatus::Approved);
        for claim in claims {
            let held = store.transact("worker", Wants::nothing(), move |tx| Ok(outbox::is_held(tx, &claim)?));
            assert!(!held.await.expect("asked"), "the paused worker has lost its claim");
        }
        assert_eq!(office.paid_out(), 1465);
        office.ends().await;
    }
}

#[tokio::test]
async fn a_refund_of_unknown_outcome_is_settled_by_two() {
    for verdict in [paid(), Verdict::NotPaid] {
        for scratch in databases() {
            let office = Office::on(scratch, plain).await;
            let (ann, bob) = (finance("ann"), finance("bob"));
            let paying = office.bench.opens(crate::stories::sopg::bench::EUROS).await;
            office.bench.pays(&paying).await;
            office.bench.gateway.deliver_due().await;
            assert_eq!(office.bench.settles(&paying).await, "Credited");
            let fields = json!({ "TraceID": office.bench.story.next_trace() });
            assert_eq!(office.bench.call(&paying, "RefundDeposit", fields).await["Status"], 0);
            let arrived = verdict != Verdict::NotPaid;
            let kind = if arrived { Kind::ResetAfter } else { Kind::ResetBefore };
            office.bench.gateway.fault(Fault::new("refund", kind).skipping(1).times(9));
            office.bench.works().await;
            office.bench.clears_faults().await;

            let deposit = DepositId::parse(&paying.id).expect("ours");
            let store = office.bench.story.running().store.clone();
            let refund = store.read(move |connection| refunds::of_deposit(connection, deposit)).await;
            let refund = refund.expect("read").pop().expect("a refund");
            assert_eq!(refund.state, AttemptState::Unknown);
            let id = id_of(office.proposes(&ann, Matter::Refund(refund.id), verdict.clone()).await);
            assert_eq!(code(&office.decides(&ann, id, Decision::Confirm).await), "own_proposal");
            done(office.decides(&bob, id, Decision::Confirm).await);
            let left = if arrived { "0.00" } else { "5.00" };
            assert_eq!(office.bench.story.balance(&paying.customer).await, left);
            office.hours_pass().await;
            let refunded: i64 =
                office.bench.gateway.look(|book| book.refunds.iter().map(|refund| refund.amount).sum());
            assert_eq!(refunded, if arrived { 500 } else { 0 }, "and nothing is sent again");
            office.bench.story.ends().await;
            office.bench.gateway.stop().await;
        }
    }
}

#[tokio::test]
async fn a_deposit_that_nobody_explains_is_settled_by_two() {
    for scratch in databases() {
        let office = Office::on(scratch, plain).await;
        let (ann, bob) = (finance("ann"), finance("bob"));
        for (verdict, status, owns) in [(paid(), "Credited", "5.00"), (Verdict::NotPaid, "Declined", "0.00")]
        {
            let paying = office.bench.opens(crate::stories::sopg::bench::EUROS).await;
            use tillgate::processors::sopg::simulator::Letter;
            office.bench.gateway.force(&paying.mtid, Letter::I);
            let id = DepositId::parse(&paying.id).expect("ours");
            let early = office.proposes(&ann, Matter::Deposit(id), verdict.clone()).await;
            assert_eq!(code(&early), "nothing_unknown", "the customer may still pay");
            office.bench.passes(3 * 3600);
            office.bench.works().await;
            assert_eq!(office.bench.status(&paying).await, "Pending");
            let verdict = match verdict {
                Verdict::Paid { .. } => Verdict::Paid { reference: format!("S-{}", paying.mtid) },
                other => other,
            };
            let proposal = id_of(office.proposes(&ann, Matter::Deposit(id), verdict).await);
            assert_eq!(office.bench.status(&paying).await, "Pending", "one person changes nothing");
            done(office.decides(&bob, proposal, Decision::Confirm).await);
            assert_eq!(office.bench.status(&paying).await, status);
            assert_eq!(office.bench.story.balance(&paying.customer).await, owns);
            let store = office.bench.story.running().store.clone();
            let (deposit, _) = store
                .read(move |connection| deposits::find_managed(connection, id))
                .await
                .expect("read")
                .expect("the deposit");
            assert_eq!(deposit.captured.minor(), if status == "Credited" { 500 } else { 0 });
        }
        office.bench.story.ends().await;
        office.bench.gateway.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_balance_is_adjusted_by_two_and_once() {
    for scratch in databases() {
        let office = Office::on(scratch, |approvals| {
            approvals.limits = [("finance".to_owned(), "50.00".to_owned())].into();
        })
        .await;
        let (ann, bob, cy) = (finance("ann"), finance("bob"), finance("cy"));
        let case = office.requested(BY_HAND).await;
        let customer = &case.customer;
        assert_eq!(code(&office.proposes_adjustment(&approver("al"), customer, 100).await), "role");
        assert_eq!(code(&office.proposes_adjustment(&ann, customer, 0).await), "bad_field");
        assert_eq!(code(&office.proposes_adjustment(&ann, customer, -5_001).await), "over_limit");

        let id = id_of(office.proposes_adjustment(&ann, customer, 1_000).await);
        assert_eq!(office.balance(&case).await, "20.00");
        assert_eq!(code(&office.decides(&ann, id, Decision::Confirm).await), "own_proposal");
        let (one, other) = tokio::join!(
            office.decides(&bob, id, Decision::Confirm),
            office.decides(&cy, id, Decision::Confirm),
        );
        let mut codes = [code(&one), code(&other)];
        codes.sort_unstable();
        assert_eq!(codes, ["decided", "done"]);
        assert_eq!(office.balance(&case).await, "30.00");

        // More than he has: refused at the second person's hand, and still open.
        let id = id_of(office.proposes_adjustment(&ann, customer, -3_001).await);
        assert_eq!(code(&office.decides(&bob, id, Decision::Confirm).await), "insufficient_funds");
        assert_eq!(state(&office, id).await, ProposalState::Open);
        done(office.decides(&bob, id, Decision::Decline).await);
        assert_eq!(office.balance(&case).await, "30.00");
        office.ends().await;
    }
}
