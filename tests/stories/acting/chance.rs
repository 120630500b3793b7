//! People, the cashier and a faulty bank by seed: whatever they do in whatever order, nothing is paid twice, and what is
//! ended was not paid. The people err in everything but in what the bank's books say.

use super::office::{by, person};
use crate::simulation::bank::Bank;
use crate::simulation::chance::Chance;
use crate::simulation::house::{House, Wish, eur, pin};
use crate::simulation::model::Means;
use chrono::{Duration, TimeZone, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;
use tillgate::clock::Clock;
use tillgate::domain::approval::Mark;
use tillgate::domain::ids::{PayoutId, ProposalId};
use tillgate::domain::payout::Payout;
use tillgate::domain::payout::attempt::AttemptState;
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::domain::people::{Person, Role};
use tillgate::domain::proposal::{Decision, Matter, Verdict};
use tillgate::operations::acting::act_on_payout::{self, Act};
use tillgate::operations::acting::{Acted, decide_proposal, propose_outcome};
use tillgate::operations::{adjust_balance, create_payout, update_payout};
use tillgate::store::{attempts, payouts};

/// A front end of the simulation that debits at InProgress.
const HOUSE: usize = 2;

struct Shift {
    house: House,
    bank: Arc<Bank>,
    clock: Clock,
    chance: Chance,
    payouts: Vec<PayoutId>,
    proposals: Vec<ProposalId>,
    people: Vec<Person>,
    done: BTreeMap<&'static str, u32>,
}

#[tokio::test]
async fn whatever_people_do_in_whatever_order_nothing_is_paid_twice() {
    let mut done = BTreeMap::new();
    for seed in 1..=4 {
        let mut shift = Shift::begins(seed).await;
        for _ in 0..600 {
            shift.something_happens().await;
        }
        shift.ends().await;
        for (what, count) in &shift.done {
            *done.entry(*what).or_insert(0) += count;
        }
    }
    println!("{done:?}");
    for what in ["start", "retry", "hold", "unhold", "reject", "propose_outcome", "confirm"] {
        assert!(done.get(what).is_some_and(|count| *count > 0), "{what} happened: {done:?}");
    }
}

impl Shift {
    async fn begins(seed: u64) -> Shift {
        let clock = Clock::frozen_at(Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).single().expect("a time"));
        let bank = Bank::new(clock.clone(), seed);
        let house = House::open(clock.clone(), bank.clone(), seed).await;
        let wish = adjust_balance::Wish {
            pin: pin(0),
            amount: eur(100_000_000),
            reason: "opening".to_owned(),
            key: "opening".to_owned(),
            below_zero: false,
        };
        house.run(HOUSE, 0, Wish::Adjust(wish)).await;
        let everything = [Role::Operator, Role::Approver, Role::Finance];
        Shift {
            house,
            bank,
            clock,
            chance: Chance::of(seed),
            payouts: Vec::new(),
            proposals: Vec::new(),
            people: ["ann", "bob", "cy"].map(|name| person(name, &everything)).to_vec(),
            done: BTreeMap::new(),
        }
    }

    async fn something_happens(&mut self) {
        match self.chance.below(100) {
            0..15 => self.asks().await,
            15..50 => self.acts().await,
            50..62 => self.proposes().await,
            62..77 => self.decides().await,
            77..82 => self.cashier_updates().await,
            82..90 => {
                self.clock.advance(Duration::seconds(self.chance.between(1, 4_000)));
                self.works().await;
            }
            _ => self.works().await,
        }
    }

    /// The worker looks once at what is due, and may die while it calls.
    async fn works(&mut self) {
        let died = tokio::select! {
            biased;
            () = self.bank.killed.notified() => true,
            _ = self.house.worker.run_once() => false,
        };
        if died {
            self.house.replace_worker();
        }
    }

    async fn asks(&mut self) {
        let means = *self.chance.one_of(&[Means::Automatic, Means::Confirmed]);
        let wish = create_payout::Wish {
            pin: pin(0),
            trace_id: self.payouts.len() as i64 + 1,
            amount: eur(self.chance.between(100, 9_000)),
            fee: eur(0),
            processor: Some(self.house.mapped(means)),
            payment_method: None,
            bank_account: None,
            created_by: None,
        };
        let seen = self.house.run(HOUSE, 0, Wish::Create(wish)).await;
        self.payouts.extend(seen.answer.and_then(|answer| answer.payout));
    }

    fn one(&mut self) -> Option<PayoutId> {
        (!self.payouts.is_empty()).then(|| *self.chance.one_of(&self.payouts))
    }

    fn somebody(&mut self) -> Person {
        self.chance.one_of(&self.people).clone()
    }

    async fn acts(&mut self) {
        let Some(payout) = self.one() else { return };
        let acts = [
            Act::Authorize,
            Act::Start,
            Act::Start,
            Act::Start,
            Act::Start,
            Act::Approve { transaction_id: None },
            Act::Retry,
            Act::Retry,
            Act::Reject,
            Act::Cancel,
            Act::Hold,
            Act::Unhold,
            Act::Claim,
            Act::Unclaim,
            Act::Mark(Mark::R),
            Act::Unmark(Mark::R),
        ];
        let act = self.chance.one_of(&acts).clone();
        let found = self.house.read(move |connection| payouts::find_seen(connection, payout)).await;
        let (_, version) = found.expect("the payout");
        // Sometimes from a page that is old.
        let seen = Some(version - i64::from(self.chance.percent(10)));
        let wish = act_on_payout::Wish {
            payout,
            pin: pin(0),
            seen,
            reason: "because".to_owned(),
            by: by(&self.somebody()),
            attempt_key: format!("{:032x}", self.chance.below(usize::MAX)),
            act,
        };
        let (name, rules) = (wish.act.action().name(), self.house.rules[HOUSE].clone());
        let store = &self.house.desk.store;
        let acted =
            store.transact("cashier", wish.wants(&rules), move |tx| act_on_payout::run(tx, &wish, &rules));
        if let Acted::Done(_) = acted.await.expect("the store does its part") {
            *self.done.entry(name).or_insert(0) += 1;
        }
    }

    /// Somebody looks into the bank's books, and says what is there.
    async fn proposes(&mut self) {
        let all = self.payouts.clone();
        let unknown = self.house.read(move |connection| {
            let found = all.into_iter().map(|id| payouts::find_now(connection, id));
            let found = found.collect::<Result<Vec<_>, _>>()?;
            let unknown = |payout: &Payout| payout.attempt == Some(AttemptState::Unknown);
            Ok(found.into_iter().flatten().filter(unknown).map(|payout| payout.id).collect::<Vec<_>>())
        });
        let unknown = unknown.await;
        if unknown.is_empty() {
            return;
        }
        let payout = *self.chance.one_of(&unknown);
        let paid = !self.bank.paid(payout.0).is_empty();
        if !paid && self.bank.is_undecided(payout.0) {
            return;
        }
        let attempts = self.house.read(move |connection| attempts::of_payout(connection, payout)).await;
        let Some(attempt) = attempts.last().filter(|last| last.state == AttemptState::Unknown) else {
            return;
        };
        let verdict = if paid { Verdict::Paid { reference: "books".to_owned() } } else { Verdict::NotPaid };
        let wish = propose_outcome::Wish {
            matter: Matter::Attempt(attempt.id),
            verdict,
            reason: "the books".to_owned(),
            by: by(&self.somebody()),
        };
        let rules = self.house.rules[HOUSE].clone();
        let store = &self.house.desk.store;
        let acted =
            store.transact("cashier", wish.wants(), move |tx| propose_outcome::run(tx, &wish, &rules));
        if let Acted::Done(done) = acted.await.expect("the store does its part") {
            self.proposals.extend(done.proposal);
            *self.done.entry("propose_outcome").or_insert(0) += 1;
        }
    }

    async fn decides(&mut self) {
        if self.proposals.is_empty() {
            return;
        }
        let latest = self.proposals.len().saturating_sub(3);
        let proposal = *self.chance.one_of(&self.proposals[latest..]);
        let decision = *self.chance.one_of(&[
            Decision::Confirm,
            Decision::Confirm,
            Decision::Decline,
            Decision::Withdraw,
        ]);
        let wish = decide_proposal::Wish {
            proposal,
            pin: pin(0),
            decision,
            why: "so it is".to_owned(),
            by: by(&self.somebody()),
        };
        let rules = self.house.rules[HOUSE].clone();
        let store = &self.house.desk.store;
        let acted =
            store.transact("cashier", wish.wants(&rules), move |tx| decide_proposal::run(tx, &wish, &rules));
        if let Acted::Done(_) = acted.await.expect("the store does its part") {
            *self.done.entry(decision.name()).or_insert(0) += 1;
        }
    }

    async fn cashier_updates(&mut self) {
        use PayoutStatus::*;
        let Some(payout) = self.one() else { return };
        let to = *self.chance.one_of(&[Authorized, InProgress, Approved, Rejected, Cancelled]);
        let wish = update_payout::Wish {
            payout,
            pin: pin(0),
            trace_id: None,
            to,
            amount: None,
            fee: None,
            processor: None,
            transaction_id: None,
            updated_by: Some("agent7".to_owned()),
            attempt_key: format!("{:032x}", self.chance.below(usize::MAX)),
        };
        self.house.run(HOUSE, 0, Wish::Update(wish)).await;
    }

    /// Every payout was paid once or not at all, and our books say the same.
    async fn ends(&mut self) {
        self.bank.heal();
        for _ in 0..12 {
            self.clock.advance(Duration::hours(1));
            self.house.worker.run_once().await;
        }
        for payout in self.payouts.clone() {
            let paid = self.bank.paid(payout.0);
            let now = self.house.payout(payout).await;
            assert!(paid.len() <= 1, "{payout} was paid twice: {paid:?} {now:?}");
            match now.status {
                PayoutStatus::Approved => assert_eq!(paid, [now.debit.amount.minor()], "{now:?}"),
                PayoutStatus::Rejected
                | PayoutStatus::Cancelled
                | PayoutStatus::Requested
                | PayoutStatus::Authorized => assert!(paid.is_empty(), "{now:?}"),
                PayoutStatus::InProgress => {
                    let expected = usize::from(now.attempt == Some(AttemptState::Succeeded));
                    let unknown = now.attempt == Some(AttemptState::Unknown);
                    assert!(unknown || paid.len() == expected, "{paid:?} {now:?}");
                }
                PayoutStatus::Reversed => panic!("nobody reverses here: {now:?}"),
            }
        }
        self.house.is_sound().await;
    }
}
