//! Every fault at every call of a settlement: what is taken equals what is reported, or nothing is reported.

use super::world::*;
use tillgate::domain::outcome::DepositOutcome;
use tillgate::processors::DepositProcessor;
use tillgate::processors::sopg::simulator::{Fault, Kind, Letter};

fn every_fault() -> Vec<Kind> {
    vec![
        Kind::ResetBefore,
        Kind::ResetAfter,
        Kind::PageBefore(502),
        Kind::PageAfter(502),
        Kind::PageBefore(500),
        Kind::PageAfter(200),
        Kind::PageBefore(403),
        Kind::CodesBefore { result: 2, error: 10007 },
        Kind::CodesAfter { result: 2, error: 10007 },
        Kind::CodesBefore { result: 2, error: 4005 },
        Kind::CodesBefore { result: 0, error: 1 },
        Kind::CodesBefore { result: 1, error: 10008 },
        Kind::CodesBefore { result: 1, error: 2017 },
        Kind::CodesAfter { result: 1, error: 2017 },
        Kind::CodesAfter { result: 1, error: 3007 },
        Kind::FaultServer,
        Kind::FaultClient,
        Kind::Truncated,
        Kind::HalfSent,
        Kind::ExtraElements,
        Kind::OtherPrefixes,
    ]
}

/// Settles until there is an outcome, as the sweep would, always with the debit on record.
async fn settles(world: &World, mtid: &str) -> DepositOutcome {
    let order = on_record(&order(mtid, eur("24.90")), "debit");
    for _ in 0..4 {
        let outcome = world.processor.settle(&order).await;
        if !matches!(outcome, DepositOutcome::Unknown { .. }) {
            return outcome;
        }
    }
    panic!("never settled")
}

#[tokio::test]
async fn a_fault_at_any_call_of_a_settlement_changes_nothing_in_the_end() {
    for operation in ["getSerialNumbers", "executeDebit"] {
        let world = World::new();
        for (place, kind) in every_fault().into_iter().enumerate() {
            let mtid = format!("DE-{place}");
            world.paid(&mtid, eur("24.90"), &["15"]).await;
            world.fails(operation, kind.clone());
            assert!(is_paid(&settles(&world, &mtid).await, eur("24.90")), "{operation} {kind:?}");
            assert_eq!(world.letter(&mtid), "O", "{operation} {kind:?}");
            assert_eq!(world.taken(), 2490 * (place as i64 + 1), "{operation} {kind:?}");
        }
        world.simulator.stop().await;
    }
}

#[tokio::test]
async fn two_faults_in_a_row_change_nothing_either() {
    for first in [Kind::ResetBefore, Kind::ResetAfter, Kind::Truncated] {
        for second in [Kind::ResetBefore, Kind::ResetAfter, Kind::FaultServer] {
            let world = World::new();
            world.paid("DE-1", eur("24.90"), &["12"]).await;
            world.fails("executeDebit", first.clone());
            world.fails("executeDebit", second.clone());
            world.simulator.fault(Fault::new("getSerialNumbers", second.clone()).skipping(1));
            assert!(is_paid(&settles(&world, "DE-1").await, eur("24.90")), "{first:?} {second:?}");
            assert_eq!(world.taken(), 2490, "{first:?} {second:?}");
            world.simulator.stop().await;
        }
    }
}

#[tokio::test]
async fn a_debit_that_times_out_is_asked_about() {
    for kind in [Kind::HoldBefore, Kind::HoldAfter] {
        let world = World::of(|account| account.timeout_ms = 4_000);
        world.paid("DE-1", eur("24.90"), &["12"]).await;
        world.fails("executeDebit", kind.clone());
        assert!(is_paid(&settles(&world, "DE-1").await, eur("24.90")), "{kind:?}");
        assert_eq!(world.taken(), 2490, "{kind:?}");
        world.simulator.stop().await;
    }
}

#[tokio::test]
async fn every_state_meets_every_fault_of_the_question_and_nothing_is_taken_that_must_not_be() {
    for letter in [Letter::R, Letter::L, Letter::X] {
        let world = World::new();
        for (place, kind) in every_fault().into_iter().enumerate() {
            let mtid = format!("DE-{place}");
            world.opens(&mtid, eur("24.90")).await;
            world.simulator.force(&mtid, letter);
            world.fails("getSerialNumbers", kind.clone());
            let outcome = settles(&world, &mtid).await;
            match letter {
                Letter::R => assert!(matches!(outcome, DepositOutcome::Open { .. }), "{kind:?} {outcome:?}"),
                _ => assert!(matches!(outcome, DepositOutcome::Failed { .. }), "{kind:?} {outcome:?}"),
            }
            assert_eq!((world.simulator.calls("executeDebit"), world.taken()), (0, 0));
        }
        world.simulator.stop().await;
    }
}

#[tokio::test]
async fn a_letter_nobody_has_told_us_about_is_not_acted_upon() {
    let world = World::new();
    let order = world.paid("DE-1", eur("24.90"), &["12"]).await;
    for letter in ["D", "C", "Z", "s", ""] {
        world.simulator.fault(Fault::new("getSerialNumbers", Kind::State(letter.to_owned())).times(4));
        let outcome = world.processor.settle(&order).await;
        assert!(matches!(outcome, DepositOutcome::Unknown { .. }), "{letter}: {outcome:?}");
        assert_eq!(world.simulator.calls("executeDebit"), 0, "{letter}");
        while !world.simulator.calls("getSerialNumbers").is_multiple_of(4) {
            world.processor.ask(&order).await;
        }
    }
}
