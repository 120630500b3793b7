//! Races: the same call at once, contradictory calls at once, more calls at once than there is money for.

use super::cashier::{Cashier, lasting, major};
use super::chance::Chance;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many races of each kind were run to their end.
#[derive(Default)]
pub struct Tally {
    pub identical: AtomicU64,
    pub contradictory: AtomicU64,
    pub last_funds: AtomicU64,
    pub lives: AtomicU64,
    pub deposits: AtomicU64,
}

impl Tally {
    pub fn total(&self) -> u64 {
        self.counts().iter().sum()
    }

    /// Whether every kind was run.
    pub fn has_all_kinds(&self) -> bool {
        self.counts().iter().all(|&count| count > 0)
    }

    fn counts(&self) -> [u64; 5] {
        [&self.identical, &self.contradictory, &self.last_funds, &self.lives, &self.deposits]
            .map(|count| count.load(Ordering::Relaxed))
    }
}

/// Runs one race, drawn by chance, to the decision of every call.
pub async fn run(cashier: &Arc<Cashier>, chance: &mut Chance, tally: &Tally) {
    let count = match chance.below(10) {
        0..3 => {
            identical(cashier, chance).await;
            &tally.identical
        }
        3..5 => {
            contradictory(cashier, chance).await;
            &tally.contradictory
        }
        5..7 => {
            last_funds(cashier, chance).await;
            &tally.last_funds
        }
        7..9 => {
            two_ends(cashier, chance).await;
            &tally.lives
        }
        _ => {
            deposit(cashier, chance).await;
            &tally.deposits
        }
    };
    count.fetch_add(1, Ordering::Relaxed);
}

fn payout(pin: &str, trace: i64, cents: i64, fee: i64) -> Value {
    json!({ "PIN": pin, "TraceID": trace, "PP": "CFT", "Amount": major(cents), "Fee": major(fee) })
}

async fn at_once(cashier: &Cashier, method: &'static str, calls: Vec<Value>) -> Vec<Value> {
    join_all(calls.into_iter().map(|fields| cashier.decides(method, fields))).await
}

fn done(answer: &Value) -> bool {
    answer["Status"] == 0
}

/// All the same answer, one debit.
async fn identical(cashier: &Arc<Cashier>, chance: &mut Chance) {
    let (cents, fee) = (chance.between(100, 9_000), chance.between(0, 200));
    let owning = chance.between(5_000, 20_000);
    let pin = cashier.customer(owning).await;
    let call = payout(&pin, cashier.next_trace(), cents, fee);
    let answers = at_once(cashier, "CreatePayout", vec![call.clone(); 4]).await;
    if answers.iter().any(|answer| lasting(answer) != lasting(&answers[0])) {
        cashier.finds(format!("identical calls {call} were answered {answers:?}"));
    }
    if done(&answers[0]) != (cents + fee <= owning) {
        cashier.finds(format!("{call} of {owning} was answered {}", answers[0]));
    }
    cashier.owns(&pin, if done(&answers[0]) { owning - cents - fee } else { owning });
}

/// One TraceID, two contents: one of them is the payout, the other is refused for ever.
async fn contradictory(cashier: &Arc<Cashier>, chance: &mut Chance) {
    let cents = chance.between(100, 5_000);
    let pin = cashier.customer(20_000).await;
    let trace = cashier.next_trace();
    let calls = [cents, cents + 1, cents, cents + 1].map(|cents| payout(&pin, trace, cents, 0)).to_vec();
    let answers = at_once(cashier, "CreatePayout", calls.clone()).await;
    let won: Vec<bool> = answers.iter().map(done).collect();
    let refused = answers.iter().filter(|answer| answer["Status"] == 33).count();
    if !(won == [true, false, true, false] || won == [false, true, false, true]) || refused != 2 {
        cashier.finds(format!("contradictory calls {calls:?} were answered {answers:?}"));
    }
    cashier.owns(&pin, 20_000 - if won[0] { cents } else { cents + 1 });
}

/// Money for one payout, and four who want it.
async fn last_funds(cashier: &Arc<Cashier>, chance: &mut Chance) {
    let cents = chance.between(100, 9_000);
    let rest = chance.between(0, cents - 1);
    let pin = cashier.customer(cents + rest).await;
    let calls: Vec<Value> = (0..4).map(|_| payout(&pin, cashier.next_trace(), cents, 0)).collect();
    let answers = at_once(cashier, "CreatePayout", calls.clone()).await;
    let won = answers.iter().filter(|answer| done(answer)).count();
    if won != 1 {
        cashier.finds(format!("money for one, {won} payouts: {calls:?} were answered {answers:?}"));
    }
    cashier.owns(&pin, rest);
}

/// A payout is approved and cancelled at once: one of it, and the money is where that says. Sometimes it is reversed.
async fn two_ends(cashier: &Arc<Cashier>, chance: &mut Chance) {
    let (cents, fee) = (chance.between(100, 9_000), chance.between(0, 200));
    let pin = cashier.customer(20_000).await;
    let created = cashier.decides("CreatePayout", payout(&pin, cashier.next_trace(), cents, fee)).await;
    if !done(&created) {
        cashier.finds(format!("CreatePayout was answered {created}"));
        return;
    }
    let id = created["ExtPayoutID"].clone();
    let to = |status: &str| json!({ "PIN": pin, "ExtPayoutID": id, "Status": status, "UpdatedBy": "agent" });
    if chance.percent(50) {
        cashier.decides("UpdatePayout", to("A")).await;
    }
    let answers = at_once(cashier, "UpdatePayout", vec![to("Y"), to("C"), to("Y")]).await;
    let won: Vec<bool> = answers.iter().map(done).collect();
    if !(won == [true, false, true] || won == [false, true, false]) {
        cashier.finds(format!("Y, C, Y of {id} were answered {answers:?}"));
    }
    let mut owns = if won[0] { 20_000 - cents - fee } else { 20_000 };
    if won[0] && chance.percent(40) {
        let call = json!({ "PIN": pin, "ExtPayoutID": id, "TraceID": cashier.next_trace() });
        let answers = at_once(cashier, "ReversePayout", vec![call.clone(); 3]).await;
        if answers.iter().any(|answer| !done(answer) || lasting(answer) != lasting(&answers[0])) {
            cashier.finds(format!("ReversePayout {call} was answered {answers:?}"));
        }
        owns = 20_000;
    }
    cashier.owns(&pin, owns);
}

/// A paid deposit is reported several times at once and credited once.
async fn deposit(cashier: &Arc<Cashier>, chance: &mut Chance) {
    let (cents, owning) = (chance.between(100, 9_000), 1_000);
    let pin = cashier.customer(owning).await;
    let call = json!({
        "PIN": pin, "TraceID": cashier.next_trace(), "PP": "CFT", "Amount": major(cents), "TransactionID": "T",
    });
    let answers = at_once(cashier, "ProcessDeposit", vec![call.clone(); 3]).await;
    if answers.iter().any(|answer| !done(answer) || lasting(answer) != lasting(&answers[0])) {
        cashier.finds(format!("ProcessDeposit {call} was answered {answers:?}"));
    }
    cashier.owns(&pin, owning + cents);
}
