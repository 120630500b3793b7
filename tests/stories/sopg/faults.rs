//! Every call of a deposit's way, broken in every manner: no double credit, and nobody is told "failed" who paid.

use super::bench::*;
use crate::support::databases;
use serde_json::json;
use tillgate::processors::sopg::simulator::{Fault, Kind};

fn kinds() -> Vec<Kind> {
    vec![
        Kind::ResetBefore,
        Kind::ResetAfter,
        Kind::HoldBefore,
        Kind::HoldAfter,
        Kind::PageBefore(502),
        Kind::PageAfter(502),
        Kind::PageBefore(403),
        Kind::CodesBefore { result: 2, error: 10007 },
        Kind::CodesAfter { result: 2, error: 10007 },
        Kind::FaultServer,
        Kind::FaultClient,
        Kind::Truncated,
        Kind::HalfSent,
        Kind::State("Z".to_owned()),
        Kind::ExtraElements,
        Kind::OtherPrefixes,
    ]
}

/// The calls of a deposit's way behind its opening: asked, asked again after it is written down, debited.
const CALLS: [(&str, u32); 3] = [("getSerialNumbers", 0), ("getSerialNumbers", 1), ("executeDebit", 0)];

#[tokio::test]
async fn every_fault_of_every_call_ends_in_one_debit_and_one_credit() {
    for scratch in databases() {
        let bench = Bench::with(scratch, impatient).await;
        let mut flows = 0;
        for (place, kind) in kinds().into_iter().enumerate() {
            for (operation, skip) in CALLS {
                let paying = bench.opens(TILLS[place % 4]).await;
                bench.gateway.fault(Fault::new(operation, kind.clone()).skipping(skip));
                bench.pays(&paying).await;
                bench.gateway.deliver_due().await;
                let what = format!("{operation} {skip} {kind:?}");
                assert_eq!(bench.settles(&paying).await, "Credited", "{what}");
                bench.is_credited_once(&paying, &what).await;
                flows += 1;
            }
        }
        println!("{flows} flows");
        bench.ends().await;
    }
}

/// The gateway answers nothing for a while: longer than one settlement asks, shorter than the window.
#[tokio::test]
async fn an_outage_inside_the_window_is_outlasted() {
    for scratch in databases() {
        let bench = Bench::with(scratch, with_a_minute).await;
        bench.tells_nobody();
        for (operation, kind, times) in [
            ("getSerialNumbers", Kind::ResetBefore, 6),
            ("executeDebit", Kind::ResetBefore, 8),
            ("executeDebit", Kind::PageBefore(502), 8),
        ] {
            let paying = bench.opens(EUROS).await;
            bench.fails(operation, kind.clone(), times);
            let back = bench.pays(&paying).await;
            bench.visits(&back).await;
            let what = format!("{operation} {kind:?}");
            assert_eq!(bench.settles(&paying).await, "Credited", "{what}");
            bench.is_credited_once(&paying, &what).await;
        }
        bench.ends().await;
    }
}

/// The debit was made and its answer got lost, and then nothing was to be heard for longer than the window.
#[tokio::test]
async fn a_debit_of_which_nothing_is_heard_for_an_hour_is_credited_all_the_same() {
    for scratch in databases() {
        let bench = Bench::with(scratch, with_a_minute).await;
        let paying = bench.opens(EUROS).await;
        bench.pays(&paying).await;
        bench.fails("executeDebit", Kind::ResetAfter, 1);
        bench.gateway.fault(Fault::new("getSerialNumbers", Kind::ResetBefore).skipping(2).times(3));
        bench.gateway.deliver_due().await;
        bench.works().await;
        assert_eq!(bench.status(&paying).await, "Settling");
        assert_eq!(bench.letter(&paying), "O");
        bench.passes(3600);
        assert_eq!(bench.settles(&paying).await, "Credited");
        bench.is_credited_once(&paying, "an hour later").await;
        bench.ends().await;
    }
}

#[tokio::test]
async fn a_lost_answer_to_the_opening_is_found_again_and_never_opens_twice() {
    for scratch in databases() {
        let bench = Bench::with(scratch, impatient).await;
        let mut flows = 0;
        for (place, kind) in kinds().into_iter().enumerate() {
            let refused = matches!(kind, Kind::FaultClient | Kind::PageBefore(403));
            for times in [1, 4] {
                let till = TILLS[place % 4];
                let what = format!("{kind:?} {times} times");
                bench.fails("createDisposition", kind.clone(), times);
                if refused {
                    let (customer, trace) = (bench.customer(till).await, bench.story.next_trace());
                    let reply = bench.create(till, &customer, trace, json!({})).await;
                    assert!(reply["Status"].as_i64().is_some_and(|status| status > 0), "{what}: {reply}");
                    let again = bench.create(till, &customer, trace, json!({})).await;
                    assert_eq!(
                        (&again["Status"], &again["Replayed"]),
                        (&reply["Status"], &json!(1)),
                        "{what}"
                    );
                    bench.clears_faults().await;
                    flows += 1;
                    continue;
                }
                if matches!(kind, Kind::HoldBefore | Kind::HoldAfter) && times > 1 {
                    continue;
                }
                let paying = bench.opens(till).await;
                bench.clears_faults().await;
                let known = bench
                    .gateway
                    .look(|book| book.dispositions.iter().filter(|known| known.mtid == paying.mtid).count());
                assert_eq!(known, 1, "{what}");
                // The same call gets the same answer for ever.
                let again = bench.create(till, &paying.customer, paying.trace, json!({})).await;
                assert_eq!(again["RedirectURL"], paying.panel.as_str(), "{what}");
                bench.pays(&paying).await;
                bench.gateway.deliver_due().await;
                assert_eq!(bench.settles(&paying).await, "Credited", "{what}");
                bench.is_credited_once(&paying, &what).await;
                flows += 1;
            }
        }
        println!("{flows} flows");
        bench.ends().await;
    }
}

/// The server dies between the note that it will debit and the debit, or between the debit and its answer; a new one
/// goes on at once, because the window does not wait for a lease.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_ends_in_the_middle_of_a_settlement_is_taken_over_by_the_next() {
    for scratch in databases() {
        let mut bench = Bench::with(scratch, with_a_minute).await;
        for (operation, skip, kind) in [
            ("getSerialNumbers", 0, Kind::HoldBefore),
            ("getSerialNumbers", 1, Kind::HoldBefore),
            ("executeDebit", 0, Kind::HoldBefore),
            ("executeDebit", 0, Kind::HoldAfter),
        ] {
            let what = format!("{operation} {skip} {kind:?}");
            let paying = bench.opens(EUROS).await;
            bench.pays(&paying).await;
            bench.gateway.deliver_due().await;
            bench.gateway.fault(Fault::new(operation, kind).skipping(skip));
            let before = bench.gateway.calls(operation);
            let worker = bench.story.running().worker.clone();
            let settling = tokio::spawn(async move { worker.run_once().await });
            while bench.gateway.calls(operation) < before + 1 + skip as usize {
                tokio::task::yield_now().await;
            }
            settling.abort();
            assert!(settling.await.is_err_and(|error| error.is_cancelled()), "{what}: it was under way");
            let expected = if skip == 0 && operation == "getSerialNumbers" { "Pending" } else { "Settling" };
            assert_eq!(bench.status(&paying).await, expected, "{what}");
            bench.story.starts_again().await;
            bench.clears_faults().await;
            bench.passes(5);
            assert!(bench.works().await >= 1, "{what}: the new one takes over at once");
            bench.is_credited_once(&paying, &what).await;
        }
        bench.ends().await;
    }
}

/// A node is held in its debit for longer than its lease, another takes over, and then the first goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_that_is_overtaken_in_its_debit_changes_nothing_any_more() {
    for scratch in databases() {
        let bench = Bench::with(scratch, |settings| {
            settings.sopg.accounts.values_mut().for_each(|account| account.timeout_ms = 60_000);
        })
        .await;
        let second = bench.story.second_node().await;
        for (till, kind) in [(TILLS[0], Kind::HoldBefore), (TILLS[2], Kind::HoldAfter)] {
            let paying = bench.opens(till).await;
            bench.pays(&paying).await;
            bench.gateway.deliver_due().await;
            bench.fails("executeDebit", kind.clone(), 1);
            let before = bench.gateway.calls("executeDebit");
            let worker = bench.story.running().worker.clone();
            let held = tokio::spawn(async move { worker.run_once().await });
            while bench.gateway.calls("executeDebit") == before {
                tokio::task::yield_now().await;
            }
            assert_eq!(second.worker.run_once().await, 0, "{kind:?}: it is the first node's");
            bench.passes(121);
            assert!(second.worker.run_once().await >= 1, "{kind:?}: its lease is over");
            bench.is_credited_once(&paying, "by the second node").await;
            bench.clears_faults().await;
            held.await.expect("the first node goes on");
            bench.works().await;
            bench.is_credited_once(&paying, "after the first node went on").await;
        }
        second.stop().await;
        bench.ends().await;
    }
}
