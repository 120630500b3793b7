//! Deposits from the hosted page to the last refund.

use super::notices::{Inbox, brought, card};
use super::support::{CARD, EXPIRY, Story, euro};
use chrono::Duration;
use tillgate::domain::money::{Currency, Money};
use tillgate::domain::outcome::{DepositOutcome, Outcome};
use tillgate::processors::paygate::simulator::{Fault, Merchant, Moved};
use tillgate::processors::paygate::{
    EXTRA_CAPTURED_BEFORE, EXTRA_CREDITED_BEFORE, EXTRA_DEPOSIT_TRANS_ID, cancel_auth,
};
use tillgate::processors::{Capture, DepositOrder, DepositProcessor, Opened, PayoutProcessor};

fn paid(outcome: &DepositOutcome) -> i64 {
    match outcome {
        DepositOutcome::Paid { minor, .. } => *minor,
        other => panic!("not paid: {other:?}"),
    }
}

/// As the caller does: what an answer taught is kept with the order.
fn knows(order: &mut DepositOrder, story: &Story) {
    order.processor_reference =
        story.simulator.payment("sandbox_shop", &order.reference).map(|payment| payment.pay_id);
}

#[tokio::test]
async fn a_card_deposit_is_paid_and_its_card_can_be_paid_out_to() {
    let (story, inbox) = (Story::begin(), Inbox::open());
    let order = story.deposit(1, 2_500, Capture::Automatic, &inbox.url);
    assert_eq!(story.paygate.settle(&order).await, DepositOutcome::NotFound);
    let form = story.shows_form(&order).await;
    assert!(matches!(story.paygate.settle(&order).await, DepositOutcome::Open { .. }));

    let (_, again) = story.submits(&form, &card("4111111111111112")).await;
    assert!(again.contains("check the number"), "a wrong digit shows the form again");
    let (there, _) = story.submits(&form, &card(CARD)).await;
    assert!(there.starts_with(&order.urls.success), "{there}");
    let twice = story.submits(&form, &card(CARD)).await.0;
    assert!(twice.starts_with(&order.urls.success), "a double click ends alike");

    let notice = story.reads(&brought(&there)).unwrap();
    let received = inbox.take();
    assert_eq!(received.len(), 1);
    assert_eq!(story.reads(&received[0]).unwrap().key, notice.key);
    assert_eq!(paid(&story.paygate.settle(&order).await), 2_500);
    assert_eq!(story.simulator.sum(&order.reference, Moved::Capture), 2_500);

    let card = notice.instrument.expect("a stored card");
    assert_eq!(
        (card.brand.as_str(), card.expiry.as_str(), card.masked.as_str()),
        ("VISA", EXPIRY, "**** 1111")
    );
    let mut payout = story.payout(9, 1_000);
    payout.instrument = Some(card);
    assert!(matches!(story.paygate.send(&payout).await, Outcome::Paid { .. }));
    assert_eq!(story.simulator.sum(&payout.reference, Moved::Payout), 1_000);
}

#[tokio::test]
async fn the_page_can_be_reached_by_form_by_post_and_by_our_own_page() {
    let template = "page = { open_by = 'form', template = 'own', brands = ['visa'], expires_minutes = 30 }";
    for (merchant, more) in [
        (Merchant { return_by_post: true, ..Merchant::default() }, template),
        (Merchant { sale: true, ..Merchant::default() }, "acquirer = 'capn'"),
    ] {
        let (story, inbox) = (Story::with(merchant, more), Inbox::open());
        let order = story.deposit(1, 2_500, Capture::Automatic, &inbox.url);
        let form = story.shows_form(&order).await;
        story.submits(&form, &card(CARD)).await;
        assert_eq!(paid(&story.paygate.settle(&order).await), 2_500, "{more}");
    }
    let (story, inbox) = (Story::with(Merchant::default(), "page.paynow = true"), Inbox::open());
    let order = story.deposit(1, 2_500, Capture::Automatic, &inbox.url);
    let Opened::CardForm { action, fields, .. } = story.paygate.open(&order).await else { panic!() };
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    fields.extend([("CCNr", CARD), ("CCCVC", "123"), ("CCExpiry", EXPIRY), ("CCBrand", "VISA")]);
    let (there, _) = story.submits(&action, &fields).await;
    assert!(there.starts_with(&order.urls.success), "{there}");
    assert_eq!(paid(&story.paygate.settle(&order).await), 2_500);
}

#[tokio::test]
async fn a_deposit_that_the_customer_or_the_bank_refuses_brings_nothing() {
    let (story, inbox) = (Story::begin(), Inbox::open());
    let order = story.deposit(1, 2_500, Capture::Automatic, &inbox.url);
    let form = story.shows_form(&order).await;
    let (there, _) = story.submits(&form, &[("cancel", "1")]).await;
    assert!(there.starts_with(&order.urls.failure), "{there}");
    assert!(matches!(story.paygate.settle(&order).await, DepositOutcome::Failed { .. }));
    assert_eq!(story.simulator.movements(), vec![]);
}

#[tokio::test]
async fn an_authorised_deposit_is_captured_in_parts_and_never_beyond() {
    let (story, inbox) = (Story::begin(), Inbox::open());
    let mut order = story.deposit(1, 2_500, Capture::Manual, &inbox.url);
    story.pays(&order, CARD).await;
    assert!(matches!(story.paygate.settle(&order).await, DepositOutcome::Authorized { .. }));
    knows(&mut order, &story);

    // The answer to the first part gets lost: asking for the same part again finds it done.
    story.simulator.script(tillgate::processors::paygate::simulator::Script {
        endpoint: Some("capture.aspx".to_owned()),
        trans_id: None,
        times: 1,
        call: Some(Fault::DropAfter),
        notice: None,
    });
    assert!(matches!(
        story.paygate.capture(&order, euro(1_000), false).await,
        DepositOutcome::Unknown { .. }
    ));
    assert_eq!(paid(&story.paygate.capture(&order, euro(1_000), false).await), 1_000);
    assert_eq!(story.simulator.sum(&order.reference, Moved::Capture), 1_000);

    // An equal second part is another part, because our books say what came before it.
    order.extra.insert(EXTRA_CAPTURED_BEFORE.to_owned(), "1000".to_owned());
    assert_eq!(paid(&story.paygate.capture(&order, euro(1_000), false).await), 2_000);
    order.extra.insert(EXTRA_CAPTURED_BEFORE.to_owned(), "2000".to_owned());
    let DepositOutcome::Failed { code, .. } = story.paygate.capture(&order, euro(600), true).await else {
        panic!()
    };
    assert_eq!(code, "20600067");
    assert_eq!(paid(&story.paygate.capture(&order, euro(500), true).await), 2_500);
    assert!(story.simulator.payment("sandbox_shop", &order.reference).unwrap().renewal_stopped);
    // Books that disagree are a case for people.
    order.extra.insert(EXTRA_CAPTURED_BEFORE.to_owned(), "100".to_owned());
    assert!(matches!(story.paygate.capture(&order, euro(100), true).await, DepositOutcome::Unknown { .. }));
    assert_eq!(story.simulator.sum(&order.reference, Moved::Capture), 2_500);
}

#[tokio::test]
async fn an_authorisation_is_given_up_but_a_capture_is_never_reversed() {
    let (story, inbox) = (Story::begin(), Inbox::open());
    let order = story.deposit(1, 2_500, Capture::Manual, &inbox.url);
    story.pays(&order, CARD).await;
    let cancelled = story.paygate.cancel(&order).await;
    assert!(matches!(cancelled, DepositOutcome::Failed { .. }), "{cancelled:?}");
    assert_eq!(story.simulator.sum(&order.reference, Moved::Reversal), 2_500);
    assert_eq!(story.paygate.cancel(&order).await, cancelled);

    let order = story.deposit(2, 2_500, Capture::Automatic, &inbox.url);
    story.pays(&order, CARD).await;
    assert_eq!(paid(&story.paygate.cancel(&order).await), 2_500);
    assert_eq!(story.simulator.sum(&order.reference, Moved::Credit), 0);
}

#[tokio::test]
async fn renewal_can_be_stopped_and_delayed_captures_come_due() {
    let (story, inbox) = (Story::begin(), Inbox::open());
    let order = story.deposit(1, 2_500, Capture::AfterHours(24), &inbox.url);
    story.pays(&order, CARD).await;
    assert!(matches!(story.paygate.settle(&order).await, DepositOutcome::Authorized { .. }));
    let pay_id = story.simulator.payment("sandbox_shop", &order.reference).unwrap().pay_id;
    cancel_auth::stop_renewal(story.paygate.client(), &order.reference, &pay_id).await.unwrap();
    assert!(story.simulator.payment("sandbox_shop", &order.reference).unwrap().renewal_stopped);
    story.clock.advance(Duration::hours(24));
    story.simulator.deliver().await;
    assert_eq!(paid(&story.paygate.settle(&order).await), 2_500);
}

#[tokio::test]
async fn an_order_is_authorised_in_a_second_step_and_only_once() {
    let (story, inbox) = (Story::with(Merchant::default(), "page.order = true"), Inbox::open());
    let order = story.deposit(1, 2_500, Capture::Manual, &inbox.url);
    story.pays(&order, CARD).await;
    assert_eq!(story.simulator.movements(), vec![]);
    assert!(matches!(story.paygate.settle(&order).await, DepositOutcome::Authorized { .. }));
    assert!(matches!(story.paygate.settle(&order).await, DepositOutcome::Authorized { .. }));
    assert_eq!(story.simulator.sum(&order.reference, Moved::Authorization), 2_500);
}

#[tokio::test]
async fn refunds_go_up_to_what_was_captured_and_a_lost_answer_repeats_none() {
    let (story, inbox) = (Story::begin(), Inbox::open());
    let mut order = story.deposit(1, 2_500, Capture::Automatic, &inbox.url);
    story.pays(&order, CARD).await;
    knows(&mut order, &story);
    let lost = tillgate::processors::paygate::simulator::Script {
        endpoint: Some("credit.aspx".to_owned()),
        trans_id: None,
        times: 1,
        call: Some(Fault::DropAfter),
        notice: None,
    };
    story.simulator.script(lost);
    assert!(matches!(story.paygate.refund(&order, euro(1_000), "R-1").await, Outcome::Unknown { .. }));
    assert!(matches!(story.paygate.refund(&order, euro(1_000), "R-1").await, Outcome::Paid { .. }));
    assert_eq!(story.simulator.sum(&order.reference, Moved::Credit), 1_000);

    order.extra.insert(EXTRA_CREDITED_BEFORE.to_owned(), "1000".to_owned());
    let Outcome::Declined { code, .. } = story.paygate.refund(&order, euro(1_600), "R-2").await else {
        panic!()
    };
    assert_eq!(code, "20600069");

    // A payout that goes against the deposit is the same call, from the outbox.
    let mut payout = story.payout(9, 1_500);
    payout.deposit_reference = order.processor_reference.clone();
    let without = story.paygate.send(&payout).await;
    assert!(matches!(without, Outcome::Declined { .. }), "{without:?}");
    payout.extra.insert(EXTRA_DEPOSIT_TRANS_ID.to_owned(), order.reference.clone());
    payout.extra.insert(EXTRA_CREDITED_BEFORE.to_owned(), "1000".to_owned());
    assert_eq!(story.paygate.inquire(&payout).await, Outcome::NotFound);
    assert!(matches!(story.paygate.send(&payout).await, Outcome::Paid { .. }));
    assert!(matches!(story.paygate.inquire(&payout).await, Outcome::Paid { .. }));
    assert_eq!(story.simulator.sum(&order.reference, Moved::Credit), 2_500);

    // Books that disagree are a case for people, and nothing is sent.
    order.extra.insert(EXTRA_CREDITED_BEFORE.to_owned(), "100".to_owned());
    let Outcome::Unknown { cause } = story.paygate.refund(&order, euro(100), "R-3").await else { panic!() };
    assert!(cause.contains("2500") && cause.contains("100"), "{cause}");
    payout.extra.insert(EXTRA_CREDITED_BEFORE.to_owned(), "2400".to_owned());
    assert!(matches!(story.paygate.inquire(&payout).await, Outcome::Unknown { .. }));
}

#[tokio::test]
async fn an_open_refund_is_waited_for_and_not_sent_again() {
    let (story, inbox) = (Story::begin(), Inbox::open());
    let mut order = story.deposit(1, 2_500, Capture::Automatic, &inbox.url);
    story.pays(&order, CARD).await;
    knows(&mut order, &story);
    story.simulator.script(tillgate::processors::paygate::simulator::Script {
        endpoint: Some("credit.aspx".to_owned()),
        trans_id: None,
        times: 1,
        call: Some(Fault::OpenSilently),
        notice: None,
    });
    assert!(matches!(story.paygate.refund(&order, euro(1_000), "R-1").await, Outcome::Unknown { .. }));
    assert!(matches!(story.paygate.refund(&order, euro(1_000), "R-1").await, Outcome::Open { .. }));
    assert!(story.simulator.decide(&order.reference, true));
    assert!(matches!(story.paygate.refund(&order, euro(1_000), "R-1").await, Outcome::Paid { .. }));
    assert_eq!(story.simulator.sum(&order.reference, Moved::Credit), 1_000);
}

fn twint(story: &Story, number: i64, inbox: &Inbox) -> DepositOrder {
    let mut order = story.deposit(number, 0, Capture::Automatic, &inbox.url);
    order.amount = Money::from_minor(4_000, Currency::find("CHF").unwrap());
    order.method = "twint".to_owned();
    order
}

#[tokio::test]
async fn twint_is_confirmed_in_the_app_and_captured_by_us_unless_the_merchant_sells() {
    for (sale, more) in [(false, ""), (true, "twint.sale = true")] {
        let story = Story::with(Merchant { sale, ..Merchant::default() }, more);
        let inbox = Inbox::open();
        let order = twint(&story, 1, &inbox);
        let form = story.shows_form(&order).await;
        let (there, _) = story.submits(&form, &[("answer", "confirm")]).await;
        assert!(there.starts_with(&order.urls.success), "{there}");
        let received = inbox.take();
        assert_eq!((received.len(), received[0].method.as_str()), (1, "GET"));
        assert_eq!(story.reads(&received[0]).unwrap().reference, order.reference);
        assert_eq!(paid(&story.paygate.settle(&order).await), 4_000);
        assert_eq!(paid(&story.paygate.settle(&order).await), 4_000);
        assert_eq!(story.simulator.sum(&order.reference, Moved::Capture), 4_000);
    }
    let story = Story::begin();
    let order = DepositOrder { amount: euro(4_000), ..twint(&story, 2, &Inbox::open()) };
    assert!(matches!(story.paygate.open(&order).await, Opened::Refused { .. }), "francs only");
}

#[tokio::test]
async fn twint_with_a_closed_browser_is_settled_an_hour_later_without_any_return() {
    let (story, inbox) = (Story::begin(), Inbox::open());
    for (number, button, confirmed) in [(1, "close", true), (2, "abandon", false)] {
        let order = twint(&story, number, &inbox);
        let form = story.shows_form(&order).await;
        let (there, _) = story.submits(&form, &[("answer", button)]).await;
        assert_eq!(there, "");
        assert!(matches!(story.paygate.settle(&order).await, DepositOutcome::Open { .. }));
        story.clock.advance(Duration::minutes(29));
        story.simulator.deliver().await;
        assert!(inbox.take().is_empty(), "not before 30 minutes");
        story.clock.advance(Duration::minutes(37));
        story.simulator.deliver().await;
        assert_eq!(inbox.take().len(), 1);
        let outcome = story.paygate.settle(&order).await;
        match outcome {
            DepositOutcome::Paid { minor, .. } => assert!(confirmed && minor == 4_000),
            DepositOutcome::Failed { .. } => assert!(!confirmed),
            other => panic!("{other:?}"),
        }
    }
}
