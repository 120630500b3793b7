//! A database that is locked, gone, or cuts the line: "call again", and nothing is done twice.

use super::house::{House, options, payout};
use crate::support::{self, postgres::Cluster};
use std::time::Duration;
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
    let Some(scratch) = support::postgres() else { return };
    let house = House::open(&scratch.url, "one");
    house.customer("Bigdaddy", 1_000_000).await;
    let mut admin = Connection::open(&scratch.url, Purpose::Read).expect("an admin");
    let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let cutter = std::thread::spawn({
        let done = done.clone();
        move || {
            let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND state = 'active' AND query LIKE 'WITH %'";
            let mut cuts = 0;
            while cuts < 20 && !done.load(std::sync::atomic::Ordering::Relaxed) {
                let cut: Vec<i64> =
                    admin.load::<diesel::sql_types::BigInt, i64>(sql, &[]).expect("the admin's own line");
                cuts += cut[0];
                std::thread::yield_now();
            }
            cuts
        }
    });
    let mut running = tokio::task::JoinSet::new();
    for trace in 0..100 {
        let house = house.clone();
        running.spawn(async move {
            loop {
                if let Ok(answer) = house.creates(payout("Bigdaddy", trace, 100)).await {
                    return answer;
                }
                tokio::task::yield_now().await;
            }
        });
    }
    // The line must be whole now and then, or nothing could ever be done.
    let answers = tokio::time::timeout(Duration::from_secs(60), running.join_all());
    let answers = answers.await;
    done.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(cutter.join().expect("the cutter") > 0);
    for answer in answers.expect("every command gets through in the end") {
        assert_eq!(answer.refused, None);
    }
    assert_eq!(house.balance("Bigdaddy").await, 1_000_000 - 100 * 100);
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
