//! A processor that does not answer is left alone: deposits and payouts wait for it and never fail by that, and a single
//! call finds out when it is back.

use super::rest_gateway::payouts::{begins, state};
use super::rest_gateway::{self, Stage};
use super::sopg::bench::{Bench, EUROS};
use crate::support::databases;
use crate::support::story::Story;
use diesel::sql_types::BigInt;
use serde_json::{Value, json};
use tillgate::processors::rest_gateway::simulator::Fault as RestFault;
use tillgate::processors::sopg::simulator::{Fault, Kind};
use tillgate::processors::{line, rest_gateway as room};

/// Two calls without an answer open it, and after 15 seconds one call is made to see.
fn soon() -> line::Limits {
    line::Limits { breaker_failures: 2, per_second: 10_000, ..line::Limits::default() }
}

/// How many calls were made to processors.
async fn made(story: &Story) -> i64 {
    story.running().exchanges.as_ref().expect("they are kept").is_done().await;
    let count = story
        .running()
        .store
        .read(|line| Ok(line.load::<BigInt, i64>("SELECT COUNT(*) FROM exchanges", &[])?.into_iter().next()));
    count.await.expect("read").unwrap_or_default()
}

async fn attempt(bench: &Bench, about: &Value) -> (String, String) {
    let reply = bench.story.call("GetPayout", about.clone()).await;
    let text = |name: &str| reply[name].as_str().unwrap_or_default().to_owned();
    (text("PayoutStatus"), text("AttemptState"))
}

#[tokio::test(flavor = "multi_thread")]
async fn sopg_is_left_alone_while_it_is_down_and_everything_goes_on_when_it_is_back() {
    for scratch in databases() {
        let bench = Bench::with(scratch, |settings| {
            for account in settings.sopg.accounts.values_mut() {
                account.limits = soon();
                account.used_payout_id_is_paid = true;
            }
        })
        .await;
        let state = |payout: &str, attempt: &str| (payout.to_owned(), attempt.to_owned());
        // One payout's answer is lost before anything is down, another waits to be sent, a deposit to be fetched.
        let customer = bench.named(EUROS, "jane@customer.example").await;
        let opening = json!({
            "front_end": customer.front_end, "pin": customer.pin, "amount": "30.00", "reason": "opening balance",
        });
        bench.story.platform("adjustments", "open", opening).await;
        let mut payouts = Vec::new();
        for lost in [true, false] {
            let about = bench.gives_out(&customer).await;
            if lost {
                bench.gateway.fault(Fault::new("payout", Kind::ResetAfter).skipping(1));
                bench.works().await;
                assert_eq!(attempt(&bench, &about).await, state("InProgress", "Unknown"));
            }
            payouts.push(about);
        }
        let paying = bench.opens(EUROS).await;
        bench.pays(&paying).await;
        bench.gateway.deliver_due().await;
        let down = async || {
            bench.clears_faults().await;
            for operation in ["createDisposition", "getSerialNumbers", "executeDebit", "payout"] {
                bench.fails(operation, Kind::ResetBefore, 1_000);
            }
        };
        down().await;
        bench.works().await;
        let before = made(&bench.story).await;
        for _ in 0..2 {
            // The inquiry, the payout and the deposit are all due, and so is a customer.
            bench.passes(7);
            bench.works().await;
            let (newcomer, trace) = (bench.customer(EUROS).await, bench.story.next_trace());
            assert_eq!(bench.create(EUROS, &newcomer, trace, json!({})).await["Status"], -1);
            assert_eq!(made(&bench.story).await, before, "it is left alone");
        }
        assert_eq!(attempt(&bench, &payouts[0]).await, state("InProgress", "Unknown"));
        assert_eq!(attempt(&bench, &payouts[1]).await, state("InProgress", "Planned"));
        assert_eq!(bench.status(&paying).await, "Pending");

        // A probe finds it down still, and nobody else calls after that.
        bench.passes(1);
        let (newcomer, trace) = (bench.customer(EUROS).await, bench.story.next_trace());
        assert_eq!(bench.create(EUROS, &newcomer, trace, json!({})).await["Status"], -1);
        bench.works().await;
        assert_eq!(made(&bench.story).await, before + 1, "one probe");

        bench.clears_faults().await;
        for _ in 0..12 {
            bench.passes(20);
            bench.works().await;
        }
        bench.is_credited_once(&paying, "after it came back").await;
        for about in &payouts {
            assert_eq!(attempt(&bench, about).await, state("Approved", "Succeeded"));
        }
        let paid = bench.gateway.look(|book| book.paid_out("psc_demo_shop_test", "EUR"));
        assert_eq!(paid, 2 * 1465, "each once");
        let again = bench.create(EUROS, &newcomer, trace, json!({})).await;
        assert_eq!(again["Status"], 0, "{again}");
        bench.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_gateway_is_left_alone_while_it_is_down_and_everything_goes_on_when_it_is_back() {
    for scratch in databases() {
        let stage = Stage::with(scratch, |settings| {
            settings
                .rest_gateway
                .values_mut()
                .for_each(|account: &mut room::Settings| account.limits = soon());
        })
        .await;
        stage.paid("50.00").await;
        stage.simulator.plan("payout", RestFault::ResetAfter);
        let lost = begins(&stage, "10.00").await;
        stage.works().await;
        let is = |payout: &str, attempt: &str| (payout.to_owned(), attempt.to_owned());
        assert_eq!(state(&stage, &lost).await, is("InProgress", "Unknown"));
        let opened = rest_gateway::id(&stage.call("CreateDeposit", stage.wish("RestSofort", "20.00")).await);
        stage.customer_pays(&opened);
        for operation in ["payments", "inquiry", "getTransactionList", "payout", "authToken"] {
            for _ in 0..200 {
                stage.simulator.plan(operation, RestFault::BadGatewayBefore);
            }
        }
        // The deposit's first sweep and the inquiry of the payout are due after half a minute.
        stage.story.advance(chrono::Duration::seconds(31));
        stage.works().await;
        let waits = begins(&stage, "15.00").await;
        let before = made(&stage.story).await;
        for _ in 0..2 {
            stage.story.advance(chrono::Duration::seconds(7));
            stage.works().await;
            assert_eq!(stage.call("CreateDeposit", stage.wish("RestSofort", "9.00")).await["Status"], -1);
            assert_eq!(made(&stage.story).await, before, "it is left alone");
        }
        assert_eq!(state(&stage, &lost).await, is("InProgress", "Unknown"));
        assert_eq!(state(&stage, &waits).await, is("InProgress", "Planned"));
        assert_eq!(stage.status(&opened).await, "Pending");
        stage.story.advance(chrono::Duration::seconds(1));
        let wish = stage.wish("RestSofort", "9.00");
        assert_eq!(stage.call("CreateDeposit", wish.clone()).await["Status"], -1);
        stage.works().await;
        assert_eq!(made(&stage.story).await, before + 1, "one probe");

        stage.simulator.clear_faults();
        let again = stage.insists("CreateDeposit", wish).await;
        assert_eq!(again["Status"], 0, "{again}");
        assert_eq!(stage.ends_as(&opened).await, "Credited");
        for _ in 0..8 {
            stage.later(15).await;
        }
        for payout in [&lost, &waits] {
            assert_eq!(state(&stage, payout).await, is("Approved", "Succeeded"));
        }
        assert_eq!(stage.simulator.processed("payout"), 2, "each once");
        stage.ends().await;
    }
}
