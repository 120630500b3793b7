//! Purchases, 3-D, providers, preauthorizations: from the opening to the end.

use super::bench::*;
use tillgate::domain::outcome::DepositOutcome;
use tillgate::processors::rest_gateway::simulator::{
    CARD_APPROVED, CARD_DECLINED, CARD_PENDING, CARD_THREE_D, Decision, Movement,
};
use tillgate::processors::{Capture, DepositOrder, DepositProcessor, Opened};

#[tokio::test]
async fn a_declined_card_fails_the_deposit() {
    let bench = Bench::begin().await;
    let opened = bench.gateway.open_with_card(&deposit("ord-1", "50.00"), &card(CARD_DECLINED)).await;
    assert!(matches!(opened, Opened::Decided(DepositOutcome::Failed { .. })), "{opened:?}");
    assert_eq!(bench.captured(), 0);
    // The same reference may be tried again after a decline, and the newest payment is the one that counts.
    let order = bench.paid("ord-1", "50.00").await;
    assert!(is_paid(&bench.gateway.settle(&order).await, 5000));
    assert_eq!(bench.captured(), 5000);
}

#[tokio::test]
async fn a_pending_payment_stays_open_until_it_is_decided() {
    let bench = Bench::begin().await;
    let order = deposit("ord-1", "50.00");
    let opened = bench.gateway.open_with_card(&order, &card(CARD_PENDING)).await;
    assert!(matches!(opened, Opened::Pending { .. }), "{opened:?}");
    let id = bench.simulator.payment("ord-1").expect("a payment").id;
    for (status, open) in [("cancelstarted", true), ("confirmation_3D", true), ("authfailed", false)] {
        assert!(bench.simulator.set_status(id, status));
        let outcome = bench.gateway.settle(&order).await;
        assert_eq!(matches!(outcome, DepositOutcome::Open { .. }), open, "{status}: {outcome:?}");
    }
    assert!(bench.simulator.set_status(id, "somethingnew"));
    let outcome = bench.gateway.settle(&order).await;
    assert!(matches!(outcome, DepositOutcome::Unknown { .. }), "{outcome:?}");
}

#[tokio::test]
async fn three_d_sends_a_form_to_the_bank_and_the_inquiry_decides() {
    for (decision, paid) in [(Decision::Pay, true), (Decision::Fail, false), (Decision::Cancel, false)] {
        let bench = Bench::begin().await;
        let order = deposit("ord-1", "50.00");
        let opened = bench.gateway.open_with_card(&order, &card(CARD_THREE_D)).await;
        let Opened::Form { action, fields, reference } = opened else { panic!("{opened:?}") };
        assert!(action.ends_with("/acs/challenge"));
        assert_eq!(fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["creq"]);
        let order = DepositOrder { processor_reference: reference, ..order };
        assert!(matches!(bench.gateway.settle(&order).await, DepositOutcome::Open { .. }));

        // The browser's way: the form opens the bank's page, a button there leads back.
        let browser = crate::support::client().build().expect("a client");
        let page =
            browser.post(&action).form(&fields).send().await.expect("a page").text().await.expect("text");
        assert!(page.contains("50.00 EUR") && page.contains("id=\"confirm\""), "{page}");
        let word = match decision {
            Decision::Pay => "pay",
            Decision::Fail => "fail",
            Decision::Cancel => "cancel",
        };
        let click = [("session", fields[0].1.as_str()), ("decision", word)];
        let decided = action.replace("challenge", "decision");
        let back =
            browser.post(decided).form(&click).send().await.expect("a page").text().await.expect("text");
        assert!(back.contains("action=\"https://shop.example/return\""), "{back}");

        let outcome = bench.gateway.settle(&order).await;
        if paid {
            assert!(is_paid(&outcome, 5000), "{outcome:?}");
        } else {
            assert!(matches!(outcome, DepositOutcome::Failed { .. }), "{outcome:?}");
        }
        assert_eq!(bench.captured(), if paid { 5000 } else { 0 });
    }
}

#[tokio::test]
async fn a_bank_transfer_goes_by_the_providers_page() {
    let bench = Bench::begin().await;
    let order = DepositOrder { method: "sofort".to_owned(), ..deposit("ord-1", "50.00") };
    let opened = bench.gateway.open(&order).await;
    let Opened::Redirect { url, .. } = opened else { panic!("{opened:?}") };
    let page = reqwest::get(&url).await.expect("a page").text().await.expect("text");
    assert!(page.contains("SOFORT") && page.contains("id=\"pay\""), "{page}");
    // Without the answer's reference it is found by ours.
    assert!(matches!(bench.gateway.settle(&order).await, DepositOutcome::Open { .. }));
    let id = bench.simulator.payment("ord-1").expect("a payment").id;
    bench.simulator.customer_decides(id, Decision::Pay);
    assert!(is_paid(&bench.gateway.settle(&order).await, 5000));
    assert_eq!(bench.captured(), 5000);
}

#[tokio::test]
async fn an_authorization_is_captured_in_part_once() {
    let bench = Bench::begin().await;
    let order = bench.authorized("ord-1", "50.00").await;
    assert_eq!(bench.captured(), 0);
    let part = bench.gateway.capture(&order, eur("10.00"), false).await;
    assert!(matches!(part, DepositOutcome::Failed { .. }), "a first part is not taken: {part:?}");
    assert!(is_paid(&bench.gateway.capture(&order, eur("20.00"), true).await, 2000));
    // The inquiry tells the original amount; what counts is what was taken.
    assert!(is_paid(&bench.gateway.settle(&order).await, 2000));
    assert!(is_paid(&bench.gateway.capture(&order, eur("30.00"), true).await, 2000));
    assert!(is_paid(&bench.gateway.cancel(&order).await, 2000), "too late to cancel");
    assert_eq!(bench.captured(), 2000);
}

#[tokio::test]
async fn more_than_authorised_is_not_captured() {
    let bench = Bench::begin().await;
    let order = bench.authorized("ord-1", "50.00").await;
    let outcome = bench.gateway.capture(&order, eur("50.01"), true).await;
    assert!(matches!(outcome, DepositOutcome::Authorized { .. }), "{outcome:?}");
    assert_eq!(bench.captured(), 0);
}

#[tokio::test]
async fn yen_have_no_fraction() {
    let bench = Bench::begin().await;
    let order = DepositOrder { amount: money("4800", "JPY"), ..deposit("ord-1", "1.00") };
    let opened = bench.gateway.open_with_card(&order, &card(CARD_APPROVED)).await;
    assert!(matches!(opened, Opened::Decided(ref outcome) if is_paid(outcome, 4800)), "{opened:?}");
    assert!(is_paid(&bench.gateway.settle(&order).await, 4800));
    let entry = bench.simulator.books().entries.pop().expect("an entry");
    assert_eq!((entry.movement, entry.cents, entry.currency.as_str()), (Movement::Captured, 480_000, "JPY"));
}

#[tokio::test]
async fn what_can_not_be_written_exactly_is_not_sent() {
    let bench = Bench::begin().await;
    let order = DepositOrder { amount: money("1.234", "KWD"), ..deposit("ord-1", "1.00") };
    let order = DepositOrder { method: "sofort".to_owned(), ..order };
    assert!(matches!(bench.gateway.open(&order).await, Opened::Refused { .. }));
    assert_eq!(bench.simulator.processed("payments"), 0);
}

#[tokio::test]
async fn card_numbers_are_refused_unless_allowed() {
    let bench = Bench::begin().await;
    let mut settings = settings(&bench.running, "");
    settings.allow_pan = false;
    let careful = tillgate::processors::rest_gateway::RestGateway::new(settings, bench.clock.clone())
        .expect("a client");
    let opened = careful.open_with_card(&deposit("ord-1", "50.00"), &card(CARD_THREE_D)).await;
    let Opened::Refused { reason, .. } = opened else { panic!("{opened:?}") };
    assert!(reason.contains("allow_pan"));
    assert_eq!(bench.simulator.processed("payments"), 0);
}

#[tokio::test]
async fn money_that_went_back_is_not_a_paid_deposit() {
    let bench = Bench::begin().await;
    let order = bench.paid("ord-1", "50.00").await;
    let id = bench.simulator.payment("ord-1").expect("a payment").id;
    assert!(bench.simulator.set_status(id, "settled"));
    assert!(is_paid(&bench.gateway.settle(&order).await, 5000));
    assert!(bench.simulator.set_status(id, "chargeback"));
    let outcome = bench.gateway.settle(&order).await;
    assert!(matches!(outcome, DepositOutcome::ChargedBack { .. }), "{outcome:?}");
    assert_eq!(bench.simulator.books().totals("EUR").charged_back, 5000);
    assert!(bench.simulator.set_status(id, "chargebackreversed"));
    assert!(is_paid(&bench.gateway.settle(&order).await, 5000));
}

#[tokio::test]
async fn a_reference_of_another_order_is_not_believed() {
    let bench = Bench::begin().await;
    let other = bench.paid("ord-1", "50.00").await;
    let order = DepositOrder {
        processor_reference: other.processor_reference,
        method: "sofort".to_owned(),
        ..deposit("ord-2", "50.00")
    };
    let outcome = bench.gateway.settle(&order).await;
    assert!(matches!(outcome, DepositOutcome::Unknown { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_wrong_key_is_no_missing_payment() {
    let bench = Bench::begin().await;
    let order = bench.paid("ord-1", "50.00").await;
    // The token is still good, but every checksum is wrong now.
    let mut setup_changed = settings(&bench.running, "");
    setup_changed.member_id = "10520".to_owned();
    let wrong = tillgate::processors::rest_gateway::RestGateway::new(setup_changed, bench.clock.clone())
        .expect("a client");
    let outcome = wrong.settle(&DepositOrder { processor_reference: None, ..order }).await;
    assert!(matches!(outcome, DepositOutcome::Unknown { .. }), "{outcome:?}");
}

#[tokio::test]
async fn reserving_for_later_is_asked_for_by_both_ways_of_capturing() {
    for capture in [Capture::Manual, Capture::AfterHours(24)] {
        let bench = Bench::begin().await;
        let order = DepositOrder { capture, ..deposit("ord-1", "50.00") };
        let opened = bench.gateway.open_with_card(&order, &card(CARD_APPROVED)).await;
        assert!(matches!(opened, Opened::Decided(DepositOutcome::Authorized { .. })), "{opened:?}");
        assert!(matches!(bench.gateway.settle(&order).await, DepositOutcome::Authorized { .. }));
    }
}

#[tokio::test]
async fn what_was_just_sent_is_not_called_missing() {
    let bench = Bench::begin().await;
    let mut order = deposit("ord-1", "50.00");
    order.extra.insert("sent_at".to_owned(), bench.now().to_rfc3339());
    let outcome = bench.gateway.settle(&order).await;
    assert!(matches!(outcome, DepositOutcome::Unknown { .. }), "{outcome:?}");
    bench.clock.advance(chrono::Duration::minutes(2));
    assert_eq!(bench.gateway.settle(&order).await, DepositOutcome::NotFound);
}
