//! A database that is locked, gone, or cuts the line: "call again", and nothing is done twice.

use super::house::{House, options, payout};
use crate::support::{self, postgres::Cluster};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tillgate::clock::Clock;
use tillgate::operations::OperationError;
use tillgate::store::{Connection, DatabaseUrl, Purpose, Store, StoreError, migrations};

#[tokio::test]
async fn sqlite_locked_by_another_process_means_call_again() {
    let scratch = support::sqlite();
    let house = House::open(&scratch.url, "one");
    house.customer("Bigdaddy", 1000).await;
    let mut other = Connection::open(&scratch.url, Purpose::Write).expect("another process");
    other.begin().expect("the write lock");
    let refused = house.creates(payout("Bigdaddy", 1, 100)).await;
    assert!(matches!(
        refused,
        Err(OperationError::Failed(StoreError::Locked(_) | StoreError::Unreachable(_)))
    ));
    other.rollback().expect("given back");
    assert_eq!(house.pays("Bigdaddy", 1, 100).await.refused, None);
    house.closes_sound().await;
}

#[tokio::test]
async fn a_postgres_url_never_becomes_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("postgres://nobody@/nothing?host={}", folder.path().display());
    let url: DatabaseUrl = url.parse().expect("a PostgreSQL URL");
    assert!(matches!(Connection::open(&url, Purpose::Write), Err(StoreError::Unreachable(_))));
    assert!(matches!(migrations::run(&url), Err(StoreError::Unreachable(_))));
    let opened = Store::open(options(&url, "one"), Clock::system());
    assert!(matches!(opened, Err(StoreError::Unreachable(_))));
    let made = std::fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(made, 0, "something was made in {}", folder.path().display());
    assert!(!std::path::Path::new("nothing").exists());
}

/// Connections are cut while they write: some before and some after the commit, so that its answer is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_connections_lose_nothing_and_repeat_nothing() {
    const ENOUGH: i64 = 10;
    let Some(scratch) = support::postgres() else { return };
    let house = House::open(&scratch.url, "one");
    house.customer("Bigdaddy", 1_000_000_000).await;
    let mut admin = Connection::open(&scratch.url, Purpose::Read).expect("an admin");
    let cuts = Arc::new(AtomicI64::new(0));
    let cutter = std::thread::spawn({
        let cuts = cuts.clone();
        move || {
            let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND state = 'active' AND query LIKE 'WITH %'";
            while cuts.load(Ordering::Relaxed) < ENOUGH {
                let cut =
                    admin.load::<diesel::sql_types::BigInt, i64>(sql, &[]).expect("the admin's own line");
                cuts.fetch_add(cut[0], Ordering::Relaxed);
            }
        }
    });
    let mut running = tokio::task::JoinSet::new();
    for client in 0..8 {
        let (house, cuts) = (house.clone(), cuts.clone());
        running.spawn(async move {
            let mut done = 0;
            while cuts.load(Ordering::Relaxed) < ENOUGH {
                let trace = client * 1_000_000 + done;
                // Called again under the same number until it is answered, as the cashier would.
                while house.creates(payout("Bigdaddy", trace, 100)).await.is_err() {}
                done += 1;
            }
            done
        });
    }
    let payouts: i64 = running.join_all().await.into_iter().sum();
    cutter.join().expect("the cutter");
    assert_eq!(house.balance("Bigdaddy").await, 1_000_000_000 - payouts * 100);
    house.closes_sound().await;
}

/// The server goes down for good: commands are answered, and none is recorded anywhere else.
#[tokio::test]
async fn a_server_that_is_down_means_call_again() {
    let Some(_) = support::postgres() else { return };
    let cluster = Cluster::start(&["fsync=off"]).expect("a cluster of its own");
    let url = DatabaseUrl::Postgres(cluster.url());
    migrations::run(&url).expect("migrated");
    let house = House::open(&url, "one");
    house.customer("Bigdaddy", 1000).await;
    cluster.stop();
    for trace in 0..3 {
        let refused = house.creates(payout("Bigdaddy", trace, 100)).await;
        assert!(matches!(refused, Err(OperationError::Failed(StoreError::Unreachable(_)))), "{refused:?}");
    }
    house.store.close();
}
