//! From paid to ours: settlement, windows, parts, release.

use super::world::*;
use chrono::Duration;
use tillgate::domain::outcome::DepositOutcome;
use tillgate::processors::sopg::assign_cards::{Assigned, CardRefusal};
use tillgate::processors::sopg::execute_debit::Close;
use tillgate::processors::sopg::simulator::{Kind, Letter, Switches};
use tillgate::processors::sopg::state::State;
use tillgate::processors::sopg::{DebitAnswer, DispositionState};
use tillgate::processors::{Capture, DepositProcessor};

#[tokio::test]
async fn a_paid_deposit_is_debited_once_however_often_it_is_settled() {
    let world = World::new();
    let order = world.paid("DE-1", eur("24.90"), &["12"]).await;
    assert!(is_paid(&world.processor.settle(&order).await, eur("24.90")));
    assert_eq!((world.letter("DE-1").as_str(), world.taken()), ("O", 2490));
    for _ in 0..3 {
        assert!(is_paid(&world.processor.settle(&on_record(&order, "debit")).await, eur("24.90")));
    }
    assert_eq!((world.taken(), world.simulator.calls("executeDebit")), (2490, 1));
    // Without a debit of ours on record nobody knows whose money that was.
    assert!(matches!(world.processor.settle(&order).await, DepositOutcome::Unknown { .. }));
}

#[tokio::test]
async fn okurl_and_notification_at_the_same_instant_make_one_debit() {
    let world = World::new();
    let order = world.paid("DE-1", eur("24.90"), &["12"]).await;
    let settle = || async { world.processor.settle(&on_record(&order, "debit")).await };
    let (a, b, c) = tokio::join!(settle(), settle(), settle());
    for outcome in [a, b, c] {
        assert!(is_paid(&outcome, eur("24.90")), "{outcome:?}");
    }
    assert_eq!(world.taken(), 2490);
}

#[tokio::test]
async fn the_caller_can_commit_between_asking_and_debiting() {
    let world = World::new();
    let order = world.paid("DE-1", eur("24.90"), &["12"]).await;
    let DispositionState::Known(there) = world.processor.ask(&order).await else { panic!("not known") };
    assert_eq!((there.state, there.amount, there.cards.len()), (State::Disposed, eur("24.90"), 1));
    assert_eq!(world.processor.debit(&order, eur("24.90"), Close::Now).await, DebitAnswer::Done);
    let again = world.processor.debit(&order, eur("24.90"), Close::Now).await;
    assert!(matches!(&again, DebitAnswer::AskOnly { code, .. } if code == "2017"), "{again:?}");
    let DispositionState::Known(there) = world.processor.ask_raw(&order).await else { panic!("not known") };
    assert_eq!((there.state, there.cards.len()), (State::Consumed, 0));
    assert_eq!(
        world.processor.ask(&super::world::order("DE-2", eur("1.00"))).await,
        DispositionState::NotKnown
    );
}

#[tokio::test]
async fn nothing_is_debited_before_the_customer_pays_or_after_he_cancels() {
    let world = World::new();
    let (order, _) = world.opens("DE-1", eur("24.90")).await;
    assert!(matches!(world.processor.settle(&order).await, DepositOutcome::Open { .. }));
    for (letter, code) in [(Letter::L, "L"), (Letter::X, "X")] {
        world.simulator.force("DE-1", letter);
        let outcome = world.processor.settle(&order).await;
        assert!(
            matches!(&outcome, DepositOutcome::Failed { code: given, .. } if given == code),
            "{outcome:?}"
        );
    }
    world.simulator.force("DE-1", Letter::I);
    assert!(matches!(world.processor.settle(&order).await, DepositOutcome::Unknown { .. }));
    assert_eq!(
        world.processor.settle(&super::world::order("DE-9", eur("1.00"))).await,
        DepositOutcome::NotFound
    );
    assert_eq!(world.simulator.calls("executeDebit"), 0);
}

#[tokio::test]
async fn the_windows_end_at_thirty_minutes_and_at_a_minute() {
    let world = World::new();
    let (first, _) = world.opens("DE-1", eur("10.00")).await;
    world.simulator.advance(Duration::seconds(30 * 60 - 1));
    assert_eq!(world.letter("DE-1"), "R");
    world.pays(&first, &["11"]).await;
    world.simulator.advance(Duration::seconds(59));
    assert!(is_paid(&world.processor.settle(&first).await, eur("10.00")));

    let late = world.paid("DE-2", eur("20.00"), &["12"]).await;
    world.simulator.advance(Duration::seconds(61));
    let debit = world.processor.debit(&late, eur("20.00"), Close::Now).await;
    assert!(matches!(&debit, DebitAnswer::AskOnly { code, .. } if code == "3007"), "{debit:?}");
    let outcome = world.processor.settle(&late).await;
    assert!(matches!(&outcome, DepositOutcome::Failed { code, .. } if code == "X"), "{outcome:?}");

    world.opens("DE-3", eur("10.00")).await;
    world.simulator.advance(Duration::minutes(30));
    assert_eq!(world.letter("DE-3"), "X");
    assert_eq!(world.taken(), 1000);
}

#[tokio::test]
async fn the_demo_accounts_have_ten_minutes_and_the_test_system_never_ends() {
    let world = World::of(|account| {
        account.username = "psc_demo_shop_test".to_owned();
        account.password = Some("s3cret-Pass".into());
    });
    let order = world.paid("DE-1", eur("10.00"), &["11"]).await;
    world.simulator.advance(Duration::seconds(599));
    assert_eq!(world.letter("DE-1"), "S");
    world.simulator.switch(Switches { never_expires: true, ..Switches::default() });
    world.simulator.advance(Duration::days(3));
    assert!(is_paid(&world.processor.settle(&order).await, eur("10.00")));
}

#[tokio::test]
async fn another_amount_or_currency_than_ours_is_never_debited() {
    let world = World::new();
    let order = world.paid("DE-1", eur("24.90"), &["12"]).await;
    world.processor.modify(&order, eur("20.00")).await.unwrap();
    assert!(matches!(world.processor.settle(&order).await, DepositOutcome::Unknown { .. }));
    let other = super::world::order("DE-1", money("24.90", "GBP"));
    assert!(matches!(world.processor.settle(&other).await, DepositOutcome::Unknown { .. }));
    assert_eq!((world.simulator.calls("executeDebit"), world.taken()), (0, 0));
    assert!(
        matches!(world.processor.modify(&order, eur("21.00")).await, Err(error) if error.code() == "2009")
    );
}

#[tokio::test]
async fn a_manual_capture_waits_and_then_takes_parts() {
    let world = World::new();
    let mut order = world.paid("DE-1", eur("24.90"), &["12"]).await;
    order.capture = Capture::Manual;
    assert!(matches!(world.processor.settle(&order).await, DepositOutcome::Authorized { .. }));
    assert!(is_paid(&world.processor.capture(&order, eur("10.00"), false).await, eur("10.00")));
    assert_eq!((world.letter("DE-1").as_str(), world.taken()), ("E", 1000));
    assert!(matches!(
        world.processor.capture(&order, eur("15.00"), true).await,
        DepositOutcome::Unknown { .. }
    ));
    assert!(is_paid(&world.processor.capture(&order, eur("4.90"), true).await, eur("4.90")));
    assert_eq!((world.letter("DE-1").as_str(), world.taken()), ("O", 1490));
    // The rest is on the card again.
    assert_eq!(world.simulator.look(|book| book.cards[&full("12")].free), 2500 - 1490);
}

#[tokio::test]
async fn a_part_whose_answer_is_lost_is_taken_once() {
    for kind in [Kind::ResetBefore, Kind::ResetAfter, Kind::PageAfter(502), Kind::Truncated] {
        let world = World::new();
        let order = world.paid("DE-1", eur("24.90"), &["12"]).await;
        world.fails("executeDebit", kind.clone());
        assert!(
            is_paid(&world.processor.capture(&order, eur("10.00"), false).await, eur("10.00")),
            "{kind:?}"
        );
        assert_eq!((world.letter("DE-1").as_str(), world.taken()), ("E", 1000), "{kind:?}");
        world.fails("executeDebit", kind.clone());
        assert!(
            is_paid(&world.processor.capture(&order, eur("14.90"), true).await, eur("14.90")),
            "{kind:?}"
        );
        assert_eq!((world.letter("DE-1").as_str(), world.taken()), ("O", 2490), "{kind:?}");
        world.simulator.stop().await;
    }
}

#[tokio::test]
async fn giving_up_releases_the_reserve_and_takes_nothing() {
    for kind in [None, Some(Kind::ResetAfter), Some(Kind::ResetBefore)] {
        let world = World::new();
        let order = world.paid("DE-1", eur("24.90"), &["12"]).await;
        if let Some(kind) = &kind {
            world.fails("executeDebit", kind.clone());
        }
        let outcome = world.processor.cancel(&order).await;
        assert!(
            matches!(&outcome, DepositOutcome::Failed { code, .. } if code == "O"),
            "{kind:?}: {outcome:?}"
        );
        assert_eq!((world.letter("DE-1").as_str(), world.taken()), ("O", 0));
        assert_eq!(world.simulator.look(|book| book.cards[&full("12")].free), 2500);
        // A released disposition ends in O, and yet it is not ours.
        let later = world.processor.settle(&on_record(&order, "release")).await;
        assert!(matches!(later, DepositOutcome::Failed { .. }), "{later:?}");
        world.simulator.stop().await;
    }
    let world = World::new();
    let (order, _) = world.opens("DE-2", eur("24.90")).await;
    assert!(matches!(world.processor.cancel(&order).await, DepositOutcome::Failed { .. }));
    // He pays all the same: he gets it back, and nothing is debited.
    world.pays(&order, &["12"]).await;
    let outcome = world.processor.settle(&on_record(&order, "release")).await;
    assert!(matches!(outcome, DepositOutcome::Failed { .. }), "{outcome:?}");
    assert_eq!(world.taken(), 0);
}

#[tokio::test]
async fn ten_cards_and_two_currencies_pay_together_and_are_never_added_up() {
    let world = World::new();
    world.simulator.switch(Switches { four_fields: true, ..Switches::default() });
    let order = world.paid("DE-1", eur("30.00"), &["11", "21"]).await;
    let DispositionState::Known(there) = world.processor.ask(&order).await else { panic!("not known") };
    let cards: Vec<_> =
        there.cards.iter().map(|card| (card.currency.as_deref(), card.amount.as_str())).collect();
    assert_eq!(cards, [(Some("EUR"), "10.00"), (Some("CHF"), "19.05")]);
    assert!(is_paid(&world.processor.settle(&order).await, eur("30.00")));
    assert_eq!(world.taken(), 3000);
}

#[tokio::test]
async fn cards_that_do_not_work_are_named_by_their_place() {
    let world = World::of(|account| account.countries = vec!["AT".to_owned()]);
    let (order, _) = world.opens("DE-1", eur("5.00")).await;
    let refused = |place, code| CardRefusal { place: Some(place), code };
    let expected =
        [refused(0, 10013), refused(2, 10012), refused(3, 1026), refused(4, 10006), refused(5, 1050)];
    assert_eq!(
        world.pays(&order, &["91", "11", "92", "94", "95", "99"]).await,
        Assigned::CardsRefused(expected.to_vec())
    );
    assert_eq!(world.letter("DE-1"), "R");
    let one = |pin: &str| full(pin).into();
    for (pin, code) in [("93", "3006"), ("91", "10013")] {
        let error = world.processor.assign_one(&order, &one(pin)).await.unwrap_err();
        assert_eq!(error.code(), code);
    }
    world.processor.assign_one(&order, &one("11")).await.unwrap();
    assert_eq!(world.processor.assign_one(&order, &one("11")).await.unwrap_err().code(), "2003");
    let (dear, _) = world.opens("DE-2", eur("60.00")).await;
    let cards = vec![tillgate::processors::sopg::assign_cards::CardEntry { pin: one("13"), password: None }];
    assert_eq!(world.processor.assign(&dear, &cards).await.unwrap_err().code(), "2004");
    world.taken();
}
