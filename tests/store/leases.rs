//! Errands are claimed under a lease; whoever was paused past it can't write.

use super::house::{House, options};
use crate::support::{self, on_both};
use chrono::Duration;
use std::collections::BTreeSet;
use tillgate::clock::Clock;
use tillgate::store::outbox::{self, Claimed, Errand};
use tillgate::store::{Connection, DatabaseUrl, Purpose, Wants};

fn frozen() -> Clock {
    Clock::frozen_at("2026-11-24T12:00:00Z".parse().expect("a time"))
}

fn node(url: &tillgate::store::DatabaseUrl, name: &str, clock: &Clock) -> House {
    let mut options = options(url, name);
    options.writers = 1;
    House::with(options, clock.clone())
}

async fn put(house: &House, subject: &'static str) {
    let put = house.store.transact("outbox", Wants::nothing(), move |tx| {
        let errand =
            Errand { kind: "pay_out".to_owned(), subject: subject.to_owned(), payload: "{}".to_owned() };
        Ok(outbox::put(tx, &errand, tx.now())?)
    });
    put.await.expect("put");
}

async fn claim(house: &House, worker: &'static str, lease: Duration) -> Vec<Claimed> {
    let claimed =
        house.store.transact(worker, Wants::nothing(), move |tx| Ok(outbox::claim(tx, worker, 10, lease)?));
    claimed.await.expect("claimed")
}

async fn finish(house: &House, claim: &Claimed) -> bool {
    let claim = claim.clone();
    let finished =
        house.store.transact("worker", Wants::nothing(), move |tx| Ok(outbox::finish(tx, &claim)?));
    finished.await.expect("answered")
}

#[tokio::test]
async fn an_errand_rings_at_every_node() {
    on_both(|url| async move {
        let clock = frozen();
        let left = node(&url, "left", &clock);
        // SQLite has one node; at a second one, what is heard first is that it listens.
        let other = matches!(url, DatabaseUrl::Postgres(_)).then(|| node(&url, "right", &clock));
        if let Some(other) = &other {
            left.store.bell().rings().await;
            other.store.bell().rings().await;
        }
        put(&left, "AT-1").await;
        left.store.bell().rings().await;
        if let Some(other) = &other {
            other.store.bell().rings().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_worker_paused_past_its_lease_can_not_write() {
    on_both(|url| async move {
        let clock = frozen();
        let (paused, other) = (node(&url, "left", &clock), node(&url, "right", &clock));
        put(&paused, "AT-1").await;
        let first = claim(&paused, "left", Duration::minutes(1)).await;
        assert_eq!(first.len(), 1);
        assert_eq!(claim(&other, "right", Duration::minutes(1)).await, []);

        assert!(clock.advance(Duration::minutes(2)));
        // The lease is over, even though nobody else has come yet.
        assert!(!finish(&paused, &first[0]).await);
        let second = claim(&other, "right", Duration::minutes(1)).await;
        assert_eq!((second.len(), second[0].tries), (1, 2));
        assert!(second[0].fence > first[0].fence);
        assert!(!finish(&paused, &first[0]).await);
        assert!(finish(&other, &second[0]).await);
        for house in [paused, other] {
            house.closes_sound().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_lease_that_is_renewed_lasts_and_one_that_is_over_can_not_be_had_back() {
    on_both(|url| async move {
        let clock = frozen();
        let (left, right) = (node(&url, "left", &clock), node(&url, "right", &clock));
        put(&left, "AT-1").await;
        let mine = claim(&left, "left", Duration::seconds(30)).await.remove(0);
        let renew = async || {
            let mine = mine.clone();
            let renewed = left.store.transact("worker", Wants::nothing(), move |tx| {
                Ok(outbox::renew(tx, &mine, Duration::seconds(30))?)
            });
            renewed.await.expect("answered")
        };
        for _ in 0..4 {
            assert!(clock.advance(Duration::seconds(20)));
            assert!(renew().await);
            assert_eq!(claim(&right, "right", Duration::seconds(30)).await, []);
        }
        assert!(clock.advance(Duration::seconds(31)));
        assert!(!renew().await, "it is over, though nobody else has come yet");
        let theirs = claim(&right, "right", Duration::seconds(30)).await.remove(0);
        assert!(!renew().await);
        assert!(!finish(&left, &mine).await);
        assert!(finish(&right, &theirs).await);
        assert!(!renew().await, "it is done");
        for house in [left, right] {
            house.closes_sound().await;
        }
    })
    .await;
}

/// The pause falls between the look at the lease and the write.
#[tokio::test]
async fn a_pause_in_the_middle_of_a_unit_of_work_is_no_way_around_the_lease() {
    // On SQLite the other worker could not even look while this one is in its unit of work.
    let Some(scratch) = support::postgres() else { return };
    let clock = frozen();
    let (paused, other) = (node(&scratch.url, "left", &clock), node(&scratch.url, "right", &clock));
    put(&paused, "AT-1").await;
    let claimed = claim(&paused, "left", Duration::minutes(1)).await.remove(0);
    let (pause, woken) = (std::sync::mpsc::channel::<()>(), std::sync::mpsc::channel::<()>());
    let (paused_now, woken_now) = (pause.0, std::sync::Mutex::new(woken.1));
    let mut looks = Vec::new();
    let store = paused.store.clone();
    let writing = tokio::spawn(async move {
        store
            .transact("worker", Wants::nothing(), move |tx| {
                looks.push(outbox::finish(tx, &claimed)?);
                if looks.len() == 1 {
                    paused_now.send(()).expect("the test waits");
                    woken_now.lock().expect("the bell").recv().expect("woken");
                }
                Ok(looks.clone())
            })
            .await
    });
    tokio::task::spawn_blocking(move || pause.1.recv()).await.expect("no panic").expect("paused");
    assert!(clock.advance(Duration::minutes(2)));
    let second = claim(&other, "right", Duration::minutes(1)).await;
    assert_eq!(second.len(), 1);
    woken.0.send(()).expect("the writer waits");
    // It believed to hold the lease, was raced, looked again and saw that it does not.
    assert_eq!(writing.await.expect("no panic").expect("answered"), [true, false]);
    assert!(finish(&other, &second[0]).await);
    for house in [paused, other] {
        house.closes_sound().await;
    }
}

#[tokio::test]
async fn two_nodes_never_claim_the_same_errand() {
    on_both(|url| async move {
        let clock = Clock::system();
        let nodes = [node(&url, "left", &clock), node(&url, "right", &clock)];
        let subjects: Vec<&'static str> = (0..40).map(|n| &*format!("AT-{n}").leak()).collect();
        for subject in &subjects {
            put(&nodes[0], subject).await;
        }
        let mut running = tokio::task::JoinSet::new();
        for (house, worker) in nodes.iter().zip(["left", "right"]) {
            for _ in 0..4 {
                let house = house.clone();
                running.spawn(async move {
                    let mut all = Vec::new();
                    loop {
                        let claimed = house
                            .store
                            .transact(worker, Wants::nothing(), move |tx| {
                                Ok(outbox::claim(tx, worker, 5, Duration::minutes(5))?)
                            })
                            .await;
                        match claimed {
                            Ok(claimed) if claimed.is_empty() => return all,
                            Ok(claimed) => all.extend(claimed),
                            Err(_) => {}
                        }
                    }
                });
            }
        }
        let claimed: Vec<String> =
            running.join_all().await.into_iter().flatten().map(|claim| claim.errand.subject).collect();
        let apart: BTreeSet<&String> = claimed.iter().collect();
        assert_eq!((claimed.len(), apart.len()), (40, 40));
        for house in nodes {
            house.closes_sound().await;
        }
    })
    .await;
}

#[tokio::test]
async fn leases_on_postgresql_go_by_its_clock() {
    use diesel::sql_types::BigInt;
    let Some(scratch) = support::postgres() else { return };
    let house = node(&scratch.url, "one", &Clock::system());
    put(&house, "AT-1").await;
    let mut line = Connection::open(&scratch.url, Purpose::Read).expect("a line");
    let mut now = || {
        let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
        line.load::<BigInt, i64>(sql, &[]).expect("a time")[0]
    };
    let before = now();
    assert_eq!(claim(&house, "one", Duration::microseconds(0)).await.len(), 1);
    let after = now();
    let until =
        house.store.read(|connection| connection.load::<BigInt, i64>("SELECT leased_until FROM outbox", &[]));
    let until = until.await.expect("a lease")[0];
    assert!((before..=after).contains(&until), "{before} {until} {after}");
    // It ended at once, so the next claim takes it.
    assert_eq!(claim(&house, "two", Duration::minutes(1)).await.len(), 1);
    house.closes_sound().await;
}
