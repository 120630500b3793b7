//! What is called again, and what is not, after every code that the vendor lists: a logical refusal never, a technical
//! failure of a command only after asking. Counted at the gateway, call by call.

use super::world::*;
use metrics_exporter_prometheus::PrometheusBuilder;
use tillgate::domain::outcome::{DepositOutcome, Outcome};
use tillgate::processors::sopg::codes::{Class, class};
use tillgate::processors::sopg::simulator::{Fault, Kind};
use tillgate::processors::{Capture, DepositProcessor, Opened, PayoutProcessor};

const ASK: &str = "getSerialNumbers";
const CREATE: &str = "createDisposition";
const DEBIT: &str = "executeDebit";
const MODIFY: &str = "modifyDispositionValue";

/// All listed codes, and one that is in no list.
fn codes() -> Vec<i32> {
    let mut codes: Vec<i32> = (1..=11_000).filter(|&code| class(code) != Class::Unlisted).collect();
    assert!(codes.len() > 130, "{}", codes.len());
    codes.push(7777);
    codes
}

fn logical(error: i32) -> Kind {
    Kind::CodesBefore { result: 1, error }
}

/// Technical, and done all the same or not.
fn technical(error: i32) -> [Kind; 2] {
    [Kind::CodesBefore { result: 2, error }, Kind::CodesAfter { result: 2, error }]
}

impl World {
    /// What is called from now on until `calls` says.
    fn since(&self, before: usize) -> Vec<String> {
        self.simulator.called()[before..].to_vec()
    }

    /// A fresh deposit, paid at the panel, and how many calls there were up to then.
    async fn fresh(&self, name: String) -> (tillgate::processors::DepositOrder, usize) {
        let order = self.paid(&name, eur("1.00"), &["15"]).await;
        (order, self.simulator.called().len())
    }
}

#[tokio::test]
async fn an_opening_is_repeated_only_after_a_technical_failure_and_a_question() {
    let world = World::new();
    for code in codes() {
        let before = world.simulator.called().len();
        world.fails(CREATE, logical(code));
        let opened = world.processor.open(&order(&format!("L-{code}"), eur("1.00"))).await;
        if code == 2001 {
            assert!(matches!(opened, Opened::Taken { .. }), "{opened:?}");
            assert_eq!(world.since(before), [CREATE, ASK]);
        } else {
            let expected = code.to_string();
            assert!(matches!(&opened, Opened::Refused { code, .. } if *code == expected), "{opened:?}");
            assert_eq!(world.since(before), [CREATE], "{code}");
        }
    }
    for code in [4001, 4005, 5001, 10003, 10007] {
        for (place, kind) in technical(code).into_iter().enumerate() {
            let before = world.simulator.called().len();
            world.fails(CREATE, kind);
            let opened = world.processor.open(&order(&format!("T-{code}-{place}"), eur("1.00"))).await;
            assert!(matches!(opened, Opened::Redirect { .. }), "{code}: {opened:?}");
            let expected: &[&str] = if place == 0 { &[CREATE, ASK, CREATE] } else { &[CREATE, ASK] };
            assert_eq!(world.since(before).iter().filter(|call| *call != "getMid").count(), expected.len());
        }
    }
}

#[tokio::test]
async fn a_question_that_is_refused_is_not_repeated_and_one_that_failed_is() {
    let world = World::new();
    let (order, _) = world.fresh("DE-1".to_owned()).await;
    for code in codes() {
        let before = world.simulator.called().len();
        world.fails(ASK, logical(code));
        let outcome = world.processor.settle(&order).await;
        match code {
            2002 => assert_eq!(outcome, DepositOutcome::NotFound),
            _ => assert!(matches!(outcome, DepositOutcome::Unknown { .. }), "{code}: {outcome:?}"),
        }
        assert_eq!(world.since(before), [ASK], "{code}");
    }
    let before = world.simulator.called().len();
    world.simulator.fault(Fault::new(ASK, technical(10007)[0].clone()).times(2));
    assert!(is_paid(&world.processor.settle(&order).await, eur("1.00")));
    assert_eq!(world.since(before), [ASK, ASK, ASK, DEBIT]);
}

#[tokio::test]
async fn a_debit_is_repeated_only_after_a_technical_failure_and_a_question() {
    let world = World::new();
    for code in codes() {
        let (order, before) = world.fresh(format!("L-{code}")).await;
        world.fails(DEBIT, logical(code));
        let outcome = world.processor.settle(&order).await;
        assert!(matches!(outcome, DepositOutcome::Unknown { .. }), "{code}: {outcome:?}");
        // Where the state stands in the way it is asked for, as often as an account asks; nothing is debited again.
        let expected: &[&str] =
            if matches!(code, 2003 | 2017 | 3007) { &[ASK, DEBIT, ASK, ASK, ASK] } else { &[ASK, DEBIT] };
        assert_eq!(world.since(before), expected, "{code}");
        world.simulator.look(|book| book.lower("psc_example_shop_test", &order.reference, 0));
    }
    assert_eq!(world.taken(), 0);
    for code in [4005, 5002, 10007] {
        for (place, kind) in technical(code).into_iter().enumerate() {
            let (order, before) = world.fresh(format!("T-{code}-{place}")).await;
            world.fails(DEBIT, kind);
            assert!(is_paid(&world.processor.settle(&order).await, eur("1.00")), "{code}");
            let again: &[&str] = &[ASK, DEBIT, ASK, DEBIT];
            let asked: &[&str] = &[ASK, DEBIT, ASK];
            let order = on_record(&order, "debit");
            assert_eq!(world.since(before), if place == 0 { again } else { asked }, "{code}");
            assert!(is_paid(&world.processor.settle(&order).await, eur("1.00")), "{code}");
        }
    }
    assert_eq!(world.taken(), 600);
}

/// A lowering is tried once; after an answer that got lost the state is asked for before anything is debited.
#[tokio::test]
async fn a_lowering_is_never_repeated() {
    let world = World::new();
    for code in codes() {
        let (mut order, before) = world.fresh(format!("L-{code}")).await;
        order.capture = Capture::Manual;
        world.fails(MODIFY, logical(code));
        let outcome = world.processor.capture(&order, eur("0.40"), true).await;
        assert!(is_paid(&outcome, eur("0.40")), "{code}: {outcome:?}");
        assert_eq!(world.since(before), [ASK, MODIFY, DEBIT], "{code}");
    }
    for kind in technical(10007) {
        let (mut order, before) = world.fresh(format!("T-{}", world.simulator.called().len())).await;
        order.capture = Capture::Manual;
        world.fails(MODIFY, kind.clone());
        let outcome = world.processor.capture(&order, eur("0.40"), true).await;
        assert!(is_paid(&outcome, eur("0.40")), "{kind:?}: {outcome:?}");
        assert_eq!(world.since(before), [ASK, MODIFY, ASK, DEBIT], "{kind:?}");
    }
}

/// A refund is a validation and an execution; only the execution is repeated, under its id.
#[tokio::test]
async fn a_refund_is_repeated_under_its_id_after_a_technical_failure_alone() {
    let world = World::new();
    let (order, _) = world.fresh("DE-1".to_owned()).await;
    assert!(is_paid(&world.processor.settle(&order).await, eur("1.00")));
    for code in codes() {
        for (skip, calls) in [(0, 1), (1, 2)] {
            let before = world.simulator.called().len();
            world.simulator.fault(Fault::new("refund", logical(code)).skipping(skip));
            let outcome = world.processor.refund(&order, eur("0.10"), &format!("RL-{code}-{skip}")).await;
            match code {
                3164 => assert!(matches!(outcome, Outcome::Paid { .. }), "{outcome:?}"),
                _ => assert!(
                    matches!(&outcome, Outcome::Declined { code: given, .. } if *given == code.to_string()),
                    "{code}: {outcome:?}"
                ),
            }
            assert_eq!(world.since(before), vec!["refund"; calls], "{code}");
        }
    }
    assert_eq!(world.taken(), 100, "nothing went back");
    for (place, kind) in technical(10007).into_iter().enumerate() {
        let before = world.simulator.called().len();
        world.fails("refund", kind.clone());
        let outcome = world.processor.refund(&order, eur("0.10"), &format!("RV-{place}")).await;
        assert!(matches!(outcome, Outcome::NotSent { .. }), "{kind:?}: {outcome:?}");
        assert_eq!(world.since(before), ["refund"], "{kind:?}: a validation that failed");
        let before = world.simulator.called().len();
        world.simulator.fault(Fault::new("refund", kind.clone()).skipping(1));
        let outcome = world.processor.refund(&order, eur("0.10"), &format!("RX-{place}")).await;
        assert!(matches!(outcome, Outcome::Paid { .. }), "{kind:?}: {outcome:?}");
        assert_eq!(world.since(before), ["refund", "refund", "refund"], "{kind:?}");
    }
    assert_eq!(world.taken(), 80);
}

/// A payout is never executed twice by this room: what is not known is left to an inquiry, which only validates.
#[tokio::test]
async fn a_payout_is_repeated_by_nobody_here() {
    let world = World::new();
    let order =
        |name: String, place: usize| payout(&name, eur("1.00"), &format!("p{place}@customer.example"));
    for (place, code) in codes().into_iter().enumerate() {
        for (skip, calls) in [(0, 1), (1, 2)] {
            let before = world.simulator.called().len();
            world.simulator.fault(Fault::new("payout", logical(code)).skipping(skip));
            let outcome = world.processor.send(&order(format!("PL-{code}-{skip}"), place)).await;
            match code {
                3164 => assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}"),
                _ => assert!(matches!(outcome, Outcome::Declined { .. }), "{code}: {outcome:?}"),
            }
            assert_eq!(world.since(before), vec!["payout"; calls], "{code}");
        }
    }
    let nobodys = |world: &World| world.simulator.look(|book| book.paid_out("psc_example_shop_test", "EUR"));
    assert_eq!(nobodys(&world), 0);
    for (place, kind) in technical(10007).into_iter().enumerate() {
        for (skip, calls) in [(0, 1), (1, 2)] {
            let before = world.simulator.called().len();
            world.simulator.fault(Fault::new("payout", kind.clone()).skipping(skip));
            let order = order(format!("PT-{place}-{skip}"), 1_000 + place);
            let outcome = world.processor.send(&order).await;
            let unsent = matches!(outcome, Outcome::NotSent { .. });
            assert!(
                unsent == (skip == 0) && !matches!(outcome, Outcome::Paid { .. }),
                "{kind:?}: {outcome:?}"
            );
            let asked = world.processor.inquire(&order).await;
            let arrived = skip == 1 && place == 1;
            assert_eq!(asked == Outcome::NotFound, !arrived, "{kind:?} {skip}: {asked:?}");
            assert_eq!(world.since(before), vec!["payout"; calls + 1], "{kind:?} {skip}");
        }
    }
    assert_eq!(nobodys(&world), 100);
}

/// Whose trouble a refusal is decides who is told: what lies with us or with the contract rings the bell at once.
#[tokio::test]
async fn a_refusal_that_lies_with_us_or_the_contract_is_told_to_a_person_at_once() {
    let world = World::new();
    for (kind, told) in [
        (Kind::PageBefore(403), true),
        (Kind::FaultClient, true),
        (logical(10008), true),
        (logical(3001), true),
        (logical(10028), true),
        (logical(7777), true),
        (logical(2017), false),
        (logical(2002), false),
        (logical(3006), false),
        (technical(10007)[0].clone(), false),
        (Kind::FaultServer, false),
        (Kind::ResetBefore, false),
    ] {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        let _here = metrics::set_default_local_recorder(&recorder);
        world.fails(ASK, kind.clone());
        world.processor.ask(&order("DE-1", eur("1.00"))).await;
        let rung = handle.render().contains("tillgate_alerts_total{alert=\"sopg_needs_a_person\"} 1");
        assert_eq!(rung, told, "{kind:?}");
    }
}
