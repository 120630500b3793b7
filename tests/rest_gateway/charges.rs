//! Charges that the gateway names itself: by token and in a series.

use super::bench::*;
use tillgate::domain::outcome::DepositOutcome;
use tillgate::processors::rest_gateway::deposits::extra;
use tillgate::processors::rest_gateway::simulator::{CARD_APPROVED, CARD_THREE_D, Decision, Fault};
use tillgate::processors::{Capture, DepositOrder, DepositProcessor, Opened};

/// Begins a series with a stored card: the first payment's number and the token.
async fn begin(bench: &Bench, number: &str) -> (String, String) {
    let mut first = deposit("ord-1", "50.00");
    first.extra.insert(extra::RECURRING.to_owned(), "initial".to_owned());
    let (_, stored) = bench.gateway.open_and_store_card(&first, &card(number)).await;
    let payment = bench.simulator.payment("ord-1").expect("a payment");
    bench.simulator.customer_decides(payment.id, Decision::Pay);
    (payment.id.to_string(), stored.expect("a stored card").token)
}

fn of_series(bench: &Bench, initial: &str) -> DepositOrder {
    let mut order = deposit("ord-2", "9.99");
    order.extra.insert(extra::INITIAL_PAYMENT.to_owned(), initial.to_owned());
    order.extra.insert(extra::SENT_AT.to_owned(), bench.now().to_rfc3339());
    order
}

#[tokio::test]
async fn a_series_charges_again_and_again() {
    let bench = Bench::begin().await;
    let (initial, _) = begin(&bench, CARD_APPROVED).await;
    for month in 1..=3 {
        bench.clock.advance(chrono::Duration::days(30));
        let order = of_series(&bench, &initial);
        let opened = bench.gateway.open(&order).await;
        assert!(matches!(opened, Opened::Decided(ref outcome) if is_paid(outcome, 999)), "{opened:?}");
        assert_eq!(bench.captured(), 5000 + month * 999);
    }
}

#[tokio::test]
async fn a_declined_charge_fails() {
    let bench = Bench::begin().await;
    let (initial, token) = begin(&bench, CARD_APPROVED).await;
    bench.simulator.switch(|switches| switches.decline_charges = true);
    let opened = bench.gateway.open(&of_series(&bench, &initial)).await;
    assert!(matches!(opened, Opened::Decided(DepositOutcome::Failed { .. })), "{opened:?}");
    let order = DepositOrder { instrument: Some(instrument(&token)), ..deposit("ord-3", "9.99") };
    let opened = bench.gateway.open(&order).await;
    assert!(matches!(opened, Opened::Decided(DepositOutcome::Failed { .. })), "{opened:?}");
    assert_eq!(bench.captured(), 5000);
}

#[tokio::test]
async fn an_ordinary_payment_begins_no_series() {
    let bench = Bench::begin().await;
    let paid = bench.paid("ord-1", "50.00").await;
    let initial = paid.processor_reference.expect("a number");
    let opened = bench.gateway.open(&of_series(&bench, &initial)).await;
    assert!(matches!(opened, Opened::Refused { .. }), "{opened:?}");
}

#[tokio::test]
async fn two_charges_that_look_alike_are_not_guessed_at() {
    let bench = Bench::begin().await;
    let (initial, _) = begin(&bench, CARD_APPROVED).await;
    let first = of_series(&bench, &initial);
    assert!(matches!(bench.gateway.open(&first).await, Opened::Decided(_)));
    let known = bench.simulator.payments().last().expect("a payment").id.to_string();
    bench.clock.advance(chrono::Duration::minutes(1));
    let mut second = of_series(&bench, &initial);
    bench.simulator.plan("repeated", Fault::ResetAfter);
    assert!(matches!(bench.gateway.open(&second).await, Opened::Unknown { .. }));
    let outcome = bench.gateway.settle(&second).await;
    assert!(matches!(outcome, DepositOutcome::Unknown { .. }), "{outcome:?}");
    second.extra.insert(extra::OTHER_PAYMENTS.to_owned(), known.clone());
    let outcome = bench.gateway.settle(&second).await;
    assert!(
        matches!(outcome, DepositOutcome::Paid { ref reference, minor: 999, .. } if *reference != known),
        "{outcome:?}"
    );
    assert_eq!(bench.captured(), 5000 + 2 * 999);
}

#[tokio::test]
async fn a_token_may_need_the_bank_and_may_be_captured_later() {
    let bench = Bench::begin().await;
    let (_, token) = begin(&bench, CARD_THREE_D).await;
    let order = DepositOrder {
        instrument: Some(instrument(&token)),
        capture: Capture::Manual,
        ..deposit("ord-2", "15.00")
    };
    let Opened::Form { reference, .. } = bench.gateway.open(&order).await else { panic!("no form") };
    let order = DepositOrder { processor_reference: reference.clone(), ..order };
    let id = reference.expect("a number").parse().expect("a number");
    bench.simulator.customer_decides(id, Decision::Pay);
    assert!(matches!(bench.gateway.settle(&order).await, DepositOutcome::Authorized { .. }));
    assert!(is_paid(&bench.gateway.capture(&order, eur("15.00"), true).await, 1500));
    assert_eq!(bench.captured(), 6500);
}

#[tokio::test]
async fn another_processors_token_is_not_sent() {
    let bench = Bench::begin().await;
    let mut order = deposit("ord-1", "9.99");
    let mut foreign = instrument("0123456789");
    foreign.issuer = "paygate".to_owned();
    order.instrument = Some(foreign);
    assert!(matches!(bench.gateway.open(&order).await, Opened::Refused { .. }));
    assert_eq!(bench.simulator.tokens_given(), 0);
}

#[tokio::test]
async fn a_long_list_is_searched_to_its_end() {
    let bench = Bench::begin().await;
    let (initial, _) = begin(&bench, CARD_APPROVED).await;
    let order = of_series(&bench, &initial);
    bench.simulator.plan("repeated", Fault::BadGatewayAfter);
    assert!(matches!(bench.gateway.open(&order).await, Opened::Unknown { .. }));
    for number in 0..65 {
        bench.paid(&format!("more-{number}"), "9.99").await;
    }
    assert!(is_paid(&bench.gateway.settle(&order).await, 999));
}
