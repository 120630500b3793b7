//! What a writer remembers spares it questions and never decides alone: whatever somebody else did meanwhile counts.

use super::house::{FRONT_END, House, caller, eur, options, payout};
use crate::support::on_both;
use diesel::sql_types::Text;
use std::sync::{Mutex, mpsc};
use tillgate::clock::Clock;
use tillgate::domain::refusal::RefusalCode;
use tillgate::operations::{add_customer, create_payout};
use tillgate::store::{Connection, DatabaseUrl, Purpose};

/// A node with one writer, which therefore remembers every customer that it saw.
fn node(url: &DatabaseUrl, name: &str) -> House {
    let mut options = options(url, name);
    options.writers = 1;
    House::with(options, Clock::system())
}

async fn block(house: &House, pin: &str) {
    let wish = add_customer::Wish { pin: pin.to_owned(), blocked: true, details: Default::default() };
    let (rules, wants) = (house.rules.clone(), wish.wants(&house.rules));
    let blocked = house.store.transact(pin, wants, move |tx| add_customer::run(tx, &wish, &rules, &caller()));
    assert_eq!(blocked.await.expect("an answer").refused, None);
}

#[tokio::test]
async fn money_that_another_node_moved_is_noticed() {
    on_both(|url| async move {
        let [left, right] = ["left", "right"].map(|name| node(&url, name));
        left.customer("Bigdaddy", 1000).await;
        assert_eq!(left.pays("Bigdaddy", 1, 100).await.refused, None);
        // The left node remembers 9.00 from now on.
        assert_eq!(right.pays("Bigdaddy", 2, 900).await.refused, None);
        let refused = left.pays("Bigdaddy", 3, 100).await.refused;
        assert_eq!(refused, Some(RefusalCode::InsufficientFunds));
        // And now nothing, while there is money again.
        right.adjusts("Bigdaddy", 500, "more").await.expect("adjusted");
        assert_eq!(left.pays("Bigdaddy", 4, 400).await.refused, None);
        assert_eq!(right.pays("Bigdaddy", 5, 100).await.refused, None);
        assert_eq!(left.balance("Bigdaddy").await, 0);
        for node in [left, right] {
            node.closes_sound().await;
        }
    })
    .await;
}

/// A command that writes nothing has no statement of its own to compare by.
#[tokio::test]
async fn a_command_that_only_looks_is_told_what_another_node_did() {
    use tillgate::domain::ledger::Account;
    use tillgate::store::{Wants, ledger};
    on_both(|url| async move {
        let [left, right] = ["left", "right"].map(|name| node(&url, name));
        left.customer("Bigdaddy", 1000).await;
        assert_eq!(left.pays("Bigdaddy", 1, 100).await.refused, None);
        assert_eq!(right.pays("Bigdaddy", 2, 400).await.refused, None);
        let account = Account::customer(FRONT_END, "Bigdaddy", eur(0).currency());
        let wants = Wants::nothing().account(account.clone());
        let look = left.store.transact("Bigdaddy", wants, move |tx| Ok(ledger::balance(tx, &account)?));
        assert_eq!(look.await.expect("a balance"), eur(500));
        for node in [left, right] {
            node.closes_sound().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_customer_whom_another_node_blocked_is_refused_at_once() {
    on_both(|url| async move {
        let [left, right] = ["left", "right"].map(|name| node(&url, name));
        left.customer("Bigdaddy", 1000).await;
        assert_eq!(left.pays("Bigdaddy", 1, 100).await.refused, None);
        block(&right, "Bigdaddy").await;
        assert_eq!(left.pays("Bigdaddy", 2, 100).await.refused, Some(RefusalCode::CustomerBlocked));
        assert_eq!(left.balance("Bigdaddy").await, 900);
        for node in [left, right] {
            node.closes_sound().await;
        }
    })
    .await;
}

/// A call that comes alone is taken for a new one until the database says otherwise.
#[tokio::test]
async fn a_repeat_that_comes_alone_gets_the_first_answer() {
    on_both(|url| async move {
        let house = node(&url, "one");
        house.customer("Bigdaddy", 1000).await;
        let first = house.pays("Bigdaddy", 1, 100).await;
        let again = house.pays("Bigdaddy", 1, 100).await;
        assert_eq!((again.replayed, again.payout), (true, first.payout));
        let other = house.pays("Bigdaddy", 1, 200).await;
        assert_eq!(other.refused, Some(RefusalCode::Conflict));
        // Under a used TraceID the call is no new one, whoever it names.
        assert_eq!(house.pays("Nobody", 1, 100).await.refused, Some(RefusalCode::Conflict));
        assert_eq!(house.pays("Nobody", 2, 100).await.refused, Some(RefusalCode::CustomerNotFound));
        house.customer("Nobody", 100).await;
        assert_eq!(house.pays("Nobody", 2, 100).await.refused, None);
        assert_eq!(house.balance("Bigdaddy").await, 900);
        house.closes_sound().await;
    })
    .await;
}

/// Holds a batch open behind its first command, and lets others come: they are committed with it.
#[tokio::test]
async fn who_comes_while_a_batch_runs_rides_along() {
    on_both(|url| async move {
        let house = node(&url, "one");
        house.customer("Bigdaddy", 1000).await;
        let (open, opened) = mpsc::channel::<()>();
        let opened = Mutex::new(opened);
        let (began, begun) = tokio::sync::oneshot::channel::<()>();
        let mut began = Some(began);
        let (wish, rules, store) = (payout("Bigdaddy", 0, 100), house.rules.clone(), house.store.clone());
        let first = tokio::spawn(async move {
            let run = move |tx: &mut tillgate::store::Tx<'_>| {
                let answer = create_payout::run(tx, &wish, &rules, &caller());
                if let Some(began) = began.take() {
                    began.send(()).expect("somebody waits");
                    opened.lock().expect("the gate").recv().expect("opened");
                }
                answer
            };
            store.transact("Bigdaddy", tillgate::store::Wants::nothing(), run).await
        });
        begun.await.expect("the first command runs");
        let mut others = tokio::task::JoinSet::new();
        for trace in 1..4 {
            let house = house.clone();
            others.spawn(async move { house.pays("Bigdaddy", trace, 100).await });
        }
        while house.store.waiting() < 3 {
            tokio::task::yield_now().await;
        }
        open.send(()).expect("the first command waits");
        assert_eq!(first.await.expect("no panic").expect("an answer").refused, None);
        assert!(others.join_all().await.iter().all(|answer| answer.refused.is_none()));
        if let DatabaseUrl::Postgres(_) = &url {
            let mut line = Connection::open(&url, Purpose::Read).expect("a line");
            let sql = "SELECT DISTINCT CAST(xmin AS TEXT) FROM payouts";
            assert_eq!(line.load::<Text, String>(sql, &[]).expect("commits").len(), 1);
        }
        assert_eq!(house.balance("Bigdaddy").await, 600);
        house.closes_sound().await;
    })
    .await;
}

/// No row of the ledger points to nothing, and nothing that it points to goes away.
#[tokio::test]
async fn an_entry_refers_to_what_is_there_and_stays() {
    on_both(|url| async move {
        let house = node(&url, "one");
        house.customer("Bigdaddy", 1000).await;
        house.pays("Bigdaddy", 1, 100).await;
        let mut line = Connection::open(&url, Purpose::Write).expect("a line");
        let insert = |transaction: &str, from: &str, to: &str, currency: &str| {
            format!(
                "INSERT INTO ledger_entries (id, transaction_id, from_account, to_account, amount, currency)
                 SELECT 1, {transaction}, {from}, {to}, 1, {currency} FROM ledger_entries ORDER BY id LIMIT 1"
            )
        };
        let whole = ["transaction_id", "from_account", "to_account", "currency"];
        for (place, wrong) in [(0, "7"), (1, "7"), (2, "7"), (3, "'GBP'")] {
            let mut columns = whole;
            columns[place] = wrong;
            let [transaction, from, to, currency] = columns;
            let refused = line.batch(&insert(transaction, from, to, currency));
            assert!(refused.is_err(), "an entry with the wrong {}", whole[place]);
        }
        assert!(line.batch("DELETE FROM accounts").is_err());
        assert!(line.batch("UPDATE accounts SET currency = 'GBP'").is_err());
        // With the right ones the database takes it, and the check finds money that nobody moved.
        let [transaction, from, to, currency] = whole;
        line.batch(&insert(transaction, from, to, currency)).expect("taken");
        let checked = house.store.read(tillgate::store::check::run).await.expect("checked");
        assert!(!checked.is_sound());
        house.store.close();
    })
    .await;
}
