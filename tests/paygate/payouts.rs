//! `creditex` and `credit`: what the client reports, and what the platform really paid.

use super::support::{Story, euro, settings};
use chrono::Duration;
use std::net::TcpListener;
use tillgate::clock::{Clock, Entropy};
use tillgate::domain::outcome::Outcome;
use tillgate::processors::paygate::simulator::{Fault, Filling, Merchant, Moved, Script};
use tillgate::processors::paygate::{NOT_SENDABLE, Paygate};
use tillgate::processors::{Health, PayoutProcessor};

/// An outcome without its texts.
fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Paid { .. } => "paid",
        Outcome::Declined { .. } => "declined",
        Outcome::NotSent { .. } => "not sent",
        Outcome::NotFound => "not found",
        Outcome::Open { .. } => "open",
        Outcome::Unknown { .. } => "unknown",
    }
}

#[tokio::test]
async fn a_payout_is_paid_once_and_its_repeat_gets_the_same_answer() {
    let story = Story::begin();
    let order = story.payout(1, 12_000);
    let first = story.paygate.send(&order).await;
    assert_eq!(kind(&first), "paid", "{first:?}");
    assert_eq!(story.paygate.send(&order).await, first);
    assert_eq!(story.paygate.inquire(&order).await, first);
    assert_eq!(story.simulator.sum(&order.reference, Moved::Payout), 12_000);
}

#[tokio::test]
async fn both_forms_of_the_card_and_both_ciphers_are_understood() {
    let aes = Merchant {
        aes: true,
        password: "0123456789abcdef0123456789abcdef".to_owned(),
        ..Merchant::default()
    };
    for (merchant, more) in [
        (Merchant::default(), "creditex.card_as = 'json'"),
        (Merchant::default(), "acquirer = 'clearhaus'"),
        (
            Merchant::default(),
            "acquirer = 'omnipay'\ncreditex.winnings = true\ncreditex.payment_add_data.senderData.srcOfFunds = '05'",
        ),
        (Merchant::default(), "acquirer = 'ecpcc'"),
        (Merchant::default(), "acquirer = 'vantiv'"),
        (Merchant::default(), "acquirer = 'credorax'"),
        (
            Merchant::default(),
            "acquirer = 'kalixa'\ncreditex.extra = { BrowserSessionID = 'none', IPAddr = '192.0.2.1' }",
        ),
        (aes, "cipher = 'aes'"),
    ] {
        let story = Story::with(merchant, more);
        let order = story.payout(1, 5_000);
        let outcome = story.paygate.send(&order).await;
        assert_eq!(kind(&outcome), "paid", "{more}: {outcome:?}");
        assert_eq!(story.simulator.sum(&order.reference, Moved::Payout), 5_000, "{more}");
    }
}

#[tokio::test]
async fn every_fault_is_reported_for_what_it_is_and_settled_by_asking() {
    let page = |status, processed| Fault::Page { status, processed };
    let refuse = |code: &str| Fault::Refuse(code.to_owned());
    let table = [
        (Fault::DropBefore, "unknown", 0, "not found"),
        (Fault::DropAfter, "unknown", 700, "paid"),
        (Fault::HangBefore, "unknown", 0, "not found"),
        (Fault::HangAfter, "unknown", 700, "paid"),
        (Fault::HalfAnswer, "unknown", 700, "paid"),
        (Fault::ShortData, "unknown", 700, "paid"),
        (page(502, false), "unknown", 0, "not found"),
        (page(502, true), "unknown", 700, "paid"),
        (page(200, true), "unknown", 700, "paid"),
        (page(302, true), "unknown", 700, "paid"),
        (Fault::Status(500), "unknown", 700, "paid"),
        (Fault::Status(302), "unknown", 700, "paid"),
        (Fault::WrongMac, "unknown", 700, "paid"),
        (Fault::ForeignMerchant, "unknown", 700, "paid"),
        (Fault::ForeignOrder, "unknown", 700, "paid"),
        (Fault::Clear, "unknown", 700, "paid"),
        (Fault::Contradiction, "unknown", 700, "paid"),
        (Fault::BookedBut("22720040".to_owned()), "unknown", 700, "paid"),
        (Fault::BookedBut("22061515".to_owned()), "unknown", 700, "paid"),
        // Refused in so many words, and booked: the sums count.
        (Fault::BookedBut("22060305".to_owned()), "paid", 700, "paid"),
        (Fault::OpenForever, "open", 0, "open"),
        (Fault::OpenSilently, "unknown", 0, "open"),
        (refuse("22060305"), "declined", 0, "not found"),
        (refuse("20600803"), "declined", 0, "not found"),
        (refuse("2206ZZZZ"), "unknown", 0, "not found"),
        (refuse("42060050"), "unknown", 0, "not found"),
        (refuse("20600062"), "open", 0, "not found"),
        (Fault::Padding(Filling::Zeros), "paid", 700, "paid"),
        (Fault::Padding(Filling::Letters), "paid", 700, "paid"),
        (Fault::Padding(Filling::Pkcs), "paid", 700, "paid"),
        (Fault::Padding(Filling::PkcsTwice), "paid", 700, "paid"),
        (Fault::Padding(Filling::ZerosThenPkcs), "paid", 700, "paid"),
        (Fault::Padding(Filling::Garbage), "paid", 700, "paid"),
    ];
    let story = Story::impatient();
    for (number, (fault, reported, paid, asked)) in table.into_iter().enumerate() {
        let order = story.payout(number as i64, 700);
        story.simulator.next_call(&order.reference, fault.clone());
        let outcome = story.paygate.send(&order).await;
        assert_eq!(kind(&outcome), reported, "{fault:?}: {outcome:?}");
        assert_eq!(story.simulator.sum(&order.reference, Moved::Payout), paid, "{fault:?}");
        let outcome = story.paygate.inquire(&order).await;
        assert_eq!(kind(&outcome), asked, "{fault:?}, asked: {outcome:?}");
    }
}

#[tokio::test]
async fn a_refused_payout_is_refused_when_asked_about_too() {
    let story = Story::begin();
    let mut order = story.payout(1, 700);
    order.extra.insert("OrderDesc".to_owned(), "Test:0305".to_owned());
    let Outcome::Declined { code, reason } = story.paygate.send(&order).await else { panic!() };
    assert_eq!(code, "22770305");
    assert!(reason.contains("refused by the authorisation system"), "{reason}");
    assert_eq!(kind(&story.paygate.inquire(&order).await), "declined");
    assert_eq!(story.simulator.movements(), vec![]);
}

#[tokio::test]
async fn an_open_payout_stays_open_until_the_platform_decides() {
    let story = Story::begin();
    for (number, success, end) in [(1, true, "paid"), (2, false, "declined")] {
        let order = story.payout(number, 700);
        story.simulator.next_call(&order.reference, Fault::OpenForever);
        assert_eq!(kind(&story.paygate.send(&order).await), "open");
        assert_eq!(kind(&story.paygate.inquire(&order).await), "open");
        assert!(story.simulator.decide(&order.reference, success));
        assert_eq!(kind(&story.paygate.inquire(&order).await), end);
        assert_eq!(story.simulator.sum(&order.reference, Moved::Payout), if success { 700 } else { 0 });
    }
}

/// The trap that the whole conduct is made for: while the first is open, the same ReqID is processed again.
#[tokio::test]
async fn the_simulator_pays_twice_when_an_open_request_is_repeated_and_the_inquiry_shows_it() {
    let story = Story::begin();
    let order = story.payout(1, 700);
    story.simulator.next_call(&order.reference, Fault::OpenSilently);
    assert_eq!(kind(&story.paygate.send(&order).await), "unknown");
    assert_eq!(kind(&story.paygate.inquire(&order).await), "open", "this is what forbids the repeat");
    assert_eq!(kind(&story.paygate.send(&order).await), "paid");
    assert!(story.simulator.decide(&order.reference, true));
    assert_eq!(story.simulator.sum(&order.reference, Moved::Payout), 1_400);
    let Outcome::Unknown { cause } = story.paygate.inquire(&order).await else { panic!() };
    assert!(cause.contains("1400"), "{cause}");
}

#[tokio::test]
async fn a_request_that_is_processed_long_after_the_time_out_is_found_later_and_paid_once() {
    let story = Story::impatient();
    let order = story.payout(1, 700);
    story.simulator.next_call(&order.reference, Fault::ProcessLate);
    assert_eq!(kind(&story.paygate.send(&order).await), "unknown");
    assert_eq!(kind(&story.paygate.inquire(&order).await), "not found", "no proof so soon");
    story.simulator.release();
    assert_eq!(kind(&story.paygate.inquire(&order).await), "paid");
    assert_eq!(kind(&story.paygate.send(&order).await), "paid");
    assert_eq!(story.simulator.sum(&order.reference, Moved::Payout), 700);
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent_and_the_breaker_opens_and_probes() {
    let story = Story::begin();
    let address = crate::support::ports::free_address();
    let clock = Clock::frozen_at(super::support::noon());
    let mut settings = settings(&format!("http://{address}"), &Merchant::default(), "");
    settings.limits.breaker_failures = 2;
    let paygate = Paygate::new(settings, clock.clone(), Entropy::seeded(1)).unwrap();
    let order = story.payout(1, 700);
    for _ in 0..2 {
        assert_eq!(paygate.client().line().health(), Health::Calls);
        assert_eq!(kind(&paygate.send(&order).await), "not sent");
    }
    let Outcome::NotSent { cause } = paygate.send(&order).await else { panic!() };
    assert!(cause.contains("left alone"), "{cause}");

    // The platform comes back at the same address: the first call after the pause is a probe and closes it.
    let listener = TcpListener::bind(address).unwrap();
    let back = tillgate::processors::paygate::simulator::Simulator::start(
        listener,
        vec![Merchant::default()],
        clock.clone(),
        Entropy::seeded(1),
    )
    .unwrap();
    let mut order = order;
    order.instrument.as_mut().unwrap().token =
        back.store_card(super::support::CARD, super::support::EXPIRY, "VISA");
    clock.advance(Duration::seconds(15));
    assert_eq!(kind(&paygate.send(&order).await), "paid");
    assert_eq!(paygate.client().line().health(), Health::Calls);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_by_name_and_never_leaves() {
    let story = Story::begin();
    type Spoil = fn(&mut tillgate::processors::PayoutOrder);
    let table: [(&str, Spoil); 9] = [
        ("Amount (n..10) is below", |order| order.amount = euro(99)),
        ("Amount (n..10) is too long", |order| order.amount = euro(10_000_000_000)),
        ("CCNr (n16) is missing", |order| order.instrument = None),
        ("CCNr (n16) is no pseudo", |order| {
            order.instrument.as_mut().unwrap().token = "4111111111111111".to_owned()
        }),
        ("CCNr (n16) is another", |order| order.instrument.as_mut().unwrap().issuer = "sopg".to_owned()),
        ("CCExpiry (n6)", |order| order.instrument.as_mut().unwrap().expiry = "12/30".to_owned()),
        ("CCBrand (a..22)", |order| order.instrument.as_mut().unwrap().brand = "Gold".to_owned()),
        ("TransID (ans..64)", |order| order.reference = "PO 1&x=2".to_owned()),
        ("RefNr (ns..30)", |order| {
            order.extra.insert("RefNr".to_owned(), "x".repeat(31));
        }),
    ];
    for (said, spoil) in table {
        let mut order = story.payout(1, 700);
        spoil(&mut order);
        let Outcome::Declined { code, reason } = story.paygate.send(&order).await else { panic!("{said}") };
        assert_eq!(code, NOT_SENDABLE);
        assert!(reason.starts_with(said), "{reason}");
        assert!(!reason.contains("4111"), "{reason}");
    }
    assert_eq!(story.simulator.movements(), vec![]);
}

#[tokio::test]
async fn the_platforms_own_switches_and_limits_refuse() {
    for (merchant, refused) in [
        (Merchant { creditex: false, ..Merchant::default() }, "20500060"),
        (Merchant { payout_limit: 500, ..Merchant::default() }, "22060313"),
    ] {
        let story = Story::with(merchant, "");
        let Outcome::Declined { code, .. } = story.paygate.send(&story.payout(1, 700)).await else {
            panic!()
        };
        assert_eq!(code, refused);
    }
    let story = Story::with(Merchant { unique_trans_id: true, ..Merchant::default() }, "");
    let mut order = story.payout(1, 700);
    assert_eq!(kind(&story.paygate.send(&order).await), "paid");
    order.request_id = "another".to_owned();
    assert_eq!(
        kind(&story.paygate.send(&order).await),
        "unknown",
        "present already says nothing about the money"
    );
}

#[tokio::test]
async fn a_wrong_key_is_noticed_on_both_sides() {
    let story = Story::begin();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let other = Merchant { mac_password: "another".to_owned(), ..Merchant::default() };
    let url = format!("http://{}", listener.local_addr().unwrap());
    let clock = Clock::frozen_at(super::support::noon());
    let simulator = tillgate::processors::paygate::simulator::Simulator::start(
        listener,
        vec![other.clone()],
        clock.clone(),
        Entropy::seeded(1),
    )
    .unwrap();
    let wrong_mac =
        Paygate::new(settings(&url, &Merchant::default(), ""), clock.clone(), Entropy::seeded(1)).unwrap();
    let Outcome::Declined { code, .. } = wrong_mac.send(&story.payout(1, 700)).await else { panic!() };
    assert_eq!(code, "20120044");
    let key = Merchant { password: "another-password!".to_owned(), ..other };
    let wrong_key = Paygate::new(settings(&url, &key, ""), clock, Entropy::seeded(1)).unwrap();
    assert_eq!(kind(&wrong_key.send(&story.payout(1, 700)).await), "unknown");
    assert_eq!(simulator.movements(), vec![]);
}

/// While nobody confirms that nothing was paid, a refusal is no more than a rumour.
#[tokio::test]
async fn a_refusal_that_can_not_be_checked_is_not_believed() {
    let story = Story::begin();
    let order = story.payout(1, 2_500);
    let script = |endpoint: &str, fault: Fault| Script {
        endpoint: Some(endpoint.to_owned()),
        trans_id: Some(order.reference.clone()),
        times: 1,
        call: Some(fault),
        notice: None,
    };
    for unanswered in [Fault::DropBefore, Fault::HalfAnswer, Fault::WrongMac, Fault::Clear] {
        story.simulator.script(script("creditex.aspx", Fault::Refuse("22060305".to_owned())));
        story.simulator.script(script("inquire24.aspx", unanswered.clone()));
        let outcome = story.paygate.send(&order).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{unanswered:?} {outcome:?}");
    }
    // The same ReqID has the same answer, and now the platform can be asked.
    let outcome = story.paygate.send(&order).await;
    assert!(matches!(outcome, Outcome::Declined { .. }), "{outcome:?}");
    assert!(story.simulator.movements().is_empty());
}
