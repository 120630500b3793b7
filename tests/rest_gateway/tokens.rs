//! The token's life: fetched once, renewed early, and replaced when the gateway refuses it.

use super::bench::*;
use tillgate::domain::outcome::DepositOutcome;
use tillgate::processors::DepositProcessor;
use tillgate::processors::rest_gateway::RestGateway;
use tillgate::processors::rest_gateway::simulator::Fault;

#[tokio::test]
async fn many_calls_at_once_share_one_token() {
    let bench = Bench::begin().await;
    let order = deposit("ord-1", "50.00");
    let asked = futures_util::future::join_all((0..20).map(|_| bench.gateway.settle(&order))).await;
    assert!(asked.iter().all(|outcome| *outcome == DepositOutcome::NotFound), "{asked:?}");
    // One for payments and one for invoices, which are asked about a card deposit too.
    assert_eq!(bench.simulator.tokens_given(), 2);
}

#[tokio::test]
async fn it_is_renewed_before_it_ends() {
    let bench = Bench::begin().await;
    let order = bench.paid("ord-1", "50.00").await;
    bench.clock.advance(chrono::Duration::seconds(3299));
    assert!(is_paid(&bench.gateway.settle(&order).await, 5000));
    assert_eq!(bench.simulator.tokens_given(), 1);
    bench.clock.advance(chrono::Duration::seconds(2));
    assert!(is_paid(&bench.gateway.settle(&order).await, 5000));
    assert_eq!(bench.simulator.tokens_given(), 2);
    bench.clock.advance(chrono::Duration::days(3));
    assert!(is_paid(&bench.gateway.settle(&order).await, 5000));
    assert_eq!(bench.simulator.tokens_given(), 3);
}

#[tokio::test]
async fn a_gateway_that_gives_no_token_for_a_while_is_used_with_the_old_one() {
    let bench = Bench::begin().await;
    let order = bench.paid("ord-1", "50.00").await;
    bench.clock.advance(chrono::Duration::seconds(3400));
    bench.simulator.plan("authToken", Fault::BadGatewayBefore);
    assert!(is_paid(&bench.gateway.settle(&order).await, 5000));
    assert_eq!(bench.simulator.tokens_given(), 1);
}

#[tokio::test]
async fn when_all_tokens_end_early_many_calls_renew_once() {
    let bench = Bench::begin().await;
    let order = bench.paid("ord-1", "50.00").await;
    bench.simulator.expire_tokens();
    let asked = futures_util::future::join_all((0..20).map(|_| bench.gateway.settle(&order))).await;
    assert!(asked.iter().all(|outcome| is_paid(outcome, 5000)), "{asked:?}");
    assert_eq!(bench.simulator.tokens_given(), 2);
}

#[tokio::test]
async fn when_it_ends_by_the_clock_many_calls_renew_once() {
    // Within the minutes before its end, and behind it.
    for seconds in [3400, 3600, 100_000] {
        let bench = Bench::begin().await;
        let order = bench.paid("ord-1", "50.00").await;
        bench.clock.advance(chrono::Duration::seconds(seconds));
        let asked = futures_util::future::join_all((0..20).map(|_| bench.gateway.settle(&order))).await;
        assert!(asked.iter().all(|outcome| is_paid(outcome, 5000)), "{seconds}: {asked:?}");
        assert_eq!(bench.simulator.tokens_given(), 2, "{seconds}");
        bench.running.stop().await;
    }
}

#[tokio::test]
async fn an_order_is_repeated_once_after_a_401_and_never_after_a_403() {
    for fault in [Fault::TokenRefused, Fault::HttpUnauthorized, Fault::ForbiddenAfter] {
        let bench = Bench::begin().await;
        let order = bench.paid("ord-1", "50.00").await;
        bench.simulator.switch(|switches| switches.multiple_refund = true);
        bench.simulator.plan("refund", fault);
        let outcome = bench.gateway.refund(&order, eur("5.00"), "R1").await;
        assert!(matches!(outcome, tillgate::domain::outcome::Outcome::Paid { .. }), "{fault:?}: {outcome:?}");
        assert_eq!(bench.simulator.processed("refund"), 1, "{fault:?}");
        assert_eq!(bench.refunded(), 500, "{fault:?}");
        // The question behind the 403 fetches another: the refused one is not used again.
        assert_eq!(bench.simulator.tokens_given(), 2, "{fault:?}");
        bench.running.stop().await;
    }
}

#[tokio::test]
async fn a_token_refused_twice_is_given_up() {
    let bench = Bench::begin().await;
    let order = bench.paid("ord-1", "50.00").await;
    bench.simulator.plan("refund", Fault::TokenRefused);
    bench.simulator.plan("refund", Fault::TokenRefused);
    let outcome = bench.gateway.refund(&order, eur("5.00"), "R1").await;
    assert!(matches!(outcome, tillgate::domain::outcome::Outcome::NotSent { .. }), "{outcome:?}");
    assert_eq!(bench.refunded(), 0);
    assert_eq!(bench.simulator.processed("refund"), 0);
}

#[tokio::test]
async fn a_wrong_key_gets_no_token_and_is_not_in_the_answer() {
    let bench = Bench::begin().await;
    let mut settings = settings(&bench.running, "");
    settings.secure_key = Some(secrecy::SecretString::from("wrong-key-wrong-key"));
    let stranger = RestGateway::new(settings, bench.clock.clone()).expect("a client");
    let outcome = stranger.settle(&deposit("ord-1", "50.00")).await;
    let DepositOutcome::Unknown { cause } = outcome else { panic!("{outcome:?}") };
    assert!(cause.contains("no token") && !cause.contains("wrong-key"), "{cause}");
    assert_eq!(bench.simulator.tokens_given(), 0);
}
