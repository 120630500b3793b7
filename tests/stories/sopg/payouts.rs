//! Payouts by the route sopg_payout: attempts, held while their outcome is unknown, paid once.

use super::bench::*;
use crate::support::databases;
use crate::support::story::Customer;
use serde_json::{Value, json};
use tillgate::config::Settings;
use tillgate::processors::sopg::simulator::{Fault, Kind};

async fn call(bench: &Bench, customer: &Customer, method: &str, more: Value) -> Value {
    let mut fields = json!({ "FrontEndName": customer.front_end, "PIN": customer.pin });
    for (name, value) in more.as_object().expect("fields") {
        fields[name] = value.clone();
    }
    bench.story.call(method, fields).await
}

async fn update(bench: &Bench, customer: &Customer, payout: &str, status: &str) -> i64 {
    let fields = json!({ "ExtPayoutID": payout, "Status": status, "UpdatedBy": "agent7" });
    call(bench, customer, "UpdatePayout", fields).await["Status"].as_i64().expect("a status")
}

async fn status(bench: &Bench, customer: &Customer, payout: &str) -> String {
    let reply = call(bench, customer, "GetPayout", json!({ "ExtPayoutID": payout })).await;
    reply["PayoutStatus"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned()
}

/// A customer who owns 20.00 and a payout of 14.65 that has just been given to the gateway.
async fn in_progress(bench: &Bench, till: Till, email: &str) -> (Customer, String) {
    let customer = bench.named(till, email).await;
    let adjustment = json!({
        "front_end": customer.front_end, "pin": customer.pin, "amount": "20.00", "reason": "opening balance",
    });
    bench
        .story
        .platform("adjustments", &format!("open-{}-{}", till.front_end, customer.pin), adjustment)
        .await;
    let fields = json!({ "TraceID": bench.story.next_trace(), "PP": "paysafecard", "Amount": "14.65" });
    let reply = call(bench, &customer, "CreatePayout", fields).await;
    assert_eq!(reply["Status"], 0, "{reply}");
    let payout = reply["ExtPayoutID"].as_str().expect("an id").to_owned();
    for letter in ["A", "I"] {
        assert_eq!(update(bench, &customer, &payout, letter).await, 0, "{letter}");
    }
    (customer, payout)
}

fn email(number: usize) -> String {
    format!("jane{number}@customer.example")
}

async fn carries_out(bench: &Bench) {
    for seconds in [30, 120, 600, 3600, 3600] {
        bench.works().await;
        bench.passes(seconds);
    }
    bench.works().await;
}

fn paid_out(bench: &Bench, code: &str) -> i64 {
    bench.gateway.look(|book| book.paid_out("psc_demo_shop_test", code))
}

fn used_ids_are_trusted(settings: &mut Settings) {
    settings.sopg.accounts.values_mut().for_each(|account| account.used_payout_id_is_paid = true);
}

#[tokio::test]
async fn a_payout_is_validated_paid_and_approved_in_both_currencies() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        for (number, till) in TILLS[..2].iter().enumerate() {
            let (customer, payout) = in_progress(&bench, *till, &email(number)).await;
            assert_eq!(update(&bench, &customer, &payout, "Y").await, -1, "not paid yet");
            bench.works().await;
            assert_eq!(status(&bench, &customer, &payout).await, "Approved");
            assert_eq!(paid_out(&bench, till.currency), 1465);
            assert_eq!(bench.story.balance(&customer).await, "5.35");
            assert_eq!(update(&bench, &customer, &payout, "Y").await, 0);
            carries_out(&bench).await;
            assert_eq!(paid_out(&bench, till.currency), 1465);
        }
        assert_eq!(bench.gateway.calls("payout"), 4, "two validations, two payments");
        bench.ends().await;
    }
}

#[tokio::test]
async fn where_the_cashier_confirms_a_paid_payout_waits_for_him() {
    for scratch in databases() {
        let bench = Bench::with(scratch, |settings| {
            let mapping = settings.processors.map.get_mut("paysafecard").expect("mapped");
            mapping.confirm = Default::default();
        })
        .await;
        let (customer, payout) = in_progress(&bench, EUROS, &email(0)).await;
        carries_out(&bench).await;
        assert_eq!(
            (status(&bench, &customer, &payout).await.as_str(), paid_out(&bench, "EUR")),
            ("InProgress", 1465)
        );
        assert!(update(&bench, &customer, &payout, "X").await > 0, "the money has left");
        assert_eq!(update(&bench, &customer, &payout, "Y").await, 0);
        assert_eq!(status(&bench, &customer, &payout).await, "Approved");
        bench.ends().await;
    }
}

#[tokio::test]
async fn a_refused_payout_can_be_rejected_and_gives_its_money_back() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        for name in ["unknown", "inactive", "kyc", "limit", "mismatch", "blocked"] {
            let (customer, payout) = in_progress(&bench, EUROS, &format!("{name}@customer.example")).await;
            bench.works().await;
            assert_eq!(status(&bench, &customer, &payout).await, "InProgress", "{name}");
            assert!(update(&bench, &customer, &payout, "Y").await != 0, "{name}");
            assert_eq!(update(&bench, &customer, &payout, "X").await, 0, "{name}");
            assert_eq!(bench.story.balance(&customer).await, "20.00", "{name}");
        }
        assert_eq!(paid_out(&bench, "EUR"), 0);
        bench.ends().await;
    }
}

/// A payout is a validation and an execution. Whatever fails, it is paid once; where it can't be known, it is held.
#[tokio::test]
async fn whatever_becomes_of_its_answers_a_payout_is_paid_once_or_held() {
    for trusted in [false, true] {
        for scratch in databases() {
            let bench = Bench::with(scratch, |settings| {
                impatient(settings);
                if trusted {
                    used_ids_are_trusted(settings)
                }
            })
            .await;
            let (mut flows, mut sum) = (0, 0);
            for (kind, done) in [
                (Kind::ResetBefore, false),
                (Kind::PageBefore(502), false),
                (Kind::CodesBefore { result: 2, error: 10007 }, false),
                (Kind::FaultServer, false),
                (Kind::HoldBefore, false),
                (Kind::ResetAfter, true),
                (Kind::PageAfter(502), true),
                (Kind::CodesAfter { result: 2, error: 10007 }, true),
                (Kind::Truncated, true),
                (Kind::HalfSent, true),
            ] {
                for (skip, times) in [(0, 1), (0, 2), (1, 1)] {
                    let what = format!("{kind:?} after {skip}, {times} times, trusted {trusted}");
                    let (customer, payout) = in_progress(&bench, EUROS, &email(flows)).await;
                    bench.gateway.fault(Fault::new("payout", kind.clone()).skipping(skip).times(times));
                    bench.works().await;
                    if skip == 1 {
                        assert_eq!(update(&bench, &customer, &payout, "Y").await, -1, "{what}");
                        assert!(update(&bench, &customer, &payout, "X").await != 0, "{what}: held");
                    }
                    carries_out(&bench).await;
                    // Only an execution that arrived without a word stays unknown, and holds its money.
                    let held = skip == 1 && done && !trusted;
                    let expected = if held { "InProgress" } else { "Approved" };
                    assert_eq!(status(&bench, &customer, &payout).await, expected, "{what}");
                    assert_eq!(bench.story.balance(&customer).await, "5.35", "{what}");
                    if held {
                        assert_eq!(update(&bench, &customer, &payout, "Y").await, -1, "{what}");
                        assert!(update(&bench, &customer, &payout, "X").await != 0, "{what}");
                    }
                    sum += 1465;
                    assert_eq!(paid_out(&bench, "EUR"), sum, "{what}");
                    flows += 1;
                }
            }
            println!("{flows} flows");
            if trusted {
                bench.ends().await;
            } else {
                // Ours does not say yet that what is held was paid.
                bench.story.ends().await;
                bench.gateway.stop().await;
            }
        }
    }
}

/// The server ends while the payout is being sent: the next one asks before anything is sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_payout_whose_sender_was_killed_is_asked_about_and_paid_once() {
    for scratch in databases() {
        let mut bench = Bench::with(scratch, used_ids_are_trusted).await;
        for (number, kind) in [Kind::HoldBefore, Kind::HoldAfter].into_iter().enumerate() {
            let (customer, payout) = in_progress(&bench, EUROS, &email(number)).await;
            bench.gateway.fault(Fault::new("payout", kind.clone()).skipping(1));
            let before = bench.gateway.calls("payout");
            let worker = bench.story.running().worker.clone();
            let sending = tokio::spawn(async move { worker.run_once().await });
            while bench.gateway.calls("payout") < before + 2 {
                tokio::task::yield_now().await;
            }
            sending.abort();
            assert!(sending.await.is_err_and(|error| error.is_cancelled()));
            bench.story.starts_again().await;
            assert!(update(&bench, &customer, &payout, "X").await != 0, "{kind:?}: held");
            bench.clears_faults().await;
            bench.passes(121);
            carries_out(&bench).await;
            assert_eq!(status(&bench, &customer, &payout).await, "Approved", "{kind:?}");
            assert_eq!(paid_out(&bench, "EUR"), 1465 * (number as i64 + 1), "{kind:?}");
        }
        bench.ends().await;
    }
}
