//! Commands in batches: each sees what the ones before it did, and none is hurt by another.

use super::house::{House, options, payout};
use crate::support::on_both;
use std::sync::mpsc;
use tillgate::clock::Clock;
use tillgate::operations::OperationError;
use tillgate::store::{DatabaseUrl, StoreError, Wants, audit};

/// Holds the only writer with a command until the gate is opened, so that the next commands make one batch.
struct Gate {
    open: mpsc::Sender<()>,
    held: tokio::task::JoinHandle<Result<(), OperationError>>,
}

impl Gate {
    async fn close(house: &House) -> Gate {
        let (open, opened) = mpsc::channel::<()>();
        let opened = std::sync::Mutex::new(opened);
        let (began, begun) = tokio::sync::oneshot::channel::<()>();
        let mut began = Some(began);
        let store = house.store.clone();
        let held = tokio::spawn(async move {
            store
                .transact("gate", Wants::nothing(), move |_| {
                    if let Some(began) = began.take() {
                        began.send(()).expect("somebody waits");
                        opened.lock().expect("the gate").recv().expect("opened");
                    }
                    Ok(())
                })
                .await
        });
        begun.await.expect("the writer is held");
        Gate { open, held }
    }

    async fn open(self) {
        self.open.send(()).expect("the gate's command waits");
        self.held.await.expect("no panic").expect("done");
    }
}

fn one_writer(url: &DatabaseUrl) -> House {
    let mut options = options(url, "one");
    options.writers = 1;
    House::with(options, Clock::system())
}

/// Lets the tasks that were just spawned run until the queue holds them all.
async fn queued(house: &House, commands: usize) {
    while house.store.waiting() < commands {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_hundred_payouts_at_once_are_each_debited_once() {
    on_both(|url| async move {
        let house = House::open(&url, "one");
        house.customer("Bigdaddy", 100_000).await;
        let mut calls = tokio::task::JoinSet::new();
        for number in 0..200 {
            let house = house.clone();
            calls.spawn(async move { house.creates(payout("Bigdaddy", number / 2, 1250)).await });
        }
        let (mut done, mut replayed, mut refused) = (0, 0, 0);
        for answer in calls.join_all().await {
            let answer = answer.expect("answered");
            match (answer.refused, answer.replayed) {
                (Some(_), _) => refused += 1,
                (None, true) => replayed += 1,
                (None, false) => done += 1,
            }
        }
        // 1000.00 pays for eighty payouts of 12.50.
        assert_eq!((done, replayed, refused), (80, 80, 40));
        house.closes_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_panic_in_one_command_does_not_hurt_its_neighbours() {
    on_both(|url| async move {
        let house = one_writer(&url);
        house.customer("Bigdaddy", 100_000).await;
        let gate = Gate::close(&house).await;
        let mut calls = tokio::task::JoinSet::new();
        for trace in 0..10 {
            let house = house.clone();
            calls.spawn(async move { house.creates(payout("Bigdaddy", trace, 100)).await });
        }
        let store = house.store.clone();
        let (rules, wish) = (house.rules.clone(), payout("Bigdaddy", 77, 100));
        let broken = tokio::spawn(async move {
            let wants = wish.wants(&rules);
            let broken = store.transact::<(), _>("Bigdaddy", wants, move |tx| {
                tillgate::operations::create_payout::run(tx, &wish, &rules, &super::house::caller())?;
                panic!("on purpose, behind a write");
            });
            broken.await
        });
        queued(&house, 11).await;
        gate.open().await;
        for answer in calls.join_all().await {
            assert_eq!(answer.expect("answered").refused, None);
        }
        let broken = broken.await.expect("no panic outside");
        assert!(matches!(broken, Err(OperationError::Failed(StoreError::Panicked))), "{broken:?}");
        // Nothing of the broken command stayed, not even its reply.
        assert_eq!(house.balance("Bigdaddy").await, 100_000 - 10 * 100);
        assert!(!house.pays("Bigdaddy", 77, 100).await.replayed);
        house.closes_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_refused_command_leaves_its_audit_row_and_its_reply_alone() {
    on_both(|url| async move {
        let house = House::open(&url, "one");
        house.customer("Bigdaddy", 1000).await;
        let first = house.pays("Bigdaddy", 1, 5000).await;
        let again = house.pays("Bigdaddy", 1, 5000).await;
        assert!(first.refused.is_some() && again.replayed);
        assert_eq!((again.refused, &again.description), (first.refused, &first.description));
        assert_eq!(house.balance("Bigdaddy").await, 1000);
        let payouts = house
            .store
            .read(|connection| tillgate::store::payouts::list(connection, super::house::FRONT_END, 0, 10));
        assert!(payouts.await.expect("a list").is_empty());
        let facts = house.store.read(|connection| audit::of_subject(connection, "1", 10)).await;
        let kinds: Vec<_> = facts.expect("facts").into_iter().map(|fact| fact.kind).collect();
        assert_eq!(kinds, ["call.refused"]);
        house.closes_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_full_queue_answers_at_once() {
    on_both(|url| async move {
        let mut options = options(&url, "one");
        (options.writers, options.queue) = (1, 3);
        let house = House::with(options, Clock::system());
        let gate = Gate::close(&house).await;
        let mut calls = tokio::task::JoinSet::new();
        for trace in 0..3 {
            let house = house.clone();
            calls.spawn(async move { house.creates(payout("Bigdaddy", trace, 100)).await });
        }
        queued(&house, 3).await;
        // The writer is held, so whoever is answered now was not put behind it.
        let refused = house.creates(payout("Bigdaddy", 9, 100)).await;
        assert!(matches!(refused, Err(OperationError::Failed(StoreError::Full))), "{refused:?}");
        gate.open().await;
        for answer in calls.join_all().await {
            answer.expect("those that were taken are answered");
        }
        house.closes_sound().await;
    })
    .await;
}

/// Everything that fits into one batch is decided in the order it came, each on what the one before left.
#[tokio::test]
async fn later_commands_of_a_batch_see_the_earlier_ones() {
    on_both(|url| async move {
        let house = one_writer(&url);
        house.customer("Bigdaddy", 1000).await;
        let gate = Gate::close(&house).await;
        let mut answers = Vec::new();
        for (trace, minor) in [(1, 600), (2, 600), (3, 400), (4, 1)] {
            let caller = house.clone();
            answers.push(tokio::spawn(async move { caller.pays("Bigdaddy", trace, minor).await }));
            queued(&house, answers.len()).await;
        }
        gate.open().await;
        let mut refused = Vec::new();
        for answer in answers {
            refused.push(answer.await.expect("no panic").refused.is_some());
        }
        assert_eq!(refused, [false, true, false, true]);
        assert_eq!(house.balance("Bigdaddy").await, 0);
        house.closes_sound().await;
    })
    .await;
}

/// What was made a moment ago is found, though the database does not have it yet.
#[tokio::test]
async fn attempts_planned_in_one_unit_of_work_are_numbered_one_behind_the_other() {
    use tillgate::domain::ids::PayoutId;
    use tillgate::store::attempts;
    on_both(|url| async move {
        let house = one_writer(&url);
        house.customer("Bigdaddy", 1000).await;
        let id = house.pays("Bigdaddy", 1, 600).await.payout.expect("a payout");
        let store = house.store.clone();
        let numbers = store.transact("Bigdaddy", Wants::nothing().payout(id), move |tx| {
            let first = attempts::plan(tx, id, "paygate_creditex", "main", "key 1".to_owned())?;
            let second = attempts::plan(tx, id, "paygate_creditex", "main", "key 2".to_owned())?;
            let latest = attempts::latest(tx, id)?.expect("the second");
            Ok((first.number, second.number, latest.id == second.id))
        });
        assert_eq!(numbers.await.expect("planned"), (1, 2, true));
        let of_payout = move |connection: &mut tillgate::store::Connection| {
            attempts::of_payout(connection, PayoutId(id.0))
        };
        assert_eq!(house.store.read(of_payout).await.expect("attempts").len(), 2);
        house.store.close();
    })
    .await;
}
