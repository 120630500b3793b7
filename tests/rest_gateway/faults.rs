//! Every operation that matters for money, with every fault in its way: the first outcome must be honest, the second
//! look must find the truth, and the books must show the money moved at most once.

use super::bench::*;
use tillgate::domain::outcome::{DepositOutcome, Outcome};
use tillgate::processors::rest_gateway::deposits::extra;
use tillgate::processors::rest_gateway::simulator::{CARD_APPROVED, Fault};
use tillgate::processors::{DepositProcessor, Opened, PayoutProcessor};

/// What a fault leaves behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Left {
    /// The client gets over it by itself.
    Nothing,
    Undone,
    Done,
}

fn left(fault: Fault) -> Left {
    match fault {
        fault if got_over(fault) => Left::Nothing,
        fault if fault.is_before() => Left::Undone,
        _ => Left::Done,
    }
}

#[tokio::test]
async fn a_purchase_is_paid_once() {
    each_fault(async |fault| {
        let bench = Bench::begin().await;
        let order = deposit("ord-1", "50.00");
        let gateway = bench.under(fault, "payments");
        let opened = gateway.open_with_card(&order, &card(CARD_APPROVED)).await;
        bench.met(fault).await;
        match left(fault) {
            Left::Nothing => {
                let Opened::Decided(outcome) = opened else { panic!("{fault:?}: {opened:?}") };
                assert!(is_paid(&outcome, 5000), "{fault:?}");
                let tokens = if fault == Fault::Quirky { 1 } else { 2 };
                assert_eq!(bench.simulator.tokens_given(), tokens, "{fault:?}");
            }
            Left::Undone => {
                assert!(matches!(opened, Opened::Unknown { .. }), "{fault:?}: {opened:?}");
                assert_eq!(bench.gateway.settle(&order).await, DepositOutcome::NotFound, "{fault:?}");
                let again = bench.gateway.open_with_card(&order, &card(CARD_APPROVED)).await;
                assert!(matches!(again, Opened::Decided(ref outcome) if is_paid(outcome, 5000)), "{again:?}");
            }
            Left::Done => {
                assert!(matches!(opened, Opened::Unknown { .. }), "{fault:?}: {opened:?}");
                // Even sent again it is found, not paid again.
                let again = bench.gateway.open_with_card(&order, &card(CARD_APPROVED)).await;
                assert!(matches!(again, Opened::Decided(ref outcome) if is_paid(outcome, 5000)), "{again:?}");
            }
        }
        let settled = bench.gateway.settle(&order).await;
        assert!(is_paid(&settled, 5000), "{fault:?}: {settled:?}");
        assert_eq!(bench.captured(), 5000, "{fault:?}");
        bench.running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_capture_takes_once() {
    each_fault(async |fault| {
        let bench = Bench::begin().await;
        let order = bench.authorized("ord-1", "50.00").await;
        let gateway = bench.under(fault, "capture");
        let outcome = gateway.capture(&order, eur("20.00"), true).await;
        bench.met(fault).await;
        if left(fault) == Left::Undone {
            assert!(matches!(outcome, DepositOutcome::Authorized { .. }), "{fault:?}: {outcome:?}");
            assert_eq!(bench.captured(), 0, "{fault:?}");
        } else {
            assert!(is_paid(&outcome, 2000), "{fault:?}: {outcome:?}");
        }
        let again = bench.gateway.capture(&order, eur("20.00"), true).await;
        assert!(is_paid(&again, 2000), "{fault:?}: {again:?}");
        assert_eq!(bench.captured(), 2000, "{fault:?}");
        assert_eq!(bench.simulator.processed("capture"), 1, "{fault:?}");
        bench.running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_reversal_gives_up_once_and_moves_nothing() {
    each_fault(async |fault| {
        let bench = Bench::begin().await;
        let order = bench.authorized("ord-1", "50.00").await;
        let gateway = bench.under(fault, "reversal");
        let outcome = gateway.cancel(&order).await;
        bench.met(fault).await;
        if left(fault) == Left::Undone {
            assert!(matches!(outcome, DepositOutcome::Authorized { .. }), "{fault:?}: {outcome:?}");
        } else {
            assert!(is_cancelled(&outcome), "{fault:?}: {outcome:?}");
        }
        let again = bench.gateway.cancel(&order).await;
        assert!(is_cancelled(&again), "{fault:?}: {again:?}");
        assert_eq!(bench.simulator.processed("reversal"), 1, "{fault:?}");
        assert_eq!(bench.captured(), 0, "{fault:?}");
        bench.running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_refund_gives_back_once_even_where_several_are_allowed() {
    each_fault(async |fault| {
        let bench = Bench::begin().await;
        bench.simulator.switch(|switches| switches.multiple_refund = true);
        let order = bench.paid("ord-1", "50.00").await;
        let gateway = bench.under(fault, "refund");
        let outcome = gateway.refund(&order, eur("5.00"), "R1").await;
        bench.met(fault).await;
        if left(fault) == Left::Undone {
            assert!(matches!(outcome, Outcome::Unknown { .. }), "{fault:?}: {outcome:?}");
            // It may still arrive, so nothing goes out for a while.
            let soon = gateway.refund(&order, eur("5.00"), "R1").await;
            assert!(matches!(soon, Outcome::Unknown { .. }), "{fault:?}: {soon:?}");
            assert_eq!(bench.refunded(), 0, "{fault:?}");
            bench.clock.advance(chrono::Duration::minutes(31));
        } else {
            assert!(matches!(outcome, Outcome::Paid { .. }), "{fault:?}: {outcome:?}");
        }
        for _ in 0..2 {
            let again = gateway.refund(&order, eur("5.00"), "R1").await;
            assert!(matches!(again, Outcome::Paid { .. }), "{fault:?}: {again:?}");
        }
        assert_eq!(bench.refunded(), 500, "{fault:?}");
        assert_eq!(bench.simulator.processed("refund"), 1, "{fault:?}");
        bench.running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_payout_pays_once() {
    each_fault(async |fault| {
        let bench = Bench::begin().await;
        let order = payout("pout-1", "12.50");
        let gateway = bench.under(fault, "payout");
        let outcome = gateway.send(&order).await;
        bench.met(fault).await;
        match left(fault) {
            Left::Nothing => assert!(matches!(outcome, Outcome::Paid { .. }), "{fault:?}: {outcome:?}"),
            Left::Undone => {
                assert!(matches!(outcome, Outcome::Unknown { .. }), "{fault:?}: {outcome:?}");
                assert_eq!(bench.gateway.inquire(&order).await, Outcome::NotFound, "{fault:?}");
                assert_eq!(bench.paid_out(), 0, "{fault:?}");
            }
            Left::Done => assert!(matches!(outcome, Outcome::Unknown { .. }), "{fault:?}: {outcome:?}"),
        }
        // The same order once more: paid if it was not, found if it was.
        let again = bench.gateway.send(&order).await;
        assert!(matches!(again, Outcome::Paid { .. }), "{fault:?}: {again:?}");
        let asked = bench.gateway.inquire(&order).await;
        assert_eq!(asked, again, "{fault:?}");
        assert_eq!(bench.paid_out(), 1250, "{fault:?}");
        bench.running.stop().await;
    })
    .await;
}

async fn a_charge_is_recovered_from_the_list(operation: &str, series: bool) {
    each_fault(async |fault| {
        let bench = Bench::begin().await;
        let mut first = deposit("ord-1", "50.00");
        first.extra.insert(extra::RECURRING.to_owned(), "initial".to_owned());
        let (opened, stored) = bench.gateway.open_and_store_card(&first, &card(CARD_APPROVED)).await;
        assert!(matches!(opened, Opened::Decided(DepositOutcome::Paid { .. })), "{opened:?}");
        let payment = bench.simulator.payment("ord-1").expect("a payment");
        let mut order = deposit("ord-2", "9.99");
        order.extra.insert(extra::SENT_AT.to_owned(), bench.now().to_rfc3339());
        if series {
            order.extra.insert(extra::INITIAL_PAYMENT.to_owned(), payment.id.to_string());
        } else {
            order.instrument = stored;
        }
        let gateway = bench.under(fault, operation);
        let opened = gateway.open(&order).await;
        bench.met(fault).await;
        let settled = bench.gateway.settle(&order).await;
        match left(fault) {
            Left::Nothing => {
                assert!(
                    matches!(opened, Opened::Decided(ref outcome) if is_paid(outcome, 999)),
                    "{opened:?}"
                );
                assert!(is_paid(&settled, 999), "{fault:?}: {settled:?}");
            }
            Left::Undone => {
                assert!(matches!(opened, Opened::Unknown { .. }), "{fault:?}: {opened:?}");
                assert!(matches!(settled, DepositOutcome::Unknown { .. }), "{fault:?}: {settled:?}");
                bench.clock.advance(chrono::Duration::minutes(31));
                assert_eq!(bench.gateway.settle(&order).await, DepositOutcome::NotFound, "{fault:?}");
            }
            Left::Done => {
                assert!(matches!(opened, Opened::Unknown { .. }), "{fault:?}: {opened:?}");
                assert!(is_paid(&settled, 999), "{fault:?}: {settled:?}");
            }
        }
        let charged = if left(fault) == Left::Undone { 0 } else { 999 };
        assert_eq!(bench.captured(), 5000 + charged, "{fault:?}");
        assert!(bench.simulator.processed(operation) <= 1, "{fault:?}");
        bench.running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_charge_of_a_series_is_never_sent_twice() {
    a_charge_is_recovered_from_the_list("repeated", true).await;
}

#[tokio::test]
async fn a_charge_of_a_token_is_never_sent_twice() {
    a_charge_is_recovered_from_the_list("paywithtoken", false).await;
}

#[tokio::test]
async fn an_invoice_is_made_once() {
    each_fault(async |fault| {
        let bench = Bench::begin().await;
        let order = deposit("INV-1", "25.00");
        let gateway = bench.under(fault, "invoice.generate");
        let opened = gateway.open(&order).await;
        bench.met(fault).await;
        let settled = bench.gateway.settle(&order).await;
        match left(fault) {
            Left::Nothing => assert!(matches!(opened, Opened::Redirect { .. }), "{fault:?}: {opened:?}"),
            Left::Undone => {
                assert!(matches!(opened, Opened::Unknown { .. }), "{fault:?}: {opened:?}");
                assert_eq!(settled, DepositOutcome::NotFound, "{fault:?}");
            }
            Left::Done => {
                assert!(matches!(opened, Opened::Unknown { .. }), "{fault:?}: {opened:?}");
                assert!(matches!(settled, DepositOutcome::Open { .. }), "{fault:?}: {settled:?}");
            }
        }
        let again = bench.gateway.open(&order).await;
        assert!(matches!(again, Opened::Redirect { .. }), "{fault:?}: {again:?}");
        assert_eq!(bench.simulator.invoices().len(), 1, "{fault:?}");
        assert_eq!(bench.captured(), 0, "{fault:?}");
        bench.running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_question_that_fails_changes_nothing() {
    each_fault(async |fault| {
        let bench = Bench::begin().await;
        let order = bench.paid("ord-1", "50.00").await;
        let gateway = bench.under(fault, "inquiry");
        let outcome = gateway.settle(&order).await;
        bench.met(fault).await;
        // A question may be asked again after any refusal of the token.
        let got_over = left(fault) == Left::Nothing || fault == Fault::ForbiddenAfter;
        if got_over {
            assert!(is_paid(&outcome, 5000), "{fault:?}: {outcome:?}");
        } else {
            assert!(matches!(outcome, DepositOutcome::Unknown { .. }), "{fault:?}: {outcome:?}");
        }
        assert!(is_paid(&bench.gateway.settle(&order).await, 5000), "{fault:?}");
        assert_eq!(bench.captured(), 5000, "{fault:?}");
        bench.running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    each_fault(async |fault| {
        let bench = Bench::begin().await;
        let gateway = bench.under(fault, "authToken");
        let outcome = gateway.send(&payout("pout-1", "12.50")).await;
        bench.met(fault).await;
        if fault == Fault::Quirky {
            assert!(matches!(outcome, Outcome::Paid { .. }), "{fault:?}: {outcome:?}");
            bench.running.stop().await;
            return;
        }
        assert!(matches!(outcome, Outcome::NotSent { .. }), "{fault:?}: {outcome:?}");
        assert_eq!(bench.simulator.processed("payout"), 0, "{fault:?}");
        let again = bench.gateway.send(&payout("pout-1", "12.50")).await;
        assert!(matches!(again, Outcome::Paid { .. }), "{fault:?}: {again:?}");
        assert_eq!(bench.paid_out(), 1250, "{fault:?}");
        bench.running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_there_means_not_sent() {
    let bench = Bench::begin().await;
    let paid = bench.paid("ord-1", "50.00").await;
    bench.running.stop().await;
    let opened = bench.gateway.open_with_card(&deposit("ord-2", "1.00"), &card(CARD_APPROVED)).await;
    assert!(matches!(opened, Opened::NotSent { .. }), "{opened:?}");
    let sent = bench.gateway.send(&payout("pout-1", "1.00")).await;
    assert!(matches!(sent, Outcome::NotSent { .. }), "{sent:?}");
    // An earlier try of this refund may have arrived, and now nobody can tell.
    let refunded = bench.gateway.refund(&paid, eur("1.00"), "R1").await;
    assert!(matches!(refunded, Outcome::Unknown { .. }), "{refunded:?}");
}

#[tokio::test]
async fn cards_that_break_the_answer_are_found_paid() {
    use tillgate::processors::rest_gateway::simulator::{CARD_CRASH, CARD_SILENT};
    for number in [CARD_SILENT, CARD_CRASH] {
        let bench = Bench::begin().await;
        let order = deposit("ord-1", "50.00");
        let opened = bench.gateway.open_with_card(&order, &card(number)).await;
        assert!(matches!(opened, Opened::Unknown { .. }), "{opened:?}");
        assert!(is_paid(&bench.gateway.settle(&order).await, 5000));
        assert_eq!(bench.captured(), 5000);
        bench.running.stop().await;
    }
}
