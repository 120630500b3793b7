//! Money back to the customer's account at the brand: taken from his balance first, and given back if refused.

use super::bench::*;
use crate::support::databases;
use serde_json::{Value, json};
use tillgate::processors::sopg::simulator::{Fault, Kind};

async fn credited(bench: &Bench, till: Till) -> Paying {
    let paying = bench.opens(till).await;
    bench.pays(&paying).await;
    bench.gateway.deliver_due().await;
    assert_eq!(bench.settles(&paying).await, "Credited");
    paying
}

async fn refund(bench: &Bench, paying: &Paying, amount: Option<&str>) -> Value {
    let mut fields = json!({ "TraceID": bench.story.next_trace() });
    if let Some(amount) = amount {
        fields["Amount"] = json!(amount);
    }
    bench.call(paying, "RefundDeposit", fields).await
}

/// Lets the errand be tried as often as it is due within some hours.
async fn carries_out(bench: &Bench) {
    for _ in 0..8 {
        bench.works().await;
        bench.passes(3600);
    }
}

fn refunded(bench: &Bench) -> i64 {
    bench.gateway.look(|book| book.refunds.iter().map(|refund| refund.amount).sum())
}

#[tokio::test]
async fn a_refund_goes_back_once_whole_or_in_parts() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        for till in TILLS {
            let paying = credited(&bench, till).await;
            let fields = json!({ "TraceID": bench.story.next_trace() });
            for replayed in [false, true] {
                let reply = bench.call(&paying, "RefundDeposit", fields.clone()).await;
                assert_eq!(reply["Status"], 0, "{reply}");
                assert_eq!(reply["Replayed"] == 1, replayed);
            }
            assert_eq!(bench.story.balance(&paying.customer).await, "0.00");
            carries_out(&bench).await;
            assert_eq!(bench.deposit(&paying).await["RefundedAmount"], till.amount);
            assert!(refund(&bench, &paying, None).await["Status"].as_i64() > Some(0));
        }
        let paying = credited(&bench, EUROS).await;
        for (amount, left) in [("2.00", "3.00"), ("2.50", "0.50")] {
            assert_eq!(refund(&bench, &paying, Some(amount)).await["Status"], 0);
            assert_eq!(refund(&bench, &paying, Some("0.10")).await["Status"], -1, "one after the other");
            carries_out(&bench).await;
            assert_eq!(bench.story.balance(&paying.customer).await, left);
        }
        assert!(refund(&bench, &paying, Some("0.51")).await["Status"].as_i64() > Some(0), "too much");
        bench.ends().await;
    }
}

#[tokio::test]
async fn a_refund_that_is_refused_is_given_back_even_after_one_that_was_not() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        let paying = credited(&bench, EUROS).await;
        assert_eq!(refund(&bench, &paying, Some("2.00")).await["Status"], 0);
        carries_out(&bench).await;
        assert_eq!(bench.story.balance(&paying.customer).await, "3.00");
        bench.fails("refund", Kind::CodesBefore { result: 1, error: 3193 }, 1);
        assert_eq!(refund(&bench, &paying, Some("1.00")).await["Status"], 0);
        assert_eq!(bench.story.balance(&paying.customer).await, "2.00");
        carries_out(&bench).await;
        assert_eq!(bench.story.balance(&paying.customer).await, "3.00", "given back");
        assert_eq!(bench.deposit(&paying).await["RefundedAmount"], "2.00");
        // And so another can be tried.
        assert_eq!(refund(&bench, &paying, Some("1.00")).await["Status"], 0);
        carries_out(&bench).await;
        assert_eq!((refunded(&bench), bench.story.balance(&paying.customer).await.as_str()), (300, "2.00"));
        bench.ends().await;
    }
}

/// The gateway gives nothing without validating first, so each refund is two calls; any may fail in any manner.
#[tokio::test]
async fn whatever_becomes_of_its_answers_a_refund_is_made_once() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        let (mut flows, mut sum) = (0, 0);
        for kind in [
            Kind::ResetBefore,
            Kind::ResetAfter,
            Kind::PageBefore(502),
            Kind::PageAfter(502),
            Kind::CodesBefore { result: 2, error: 10007 },
            Kind::CodesAfter { result: 2, error: 10007 },
            Kind::FaultServer,
            Kind::Truncated,
            Kind::HalfSent,
            Kind::ExtraElements,
            Kind::OtherPrefixes,
        ] {
            for (skip, times) in [(0, 1), (0, 6), (1, 1), (1, 5)] {
                let what = format!("{kind:?} after {skip}, {times} times");
                let paying = credited(&bench, TILLS[flows % 2 * 2]).await;
                bench.gateway.fault(Fault::new("refund", kind.clone()).skipping(skip).times(times));
                assert_eq!(refund(&bench, &paying, None).await["Status"], 0, "{what}");
                carries_out(&bench).await;
                bench.clears_faults().await;
                carries_out(&bench).await;
                sum += 500;
                assert_eq!(refunded(&bench), sum, "{what}");
                assert_eq!(bench.story.balance(&paying.customer).await, "0.00", "{what}");
                bench.books_agree().await;
                flows += 1;
            }
        }
        println!("{flows} flows");
        bench.ends().await;
    }
}
