//! Random commands against a model that only knows balances: the store must answer and count as it does.
//!
//! Commands come in bursts. Those of one burst are under way together, share batches and writers, and refuse and
//! repeat among each other; the commands of one customer keep their order, so the model can follow.

use super::house::{House, payout};
use crate::support;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::cell::Cell;
use std::collections::HashMap;
use tillgate::domain::ids::PayoutId;
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::operations::{Answer, OperationError};

const CUSTOMERS: usize = 3;

#[derive(Clone, Debug)]
enum Command {
    Create {
        customer: usize,
        trace: i64,
        minor: i64,
    },
    /// Moves one of the payouts that the bursts before made.
    Move {
        which: usize,
        to: PayoutStatus,
    },
    Reverse {
        which: usize,
    },
    Deposit {
        customer: usize,
        trace: i64,
        minor: i64,
    },
    Adjust {
        customer: usize,
        key: u8,
        minor: i64,
    },
}

fn command() -> impl Strategy<Value = Command> {
    use PayoutStatus::*;
    let to = prop::sample::select(vec![Authorized, InProgress, Approved, Rejected, Cancelled]);
    // Few numbers and amounts, so that repeats and conflicts are common.
    prop_oneof![
        4 => (0..CUSTOMERS, 0..6i64, 1..4i64)
            .prop_map(|(customer, trace, n)| Command::Create { customer, trace, minor: n * 100 }),
        3 => (0..8usize, to).prop_map(|(which, to)| Command::Move { which, to }),
        1 => (0..8usize).prop_map(|which| Command::Reverse { which }),
        2 => (0..CUSTOMERS, 6..9i64, 1..3i64)
            .prop_map(|(customer, trace, n)| Command::Deposit { customer, trace, minor: n * 100 }),
        2 => (0..CUSTOMERS, 0..3u8, prop::sample::select(vec![-300i64, -100, 100, 200]))
            .prop_map(|(customer, key, minor)| Command::Adjust { customer, key, minor }),
    ]
}

fn bursts() -> impl Strategy<Value = Vec<Vec<Command>>> {
    prop::collection::vec(prop::collection::vec(command(), 1..12), 1..5)
}

/// What the model knows of a payout.
struct Held {
    customer: usize,
    minor: i64,
    status: PayoutStatus,
    /// The moves that were taken: the same one is answered the same for ever.
    taken: Vec<PayoutStatus>,
}

#[derive(Default)]
struct Model {
    balances: [i64; CUSTOMERS],
    /// Answers under a key of the caller: their content, whether they were refused, and the payout they opened.
    answered: HashMap<String, (i64, bool)>,
    payouts: Vec<Held>,
    /// How many of the payouts were there when the burst began, with the names that the store gave them.
    ids: Vec<(usize, PayoutId)>,
}

impl Model {
    /// Whether the command is refused. A new payout is noted with the place of its command in the burst.
    fn refuses(&mut self, command: &Command, place: usize, opened: &mut Vec<(usize, usize)>) -> bool {
        match *command {
            Command::Create { customer, trace, minor } => {
                let key = format!("create {customer} {trace}");
                if let Some((content, refused)) = self.answered.get(&key) {
                    return *content != minor || *refused;
                }
                let refused = self.balances[customer] < minor;
                if !refused {
                    self.balances[customer] -= minor;
                    opened.push((place, self.payouts.len()));
                    let (status, taken) = (PayoutStatus::Requested, Vec::new());
                    self.payouts.push(Held { customer, minor, status, taken });
                }
                self.answered.insert(key, (minor, refused));
                refused
            }
            Command::Move { which, to } => {
                let Some(held) = self.chosen(which) else { return false };
                use PayoutStatus::*;
                let gone = matches!(held.status, Rejected | Cancelled | Reversed);
                let undoes = matches!(to, Rejected | Cancelled);
                if held.status == to {
                    return false;
                }
                if gone || (held.status == Approved && undoes) {
                    return !held.taken.contains(&to);
                }
                let rank =
                    |status| [Requested, Authorized, InProgress, Approved].iter().position(|s| *s == status);
                if undoes || rank(to) > rank(held.status) {
                    held.status = to;
                    held.taken.push(to);
                }
                let (customer, minor) = (held.customer, held.minor);
                if undoes {
                    self.balances[customer] += minor;
                }
                false
            }
            Command::Reverse { which } => {
                let Some(held) = self.chosen(which) else { return false };
                match held.status {
                    PayoutStatus::Reversed => return false,
                    PayoutStatus::Approved => {}
                    _ => return true,
                }
                held.status = PayoutStatus::Reversed;
                let (customer, minor) = (held.customer, held.minor);
                self.balances[customer] += minor;
                false
            }
            Command::Deposit { customer, trace, minor } => {
                let key = format!("deposit {customer} {trace}");
                if let Some((content, _)) = self.answered.get(&key) {
                    return *content != minor;
                }
                self.balances[customer] += minor;
                self.answered.insert(key, (minor, false));
                false
            }
            Command::Adjust { customer, key, minor } => {
                let key = format!("adjust {customer} {key}");
                if let Some((content, _)) = self.answered.get(&key) {
                    return *content != minor;
                }
                if minor < 0 && self.balances[customer] < -minor {
                    return true;
                }
                self.balances[customer] += minor;
                self.answered.insert(key, (minor, false));
                false
            }
        }
    }

    /// The payout that a number stands for, among those whose names are known.
    fn chosen(&mut self, which: usize) -> Option<&mut Held> {
        let at = self.named(which)?.0;
        self.payouts.get_mut(at)
    }

    fn named(&self, which: usize) -> Option<(usize, PayoutId)> {
        if self.ids.is_empty() { None } else { Some(self.ids[which % self.ids.len()]) }
    }
}

struct Case<'a> {
    house: &'a House,
    number: i64,
    model: Model,
}

impl Case<'_> {
    fn pin(&self, customer: usize) -> String {
        format!("case {} customer {customer}", self.number)
    }

    fn trace(&self, customer: usize, trace: i64) -> i64 {
        self.number * 1000 + customer as i64 * 100 + trace
    }

    async fn call(&self, command: &Command) -> Option<Result<Answer, OperationError>> {
        let house = self.house;
        Some(match *command {
            Command::Create { customer, trace, minor } => {
                house.creates(payout(&self.pin(customer), self.trace(customer, trace), minor)).await
            }
            Command::Move { which, to } => {
                let (at, id) = self.model.named(which)?;
                house.updates(&self.pin(self.model.payouts[at].customer), id, to).await
            }
            Command::Reverse { which } => {
                let (at, id) = self.model.named(which)?;
                house.reverses(&self.pin(self.model.payouts[at].customer), id).await
            }
            Command::Deposit { customer, trace, minor } => {
                house.deposits(&self.pin(customer), self.trace(customer, trace), minor).await
            }
            Command::Adjust { customer, key, minor } => {
                house.adjusts(&self.pin(customer), minor, &key.to_string()).await
            }
        })
    }

    async fn burst(&mut self, commands: &[Command]) -> Result<(), TestCaseError> {
        // All are polled once in their order, which is the order they are queued in.
        let answers = futures_util::future::join_all(commands.iter().map(|command| self.call(command))).await;
        let mut opened = Vec::new();
        for (place, (command, answer)) in commands.iter().zip(&answers).enumerate() {
            let refused = self.model.refuses(command, place, &mut opened);
            let Some(answer) = answer else { continue };
            let answer =
                answer.as_ref().map_err(|error| TestCaseError::fail(format!("{command:?}: {error}")))?;
            prop_assert_eq!(answer.refused.is_some(), refused, "{:?}: {:?}", command, answer);
        }
        for (place, at) in opened {
            let id = answers[place].as_ref().and_then(|answer| answer.as_ref().ok()?.payout);
            self.model.ids.push((at, id.ok_or_else(|| TestCaseError::fail("a payout without a name"))?));
        }
        for customer in 0..CUSTOMERS {
            let held = self.house.balance(&self.pin(customer)).await;
            prop_assert_eq!(held, self.model.balances[customer], "customer {}", customer);
        }
        Ok(())
    }
}

fn holds_on(scratch: &support::Scratch, cases: u32) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let house = runtime.block_on(async { House::open(&scratch.url, "one") });
    let number = Cell::new(0);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let held = TestRunner::new(config).run(&bursts(), |bursts| {
        number.set(number.get() + 1);
        let mut case = Case { house: &house, number: number.get(), model: Model::default() };
        runtime.block_on(async {
            for customer in 0..CUSTOMERS {
                house.customer(&case.pin(customer), 500).await;
                case.model.balances[customer] = 500;
            }
            for commands in &bursts {
                case.burst(commands).await?;
            }
            house.is_sound().await;
            Ok(())
        })
    });
    if let Err(error) = held {
        panic!("{error}");
    }
    house.store.close();
}

#[test]
fn the_store_counts_as_the_model_does_on_sqlite() {
    holds_on(&support::sqlite(), 64);
}

#[test]
fn the_store_counts_as_the_model_does_on_postgresql() {
    if let Some(scratch) = support::postgres() {
        holds_on(&scratch, 24);
    }
}
