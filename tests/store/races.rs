//! Two nodes on one database: whatever they are asked at the same time, each thing happens once.
//!
//! On SQLite the two nodes are two processes' worth of writers on one file.

use super::house::{House, payout};
use crate::support::on_both;
use std::collections::BTreeSet;
use tillgate::domain::refusal::RefusalCode;
use tillgate::operations::Answer;

async fn two_nodes(url: &tillgate::store::DatabaseUrl) -> [House; 2] {
    [House::open(url, "left"), House::open(url, "right")]
}

async fn all_at_once(
    nodes: &[House; 2],
    calls: impl Iterator<Item = tillgate::operations::create_payout::Wish>,
) -> Vec<Answer> {
    let mut running = tokio::task::JoinSet::new();
    for wish in calls {
        for node in nodes {
            let (node, wish) = (node.clone(), wish.clone());
            running.spawn(async move {
                loop {
                    // "Call again" is what the cashier would do.
                    if let Ok(answer) = node.creates(wish.clone()).await {
                        return answer;
                    }
                }
            });
        }
    }
    running.join_all().await
}

#[tokio::test]
async fn identical_calls_at_two_nodes_make_one_payout() {
    on_both(|url| async move {
        let nodes = two_nodes(&url).await;
        nodes[0].customer("Bigdaddy", 100_000).await;
        let answers = all_at_once(&nodes, (0..100).map(|trace| payout("Bigdaddy", trace, 100))).await;
        let payouts: BTreeSet<_> = answers.iter().map(|answer| answer.payout.expect("a payout")).collect();
        assert_eq!((answers.len(), payouts.len()), (200, 100));
        assert_eq!(answers.iter().filter(|answer| answer.replayed).count(), 100);
        assert_eq!(nodes[1].balance("Bigdaddy").await, 100_000 - 100 * 100);
        for node in nodes {
            node.closes_sound().await;
        }
    })
    .await;
}

#[tokio::test]
async fn the_last_funds_are_spent_once() {
    on_both(|url| async move {
        let nodes = two_nodes(&url).await;
        for customer in 0..10 {
            nodes[0].customer(&format!("pin{customer}"), 1000).await;
        }
        // Each customer owns one payout's worth and is asked for four.
        let calls = (0..20).map(|number| payout(&format!("pin{}", number % 10), number, 1000));
        let [left, right] = &nodes;
        let mut running = tokio::task::JoinSet::new();
        for wish in calls {
            for (node, apart) in [(left, 0), (right, 1000)] {
                let (node, mut wish) = (node.clone(), wish.clone());
                wish.trace_id += apart;
                running.spawn(async move {
                    loop {
                        if let Ok(answer) = node.creates(wish.clone()).await {
                            return answer;
                        }
                    }
                });
            }
        }
        let answers = running.join_all().await;
        let done = answers.iter().filter(|answer| answer.refused.is_none()).count();
        let short = Some(RefusalCode::InsufficientFunds);
        let refused = answers.iter().filter(|answer| answer.refused == short).count();
        assert_eq!((done, refused), (10, 30));
        for customer in 0..10 {
            assert_eq!(left.balance(&format!("pin{customer}")).await, 0);
        }
        for node in nodes {
            node.closes_sound().await;
        }
    })
    .await;
}

#[tokio::test]
async fn other_content_under_one_trace_is_refused_at_either_node() {
    on_both(|url| async move {
        let nodes = two_nodes(&url).await;
        nodes[0].customer("Bigdaddy", 1_000_000).await;
        let mut running = tokio::task::JoinSet::new();
        for trace in 0..60 {
            for (node, amount) in nodes.iter().zip([100, 101]) {
                let node = node.clone();
                running.spawn(async move {
                    loop {
                        if let Ok(answer) = node.creates(payout("Bigdaddy", trace, amount)).await {
                            return (trace, amount, answer);
                        }
                    }
                });
            }
        }
        let answers = running.join_all().await;
        let mut taken = 0;
        for trace in 0..60 {
            let pair: Vec<_> = answers.iter().filter(|(of, ..)| *of == trace).collect();
            let won: Vec<_> = pair.iter().filter(|(.., answer)| answer.refused.is_none()).collect();
            let lost = pair.iter().filter(|(.., answer)| answer.refused == Some(RefusalCode::Conflict));
            assert_eq!((won.len(), lost.count()), (1, 1), "trace {trace}");
            taken += won[0].1;
        }
        assert_eq!(nodes[0].balance("Bigdaddy").await, 1_000_000 - taken);
        for node in nodes {
            node.closes_sound().await;
        }
    })
    .await;
}

/// Updates of one payout from both nodes: one step is taken once, and the money moves once.
#[tokio::test]
async fn one_payout_is_moved_once_by_two_nodes() {
    use tillgate::domain::payout::status::PayoutStatus;
    on_both(|url| async move {
        let nodes = two_nodes(&url).await;
        nodes[0].customer("Bigdaddy", 100_000).await;
        let mut ids = Vec::new();
        for trace in 0..20 {
            ids.push(nodes[0].pays("Bigdaddy", trace, 1000).await.payout.expect("a payout"));
        }
        let mut running = tokio::task::JoinSet::new();
        for &id in &ids {
            for node in &nodes {
                let node = node.clone();
                running.spawn(async move {
                    while node.updates("Bigdaddy", id, PayoutStatus::Cancelled).await.is_err() {}
                });
            }
        }
        running.join_all().await;
        assert_eq!(nodes[1].balance("Bigdaddy").await, 100_000);
        for node in nodes {
            node.closes_sound().await;
        }
    })
    .await;
}

/// Somebody who locks in another order than ours: the database ends one of the two, and ours is run again.
#[tokio::test]
async fn a_deadlock_is_run_again_and_nobody_notices() {
    let Some(scratch) = crate::support::postgres() else { return };
    let house = House::open(&scratch.url, "one");
    for pin in ["first", "second"] {
        house.customer(pin, 1000).await;
    }
    // On a busy machine it may be the other who gives way; then they cross once more.
    let mut rounds = 1;
    while !crosses_and_wins(&house, &scratch.url, rounds).await {
        rounds += 1;
        assert!(rounds < 9, "ours never had to give way");
    }
    let left = 1000 - 100 * rounds;
    assert_eq!((house.balance("first").await, house.balance("second").await), (left, left));
    house.closes_sound().await;
}

/// Locks the second customer's row and then the first's, while a unit of work of ours has the first's and wants the
/// second's. Whether the other got through and ours had to be run again.
async fn crosses_and_wins(house: &House, url: &tillgate::store::DatabaseUrl, round: i64) -> bool {
    use tillgate::store::{Connection, Purpose, Wants};
    let lock =
        |pin: &str| format!("UPDATE accounts SET balance = balance WHERE path LIKE 'customer/%/{pin}'");
    let mut other = Connection::open(url, Purpose::Write).expect("a line");
    other.begin().expect("begun");
    other.batch(&lock("second")).expect("locked");
    let (rules, store) = (house.rules.clone(), house.store.clone());
    let both = tokio::spawn(async move {
        let operation = move |tx: &mut tillgate::store::Tx<'_>| {
            for (pin, trace) in [("first", 2 * round), ("second", 2 * round + 1)] {
                let (wish, caller) = (payout(pin, trace, 100), super::house::caller());
                tillgate::operations::create_payout::run(tx, &wish, &rules, &caller)?;
            }
            Ok(())
        };
        store.transact("first", Wants::nothing(), operation).await
    });
    let watch = Connection::open(url, Purpose::Read).expect("a line");
    let crossed = tokio::task::spawn_blocking(move || {
        waits_for_a_lock(watch);
        // Now each waits for the other. Whoever waited first is the one that notices, and gives way.
        let through = other.batch(&lock("first")).is_ok();
        if through { other.commit() } else { other.rollback() }.expect("ended");
        through
    });
    let through = crossed.await.expect("no panic");
    both.await.expect("no panic").expect("done, in whichever run");
    through
}

/// A database that isolates more strictly than we ask refuses to write over what changed meanwhile: ours is run again.
#[tokio::test]
async fn a_serialization_failure_is_run_again_and_nobody_notices() {
    use diesel::sql_types::Text;
    use tillgate::store::{Connection, DatabaseUrl, Purpose};
    for isolation in ["repeatable read", "serializable"] {
        let Some(scratch) = crate::support::postgres() else { return };
        let DatabaseUrl::Postgres(url) = &scratch.url else { unreachable!("PostgreSQL's") };
        let strictly = format!("-c default_transaction_isolation={}", isolation.replace(' ', "\\ "));
        let strict: String = form_urlencoded::byte_serialize(strictly.as_bytes()).collect();
        let strict = format!("{url}&options={}", strict.replace('+', "%20"));
        let strict = DatabaseUrl::Postgres(strict);
        let mut line = Connection::open(&strict, Purpose::Read).expect("a line");
        let shown = line.load::<Text, String>("SELECT current_setting('transaction_isolation')", &[]);
        assert_eq!(shown.expect("a setting"), [isolation]);

        let house = House::open(&strict, "one");
        house.customer("Bigdaddy", 1000).await;
        // The second is decided by what the writer remembers, the first by what it reads.
        for trace in 1..=2 {
            let mut other = Connection::open(&scratch.url, Purpose::Write).expect("a line");
            other.begin().expect("begun");
            other
                .batch("UPDATE accounts SET balance = balance WHERE path LIKE 'customer/%'")
                .expect("locked");
            let creating = tokio::spawn({
                let house = house.clone();
                async move { house.creates(payout("Bigdaddy", trace, 100)).await }
            });
            let watch = Connection::open(&scratch.url, Purpose::Read).expect("a line");
            let freed = tokio::task::spawn_blocking(move || {
                waits_for_a_lock(watch);
                other.commit().expect("committed");
            });
            freed.await.expect("no panic");
            let answer = creating.await.expect("no panic").expect("done, in whichever run");
            assert_eq!((answer.refused, answer.replayed), (None, false));
        }
        assert_eq!(house.balance("Bigdaddy").await, 800);
        house.closes_sound().await;
    }
}

/// Until somebody waits for a lock.
fn waits_for_a_lock(mut watch: tillgate::store::Connection) {
    let waits = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while watch.load::<diesel::sql_types::BigInt, i64>(waits, &[]).expect("a count") == [0] {
        std::thread::yield_now();
    }
}
