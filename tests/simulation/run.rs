//! One seed's course: what happens next, and how house, bank and model are compared.

mod figures;
mod wishes;

pub use figures::Figures;

use super::bank::Bank;
use super::chance::Chance;
use super::house::{CUSTOMERS, House, Seen, Wish, rules};
use super::model::{Means, Model, Verdict};
use chrono::{Duration, TimeZone, Utc};
use std::collections::{BTreeSet, HashMap};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use tillgate::clock::Clock;
use tillgate::domain::debit::DebitState;
use tillgate::domain::deposit::status::DepositStatus;
use tillgate::domain::ids::DepositId;
use tillgate::domain::payout::attempt::AttemptState;
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::operations::{Answer, adjust_balance, create_payout};

/// What a command must leave behind.
struct Expected {
    verdict: Verdict,
    balance: i64,
    transit: i64,
    fees: i64,
    payout: Option<(PayoutStatus, DebitState, Option<AttemptState>)>,
    /// Where the first answer of the same call is kept.
    same: Option<String>,
    /// The payout that the answer names for the first time.
    creates: Option<usize>,
}

struct Command {
    house: usize,
    customer: usize,
    wish: Wish,
    expected: Expected,
}

/// A deposit that we run and that has not ended.
struct Open {
    id: DepositId,
    house: usize,
    customer: usize,
    minor: i64,
}

pub struct Run {
    chance: Chance,
    clock: Clock,
    bank: Arc<Bank>,
    house: House,
    model: Model,
    by_id: HashMap<i64, usize>,
    answers: HashMap<String, Answer>,
    adjustments: Vec<(usize, usize, adjust_balance::Wish)>,
    creates: Vec<(usize, usize, create_payout::Wish, Means)>,
    deposits: Vec<(usize, usize, i64, i64)>,
    open: Vec<Open>,
    opened: Vec<DepositId>,
    unanswered: Vec<(usize, usize, i64, i64)>,
    traces: i64,
    checked: u64,
    figures: Figures,
}

impl Run {
    pub async fn begin(seed: u64) -> Run {
        let mut chance = Chance::of(seed);
        let start = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).single().expect("a time");
        let clock = Clock::frozen_at(start);
        let bank = Bank::new(clock.clone(), chance.next());
        let house = House::open(clock.clone(), bank.clone(), chance.next()).await;
        Run {
            clock,
            bank,
            house,
            model: Model::new(rules(), CUSTOMERS),
            by_id: HashMap::new(),
            answers: HashMap::new(),
            adjustments: Vec::new(),
            creates: Vec::new(),
            deposits: Vec::new(),
            open: Vec::new(),
            opened: Vec::new(),
            unanswered: Vec::new(),
            traces: 0,
            checked: 0,
            figures: Figures { seeds: 1, ..Figures::default() },
            chance,
        }
    }

    pub async fn until(&mut self, operations: u64) {
        while self.figures.operations < operations {
            match self.chance.below(100) {
                0..78 => self.batch().await,
                78..84 => self.open_deposit().await,
                84..92 => self.work().await,
                92..99 => {
                    let seconds = if self.chance.percent(10) { 4_000 } else { 200 };
                    self.clock.advance(Duration::seconds(self.chance.between(1, seconds)));
                }
                _ => {
                    self.house.restart();
                    self.figures.restarts += 1;
                }
            }
            if self.figures.operations - self.checked > 6_000 {
                self.checked = self.figures.operations;
                self.house.is_sound().await;
            }
        }
    }

    /// The faults cease; whatever is open comes to its end, which must be that of the bank's books.
    pub async fn end(mut self) -> Figures {
        self.bank.heal();
        let mut rounds = 0;
        while self.is_open() {
            rounds += 1;
            assert!(rounds < 100, "something never ends");
            self.clock.advance(Duration::minutes(61));
            self.work().await;
        }
        for (payout, paid) in self.bank.payouts() {
            let payout = &self.model.payouts[self.by_id[&payout]];
            assert_eq!(payout.attempt, Some(AttemptState::Succeeded), "it was paid {paid:?}: {payout:?}");
        }
        for payout in &self.model.payouts {
            let paid = payout.id.map(|id| self.bank.paid(id.0)).unwrap_or_default();
            let succeeded = payout.attempt == Some(AttemptState::Succeeded);
            assert_eq!(paid.len(), usize::from(succeeded), "{payout:?}");
            self.figures.paid += paid.len() as u64;
        }
        for id in &self.opened {
            let (deposit, managed) = self.house.deposit(*id).await;
            let page = self.bank.page(&managed.reference);
            let paid = page.is_some_and(|page| page.pays == Some(page.asked));
            assert_eq!(deposit.status == DepositStatus::Credited, paid, "{page:?} but {deposit:?}");
        }
        self.house.sums_to_zero().await;
        self.house.is_sound().await;
        self.figures.digest = self.house.digest().await;
        self.house.desk.store.close();
        self.figures
    }

    fn is_open(&self) -> bool {
        use AttemptState::*;
        let waits = |state| matches!(state, Some(Planned | Sending | Unknown));
        !self.open.is_empty() || self.model.payouts.iter().any(|payout| waits(payout.attempt))
    }

    /// Some commands at once, as many as happen to be in the queue together.
    async fn batch(&mut self) {
        let many = 1 + self.chance.below(120);
        let commands: Vec<Command> = (0..many).filter_map(|_| self.command()).collect();
        let mut seen = Vec::with_capacity(commands.len());
        {
            let mut calls: Vec<Pin<Box<dyn Future<Output = Seen> + '_>>> = Vec::with_capacity(commands.len());
            for command in &commands {
                calls.push(Box::pin(self.house.run(command.house, command.customer, command.wish.clone())));
            }
            let mut ready: Vec<Option<Seen>> = Vec::new();
            for call in &mut calls {
                // The first poll puts the command in the queue: in order, and all before the first answer is awaited.
                let first = poll_fn(|context| match call.as_mut().poll(context) {
                    Poll::Ready(seen) => Poll::Ready(Some(seen)),
                    Poll::Pending => Poll::Ready(None),
                });
                ready.push(first.await);
            }
            for (call, ready) in calls.into_iter().zip(ready) {
                seen.push(match ready {
                    Some(seen) => seen,
                    None => call.await,
                });
            }
        }
        for (command, seen) in commands.into_iter().zip(seen) {
            self.compare(&command, seen);
        }
        self.house.sums_to_zero().await;
    }

    fn compare(&mut self, command: &Command, seen: Seen) {
        self.figures.operations += 1;
        let Expected { verdict, balance, transit, fees, payout, same, creates } = &command.expected;
        let wish = &command.wish;
        let answered = match &seen.answer {
            None => Verdict::NotYet,
            Some(answer) => answer.refused.map_or(Verdict::Done, Verdict::Refused),
        };
        assert_eq!(answered, *verdict, "{wish:?} was answered {:?}", seen.answer);
        assert_eq!(seen.balance, *balance, "the balance after {wish:?}: {:?}", seen.answer);
        assert_eq!((seen.transit, seen.fees), (*transit, *fees), "transit and fees after {wish:?}");
        if payout.is_some() && seen.payout.is_some() {
            assert_eq!(seen.payout, *payout, "the payout after {wish:?}");
        }
        self.figures.refused += u64::from(matches!(answered, Verdict::Refused(_)));
        let Some(answer) = seen.answer else { return };
        if let Some(index) = creates {
            let id = answer.payout.expect("a new payout has an id");
            self.model.payouts[*index].id = Some(id);
            self.by_id.insert(id.0, *index);
        }
        let Some(key) = same else { return };
        let kept = Answer { replayed: false, alerts: Vec::new(), ..answer };
        match self.answers.get(key) {
            None => {
                self.answers.insert(key.clone(), kept);
            }
            Some(first) => {
                self.figures.repeats += 1;
                assert_eq!(kept, *first, "{wish:?} was answered differently on repeat");
            }
        }
    }

    /// A deposit that we run is opened at the bank, or one whose opening got no answer is asked for again.
    async fn open_deposit(&mut self) {
        let again = self.chance.percent(50).then(|| self.unanswered.pop()).flatten();
        let (house, customer, trace, minor) = match again {
            Some(asked) => asked,
            None => {
                let (house, customer) = self.somebody();
                (house, customer, 1_000_000_000 + self.next_trace(), self.chance.between(100, 9_000))
            }
        };
        self.figures.operations += 1;
        if self.house.open_deposit(house, customer, trace, minor).await.is_none() {
            self.unanswered.push((house, customer, trace, minor));
        }
        // Recorded before the bank was asked, whatever it answered.
        let id = self.house.deposit_of(house, trace).await;
        if !self.open.iter().any(|open| open.id == id) && again.is_none() {
            self.opened.push(id);
            self.open.push(Open { id, house, customer, minor });
        }
    }

    /// The worker looks once at what is due, and may die while it calls.
    async fn work(&mut self) {
        let died = tokio::select! {
            biased;
            () = self.bank.killed.notified() => true,
            errands = self.house.worker.run_once() => {
                self.figures.operations += errands as u64;
                false
            }
        };
        if died {
            self.figures.deaths += 1;
            self.house.replace_worker();
        }
        let mut touched = BTreeSet::new();
        let now = self.clock.now().timestamp();
        for call in self.bank.take_calls() {
            self.figures.calls += 1;
            let index = self.by_id[&call.payout];
            if let Err(breach) = self.model.called(index, call.sends, call.answered.as_ref(), now) {
                panic!("{breach}: {call:?} {:?}", self.model.payouts[index]);
            }
            let model = &self.model.payouts[index];
            let paid = self.bank.paid(call.payout);
            assert!(paid.len() <= 1, "paid {paid:?}: {model:?}");
            assert_eq!(call.minor, model.taken.0, "the bank is asked for what was debited: {model:?}");
            touched.insert(index);
        }
        for index in touched {
            let held = self.house.payout(self.model.payouts[index].id.expect("it was called")).await;
            let states = (held.status, held.debit.state, held.attempt);
            assert_eq!(states, self.state_of(index), "after the worker: {held:?}");
        }
        self.look_at_deposits().await;
        self.house.sums_to_zero().await;
    }

    async fn look_at_deposits(&mut self) {
        for open in std::mem::take(&mut self.open) {
            let (deposit, managed) = self.house.deposit(open.id).await;
            let page = self.bank.page(&managed.reference);
            let ended = match deposit.status {
                DepositStatus::Credited => {
                    let page = page.expect("only what the bank knows is credited");
                    assert_eq!((page.pays, page.asked), (Some(open.minor), open.minor), "{deposit:?}");
                    assert!(page.at <= self.clock.now().timestamp(), "credited before it was paid");
                    self.model.balances[open.house][open.customer] += open.minor;
                    self.figures.credited += 1;
                    true
                }
                DepositStatus::Declined | DepositStatus::Cancelled => {
                    assert!(page.is_none_or(|page| page.pays.is_none()), "{deposit:?} but {page:?}");
                    true
                }
                DepositStatus::Pending | DepositStatus::Authorized | DepositStatus::Settling => {
                    managed.attempted.as_deref() == Some("suspense")
                }
                DepositStatus::Reversed => panic!("nobody reversed {deposit:?}"),
            };
            if !ended {
                self.open.push(open);
            }
        }
    }
}
