//! Refunds and payouts.

use super::world::*;
use tillgate::domain::outcome::Outcome;
use tillgate::processors::sopg::client::Client;
use tillgate::processors::sopg::payout::{PayoutRequest, execute};
use tillgate::processors::sopg::simulator::{Fault, Kind};
use tillgate::processors::{DepositProcessor, PayoutProcessor};

fn paid(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Paid { .. })
}

fn declined(outcome: &Outcome, expected: &str) -> bool {
    matches!(outcome, Outcome::Declined { code, .. } if code == expected)
}

#[tokio::test]
async fn a_refund_is_whole_or_in_parts_and_never_more_than_was_paid() {
    let world = World::new();
    let order = world.paid("DE-1", eur("24.90"), &["12"]).await;
    let refund = |amount, id| world.processor.refund(&order, amount, id);
    assert!(declined(&refund(eur("1.00"), "RF-0").await, "3180"));
    world.processor.settle(&order).await;
    assert!(paid(&refund(eur("10.00"), "RF-1").await));
    assert_eq!(world.taken(), 1490);
    assert!(declined(&refund(eur("15.00"), "RF-2").await, "3179"));
    assert!(paid(&refund(eur("14.90"), "RF-2").await), "a refused validation must not use the id up");
    assert_eq!(world.taken(), 0);
    assert!(declined(&refund(eur("1.00"), "DE-1").await, "3169"));
    assert!(declined(&refund(eur("1.00"), "not an id").await, "unwritable"));
    let mut nobody = order.clone();
    nobody.customer.email = None;
    assert!(declined(&world.processor.refund(&nobody, eur("1.00"), "RF-3").await, "3179"));
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_repeated_under_its_id_and_made_once() {
    for (place, kind) in [
        (0, Kind::ResetBefore),
        (1, Kind::ResetBefore),
        (1, Kind::ResetAfter),
        (1, Kind::CodesAfter { result: 2, error: 10007 }),
        (1, Kind::PageAfter(502)),
        (1, Kind::Truncated),
    ] {
        let world = World::new();
        let order = world.paid("DE-1", eur("24.90"), &["12"]).await;
        world.processor.settle(&order).await;
        let fault = Fault::new("refund", kind.clone()).skipping(place);
        world.simulator.fault(fault);
        let mut outcome = world.processor.refund(&order, eur("24.90"), "RF-1").await;
        if place == 0 {
            assert!(matches!(outcome, Outcome::NotSent { .. }), "{kind:?}: {outcome:?}");
            outcome = world.processor.refund(&order, eur("24.90"), "RF-1").await;
        }
        assert!(paid(&outcome), "{kind:?}: {outcome:?}");
        assert_eq!(world.taken(), 0, "{kind:?}");
        // The caller died before it could note the outcome, and does it all again.
        assert!(paid(&world.processor.refund(&on_record(&order, "refund"), eur("24.90"), "RF-1").await));
        assert_eq!(world.simulator.look(|book| book.refunds.len()), 1);
        world.simulator.stop().await;
    }
}

#[tokio::test]
async fn with_an_earlier_refund_on_record_a_refusal_proves_nothing() {
    let world = World::new();
    let order = world.paid("DE-1", eur("24.90"), &["12"]).await;
    world.processor.settle(&order).await;
    world.fails("refund", Kind::CodesBefore { result: 1, error: 3179 });
    let outcome = world.processor.refund(&on_record(&order, "refund"), eur("24.90"), "RF-1").await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_payout_reaches_the_customers_account_once() {
    let world = World::of(|account| account.used_payout_id_is_paid = true);
    let order = payout("PO-1", eur("14.65"), "jane@customer.example");
    assert_eq!(world.processor.inquire(&order).await, Outcome::NotFound);
    assert!(paid(&world.processor.send(&order).await));
    assert!(matches!(world.processor.send(&order).await, Outcome::Unknown { .. }));
    assert!(paid(&world.processor.inquire(&order).await));
    assert_eq!(world.simulator.look(|book| book.paid_out("psc_example_shop_test", "EUR")), 1465);
}

#[tokio::test]
async fn a_payout_whose_answer_is_lost_is_settled_by_asking() {
    for (kind, arrived) in [
        (Kind::ResetBefore, false),
        (Kind::PageBefore(502), false),
        (Kind::FaultServer, false),
        (Kind::ResetAfter, true),
        (Kind::PageAfter(500), true),
        (Kind::CodesAfter { result: 2, error: 10007 }, true),
        (Kind::HalfSent, true),
    ] {
        let world = World::of(|account| account.used_payout_id_is_paid = true);
        let order = payout("PO-1", eur("14.65"), "jane@customer.example");
        world.simulator.fault(Fault::new("payout", kind.clone()).skipping(1));
        let outcome = world.processor.send(&order).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{kind:?}: {outcome:?}");
        let asked = world.processor.inquire(&order).await;
        if arrived {
            assert!(paid(&asked), "{kind:?}: {asked:?}");
        } else {
            assert_eq!(asked, Outcome::NotFound, "{kind:?}");
            assert!(paid(&world.processor.send(&order).await));
        }
        assert_eq!(
            world.simulator.look(|book| book.paid_out("psc_example_shop_test", "EUR")),
            1465,
            "{kind:?}"
        );
        world.simulator.stop().await;
    }
}

#[tokio::test]
async fn refusals_of_payouts_are_told_apart_and_use_no_id_up() {
    let world = World::new();
    for (name, code) in [
        ("unknown", "3162"),
        ("inactive", "3193"),
        ("kyc", "3168"),
        ("limit", "3172"),
        ("mismatch", "3195"),
        ("blocked", "3199"),
    ] {
        let order = payout("PO-1", eur("14.65"), &format!("{name}@customer.example"));
        assert!(declined(&world.processor.send(&order).await, code), "{name}");
    }
    assert!(declined(&world.processor.send(&payout("PO-1", eur("2500.01"), "jane@x.example")).await, "3165"));
    assert!(paid(&world.processor.send(&payout("PO-1", eur("14.65"), "jane@x.example")).await));
    // One pseudonym, one account, for ever.
    let mut other = payout("PO-2", eur("14.65"), "joan@x.example");
    other.pin = "jane@x.example".to_owned();
    assert!(declined(&world.processor.send(&other).await, "3197"));
    other = payout("PO-2", eur("14.65"), "jane@x.example");
    other.pin = "somebody else".to_owned();
    assert!(declined(&world.processor.send(&other).await, "3198"));
    other.customer.email = None;
    assert!(declined(&world.processor.send(&other).await, "email"));
}

#[tokio::test]
async fn a_payout_that_arrived_and_was_refused_is_never_called_paid() {
    let world = World::of(|account| account.used_payout_id_is_paid = true);
    let order = payout("PO-1", eur("14.65"), "jane@customer.example");
    // An execution that is refused uses the id up, and nobody got its answer.
    let client = Client::new(&account(&world.simulator), tillgate::clock::Clock::system()).unwrap();
    let refused = PayoutRequest {
        ptid: "PO-1",
        amount: eur("14.65"),
        customer: ("EMAIL", "unknown@customer.example"),
        client_id: "c",
        client_ip: None,
        shop_id: None,
        shop_label: None,
        utc_offset: "+01:00",
        first_name: None,
        last_name: None,
        born: None,
    };
    assert_eq!(execute(&client, &refused).await.unwrap_err().code(), "3162");
    assert_eq!(execute(&client, &refused).await.unwrap_err().code(), "3164");
    let outcome = world.processor.inquire(&order).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_used_id_is_no_proof_that_money_went_out_unless_the_account_says_so() {
    let world = World::new();
    let order = payout("PO-1", eur("14.65"), "jane@customer.example");
    assert!(paid(&world.processor.send(&order).await));
    assert!(matches!(world.processor.inquire(&order).await, Outcome::Unknown { .. }));
}
