//! Refunds: partial, several, slow, refused.

use super::bench::*;
use tillgate::domain::outcome::{DepositOutcome, Outcome};
use tillgate::processors::rest_gateway::deposits::extra;
use tillgate::processors::rest_gateway::simulator::Fault;
use tillgate::processors::{DepositOrder, DepositProcessor};

fn after(order: &DepositOrder, refunded_minor: i64) -> DepositOrder {
    let mut order = order.clone();
    order.extra.insert(extra::REFUNDED_MINOR.to_owned(), refunded_minor.to_string());
    order
}

#[tokio::test]
async fn several_refunds_add_up_and_the_last_one_ends_the_deposit() {
    let bench = Bench::begin().await;
    bench.simulator.switch(|switches| switches.multiple_refund = true);
    let order = bench.paid("ord-1", "50.00").await;
    let first = bench.gateway.refund(&order, eur("20.00"), "R1").await;
    assert!(matches!(first, Outcome::Paid { .. }), "{first:?}");
    assert!(is_paid(&bench.gateway.settle(&order).await, 5000), "a partial refund leaves a paid deposit");
    let second = bench.gateway.refund(&after(&order, 2000), eur("30.00"), "R2").await;
    assert!(matches!(second, Outcome::Paid { .. }), "{second:?}");
    assert_eq!(bench.refunded(), 5000);
    let outcome = bench.gateway.settle(&order).await;
    assert!(matches!(outcome, DepositOutcome::Failed { ref code, .. } if code == "refunded"), "{outcome:?}");
}

#[tokio::test]
async fn a_second_refund_of_the_same_amount_is_not_taken_for_the_first() {
    let bench = Bench::begin().await;
    bench.simulator.switch(|switches| switches.multiple_refund = true);
    let order = bench.paid("ord-1", "50.00").await;
    for earlier in [0, 500, 1000] {
        let outcome = bench.gateway.refund(&after(&order, earlier), eur("5.00"), "R").await;
        assert!(matches!(outcome, Outcome::Paid { .. }), "{outcome:?}");
        assert_eq!(bench.refunded(), earlier + 500);
    }
}

#[tokio::test]
async fn a_refusal_is_a_decline_and_moves_nothing() {
    let bench = Bench::begin().await;
    let order = bench.paid("ord-1", "50.00").await;
    let outcome = bench.gateway.refund(&order, eur("50.01"), "R1").await;
    assert!(matches!(outcome, Outcome::Declined { .. }), "{outcome:?}");
    assert_eq!(bench.refunded(), 0);
    // Only one refund by default.
    assert!(matches!(bench.gateway.refund(&order, eur("20.00"), "R1").await, Outcome::Paid { .. }));
    let second = bench.gateway.refund(&after(&order, 2000), eur("5.00"), "R2").await;
    assert!(matches!(second, Outcome::Declined { .. }), "{second:?}");
    assert_eq!(bench.refunded(), 2000);
}

#[tokio::test]
async fn a_slow_refund_is_open_until_it_is_done_and_nothing_goes_in_between() {
    let bench = Bench::begin().await;
    bench.simulator.switch(|switches| {
        switches.slow_refunds = true;
        switches.multiple_refund = true;
    });
    let order = bench.paid("ord-1", "50.00").await;
    bench.simulator.plan("refund", Fault::ResetAfter);
    let outcome = bench.gateway.refund(&order, eur("5.00"), "R1").await;
    assert!(matches!(outcome, Outcome::Open { .. }), "{outcome:?}");
    let outcome = bench.gateway.refund(&order, eur("5.00"), "R1").await;
    assert!(matches!(outcome, Outcome::Open { .. }), "{outcome:?}");
    bench.simulator.finish_refunds();
    let outcome = bench.gateway.refund(&order, eur("5.00"), "R1").await;
    assert!(matches!(outcome, Outcome::Paid { .. }), "{outcome:?}");
    assert_eq!(bench.refunded(), 500);
    assert_eq!(bench.simulator.processed("refund"), 1);
}

#[tokio::test]
async fn refunds_that_nobody_knows_of_stop_everything() {
    let bench = Bench::begin().await;
    bench.simulator.switch(|switches| switches.multiple_refund = true);
    let order = bench.paid("ord-1", "50.00").await;
    assert!(matches!(bench.gateway.refund(&order, eur("7.00"), "elsewhere").await, Outcome::Paid { .. }));
    let outcome = bench.gateway.refund(&order, eur("5.00"), "R1").await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    assert_eq!(bench.refunded(), 700);
}

#[tokio::test]
async fn the_same_refund_at_the_same_time_is_sent_once() {
    let bench = Bench::begin().await;
    bench.simulator.switch(|switches| switches.multiple_refund = true);
    let order = bench.paid("ord-1", "50.00").await;
    let outcomes =
        futures_util::future::join_all((0..8).map(|_| bench.gateway.refund(&order, eur("5.00"), "R1"))).await;
    let paid = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Paid { .. })).count();
    let open = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Open { .. })).count();
    assert_eq!((paid, open), (1, 7), "{outcomes:?}");
    assert_eq!(bench.refunded(), 500);
}

#[tokio::test]
async fn an_authorization_has_nothing_to_refund() {
    let bench = Bench::begin().await;
    let order = bench.authorized("ord-1", "50.00").await;
    let outcome = bench.gateway.refund(&order, eur("5.00"), "R1").await;
    assert!(matches!(outcome, Outcome::Declined { .. }), "{outcome:?}");
    assert_eq!(bench.simulator.processed("refund"), 0);
}
