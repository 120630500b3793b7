//! P1 to P4: money moves once, what is unknown is held, and answers stay.

use crate::simulation::bank::Bank;
use crate::simulation::house::{House, Seen, Wish, eur, pin};
use crate::simulation::model::Means;
use crate::simulation::play;
use crate::support::databases;
use crate::support::story::{Customer, Story};
use chrono::{Duration, TimeZone, Utc};
use serde_json::{Value, json};
use std::sync::Arc;
use tillgate::clock::Clock;
use tillgate::domain::acting::Impossible;
use tillgate::domain::ids::{PayoutId, ProposalId};
use tillgate::domain::payout::attempt::AttemptState;
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::domain::people::{Grant, Grants, Person, Role};
use tillgate::domain::proposal::{Decision, Matter, Verdict};
use tillgate::domain::refusal::RefusalCode;
use tillgate::operations::acting::{Acted, By, decide_proposal, propose_outcome};
use tillgate::operations::{adjust_balance, create_payout, reverse_payout, update_payout};
use tillgate::store::{attempts, audit, ledger};

/// Answers get lost before and after the money moved, orders stay open, workers die while they call, processes are
/// started anew. The processor's own books must name every payout at most once, and exactly once if it was approved.
#[test]
fn p1_no_payout_is_paid_twice_whatever_gets_lost_or_dies() {
    play(1_001, 12_000).saw_everything();
}

/// One node after the other goes on with the attempts of the one before, which knew the answer and never told.
#[tokio::test]
async fn p1_a_payout_whose_answer_got_lost_is_paid_once() {
    let mut house = Small::open().await;
    let id = house.begun(5_000).await;
    house.bank.loses_the_next_answer();
    house.house.worker.run_once().await;
    for _ in 0..5 {
        house.house.replace_worker();
        house.clock.advance(Duration::hours(2));
        house.house.worker.run_once().await;
    }
    assert_eq!(house.house.payout(id).await.status, PayoutStatus::Approved);
    assert_eq!(house.bank.paid(id.0), [5_000]);
}

/// After every single call of the cashier, on both databases.
#[tokio::test]
async fn p2_debits_are_made_once_and_the_postings_sum_to_zero_at_every_commit() {
    for scratch in databases() {
        let story = Story::on(scratch).await;
        for front_end in ["Flows EUR Requested", "Flows EUR Authorized", "Flows EUR InProgress", "Flows JPY"]
        {
            let unit = if front_end.ends_with("JPY") { "" } else { ".00" };
            let customer = story.customer(front_end, "Bigdaddy", &format!("1000{unit}")).await;
            for last in ["Y", "C", "X"] {
                let call = json!({
                    "TraceID": story.next_trace(), "PP": "CFT", "Amount": format!("100{unit}"), "Fee": format!("1{unit}"),
                });
                let payout = twice(&story, &customer, "CreatePayout", call).await["ExtPayoutID"].clone();
                for status in ["A", "I", last] {
                    let call = json!({ "ExtPayoutID": payout, "Status": status, "UpdatedBy": "agent7" });
                    twice(&story, &customer, "UpdatePayout", call).await;
                }
            }
            assert_eq!(
                story.balance(&customer).await,
                format!("899{unit}"),
                "one of three was paid: {front_end}"
            );
        }
        story.ends().await;
    }
}

/// Makes a call and repeats it; each time every currency's accounts must sum to zero.
async fn twice(story: &Story, customer: &Customer, method: &str, call: Value) -> Value {
    let mut replies = Vec::new();
    for _ in 0..2 {
        replies.push(story.call(method, about(customer, &call)).await);
        let sums = story.running().store.read(ledger::trial_balance).await.expect("read");
        for one in &sums {
            let currency = one.balance.currency();
            let same = sums.iter().filter(|sum| sum.balance.currency() == currency);
            assert_eq!(same.map(|sum| sum.balance.minor()).sum::<i64>(), 0, "{sums:?}");
        }
    }
    assert_eq!(replies[0]["Status"], 0, "{}", replies[0]);
    assert_eq!(lasting(&replies[0]), lasting(&replies[1]));
    replies.remove(0)
}

fn about(customer: &Customer, more: &Value) -> Value {
    let mut fields = json!({ "FrontEndName": customer.front_end, "PIN": customer.pin });
    for (name, value) in more.as_object().expect("fields") {
        fields[name] = value.clone();
    }
    fields
}

/// Without the mark of a repeat.
fn lasting(reply: &Value) -> Value {
    let mut reply = reply.clone();
    reply.as_object_mut().expect("a reply").remove("Replayed");
    reply
}

/// Nothing ends a payout whose money may have left; an inquiry does.
#[tokio::test]
async fn p3_an_unknown_outcome_is_shown_holds_the_money_and_is_settled_by_asking() {
    let house = Small::open().await;
    let id = house.begun(5_000).await;
    house.bank.loses_the_next_answer();
    house.house.worker.run_once().await;
    assert_eq!(house.house.payout(id).await.attempt, Some(AttemptState::Unknown));

    for to in [PayoutStatus::Rejected, PayoutStatus::Cancelled] {
        let seen = house.updates(id, to).await;
        assert_eq!(seen.answer.expect("an answer").refused, Some(RefusalCode::IllegalStep), "{to}");
        assert_eq!((seen.balance, seen.transit), (5_000, 5_000), "{to}");
    }
    let reverse = reverse_payout::Wish {
        payout: id,
        pin: pin(0),
        trace_id: None,
        ref_trace_id: None,
        amount: None,
        fee: None,
        updated_by: None,
    };
    let seen = house.house.run(HOUSE, 0, Wish::Reverse(reverse)).await;
    assert_eq!(seen.answer.expect("an answer").refused, Some(RefusalCode::IllegalStep));
    assert_eq!(
        house.updates(id, PayoutStatus::Approved).await.answer,
        None,
        "the cashier is told to ask again"
    );

    house.clock.advance(Duration::seconds(31));
    house.house.worker.run_once().await;
    let payout = house.house.payout(id).await;
    assert_eq!((payout.status, payout.attempt), (PayoutStatus::Approved, Some(AttemptState::Succeeded)));
    assert_eq!(house.bank.paid(id.0), [5_000]);
    house.house.is_sound().await;
}

/// Two people settle what no inquiry tells. One alone does nothing, under whatever name, and what is settled is neither
/// sent nor settled again.
#[tokio::test]
async fn p3_what_no_inquiry_tells_is_settled_by_two_people_and_by_no_single_one() {
    for moved in [true, false] {
        let house = Small::open().await;
        let id = house.begun(5_000).await;
        house.bank.loses_the_next_answer();
        house.house.worker.run_once().await;
        let attempt = house.house.read(move |connection| attempts::of_payout(connection, id)).await;
        let matter = Matter::Attempt(attempt.last().expect("an attempt").id);
        let verdict = if moved { Verdict::Paid { reference: "B-1".to_owned() } } else { Verdict::NotPaid };

        let proposal = match house.proposes("ann", matter, verdict).await {
            Acted::Done(done) => done.proposal.expect("a proposal"),
            Acted::Impossible(why) => panic!("{why}"),
        };
        assert_eq!(house.house.payout(id).await.attempt, Some(AttemptState::Unknown));
        for name in ["ann", "ANN"] {
            let said = house.decides(name, proposal, Decision::Confirm).await;
            assert_eq!(said, Acted::Impossible(Impossible::OwnProposal));
        }
        assert_eq!(house.house.payout(id).await.attempt, Some(AttemptState::Unknown));
        let said = house.decides("bob", proposal, Decision::Confirm).await;
        assert!(matches!(said, Acted::Done(_)), "{said:?}");
        let payout = house.house.payout(id).await;
        let (status, attempt) = match moved {
            true => (PayoutStatus::Approved, AttemptState::Succeeded),
            false => (PayoutStatus::InProgress, AttemptState::Refused),
        };
        assert_eq!((payout.status, payout.attempt), (status, Some(attempt)));
        let said = house.decides("cy", proposal, Decision::Confirm).await;
        assert!(matches!(said, Acted::Impossible(Impossible::AlreadyDecided { .. })), "{said:?}");
        for _ in 0..5 {
            house.clock.advance(Duration::hours(2));
            house.house.worker.run_once().await;
        }
        assert_eq!(house.bank.paid(id.0), [5_000], "sent once, whatever the people say");
        assert_eq!(house.house.payout(id).await.attempt, Some(attempt));
        house.house.is_sound().await;
    }
}

/// The front end of the simulation that debits at InProgress.
const HOUSE: usize = 2;

/// A house of the simulation with one customer who owns 100.00, and a bank that does as it is told.
struct Small {
    house: House,
    bank: Arc<Bank>,
    clock: Clock,
}

impl Small {
    async fn open() -> Small {
        let clock = Clock::frozen_at(Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).single().expect("a time"));
        let bank = Bank::new(clock.clone(), 1);
        bank.heal();
        let house = House::open(clock.clone(), bank.clone(), 1).await;
        let wish = adjust_balance::Wish {
            pin: pin(0),
            amount: eur(10_000),
            reason: "opening".to_owned(),
            key: "opening".to_owned(),
            below_zero: false,
        };
        house.run(HOUSE, 0, Wish::Adjust(wish)).await;
        Small { house, bank, clock }
    }

    /// A payout that the bank is about to be asked for.
    async fn begun(&self, minor: i64) -> PayoutId {
        let wish = create_payout::Wish {
            pin: pin(0),
            trace_id: 1,
            amount: eur(minor),
            fee: eur(0),
            processor: Some(self.house.mapped(Means::Automatic)),
            payment_method: None,
            bank_account: None,
            created_by: None,
        };
        let seen = self.house.run(HOUSE, 0, Wish::Create(wish)).await;
        let id = seen.answer.and_then(|answer| answer.payout).expect("a payout");
        let seen = self.updates(id, PayoutStatus::InProgress).await;
        assert_eq!(seen.answer.expect("an answer").refused, None);
        id
    }

    async fn proposes(&self, name: &str, matter: Matter, verdict: Verdict) -> Acted {
        let reason = "the bank's statement".to_owned();
        let wish = propose_outcome::Wish { matter, verdict, reason, by: by(name) };
        let rules = self.house.rules[HOUSE].clone();
        let store = &self.house.desk.store;
        let acted =
            store.transact("cashier", wish.wants(), move |tx| propose_outcome::run(tx, &wish, &rules));
        acted.await.expect("the store does its part")
    }

    async fn decides(&self, name: &str, proposal: ProposalId, decision: Decision) -> Acted {
        let why = "seen it too".to_owned();
        let wish = decide_proposal::Wish { proposal, pin: pin(0), decision, why, by: by(name) };
        let rules = self.house.rules[HOUSE].clone();
        let (store, wants) = (&self.house.desk.store, wish.wants(&rules));
        let acted = store.transact("cashier", wants, move |tx| decide_proposal::run(tx, &wish, &rules));
        acted.await.expect("the store does its part")
    }

    async fn updates(&self, payout: PayoutId, to: PayoutStatus) -> Seen {
        let wish = update_payout::Wish {
            payout,
            pin: pin(0),
            trace_id: None,
            to,
            amount: None,
            fee: None,
            processor: None,
            transaction_id: None,
            updated_by: None,
            attempt_key: format!("key of {payout}"),
        };
        self.house.run(HOUSE, 0, Wish::Update(wish)).await
    }
}

fn by(name: &str) -> By {
    let grant = Grant { role: Role::Finance, front_end: "*".to_owned() };
    let person = Person {
        id: 1,
        name: name.to_owned(),
        full_name: name.to_owned(),
        grants: Grants::new([grant]),
        disabled: false,
        demo: false,
        language: String::new(),
        zone: String::new(),
    };
    By { person, request_id: "r".to_owned() }
}

/// Every call of a long story is repeated after its end, a year later, whatever became of the payouts since.
#[tokio::test]
async fn p4_the_same_call_gets_the_same_answer_for_ever() {
    for scratch in databases() {
        let story = Story::on(scratch).await;
        let customer = story.customer("Flows EUR Requested", "Bigdaddy", "200.00").await;
        let mut told: Vec<(&str, Value, Value)> = Vec::new();
        let payout = |trace: i64, amount: &str| json!({ "TraceID": trace, "PP": "CFT", "Amount": amount });
        let first = [
            ("CreatePayout", payout(1, "120.00")),
            ("CreatePayout", payout(2, "100.00")),
            ("CreatePayout", payout(3, "50.00")),
            ("ProcessDeposit", json!({ "TraceID": 4, "PP": "CFT", "Amount": "70.00", "TransactionID": "T" })),
        ];
        for (method, call) in first {
            let reply = story.call(method, about(&customer, &call)).await;
            told.push((method, call, reply));
        }
        assert_eq!(told[1].2["Status"], 20, "not enough: {}", told[1].2);
        let (approved, cancelled) = (told[0].2["ExtPayoutID"].clone(), told[2].2["ExtPayoutID"].clone());
        let updates =
            [(&approved, "A"), (&approved, "Y"), (&cancelled, "A"), (&cancelled, "I"), (&cancelled, "C")];
        for (id, status) in updates {
            let call = json!({ "ExtPayoutID": id, "Status": status, "UpdatedBy": "agent7" });
            let reply = story.call("UpdatePayout", about(&customer, &call)).await;
            assert_eq!(reply["Status"], 0, "{call}: {reply}");
            told.push(("UpdatePayout", call, reply));
        }
        let call = json!({ "ExtPayoutID": approved, "TraceID": 9 });
        let reply = story.call("ReversePayout", about(&customer, &call)).await;
        assert_eq!(reply["Status"], 0, "{reply}");
        told.push(("ReversePayout", call, reply));
        let owns = story.balance(&customer).await;

        story.advance(Duration::days(366));
        for (method, call, reply) in &told {
            let again = story.call(method, about(&customer, call)).await;
            assert_eq!(lasting(&again), lasting(reply), "{method} {call}");
            let replayed = reply["Status"] != 0 || again["Replayed"] == 1;
            assert!(replayed, "{method} {call}: {again}");
        }
        // Another content was never answered, and is refused as the payout stands.
        let call =
            json!({ "ExtPayoutID": cancelled, "Status": "A", "Amount": "49.00", "UpdatedBy": "agent7" });
        assert_eq!(story.call("UpdatePayout", about(&customer, &call)).await["Status"], 31);
        assert_eq!(story.balance(&customer).await, owns);

        for (method, call, _) in [&told[0], &told[3]] {
            let mut other = call.clone();
            other["Amount"] = json!("60.00");
            let reply = story.call(method, about(&customer, &other)).await;
            assert_eq!(reply["Status"], 33, "other content under the same id: {reply}");
        }
        assert_eq!(story.balance(&customer).await, owns);
        let refused = story.running().store.read(|connection| audit::of_subject(connection, "1", 10)).await;
        let refused = refused.expect("read");
        let logged = refused.iter().any(|row| row.kind == "call.refused" && row.detail.contains("conflict"));
        assert!(logged, "the refusal of other content is on the trail");
        story.ends().await;
    }
}
