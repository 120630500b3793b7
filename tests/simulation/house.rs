//! The house under test: a real store on a scratch file in memory, real operations, the real desk and worker, with the
//! clock and every draw in the simulation's hand.

use super::bank::Bank;
use super::model::{House as Rule, Means};
use std::collections::HashMap;
use std::sync::Arc;
use tillgate::clock::{Clock, Entropy};
use tillgate::desk::Desk;
use tillgate::domain::debit::{DebitEvent, DebitState};
use tillgate::domain::front_end::{FeeMode, FrontEnd, Limits};
use tillgate::domain::ids::{DepositId, PayoutId};
use tillgate::domain::ledger::Account;
use tillgate::domain::money::{Currency, Money};
use tillgate::domain::payout::attempt::AttemptState;
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::domain::processor_name::{Mapped, Processor, ProcessorMap, Route, UnknownName};
use tillgate::operations::{
    Answer, Caller, OperationError, Rules, add_customer, adjust_balance, begin_deposit, create_payout,
    process_deposit, reverse_deposit, reverse_payout, update_payout,
};
use tillgate::processors::{PayoutProcessor, Registry};
use tillgate::store::{
    BatchLimits, Connection, DatabaseUrl, Options, Store, StoreError, Tx, Wants, audit, check, deposits,
    ledger, migrations, payouts,
};
use tillgate::worker::{Pace, Worker};

pub const CUSTOMERS: usize = 6;

pub fn rules() -> Vec<Rule> {
    use DebitEvent::*;
    let rule = |event, fees, advisory, early| Rule { event, fees, advisory, early };
    vec![
        rule(Requested, FeeMode::OnTop, true, false),
        rule(Authorized, FeeMode::OnTop, true, false),
        rule(InProgress, FeeMode::OnTop, true, true),
        rule(Requested, FeeMode::Included, true, false),
        rule(InProgress, FeeMode::Ignore, false, false),
    ]
}

pub fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::find("EUR").expect("EUR"))
}

pub fn pin(customer: usize) -> String {
    format!("P{customer}")
}

fn front_end(number: usize, rule: &Rule) -> FrontEnd {
    FrontEnd {
        name: format!("House {number}"),
        site: "example.com".to_owned(),
        site_id: None,
        currency: eur(0).currency(),
        debit_event: rule.event,
        fee_mode: rule.fees,
        edits_allowed: true,
        advisory_funds_check: rule.advisory,
        reverse_in_progress: rule.early,
        deposit_lock: false,
        customer_actors: vec!["INTERNET".to_owned()],
        payout_limits: Limits::default(),
        deposit_limits: Limits::default(),
        asks_cashier_to_end: false,
        approvals: Default::default(),
    }
}

/// The cashier's name of a means.
fn name(means: Means) -> &'static str {
    match means {
        Means::Cashier => "CFT",
        Means::Automatic => "BankAuto",
        Means::Confirmed => "BankAsk",
    }
}

fn processors() -> ProcessorMap {
    let line = |name: &str, route, approve_when_paid| {
        let account = (route != Route::Cashier).then(|| "bank".to_owned());
        let method = Some("page".to_owned());
        (name.to_owned(), Processor { name: name.to_owned(), route, account, method, approve_when_paid })
    };
    let lines = [
        line("CFT", Route::Cashier, false),
        line("BankAuto", Route::PaygateCreditex, true),
        line("BankAsk", Route::PaygateCreditex, false),
    ];
    ProcessorMap::new(lines, UnknownName::Refuse, 25).expect("a map")
}

/// What the cashier or the platform asks for.
#[derive(Clone, Debug)]
pub enum Wish {
    Adjust(adjust_balance::Wish),
    Create(create_payout::Wish),
    Update(update_payout::Wish),
    Reverse(reverse_payout::Wish),
    Deposit(process_deposit::Wish),
    ReverseDeposit(reverse_deposit::Wish),
}

/// What was answered, and what the unit of work held right after it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Nothing: "not yet".
    pub answer: Option<Answer>,
    pub balance: i64,
    pub transit: i64,
    pub fees: i64,
    pub payout: Option<(PayoutStatus, DebitState, Option<AttemptState>)>,
}

pub struct House {
    pub rules: Vec<Rules>,
    pub clock: Clock,
    pub desk: Desk,
    pub worker: Worker,
    workers: usize,
    url: DatabaseUrl,
    _folder: tempfile::TempDir,
}

impl House {
    pub async fn open(clock: Clock, bank: Arc<Bank>, seed: u64) -> House {
        let memory = std::path::Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }
            .expect("a folder");
        let url = DatabaseUrl::Sqlite(folder.path().join("tillgate.db").display().to_string());
        migrations::run(&url).expect("migrated");
        let processors = Arc::new(processors());
        let rules: Vec<Rules> = rules()
            .iter()
            .enumerate()
            .map(|(number, rule)| Rules {
                front_end: Arc::new(front_end(number, rule)),
                processors: processors.clone(),
            })
            .collect();
        let by_name: HashMap<String, Rules> =
            rules.iter().map(|rules| (rules.front_end.name.clone(), rules.clone())).collect();
        let pays: Arc<dyn PayoutProcessor> = bank.clone();
        let desk = Desk {
            store: open_store(&url, &clock),
            processors: Registry {
                payouts: HashMap::from([("bank".to_owned(), pays)]),
                deposits: HashMap::from([("bank".to_owned(), bank as _)]),
                notices: HashMap::new(),
            },
            rules: Arc::new(move |name: &str| by_name.get(name).cloned()),
            clock: clock.clone(),
            entropy: Entropy::seeded(seed),
            public_url: "https://tillgate.example".into(),
            abandon_after: chrono::Duration::hours(2),
            not_found_grace: chrono::Duration::minutes(10),
            holder: "desk".into(),
            lease: chrono::Duration::seconds(120),
        };
        let worker = new_worker(&desk, 0);
        let house = House { rules, clock, desk, worker, workers: 0, url, _folder: folder };
        house.add_customers().await;
        house
    }

    async fn add_customers(&self) {
        for rules in &self.rules {
            for customer in 0..CUSTOMERS {
                let wish =
                    add_customer::Wish { pin: pin(customer), blocked: false, details: Default::default() };
                let (named, wants) = (rules.clone(), wish.wants(rules));
                let added = self
                    .desk
                    .store
                    .transact("cashier", wants, move |tx| add_customer::run(tx, &wish, &named, &caller()));
                assert_eq!(added.await.expect("added").refused, None);
            }
        }
    }

    /// The worker's process died: another takes its place.
    pub fn replace_worker(&mut self) {
        self.workers += 1;
        self.worker = new_worker(&self.desk, self.workers);
    }

    /// The whole process is started anew on what is stored.
    pub fn restart(&mut self) {
        self.desk.store.close();
        self.desk.store = open_store(&self.url, &self.clock);
        self.replace_worker();
    }

    pub fn mapped(&self, means: Means) -> Mapped {
        self.rules[0].processors.look_up(name(means)).expect("it is in the map")
    }

    /// Puts a wish in the queue and waits. All come on one turn, so that they run in the order they were made.
    pub async fn run(&self, number: usize, customer: usize, wish: Wish) -> Seen {
        let rules = self.rules[number].clone();
        let wants = wants(&wish, &rules);
        let seen = self.desk.store.transact("cashier", wants, move |tx| {
            let mark = tx.mark();
            let answer = match apply(tx, &wish, &rules) {
                Ok(answer) => Some(answer),
                Err(OperationError::NotYet(_)) => {
                    tx.roll_back(&mark);
                    None
                }
                Err(error) => return Err(error),
            };
            look(tx, &rules, customer, &wish, answer)
        });
        seen.await.expect("the store does its part")
    }

    pub async fn payout(&self, id: PayoutId) -> tillgate::domain::payout::Payout {
        let found = self.desk.store.read(move |connection| payouts::find_now(connection, id)).await;
        found.expect("read").expect("the payout is there")
    }

    pub async fn deposit(&self, id: DepositId) -> (tillgate::domain::deposit::Deposit, deposits::Managed) {
        let found = self.desk.store.read(move |connection| deposits::find_managed(connection, id)).await;
        found.expect("read").expect("the deposit is there")
    }

    /// The deposit of a TraceID, which must have been recorded.
    pub async fn deposit_of(&self, number: usize, trace_id: i64) -> DepositId {
        let name = self.rules[number].front_end.name.clone();
        let found = self.read(move |connection| deposits::find_by_trace(connection, &name, trace_id)).await;
        found.expect("it was recorded before the bank was asked").id
    }

    /// Opens a deposit that we run; its id once the call was answered.
    pub async fn open_deposit(
        &self,
        number: usize,
        customer: usize,
        trace_id: i64,
        minor: i64,
    ) -> Option<DepositId> {
        let wish = begin_deposit::Wish {
            reference_prefix: String::new(),
            called: "CreateDeposit",
            particulars: String::new(),
            extra: Default::default(),
            sent_once: false,
            pin: pin(customer),
            trace_id,
            amount: eur(minor),
            processor: self.mapped(Means::Automatic),
            account: "bank".to_owned(),
            method: "page".to_owned(),
            payment_method: None,
            capture: "automatic".to_owned(),
            language: "en".to_owned(),
            token: self.desk.entropy.hex(16),
            created_by: None,
        };
        match self.desk.open_deposit(wish, None, &self.rules[number], &caller()).await {
            Ok(opened) => {
                assert_eq!(opened.answer.refused, None, "{:?}", opened.answer);
                Some(opened.answer.deposit.expect("an id"))
            }
            Err(OperationError::NotYet(_)) => None,
            Err(error) => panic!("{error}"),
        }
    }

    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.desk.store.read(query).await.expect("read")
    }

    /// All accounts together hold nothing.
    pub async fn sums_to_zero(&self) {
        let sums = self.read(ledger::trial_balance).await;
        let total: i64 = sums.iter().map(|sum| sum.balance.minor()).sum();
        assert_eq!(total, 0, "{sums:?}");
    }

    /// Every invariant of `ledger check`, and the audit chain.
    pub async fn is_sound(&self) {
        let checked = self.read(check::run).await;
        assert!(checked.is_sound(), "{checked:#?}");
        let verified = self.read(audit::verify).await;
        assert!(verified.breaches.is_empty(), "{verified:?}");
    }

    /// What the whole history comes to: two runs of one seed must end alike.
    pub async fn digest(&self) -> String {
        let lanes = self.read(audit::lanes).await;
        lanes.iter().map(|lane| format!("{}:{}:{}", lane.name, lane.head_seq, lane.head_hash)).collect()
    }
}

pub fn caller() -> Caller {
    Caller { who: "cashier".to_owned(), request_id: "r".to_owned() }
}

fn open_store(url: &DatabaseUrl, clock: &Clock) -> Store {
    let options = Options {
        url: url.clone(),
        node: "one".to_owned(),
        writers: 1,
        readers: 1,
        queue: 4096,
        // One turn for all: its share is the whole batch.
        batch: BatchLimits { most: 256, share: 256 },
    };
    Store::open(options, clock.clone()).expect("an open store")
}

fn new_worker(desk: &Desk, number: usize) -> Worker {
    // One errand at a time, so that the order is the seed's and not the scheduler's.
    let pace = Pace {
        concurrent: 1,
        poll: std::time::Duration::from_secs(1),
        lease: chrono::Duration::seconds(120),
    };
    Worker::new(desk.clone(), &format!("worker {number}"), pace)
}

fn wants(wish: &Wish, rules: &Rules) -> Wants {
    match wish {
        Wish::Adjust(wish) => wish.wants(rules),
        Wish::Create(wish) => wish.wants(rules),
        Wish::Update(wish) => wish.wants(rules),
        Wish::Reverse(wish) => wish.wants(rules),
        Wish::Deposit(wish) => wish.wants(rules),
        Wish::ReverseDeposit(wish) => wish.wants(rules),
    }
}

fn apply(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules) -> Result<Answer, OperationError> {
    let caller = caller();
    match wish {
        Wish::Adjust(wish) => adjust_balance::run(tx, wish, rules, &caller),
        Wish::Create(wish) => create_payout::run(tx, wish, rules, &caller),
        Wish::Update(wish) => update_payout::run(tx, wish, rules, &caller),
        Wish::Reverse(wish) => reverse_payout::run(tx, wish, rules, &caller),
        Wish::Deposit(wish) => process_deposit::run(tx, wish, rules, &caller),
        Wish::ReverseDeposit(wish) => reverse_deposit::run(tx, wish, rules, &caller),
    }
}

/// Looks at what the command left, in the same unit of work.
fn look(
    tx: &mut Tx<'_>,
    rules: &Rules,
    customer: usize,
    wish: &Wish,
    answer: Option<Answer>,
) -> Result<Seen, OperationError> {
    let (name, currency) = (&rules.front_end.name, rules.front_end.currency);
    let payout = match wish {
        Wish::Update(wish) => Some(wish.payout),
        Wish::Reverse(wish) => Some(wish.payout),
        Wish::Create(_) => answer.as_ref().and_then(|answer| answer.payout),
        Wish::Adjust(_) | Wish::Deposit(_) | Wish::ReverseDeposit(_) => None,
    };
    let payout = payout.map(|id| payouts::lock(tx, id)).transpose()?.flatten();
    Ok(Seen {
        balance: ledger::balance(tx, &Account::customer(name, &pin(customer), currency))?.minor(),
        transit: ledger::balance(tx, &Account::payouts_in_transit(name, currency))?.minor(),
        fees: ledger::balance(tx, &Account::fees(name, currency))?.minor(),
        payout: payout.map(|payout| (payout.status, payout.debit.state, payout.attempt)),
        answer,
    })
}
