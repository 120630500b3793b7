//! createDisposition and what it survives.

use super::world::*;
use tillgate::processors::sopg::settings::{Brand, KycLevel};
use tillgate::processors::sopg::simulator::{Fault, Kind, Letter};
use tillgate::processors::{DepositProcessor, Opened};

#[tokio::test]
async fn a_deposit_is_created_with_all_it_needs_and_sends_the_customer_to_the_panel() {
    let world = World::of(|account| {
        account.countries = vec!["AT".to_owned(), "DE".to_owned()];
        account.min_age = Some(18);
        account.min_kyc_level = Some(KycLevel::Full);
        account.shop_id = Some("shop-01".to_owned());
        account.shop_label = Some("shop.example".to_owned());
    });
    let (order, url) = world.opens("DE-1", eur("24.90")).await;
    let mid = world.simulator.look(|book| {
        let there = &book.dispositions[0];
        assert_eq!((there.value, there.currency.as_str(), there.letter), (2490, "EUR", Letter::R));
        assert_eq!((&there.ok_url, &there.nok_url), (&order.urls.success, &order.urls.failure));
        assert_eq!(there.pn_url, order.urls.notify);
        assert_eq!(there.countries, ["AT", "DE"]);
        assert_eq!(there.sub_id, "shop1");
        assert!(there.client_id.len() == 40 && !there.client_id.contains("Bigdaddy"));
        there.mid.clone()
    });
    let panel = world.simulator.panel();
    let expected = format!("{panel}?mid={mid}&mtid=DE-1&amount=24.90&currency=EUR&language=de&locale=de_de");
    assert_eq!(url, expected);
}

#[tokio::test]
async fn cash_ticket_is_the_same_with_its_own_panel_and_currencies() {
    let panel = std::cell::Cell::new(String::new());
    let world = World::of(|account| {
        account.brand = Brand::CashTicket;
        account.panel = account.panel.replace("psccustomer", "ctcustomer");
        account.username = "psc_demo_escape".to_owned();
        account.password = Some("a<b&c>\"d'é€".into());
        panel.set(account.panel.clone());
    });
    let (_, url) = world.opens("CT-1", money("10.00", "GBP")).await;
    assert_eq!(world.simulator.cash_ticket_panel(), panel.take());
    assert!(url.starts_with(&world.simulator.cash_ticket_panel()), "{url}");
}

#[tokio::test]
async fn limits_are_checked_before_anything_is_sent() {
    let world = World::new();
    for amount in [eur("1000.01"), money("5.00", "USD")] {
        let opened = world.processor.open(&order("DE-1", amount)).await;
        assert!(matches!(&opened, Opened::Unfit(_)), "{opened:?}");
    }
    assert_eq!(world.simulator.calls("createDisposition"), 0);
}

#[tokio::test]
async fn a_lost_answer_is_asked_about_and_never_makes_a_second_disposition() {
    for kind in [
        Kind::ResetBefore,
        Kind::ResetAfter,
        Kind::PageBefore(502),
        Kind::PageAfter(502),
        Kind::PageBefore(500),
        Kind::CodesBefore { result: 2, error: 10007 },
        Kind::CodesAfter { result: 2, error: 10007 },
        Kind::CodesAfter { result: 0, error: 4711 },
        Kind::FaultServer,
        Kind::Truncated,
        Kind::HalfSent,
    ] {
        let world = World::new();
        world.fails("createDisposition", kind.clone());
        world.opens("DE-1", eur("24.90")).await;
        assert_eq!(world.letter("DE-1"), "R", "{kind:?}");
        assert_eq!(world.simulator.look(|book| book.dispositions.len()), 1, "{kind:?}");
        world.simulator.stop().await;
    }
}

#[tokio::test]
async fn a_timeout_is_an_answer_that_was_lost() {
    for (kind, calls) in [(Kind::HoldBefore, 2), (Kind::HoldAfter, 1)] {
        let world = World::of(|account| account.timeout_ms = 4_000);
        world.fails("createDisposition", kind.clone());
        world.opens("DE-1", eur("24.90")).await;
        assert_eq!(world.simulator.calls("createDisposition"), calls, "{kind:?}");
        world.simulator.stop().await;
    }
}

#[tokio::test]
async fn opening_again_finds_what_is_there() {
    let world = World::new();
    let (order, first) = world.opens("DE-1", eur("24.90")).await;
    let (_, second) = world.opens("DE-1", eur("24.90")).await;
    assert_eq!(first, second);
    // Another amount or currency under our id can't be our doing: the id is another's.
    let again = |mut order: tillgate::processors::DepositOrder| {
        order.extra.insert(tillgate::processors::sopg::deposit::OPENED_BEFORE.to_owned(), "true".to_owned());
        order
    };
    for amount in [eur("25.00"), money("24.90", "GBP")] {
        let other = super::world::order("DE-1", amount);
        assert!(matches!(world.processor.open(&other).await, Opened::Taken { .. }), "{amount}");
        assert!(matches!(world.processor.open(&again(other)).await, Opened::Unknown { .. }), "{amount}");
    }
    // What has got on can be ours only if an earlier call may have opened it; then our own page tells of it.
    world.pays(&order, &["12"]).await;
    assert!(matches!(world.processor.open(&order).await, Opened::Taken { .. }));
    assert!(matches!(world.processor.open(&again(order)).await, Opened::Decided(_)));
}

#[tokio::test]
async fn what_cannot_be_repeated_is_refused_and_what_stays_lost_is_unknown() {
    for (kind, code) in [
        (Kind::PageBefore(403), "403"),
        (Kind::FaultClient, "client fault"),
        (Kind::CodesBefore { result: 1, error: 3001 }, "3001"),
        (Kind::CodesBefore { result: 1, error: 4003 }, "4003"),
    ] {
        let world = World::new();
        world.fails("createDisposition", kind);
        let opened = world.processor.open(&order("DE-1", eur("24.90"))).await;
        assert!(matches!(&opened, Opened::Refused { code: given, .. } if given == code), "{opened:?}");
        assert_eq!(world.simulator.calls("createDisposition"), 1);
        world.simulator.stop().await;
    }
    let world = World::new();
    world.simulator.fault(Fault::new("createDisposition", Kind::ResetBefore).times(99));
    let opened = world.processor.open(&order("DE-1", eur("24.90"))).await;
    assert!(matches!(opened, Opened::Unknown { .. }), "{opened:?}");
    assert_eq!(world.simulator.calls("createDisposition"), 3);
}

#[tokio::test]
async fn a_gateway_that_is_not_there_has_got_nothing() {
    let world =
        World::of(|account| account.endpoint = "http://127.0.0.1:1/psc/services/PscService".to_owned());
    let opened = world.processor.open(&order("DE-1", eur("24.90"))).await;
    assert!(matches!(opened, Opened::NotSent { .. }), "{opened:?}");
}

#[tokio::test]
async fn wrong_credentials_are_refused_and_not_shown() {
    let world = World::of(|account| account.password = Some("wrong-secret".into()));
    let opened = world.processor.open(&order("DE-1", eur("24.90"))).await;
    let shown = format!("{opened:?}");
    assert!(shown.contains("10008") && !shown.contains("wrong-secret"), "{shown}");
}
