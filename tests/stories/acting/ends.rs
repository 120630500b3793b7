//! What people of ours end, the cashier ends first: it is asked, and its own update moves the money, once.

use super::cashier::{Cashier, Fault, PASS_CODE, PASSWORD};
use super::office::*;
use crate::support::{Scratch, databases};
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::operations::acting::act_on_payout::Act;
use tillgate::store::{Wants, outbox};

async fn office(scratch: Scratch, cashier: &Cashier) -> Office {
    let settings = cashier.settings();
    Office::with(scratch, move |all| {
        let front_end = all.front_ends.iter_mut().find(|known| known.name == FRONT_END);
        front_end.expect("the front end").reject_payout = Some(settings);
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_payout_ends_when_its_cashier_says_so_and_gives_its_money_back_once() {
    for scratch in databases() {
        let cashier = Cashier::open().await;
        let office = office(scratch, &cashier).await;
        let (ann, bob) = (operator("ann"), approver("bob"));
        for (act, letter, status) in
            [(Act::Reject, "X", PayoutStatus::Rejected), (Act::Cancel, "X", PayoutStatus::Rejected)]
        {
            let case = office.requested(BY_HAND).await;
            office.does(&ann, &case, Act::Start, "ok").await;
            assert_eq!(office.balance(&case).await, "5.00");
            let before = cashier.calls();
            office.does(&bob, &case, act, "the papers were forged").await;
            for act in [Act::Reject, Act::Approve { transaction_id: None }] {
                assert_eq!(code(&office.acts(&bob, &case, act, "x").await), "ending");
            }
            office.bench.works().await;
            assert_eq!(cashier.calls(), before + 1);
            let call = cashier.last_call();
            assert_eq!((&call["frontend"], &call["pp"]), (&FRONT_END.into(), &BY_HAND.into()));
            assert!(cashier.has_ended(case.id));
            assert_eq!(office.balance(&case).await, "5.00", "an answer moves no money");
            assert_eq!(office.updates(&case, letter, "agent7").await, 0);
            assert_eq!(
                (office.status(&case).await, office.balance(&case).await),
                (status, "20.00".to_owned())
            );
            assert_eq!(office.updates(&case, letter, "agent7").await, 0, "a repeat");
            office.hours_pass().await;
            assert_eq!((cashier.calls(), office.balance(&case).await), (before + 1, "20.00".to_owned()));
            let trail = office.trail(case.id).await;
            let asked = trail.iter().find(|row| row.kind == "payout.end_asked").expect("on record");
            assert_eq!((asked.who.as_str(), asked.why.as_str()), ("operator/bob", "the papers were forged"));
        }
        office.ends().await;
        cashier.closes();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_becomes_of_the_cashiers_answers_a_payout_ends_once() {
    for scratch in databases() {
        let cashier = Cashier::open().await;
        let office = office(scratch, &cashier).await;
        let ann = operator("ann");
        for fault in [
            Fault::SilentBefore,
            Fault::SilentAfter,
            Fault::DroppedBefore,
            Fault::DroppedAfter,
            Fault::ErrorPageBefore,
            Fault::ErrorPageAfter,
            Fault::Busy,
            Fault::Garbage,
        ] {
            let case = office.requested(BY_GATEWAY).await;
            office.does(&ann, &case, Act::Reject, "no papers").await;
            cashier.fails(&[fault]);
            office.bench.works().await;
            let done = cashier.has_ended(case.id);
            assert_eq!(office.updates(&case, "I", "agent7").await, -1, "{fault:?}: nothing starts meanwhile");
            let calls = cashier.calls();
            office.bench.works().await;
            assert_eq!(cashier.calls(), calls, "{fault:?}: not before its time");
            if done {
                // Its update comes however its answer got lost, and then nobody asks any more.
                assert_eq!(office.updates(&case, "X", "agent7").await, 0, "{fault:?}");
                office.hours_pass().await;
                assert_eq!(cashier.calls(), calls, "{fault:?}");
            } else {
                office.bench.passes(15);
                office.bench.works().await;
                assert_eq!(cashier.calls(), calls + 1, "{fault:?}: asked again");
                assert!(cashier.has_ended(case.id), "{fault:?}");
                assert_eq!(office.updates(&case, "X", "agent7").await, 0, "{fault:?}");
            }
            assert_eq!(office.status(&case).await, PayoutStatus::Rejected, "{fault:?}");
            assert_eq!(office.balance(&case).await, "20.00", "{fault:?}");
        }
        assert_eq!(office.paid_out(), 0);
        office.ends().await;
        cashier.closes();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_has_not_left_waits_for_the_cashier_and_goes_when_it_refuses() {
    for scratch in databases() {
        let cashier = Cashier::open().await;
        let office = office(scratch, &cashier).await;
        let (ann, bob) = (operator("ann"), approver("bob"));
        let case = office.requested(BY_GATEWAY).await;
        office.does(&ann, &case, Act::Start, "ok").await;
        office.does(&bob, &case, Act::Reject, "second thoughts").await;
        cashier.fails(&[Fault::Refuses]);
        office.hours_pass().await;
        assert_eq!((cashier.calls(), office.paid_out()), (1, 0), "refused for good, and held");
        let seen = office.sees(&bob, &case).await.expect("seen");
        let hold = seen.payout.hold.expect("held");
        assert!(hold.why.contains("31 being paid"), "{}", hold.why);
        assert_eq!((seen.payout.ending, seen.payout.status), (None, PayoutStatus::InProgress));

        office.does(&bob, &case, Act::Unhold, "").await;
        office.bench.works().await;
        assert_eq!((office.status(&case).await, office.paid_out()), (PayoutStatus::Approved, 1465));
        assert_eq!(office.balance(&case).await, "5.00");
        office.ends().await;
        cashier.closes();
    }
}

/// A cashier that is away for a day is given up until a person has it asked again, and its secrets are in no record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cashier_that_stays_away_is_a_persons_matter() {
    for scratch in databases() {
        let cashier = Cashier::open().await;
        let office = office(scratch, &cashier).await;
        let case = office.requested(BY_HAND).await;
        office.does(&operator("ann"), &case, Act::Reject, "no papers").await;
        cashier.fails(&[Fault::DroppedBefore; 29]);
        for _ in 0..40 {
            office.bench.works().await;
            office.bench.passes(3600);
        }
        assert_eq!(cashier.calls(), 29);
        let store = office.bench.story.running().store.clone();
        let parked = store.read(|connection| outbox::list(connection, true, 0, 10)).await.expect("read");
        assert_eq!(parked.len(), 1);
        assert_eq!(parked[0].last_error.as_deref(), Some("the connection broke"));
        let texts = [office.trail(case.id).await.iter().map(|row| row.detail.clone() + &row.why).collect()];
        for secret in [PASSWORD, PASS_CODE, cashier.url.as_str()] {
            assert!(texts.iter().all(|text: &String| !text.contains(secret)));
        }

        let id = parked[0].id;
        let retried = store.transact("people", Wants::nothing(), move |tx| Ok(outbox::retry(tx, id)?)).await;
        assert!(retried.expect("retried"));
        office.bench.works().await;
        assert!(cashier.has_ended(case.id));
        assert_eq!(office.updates(&case, "C", "agent7").await, 0, "in the cashier's own word");
        assert_eq!(office.status(&case).await, PayoutStatus::Cancelled);
        office.ends().await;
        cashier.closes();
    }
}
