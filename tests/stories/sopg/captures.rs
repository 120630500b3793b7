//! Deposits that the cashier captures himself, whole or in parts.

use super::bench::*;
use crate::support::databases;
use serde_json::{Value, json};
use tillgate::processors::sopg::simulator::{Fault, Kind};

async fn authorized(bench: &Bench, till: Till) -> Paying {
    let paying = bench.opens_with(till, json!({ "Capture": "manual" })).await;
    bench.pays(&paying).await;
    bench.gateway.deliver_due().await;
    bench.works().await;
    assert_eq!(bench.status(&paying).await, "Authorized");
    assert_eq!(
        (bench.letter(&paying).as_str(), bench.story.balance(&paying.customer).await.as_str()),
        ("S", "0.00")
    );
    paying
}

async fn capture(bench: &Bench, paying: &Paying, more: Value) -> Value {
    let mut fields = json!({ "TraceID": bench.story.next_trace() });
    for (name, value) in more.as_object().expect("fields") {
        fields[name] = value.clone();
    }
    bench.call(paying, "CaptureDeposit", fields).await
}

#[tokio::test]
async fn a_capture_takes_the_whole_a_part_or_parts() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        for till in TILLS {
            let whole = authorized(&bench, till).await;
            let fields = json!({ "TraceID": bench.story.next_trace() });
            for replayed in [false, true] {
                let reply = bench.call(&whole, "CaptureDeposit", fields.clone()).await;
                assert_eq!(reply["Status"], 0, "{reply}");
                assert_eq!(reply["Replayed"] == 1, replayed);
            }
            bench.is_credited_once(&whole, "whole").await;
        }
        let part = authorized(&bench, EUROS).await;
        assert_eq!(capture(&bench, &part, json!({ "Amount": "2.00" })).await["Status"], 0);
        assert_eq!((bench.status(&part).await.as_str(), bench.letter(&part).as_str()), ("Credited", "O"));
        assert_eq!(bench.story.balance(&part.customer).await, "2.00");

        let parts = authorized(&bench, EUROS).await;
        for (amount, last, left) in [("2.00", "false", "E"), ("1.50", "false", "E"), ("1.00", "true", "O")] {
            let reply = capture(&bench, &parts, json!({ "Amount": amount, "Final": last })).await;
            assert_eq!((&reply["Status"], bench.letter(&parts).as_str()), (&json!(0), left), "{reply}");
        }
        assert_eq!(bench.story.balance(&parts.customer).await, "4.50");
        let more = capture(&bench, &parts, json!({ "Amount": "0.50" })).await;
        assert!(more["Status"].as_i64() > Some(0), "{more}");
        bench.ends().await;
    }
}

/// Each part, each fault: the customer is credited with what was debited, when the repeat is answered and when nobody
/// ever repeats.
#[tokio::test]
async fn a_part_whose_answer_is_lost_is_debited_and_credited_once() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        let mut flows = 0;
        for kind in [
            Kind::ResetBefore,
            Kind::ResetAfter,
            Kind::PageAfter(502),
            Kind::CodesAfter { result: 2, error: 10007 },
        ] {
            for unlucky in 0..3 {
                for (silent, repeats) in [(false, false), (true, false), (true, true)] {
                    let what = format!("{kind:?} at part {unlucky}, silent {silent}, repeats {repeats}");
                    let paying = authorized(&bench, EUROS).await;
                    for (place, (amount, last)) in
                        [("2.00", false), ("1.50", false), ("1.50", true)].iter().enumerate()
                    {
                        let fields = json!({
                            "TraceID": bench.story.next_trace(), "Amount": amount, "Final": last.to_string(),
                        });
                        if place == unlucky {
                            bench.fails("executeDebit", kind.clone(), 1);
                            if silent {
                                let ask = Fault::new("getSerialNumbers", Kind::ResetBefore);
                                bench.gateway.fault(ask.skipping(1).times(3));
                            }
                        }
                        let reply = bench.call(&paying, "CaptureDeposit", fields.clone()).await;
                        if place != unlucky || !silent {
                            assert_eq!(reply["Status"], 0, "{what}: {reply}");
                            continue;
                        }
                        assert_eq!(reply["Status"], -1, "{what}: {reply}");
                        if !repeats {
                            bench.passes(20);
                            bench.works().await;
                        }
                        let again = bench.call(&paying, "CaptureDeposit", fields).await;
                        assert_eq!(again["Status"], 0, "{what}: {again}");
                        assert_eq!(again["Replayed"] == 1, !repeats, "{what}");
                    }
                    assert_eq!(bench.status(&paying).await, "Credited", "{what}");
                    assert_eq!(bench.story.balance(&paying.customer).await, "5.00", "{what}");
                    bench.books_agree().await;
                    flows += 1;
                }
            }
        }
        println!("{flows} flows");
        bench.ends().await;
    }
}

#[tokio::test]
async fn what_is_not_captured_in_time_is_over_and_what_was_stays() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        let never = authorized(&bench, EUROS).await;
        let partly = authorized(&bench, EUROS).await;
        assert_eq!(
            capture(&bench, &partly, json!({ "Amount": "2.00", "Final": "false" })).await["Status"],
            0
        );
        bench.passes(601);
        bench.works().await;
        bench.has_nothing(&never, "Declined", "never captured").await;
        assert!(capture(&bench, &never, json!({})).await["Status"].as_i64() > Some(0));
        assert_eq!(bench.status(&partly).await, "Credited");
        assert_eq!(bench.story.balance(&partly.customer).await, "2.00");
        bench.ends().await;
    }
}

#[tokio::test]
async fn an_authorized_deposit_can_be_given_up_but_not_when_a_part_is_ours() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        let paying = authorized(&bench, EUROS).await;
        assert_eq!(bench.call(&paying, "CancelDeposit", json!({})).await["Status"], 0);
        bench.has_nothing(&paying, "Cancelled", "given up").await;
        assert_eq!(bench.letter(&paying), "O");

        let partly = authorized(&bench, EUROS).await;
        assert_eq!(
            capture(&bench, &partly, json!({ "Amount": "2.00", "Final": "false" })).await["Status"],
            0
        );
        assert!(bench.call(&partly, "CancelDeposit", json!({})).await["Status"].as_i64() > Some(0));
        assert_eq!(bench.letter(&partly), "E");
        bench.ends().await;
    }
}

#[tokio::test]
async fn parts_need_the_vendors_consent() {
    for scratch in databases() {
        let bench = Bench::with(scratch, |settings| {
            settings.sopg.accounts.values_mut().for_each(|account| account.partial_debits = false);
        })
        .await;
        let paying = authorized(&bench, EUROS).await;
        let reply = capture(&bench, &paying, json!({ "Amount": "2.00", "Final": "false" })).await;
        assert!(reply["Status"].as_i64() > Some(0), "{reply}");
        assert_eq!(bench.gateway.calls("executeDebit"), 0);
        assert_eq!(capture(&bench, &paying, json!({})).await["Status"], 0);
        bench.is_credited_once(&paying, "whole").await;
        bench.ends().await;
    }
}

/// Where the account may, the last capture lowers the reserve to what it takes, before anything is debited. Whatever
/// comes of that, the capture is made.
#[tokio::test]
async fn a_smaller_last_capture_lowers_the_reserve_first_where_the_account_may() {
    for scratch in databases() {
        let bench = Bench::with(scratch, |settings| {
            settings.sopg.accounts.values_mut().for_each(|account| account.modify = true);
        })
        .await;
        let unlucky = |kind| (Some(kind), false);
        let mut lowerings = 0;
        for (fault, is_lowered) in [
            (None, true),
            unlucky(Kind::ResetBefore),
            (Some(Kind::ResetAfter), true),
            (Some(Kind::PageAfter(502)), true),
            unlucky(Kind::CodesBefore { result: 2, error: 10007 }),
            unlucky(Kind::CodesBefore { result: 1, error: 2020 }),
            unlucky(Kind::CodesBefore { result: 1, error: 10014 }),
        ] {
            for in_parts in [false, true] {
                let what = format!("{fault:?}, in parts: {in_parts}");
                let paying = authorized(&bench, EUROS).await;
                let (before, value) = if in_parts { ("1.50", 350) } else { ("0.00", 200) };
                if in_parts {
                    let part = json!({ "Amount": before, "Final": "false" });
                    assert_eq!(capture(&bench, &paying, part).await["Status"], 0, "{what}");
                    assert_eq!(bench.gateway.calls("modifyDispositionValue"), lowerings, "{what}: a part");
                }
                if let Some(kind) = &fault {
                    bench.fails("modifyDispositionValue", kind.clone(), 1);
                }
                let reply = capture(&bench, &paying, json!({ "Amount": "2.00", "Final": "true" })).await;
                assert_eq!(reply["Status"], 0, "{what}: {reply}");
                lowerings += 1;
                assert_eq!(bench.gateway.calls("modifyDispositionValue"), lowerings, "{what}: tried once");
                let (value_there, debited) = bench.gateway.look(|book| {
                    let known = book.dispositions.iter().find(|known| known.mtid == paying.mtid);
                    known.map(|known| (known.value, known.debited)).expect("it is there")
                });
                assert_eq!(debited, value, "{what}");
                assert_eq!(value_there, if is_lowered { value } else { 500 }, "{what}");
                assert_eq!(
                    (bench.status(&paying).await.as_str(), bench.letter(&paying).as_str()),
                    ("Credited", "O")
                );
                let credited = if in_parts { "3.50" } else { "2.00" };
                assert_eq!(bench.story.balance(&paying.customer).await, credited, "{what}");
                bench.books_agree().await;
            }
        }
        // What takes all there is lowers nothing.
        let whole = authorized(&bench, EUROS).await;
        assert_eq!(capture(&bench, &whole, json!({})).await["Status"], 0);
        assert_eq!(bench.gateway.calls("modifyDispositionValue"), lowerings);
        bench.is_credited_once(&whole, "whole").await;
        bench.ends().await;
    }
}

/// The debit of a part had no answer, and by the time anything is to be heard the window is over, where the gateway
/// tells no open rest any more. Nobody may say then that nothing was taken.
#[tokio::test]
async fn a_part_of_which_nobody_can_tell_any_more_is_never_called_refused() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        let paying = authorized(&bench, EUROS).await;
        bench.fails("executeDebit", Kind::ResetAfter, 1);
        bench.gateway.fault(Fault::new("getSerialNumbers", Kind::ResetBefore).skipping(1).times(3));
        let fields = json!({ "TraceID": bench.story.next_trace(), "Amount": "2.00", "Final": "false" });
        assert_eq!(bench.call(&paying, "CaptureDeposit", fields.clone()).await["Status"], -1);
        bench.passes(3600);
        for _ in 0..3 {
            bench.works().await;
            assert_eq!(bench.call(&paying, "CaptureDeposit", fields.clone()).await["Status"], -1);
            assert_eq!(bench.status(&paying).await, "Authorized");
            bench.passes(3600);
        }
        assert_eq!(bench.letter(&paying), "X");
        bench.story.ends().await;
        bench.gateway.stop().await;
    }
}
