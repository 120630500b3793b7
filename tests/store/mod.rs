//! The store through its own door, on every database that is at hand.

use std::sync::Arc;
use tillgate::clock::Clock;
use tillgate::domain::debit::DebitEvent;
use tillgate::domain::front_end::{FeeMode, FrontEnd, Limits};
use tillgate::domain::money::{Currency, Money};
use tillgate::domain::processor_name::{ProcessorMap, UnknownName};
use tillgate::operations::{Caller, Rules, add_customer, adjust_balance, create_payout};
use tillgate::store::{BatchLimits, DatabaseUrl, Options, Store, audit, check, migrations};

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::find("EUR").expect("EUR"))
}

fn rules(debit_event: DebitEvent) -> Rules {
    let front_end = FrontEnd {
        name: "MyPhoneCards EUR".to_owned(),
        site: "MyPhoneCards.com".to_owned(),
        site_id: None,
        currency: eur(0).currency(),
        debit_event,
        fee_mode: FeeMode::OnTop,
        edits_allowed: true,
        advisory_funds_check: true,
        reverse_in_progress: false,
        deposit_lock: false,
        customer_actors: vec!["INTERNET".to_owned()],
        payout_limits: Limits::default(),
        deposit_limits: Limits::default(),
    };
    let processors = ProcessorMap::new([], UnknownName::Pass, 25).expect("a map");
    Rules { front_end: Arc::new(front_end), processors: Arc::new(processors) }
}

fn caller() -> Caller {
    Caller { who: "test".to_owned(), request_id: "r1".to_owned() }
}

#[tokio::test]
async fn a_hundred_payouts_at_once_are_each_debited_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = DatabaseUrl::Sqlite(folder.path().join("t.db").display().to_string());
    migrations::run(&url).expect("migrated");
    let options = Options {
        url,
        node: "test".to_owned(),
        writers: 1,
        readers: 2,
        queue: 4096,
        batch: BatchLimits { most: 256, share: 64 },
    };
    let store = Store::open(options, Clock::system()).expect("open");
    let rules = rules(DebitEvent::Requested);

    let wish = add_customer::Wish { pin: "Bigdaddy".to_owned(), blocked: false, details: Default::default() };
    let (r, wants) = (rules.clone(), wish.wants(&rules));
    store.transact("Bigdaddy", wants, move |tx| add_customer::run(tx, &wish, &r, &caller())).await.expect("added");
    let wish = adjust_balance::Wish {
        pin: "Bigdaddy".to_owned(),
        amount: eur(100_000),
        reason: "opening".to_owned(),
        key: "o".to_owned(),
        below_zero: false,
    };
    let (r, wants) = (rules.clone(), wish.wants(&rules));
    store.transact("Bigdaddy", wants, move |tx| adjust_balance::run(tx, &wish, &r, &caller())).await.expect("adjusted");

    let mut calls = tokio::task::JoinSet::new();
    for number in 0..200 {
        let (store, rules) = (store.clone(), rules.clone());
        calls.spawn(async move {
            let wish = create_payout::Wish {
                pin: "Bigdaddy".to_owned(),
                trace_id: number / 2,
                amount: eur(1200),
                fee: eur(50),
                processor: None,
                payment_method: None,
                created_by: None,
            };
            let (r, wants) = (rules.clone(), wish.wants(&rules));
            store.transact("Bigdaddy", wants, move |tx| create_payout::run(tx, &wish, &r, &caller())).await
        });
    }
    let answers = calls.join_all().await;
    let (mut done, mut replayed, mut refused) = (0, 0, 0);
    for answer in answers {
        let answer = answer.expect("answered");
        match (answer.refused, answer.replayed) {
            (Some(_), _) => refused += 1,
            (None, true) => replayed += 1,
            (None, false) => done += 1,
        }
    }
    // 1000.00 pays for eighty payouts of 12.50.
    assert_eq!((done, replayed, refused), (80, 80, 40));
    let checked = store.read(check::run).await.expect("checked");
    assert!(checked.is_sound(), "{checked:?}");
    let verified = store.read(audit::verify).await.expect("verified");
    assert!(verified.breaches.is_empty(), "{verified:?}");
    store.close();
}
