//! Processors that keep books of their own and fail by seed: answers get lost before and after the money moved,
//! orders stay open, come late, are declined, and the worker that called dies in the middle of the call.

use super::chance::Chance;
use async_trait::async_trait;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use tillgate::clock::Clock;
use tillgate::domain::money::Money;
use tillgate::domain::outcome::{DepositOutcome, Outcome};
use tillgate::processors::{DepositOrder, DepositProcessor, Opened, PayoutOrder, PayoutProcessor};
use tokio::sync::Notify;

/// A bank that pays out and takes deposits.
pub struct Bank {
    clock: Clock,
    state: Mutex<State>,
    /// Rung when the worker that is calling is to die.
    pub killed: Notify,
}

struct State {
    chance: Chance,
    /// Whether anything fails at all.
    faulty: bool,
    /// How the next payout is to fare, whatever chance says.
    rigged: Option<usize>,
    orders: HashMap<String, Order>,
    open: Vec<Open>,
    /// By payout: what really left, once for each time that it did.
    paid: BTreeMap<i64, Vec<i64>>,
    /// What was asked since the last look, in order.
    calls: Vec<Call>,
    /// Requests that arrive after their caller gave up, and before it first asks: what comes later than that no asking
    /// can foresee.
    late: Vec<(i64, PayoutOrder)>,
    pages: HashMap<String, Page>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Order {
    Paid,
    Declined,
    Open,
}

/// An order that is decided at a time, for or against.
struct Open {
    payout: i64,
    request: String,
    at: i64,
    pays: bool,
}

/// A deposit's page, and what its customer will do there.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub asked: i64,
    pub at: i64,
    /// What he pays; nothing when he gives up.
    pub pays: Option<i64>,
}

/// One call that reached this process's edge.
#[derive(Clone, Debug)]
pub struct Call {
    pub payout: i64,
    pub sends: bool,
    pub minor: i64,
    /// What was answered; nothing when the caller died.
    pub answered: Option<Outcome>,
}

impl Bank {
    pub fn new(clock: Clock, seed: u64) -> Arc<Bank> {
        let state = State {
            chance: Chance::of(seed),
            faulty: true,
            rigged: None,
            orders: HashMap::new(),
            open: Vec::new(),
            paid: BTreeMap::new(),
            calls: Vec::new(),
            late: Vec::new(),
            pages: HashMap::new(),
        };
        Arc::new(Bank { clock, state: Mutex::new(state), killed: Notify::new() })
    }

    /// The next payout that is sent moves its money, and its answer gets lost.
    pub fn loses_the_next_answer(&self) {
        self.state().rigged = Some(80);
    }

    pub fn heal(&self) {
        self.state().faulty = false;
    }

    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.state().calls)
    }

    /// What left for a payout.
    pub fn paid(&self, payout: i64) -> Vec<i64> {
        self.state().paid.get(&payout).cloned().unwrap_or_default()
    }

    pub fn page(&self, reference: &str) -> Option<Page> {
        self.state().pages.get(reference).copied()
    }

    /// Whether an order for a payout is open or on its way: its books say nothing final yet.
    pub fn is_undecided(&self, payout: i64) -> bool {
        let state = self.state();
        let late = state.late.iter().any(|(_, order)| order.payout.0 == payout);
        late || state.open.iter().any(|open| open.payout == payout)
    }

    /// Every payout that money left for.
    pub fn payouts(&self) -> Vec<(i64, Vec<i64>)> {
        self.state().paid.iter().map(|(payout, paid)| (*payout, paid.clone())).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().expect("nobody panics here");
        state.catch_up(self.clock.now().timestamp());
        state
    }
}

/// What becomes of a request on its way.
enum Way {
    Answered(Outcome),
    Dies,
}

impl State {
    /// What was to happen by now happens: late requests arrive and open orders are decided.
    fn catch_up(&mut self, now: i64) {
        let (due, later) = std::mem::take(&mut self.late).into_iter().partition(|(at, _)| *at <= now);
        self.late = later;
        let due: Vec<(i64, PayoutOrder)> = due;
        for (_, order) in due {
            // Whoever sent it again under the same key was first.
            if !self.orders.contains_key(&order.request_id) {
                self.process(&order);
            }
        }
        let (due, later) = std::mem::take(&mut self.open).into_iter().partition(|open| open.at <= now);
        self.open = later;
        let due: Vec<Open> = due;
        for open in due {
            self.orders.insert(open.request, if open.pays { Order::Paid } else { Order::Declined });
        }
    }

    /// The money leaves, unless the same request has been answered for good. One that is open is processed again:
    /// that is the trap.
    fn process(&mut self, order: &PayoutOrder) -> Order {
        match self.orders.get(&order.request_id) {
            Some(known @ (Order::Paid | Order::Declined)) => return *known,
            Some(Order::Open) | None => {}
        }
        self.paid.entry(order.payout.0).or_default().push(order.amount.minor());
        self.orders.insert(order.request_id.clone(), Order::Paid);
        Order::Paid
    }

    fn send(&mut self, order: &PayoutOrder, now: i64) -> Way {
        let lost = || Outcome::Unknown { cause: "no answer".to_owned() };
        let dice = if self.faulty { self.chance.below(100) } else { 0 };
        match self.rigged.take().unwrap_or(dice) {
            0..50 => {
                let settled = self.process(order);
                Way::Answered(said(settled))
            }
            50..60 => {
                let known = *self.orders.entry(order.request_id.clone()).or_insert(Order::Declined);
                Way::Answered(said(known))
            }
            60..66 => Way::Answered(Outcome::NotSent { cause: "no connection".to_owned() }),
            66..73 => Way::Answered(lost()),
            73..82 => {
                self.process(order);
                Way::Answered(lost())
            }
            82..89 => {
                let at = now + self.chance.between(5, 9_000);
                let pays = self.chance.percent(60);
                if self.orders.contains_key(&order.request_id) {
                    self.process(order);
                } else {
                    self.orders.insert(order.request_id.clone(), Order::Open);
                    let (payout, request) = (order.payout.0, order.request_id.clone());
                    self.open.push(Open { payout, request, at, pays });
                    if pays {
                        self.paid.entry(order.payout.0).or_default().push(order.amount.minor());
                    }
                }
                let silent = self.chance.percent(50);
                Way::Answered(if silent { lost() } else { Outcome::Open { cause: "pending".to_owned() } })
            }
            89..94 => {
                let at = now + self.chance.between(5, 25);
                self.late.push((at, order.clone()));
                Way::Answered(lost())
            }
            94..97 => Way::Dies,
            _ => {
                self.process(order);
                Way::Dies
            }
        }
    }

    fn inquire(&mut self, order: &PayoutOrder) -> Way {
        let dice = if self.faulty { self.chance.below(100) } else { 99 };
        match dice {
            0..15 => Way::Answered(Outcome::Unknown { cause: "no answer".to_owned() }),
            15..18 => Way::Dies,
            _ => Way::Answered(match self.orders.get(&order.request_id) {
                Some(known) => said(*known),
                None => Outcome::NotFound,
            }),
        }
    }
}

fn said(order: Order) -> Outcome {
    match order {
        Order::Paid => Outcome::Paid { reference: "bank".to_owned() },
        Order::Declined => Outcome::Declined { code: "51".to_owned(), reason: "no".to_owned() },
        Order::Open => Outcome::Open { cause: "pending".to_owned() },
    }
}

impl Bank {
    async fn answer(&self, order: &PayoutOrder, sends: bool) -> Outcome {
        let way = {
            let mut state = self.state();
            let now = self.clock.now().timestamp();
            let way = if sends { state.send(order, now) } else { state.inquire(order) };
            let answered = match &way {
                Way::Answered(outcome) => Some(outcome.clone()),
                Way::Dies => None,
            };
            state.calls.push(Call { payout: order.payout.0, sends, minor: order.amount.minor(), answered });
            way
        };
        match way {
            Way::Answered(outcome) => outcome,
            Way::Dies => {
                self.killed.notify_one();
                std::future::pending().await
            }
        }
    }
}

#[async_trait]
impl PayoutProcessor for Bank {
    async fn send(&self, order: &PayoutOrder) -> Outcome {
        self.answer(order, true).await
    }

    async fn inquire(&self, order: &PayoutOrder) -> Outcome {
        self.answer(order, false).await
    }
}

#[async_trait]
impl DepositProcessor for Bank {
    async fn open(&self, order: &DepositOrder) -> Opened {
        let now = self.clock.now().timestamp();
        let mut state = self.state();
        let dice = if state.faulty { state.chance.below(100) } else { 0 };
        if (90..95).contains(&dice) {
            return Opened::NotSent { cause: "no connection".to_owned() };
        }
        let asked = order.amount.minor();
        let at = now + state.chance.between(0, 2_000);
        let pays = match state.chance.below(10) {
            0..7 => Some(asked),
            7 => Some(asked + 1),
            _ => None,
        };
        state.pages.entry(order.reference.clone()).or_insert(Page { asked, at, pays });
        if dice >= 95 {
            return Opened::Unknown { cause: "no answer".to_owned() };
        }
        Opened::Redirect {
            url: format!("https://bank.example/{}", order.reference),
            reference: None,
            told: BTreeMap::new(),
        }
    }

    async fn settle(&self, order: &DepositOrder) -> DepositOutcome {
        let now = self.clock.now().timestamp();
        let mut state = self.state();
        let dice = if state.faulty { state.chance.below(100) } else { 99 };
        if dice < 15 {
            return DepositOutcome::Unknown { cause: "no answer".to_owned() };
        }
        let Some(page) = state.pages.get(&order.reference).copied() else { return DepositOutcome::NotFound };
        if now < page.at {
            return DepositOutcome::Open { cause: "the customer is at the page".to_owned() };
        }
        match page.pays {
            Some(minor) => DepositOutcome::Paid {
                reference: order.reference.clone(),
                minor,
                currency: order.amount.currency().code().to_owned(),
            },
            None => DepositOutcome::Failed { code: "53".to_owned(), reason: "given up".to_owned() },
        }
    }

    async fn capture(&self, order: &DepositOrder, _amount: Money, _last: bool) -> DepositOutcome {
        self.settle(order).await
    }

    async fn cancel(&self, order: &DepositOrder) -> DepositOutcome {
        {
            let now = self.clock.now().timestamp();
            let mut state = self.state();
            if let Some(page) = state.pages.get_mut(&order.reference).filter(|page| now < page.at) {
                *page = Page { at: now, pays: None, ..*page };
            }
        }
        self.settle(order).await
    }

    async fn refund(&self, _order: &DepositOrder, _amount: Money, refund: &str) -> Outcome {
        Outcome::Paid { reference: refund.to_owned() }
    }
}
