//! A worker's hold on what it carries out: renewed while it works, and over soon after it was killed.

use super::sopg::bench::*;
use crate::support::databases;
use diesel::sql_types::BigInt;
use serde_json::{Value, json};
use tillgate::processors::sopg::simulator::{Fault, Kind};

/// A payout of 14.65 that has just been given to the gateway.
async fn in_progress(bench: &Bench) -> Value {
    let customer = bench.named(EUROS, "jane@customer.example").await;
    let adjustment = json!({
        "front_end": customer.front_end, "pin": customer.pin, "amount": "20.00", "reason": "opening balance",
    });
    bench.story.platform("adjustments", &format!("open-{}", customer.pin), adjustment).await;
    bench.gives_out(&customer).await
}

async fn leased_until(bench: &Bench) -> i64 {
    let sql =
        "SELECT leased_until FROM outbox WHERE done_at IS NULL AND parked_at IS NULL AND leased_until > 0";
    let held = bench.story.running().store.read(|line| line.load::<BigInt, i64>(sql, &[])).await;
    held.expect("read").into_iter().next().expect("an errand is under way")
}

/// With the lease of `config.toml` itself. The call takes far longer than the lease, so without renewals the second
/// node would have it; and once nobody renews it, the lease is the time until the second node does.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p7_a_killed_workers_payout_goes_on_within_a_minute_and_a_living_ones_stays_its_own() {
    for scratch in databases() {
        let mut lease = 0;
        let bench = Bench::with(scratch, |settings| {
            lease = settings.worker.lease_seconds as i64;
            settings.sopg.accounts.values_mut().for_each(|account| {
                account.timeout_ms = 600_000;
                account.used_payout_id_is_paid = true;
            });
        })
        .await;
        let second = bench.story.second_node().await;
        let about = in_progress(&bench).await;
        // It is validated, then paid; the answer to that does not come.
        bench.gateway.fault(Fault::new("payout", Kind::HoldAfter).skipping(1));
        let worker = bench.story.running().worker.clone();
        let paying = tokio::spawn(async move { worker.run_once().await });
        while bench.gateway.calls("payout") < 2 {
            tokio::task::yield_now().await;
        }

        for _ in 0..6 {
            let before = leased_until(&bench).await;
            // Two of these together are less than a lease: what was just renewed is known to its holder a little later.
            bench.passes(lease / 2 - 1);
            while leased_until(&bench).await == before {
                tokio::task::yield_now().await;
            }
            assert_eq!(second.worker.run_once().await, 0, "the first node works on it");
        }

        paying.abort();
        assert!(paying.await.is_err_and(|error| error.is_cancelled()), "it was under way");
        bench.clears_faults().await;
        assert_eq!(second.worker.run_once().await, 0, "nobody knows yet that the first node is gone");
        assert!(lease < 60);
        bench.passes(lease + 1);
        assert_eq!(second.worker.run_once().await, 1, "within a minute");
        assert_eq!(bench.story.call("GetPayout", about).await["PayoutStatus"], "Approved");
        let paid = bench.gateway.look(|book| book.paid_out("psc_demo_shop_test", "EUR"));
        assert_eq!(paid, 1465, "once");
        second.stop().await;
        bench.ends().await;
    }
}
