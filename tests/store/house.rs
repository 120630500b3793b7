//! A front end on a store: what the store's tests call instead of the doors.

use std::sync::Arc;
use tillgate::clock::Clock;
use tillgate::domain::debit::DebitEvent;
use tillgate::domain::front_end::{FeeMode, FrontEnd, Limits};
use tillgate::domain::ids::PayoutId;
use tillgate::domain::money::{Currency, Money};
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::domain::processor_name::{ProcessorMap, UnknownName};
use tillgate::operations::{Answer, Caller, OperationError, Rules};
use tillgate::operations::{
    add_customer, adjust_balance, create_payout, process_deposit, reverse_payout, update_payout,
};
use tillgate::store::{BatchLimits, DatabaseUrl, Options, Store, Tx, Wants, audit, check};

pub const FRONT_END: &str = "MyPhoneCards EUR";

pub fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::find("EUR").expect("EUR"))
}

pub fn rules(debit_event: DebitEvent) -> Rules {
    let front_end = FrontEnd {
        name: FRONT_END.to_owned(),
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
        asks_cashier_to_end: false,
        approvals: Default::default(),
    };
    let processors = ProcessorMap::new([], UnknownName::Pass, 25).expect("a map");
    Rules { front_end: Arc::new(front_end), processors: Arc::new(processors) }
}

pub fn caller() -> Caller {
    Caller { who: "test".to_owned(), request_id: "r1".to_owned() }
}

pub fn options(url: &DatabaseUrl, node: &str) -> Options {
    Options {
        url: url.clone(),
        node: node.to_owned(),
        writers: 2,
        readers: 2,
        queue: 4096,
        batch: BatchLimits { most: 256, share: 64 },
    }
}

/// One node with one front end that debits at Requested.
#[derive(Clone)]
pub struct House {
    pub store: Store,
    pub rules: Rules,
}

pub fn payout(pin: &str, trace_id: i64, minor: i64) -> create_payout::Wish {
    create_payout::Wish {
        pin: pin.to_owned(),
        trace_id,
        amount: eur(minor),
        fee: eur(0),
        processor: None,
        payment_method: None,
        bank_account: None,
        created_by: None,
    }
}

impl House {
    pub fn open(url: &DatabaseUrl, node: &str) -> House {
        House::with(options(url, node), Clock::system())
    }

    pub fn with(options: Options, clock: Clock) -> House {
        let store = Store::open(options, clock).expect("an open store");
        House { store, rules: rules(DebitEvent::Requested) }
    }

    async fn run<F>(&self, pin: &str, wants: Wants, operation: F) -> Result<Answer, OperationError>
    where
        F: Fn(&mut Tx<'_>, &Rules) -> Result<Answer, OperationError> + Send + 'static,
    {
        let rules = self.rules.clone();
        self.store.transact(pin, wants, move |tx| operation(tx, &rules)).await
    }

    pub async fn customer(&self, pin: &str, minor: i64) {
        let wish = add_customer::Wish { pin: pin.to_owned(), blocked: false, details: Default::default() };
        let added = self
            .run(pin, wish.wants(&self.rules), move |tx, rules| {
                add_customer::run(tx, &wish, rules, &caller())
            })
            .await;
        added.expect("a customer");
        if minor != 0 {
            let adjusted = self.adjusts(pin, minor, "opening").await.expect("adjusted");
            assert_eq!(adjusted.refused, None);
        }
    }

    pub async fn adjusts(&self, pin: &str, minor: i64, key: &str) -> Result<Answer, OperationError> {
        let wish = adjust_balance::Wish {
            pin: pin.to_owned(),
            amount: eur(minor),
            reason: "a test's".to_owned(),
            key: format!("{pin} {key}"),
            below_zero: false,
        };
        let wants = wish.wants(&self.rules);
        self.run(pin, wants, move |tx, rules| adjust_balance::run(tx, &wish, rules, &caller())).await
    }

    pub async fn creates(&self, wish: create_payout::Wish) -> Result<Answer, OperationError> {
        let (pin, wants) = (wish.pin.clone(), wish.wants(&self.rules));
        self.run(&pin, wants, move |tx, rules| create_payout::run(tx, &wish, rules, &caller())).await
    }

    pub async fn pays(&self, pin: &str, trace_id: i64, minor: i64) -> Answer {
        self.creates(payout(pin, trace_id, minor)).await.expect("an answer")
    }

    pub async fn updates(&self, pin: &str, id: PayoutId, to: PayoutStatus) -> Result<Answer, OperationError> {
        let wish = update_payout::Wish {
            payout: id,
            pin: pin.to_owned(),
            to,
            trace_id: None,
            amount: None,
            fee: None,
            processor: None,
            transaction_id: (to == PayoutStatus::Approved).then(|| "T1".to_owned()),
            updated_by: None,
            attempt_key: format!("key of {id}"),
        };
        let wants = wish.wants(&self.rules);
        self.run(pin, wants, move |tx, rules| update_payout::run(tx, &wish, rules, &caller())).await
    }

    pub async fn reverses(&self, pin: &str, id: PayoutId) -> Result<Answer, OperationError> {
        let wish = reverse_payout::Wish {
            payout: id,
            pin: pin.to_owned(),
            trace_id: None,
            ref_trace_id: None,
            amount: None,
            fee: None,
            updated_by: None,
        };
        let wants = wish.wants(&self.rules);
        self.run(pin, wants, move |tx, rules| reverse_payout::run(tx, &wish, rules, &caller())).await
    }

    pub async fn deposits(&self, pin: &str, trace_id: i64, minor: i64) -> Result<Answer, OperationError> {
        let wish = process_deposit::Wish {
            pin: pin.to_owned(),
            trace_id,
            amount: eur(minor),
            fee: None,
            processor: None,
            payment_method: None,
            transaction_id: None,
            created_by: None,
        };
        let wants = wish.wants(&self.rules);
        self.run(pin, wants, move |tx, rules| process_deposit::run(tx, &wish, rules, &caller())).await
    }

    pub async fn balance(&self, pin: &str) -> i64 {
        use tillgate::domain::ledger::Account;
        let account = Account::customer(FRONT_END, pin, eur(0).currency());
        let balance = self
            .store
            .read(move |connection| tillgate::store::ledger::balance_now(connection, &account))
            .await;
        balance.expect("a balance").minor()
    }

    /// Everything adds up, every chain is whole, and the writers end.
    pub async fn closes_sound(self) {
        self.is_sound().await;
        self.store.close();
    }

    pub async fn is_sound(&self) {
        let checked = self.store.read(check::run).await.expect("checked");
        assert!(checked.is_sound(), "{checked:#?}");
        let verified = self.store.read(audit::verify).await.expect("verified");
        assert_eq!(verified.breaches, Vec::<String>::new());
    }
}
