//! A node's hold on a deposit while it takes a step of it: nobody else takes one meanwhile, and somebody does within a
//! minute after the node died or was paused. With the leases and time-outs of `config.toml` itself.

use super::paygate::faults::goes_wrong_about;
use super::paygate::{self, House};
use super::rest_gateway::{self, Stage};
use super::sopg::bench::{self, Bench, EUROS, Paying};
use crate::support::databases;
use crate::support::story::{Customer, Story};
use chrono::Duration;
use diesel::sql_types::BigInt;
use serde_json::{Value, json};
use tillgate::processors::paygate::simulator::{Fault as PaygateFault, Moved};
use tillgate::processors::rest_gateway::simulator::{CARD_APPROVED, Fault as RestFault};
use tillgate::processors::sopg::simulator::{Fault, Kind};
use tillgate::server::Running;
use tillgate::store::Store;
use tokio::task::JoinHandle;

/// The promise is a minute, and so is the shortest window in which SOPG's money must be fetched.
const WITHIN: i64 = 59;

/// A call of the cashier's at a node, which may take its time.
fn calls(
    story: &Story,
    node: &Running,
    of: &Customer,
    method: &'static str,
    fields: &Value,
) -> JoinHandle<Value> {
    let mut fields = fields.clone();
    fields["WSPassCode"] = json!("sandbox");
    fields["FrontEndName"] = json!(of.front_end);
    fields["PIN"] = json!(of.pin);
    let url = format!("http://{}/cashier/{method}", node.address);
    let request = story.http().post(url).header("content-type", "application/json").body(fields.to_string());
    tokio::spawn(async move {
        let text = request.send().await.expect("an answer").text().await.expect("a body");
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("JSON was answered, not {text}"))
    })
}

/// Until when a deposit's errand is held by a door, if it is.
async fn held_until(store: &Store) -> Option<i64> {
    let sql = "SELECT leased_until FROM outbox WHERE done_at IS NULL AND parked_at IS NULL \
        AND leased_by LIKE '%/desk' AND leased_until > 0";
    let held = store.read(|line| line.load::<BigInt, i64>(sql, &[])).await;
    held.expect("read").into_iter().next()
}

async fn held(store: &Store) -> i64 {
    loop {
        if let Some(until) = held_until(store).await {
            return until;
        }
        tokio::task::yield_now().await;
    }
}

async fn authorized(bench: &Bench) -> Paying {
    let paying = bench.opens_with(EUROS, json!({ "Capture": "manual" })).await;
    bench.pays(&paying).await;
    bench.gateway.deliver_due().await;
    bench.works().await;
    assert_eq!(bench.status(&paying).await, "Authorized");
    paying
}

/// Holds the next debit and has a call of the cashier's run into it.
async fn hangs(
    bench: &Bench,
    kind: &Kind,
    paying: &Paying,
    method: &'static str,
    fields: &Value,
) -> JoinHandle<Value> {
    let before = bench.gateway.calls("executeDebit");
    bench.gateway.fault(Fault::new("executeDebit", kind.clone()));
    let call = calls(&bench.story, bench.story.running(), &paying.customer, method, fields);
    while bench.gateway.calls("executeDebit") == before {
        tokio::task::yield_now().await;
    }
    call
}

/// What a step leaves: the deposit's status, its letter at the gateway, and what was debited there.
async fn stands(bench: &Bench, paying: &Paying) -> (String, String, i64) {
    let debited = bench.gateway.look(|book| {
        let known = book.dispositions.iter().find(|known| known.mtid == paying.mtid);
        known.map_or(0, |known| known.debited)
    });
    (bench.status(paying).await, bench.letter(paying), debited)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_living_nodes_capture_and_release_stay_its_own_however_long_they_take() {
    for scratch in databases() {
        let mut every = 0;
        let bench = Bench::with(scratch, |settings| {
            // Two of these together are less than a lease: what was just renewed is known to its holder a little later.
            every = settings.worker.lease_seconds as i64 / 2 - 1;
            for account in settings.sopg.accounts.values_mut() {
                account.partial_debits = false;
                account.timeout_ms = 600_000;
            }
        })
        .await;
        let second = bench.story.second_node().await;
        for method in ["CaptureDeposit", "CancelDeposit"] {
            for kind in [Kind::HoldBefore, Kind::HoldAfter] {
                let what = format!("{method} {kind:?}");
                let paying = authorized(&bench).await;
                let fields = json!({ "ExtDepositID": paying.id, "TraceID": bench.story.next_trace() });
                let first = hangs(&bench, &kind, &paying, method, &fields).await;
                for _ in 0..5 {
                    let before = held_until(&second.store).await;
                    assert!(before.is_some(), "{what}");
                    bench.passes(every);
                    while held_until(&second.store).await == before {
                        tokio::task::yield_now().await;
                    }
                    assert_eq!(second.worker.run_once().await, 0, "{what}: the first node is at it");
                    let repeat = calls(&bench.story, &second, &paying.customer, method, &fields);
                    assert_eq!(repeat.await.expect("an answer")["Status"], -1, "{what}");
                }
                bench.clears_faults().await;
                let reply = first.await.expect("an answer");
                assert_eq!(reply["Status"], 0, "{what}: {reply}");
                let expected = if method == "CaptureDeposit" { ("Credited", 500) } else { ("Cancelled", 0) };
                let (status, letter, debited) = stands(&bench, &paying).await;
                assert_eq!((status.as_str(), debited), expected, "{what}");
                assert_eq!(letter, "O", "{what}");
                assert_eq!(held_until(&second.store).await, None, "{what}: it let go");
                // What is left to be looked at of this one is not the next one's.
                bench.passes(31);
                bench.works().await;
            }
        }
        second.stop().await;
        bench.ends().await;
    }
}

/// The window is a minute, and its money is fetched or released inside of it all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p7_a_step_of_a_node_that_is_gone_is_taken_by_another_within_a_minute_and_once() {
    for scratch in databases() {
        let bench = Bench::with(scratch, |settings| {
            bench::with_a_minute(settings);
            // As by default, with parts enabled.
            settings.sopg.accounts.values_mut().for_each(|account| account.timeout_ms = 30_000);
        })
        .await;
        let second = bench.story.second_node().await;
        let capture = |more: Value| ("CaptureDeposit", more);
        let steps = [
            (capture(json!({})), ("Credited", "O", 500)),
            (capture(json!({ "Amount": "2.00", "Final": "true" })), ("Credited", "O", 200)),
            (capture(json!({ "Amount": "2.00", "Final": "false" })), ("Authorized", "E", 200)),
            (("CancelDeposit", json!({})), ("Cancelled", "O", 0)),
        ];
        for ((method, more), (status, letter, debited)) in steps {
            for kind in [Kind::HoldBefore, Kind::HoldAfter] {
                let what = format!("{method} {more} {kind:?}");
                let expected = (status.to_owned(), letter.to_owned(), debited);
                let paying = authorized(&bench).await;
                let mut fields = more.clone();
                fields["ExtDepositID"] = json!(paying.id);
                fields["TraceID"] = bench.story.next_trace().into();
                let first = hangs(&bench, &kind, &paying, method, &fields).await;
                bench.passes(WITHIN);
                second.worker.run_once().await;
                assert_eq!(stands(&bench, &paying).await, expected, "{what}: within a minute");

                // Whoever was only paused comes too late to do anything.
                bench.clears_faults().await;
                first.await.expect("an answer");
                bench.works().await;
                let again = calls(&bench.story, &second, &paying.customer, method, &fields);
                let again = again.await.expect("an answer");
                assert_eq!((&again["Status"], &again["Replayed"]), (&json!(0), &json!(1)), "{what}: {again}");
                assert_eq!(stands(&bench, &paying).await, expected, "{what}: once");
                let owned = format!("{}.{:02}", debited / 100, debited % 100);
                assert_eq!(bench.story.balance(&paying.customer).await, owned, "{what}");
                bench.books_agree().await;
            }
        }
        second.stop().await;
        bench.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p7_a_capture_at_paygate_is_taken_up_within_a_minute_and_not_while_the_first_may_still_be_open() {
    for scratch in databases() {
        let (mut call, mut every) = (0, 0);
        let mut house = House::with(scratch, |settings| {
            let limits = tillgate::processors::paygate::settings::Limits::default();
            (call, every) = (limits.read_timeout_ms as i64 / 1000, settings.worker.lease_seconds as i64 / 3);
            settings.paygate.values_mut().for_each(|account| account.limits = limits.clone());
        })
        .await;
        let platform = house.simulator().base_url.clone();
        let settings = house.story.settings();
        settings.sandbox.simulators.paygate.clear();
        for account in settings.paygate.values_mut() {
            account.base_url = platform.clone();
            account.https_only = false;
        }
        let second = house.story.second_node().await;
        let big = house.story.customer(paygate::EUR, "Big", "0.50").await;
        for (number, fault) in [PaygateFault::HangBefore, PaygateFault::HangAfter].into_iter().enumerate() {
            let opened = house.opens(&big, "PaygateCard", "6.00", "manual").await;
            house.pays(&opened).await;
            house.works().await;
            goes_wrong_about(&house, "capture.aspx", &opened, &fault);
            let fields = json!({
                "ExtDepositID": opened.id, "TraceID": house.story.next_trace(), "Amount": "2.00", "Final": "false",
            });
            let first = calls(&house.story, house.story.running(), &big, "CaptureDeposit", &fields);
            // Whoever dies does so before he would have renewed it, and then his call may go on as long as a call does.
            let lease = held(&second.store).await - house.story.clock.now().timestamp_micros();
            assert_eq!(lease, (call + every) * 1_000_000);
            while house.simulator().scripts() > 0 {
                tokio::task::yield_now().await;
            }
            house.story.advance(Duration::seconds(WITHIN));
            second.worker.run_once().await;
            let deposit = house.deposit(&big, &opened).await;
            let captured = (&deposit["DepositStatus"], &deposit["CapturedAmount"]);
            assert_eq!(captured, (&json!("Authorized"), &json!("2.00")), "{fault:?}: within a minute");
            house.simulator().release();
            first.await.expect("an answer");
            house.works().await;
            let again = house.call("CaptureDeposit", &big, fields).await;
            assert_eq!((&again["Status"], &again["Replayed"]), (&json!(0), &json!(1)), "{fault:?}: {again}");
            assert_eq!(house.moved(&opened.reference, Moved::Capture), 200, "{fault:?}: once");
            assert_eq!(house.story.balance(&big).await, format!("{}.50", 2 * (number + 1)), "{fault:?}");
        }
        second.stop().await;
        house.books_agree("Paygate", "EUR").await;
        house.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p7_a_capture_and_a_reversal_at_the_rest_gateway_are_taken_up_within_a_minute() {
    for scratch in databases() {
        let stage = Stage::with(scratch, |settings| {
            let account = settings.rest_gateway.get_mut("rest").expect("an account");
            (account.payment_timeout_ms, account.read_timeout_ms) = (60_000, 20_000);
        })
        .await;
        let second = stage.story.second_node().await;
        let mut silent = 0;
        for (method, operation, ends) in
            [("CaptureDeposit", "capture", "Credited"), ("CancelDeposit", "reversal", "Cancelled")]
        {
            for fault in [RestFault::TimeoutBefore, RestFault::TimeoutAfter] {
                let what = format!("{method} {fault:?}");
                let wish =
                    rest_gateway::and(stage.card("30.00", CARD_APPROVED), json!({ "Capture": "manual" }));
                let deposit = rest_gateway::id(&stage.call("CreateDeposit", wish).await);
                let made = stage.simulator.processed(operation);
                stage.simulator.plan(operation, fault);
                let fields = json!({ "ExtDepositID": deposit, "TraceID": stage.story.next_trace() });
                let first = calls(&stage.story, stage.story.running(), &stage.ana, method, &fields);
                silent += 1;
                stage.simulator.silenced(silent).await;
                stage.story.advance(Duration::seconds(WITHIN));
                second.worker.run_once().await;
                assert_eq!(stage.status(&deposit).await, ends, "{what}: within a minute");
                stage.simulator.release();
                first.await.expect("an answer");
                stage.works().await;
                let again = stage.call(method, fields).await;
                assert_eq!((&again["Status"], &again["Replayed"]), (&json!(0), &json!(1)), "{what}: {again}");
                assert_eq!(stage.simulator.processed(operation), made + 1, "{what}: once");
            }
        }
        assert_eq!(stage.balance().await, 6_000);
        second.stop().await;
        stage.ends().await;
    }
}

/// The gateway's own check for a repeated name would let a second payment pass while the first is under way.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_typed_card_at_the_rest_gateway_is_held_for_as_long_as_its_payment_may_take() {
    for scratch in databases() {
        let (mut call, mut every) = (0, 0);
        let stage = Stage::with(scratch, |settings| {
            let account = settings.rest_gateway.get_mut("rest").expect("an account");
            account.payment_timeout_ms = 60_000;
            (call, every) = (60, settings.worker.lease_seconds as i64 / 3);
        })
        .await;
        let second = stage.story.second_node().await;
        let wish = stage.card("30.00", CARD_APPROVED);
        stage.simulator.plan("payments", RestFault::DoneLate);
        let first = calls(&stage.story, stage.story.running(), &stage.ana, "CreateDeposit", &wish);
        // Whoever dies does so before he would have renewed it, and then his call may go on as long as a call does.
        let lease = held(&second.store).await - stage.story.clock.now().timestamp_micros();
        assert_eq!(lease, (call + every) * 1_000_000);
        stage.simulator.silenced(1).await;
        // Whoever is gone for as long as that is not followed while the gateway may still have his payment.
        stage.story.advance(Duration::seconds(WITHIN));
        assert_eq!(second.worker.run_once().await, 0);
        let repeat = calls(&stage.story, &second, &stage.ana, "CreateDeposit", &wish);
        assert_eq!(repeat.await.expect("an answer")["Status"], -1);
        assert_eq!(stage.simulator.processed("payments"), 0);
        stage.simulator.release();
        first.await.expect("an answer");
        let again = stage.insists("CreateDeposit", wish).await;
        assert_eq!((&again["Status"], &again["DepositStatus"]), (&json!(0), &json!("Credited")), "{again}");
        assert_eq!(stage.simulator.processed("payments"), 1);
        assert_eq!(stage.balance().await, 3_000);
        second.stop().await;
        stage.ends().await;
    }
}
