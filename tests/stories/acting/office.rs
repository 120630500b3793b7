//! A house with people in it, the gateway of paysafecard behind it, and the cashier in front.

use crate::stories::sopg::bench::Bench;
use crate::support::Scratch;
use crate::support::story::Customer;
use serde_json::{Value, json};
use tillgate::config::{Approvals, Settings};
use tillgate::domain::acting::{Action, Impossible};
use tillgate::domain::approval::Mark;
use tillgate::domain::ids::{PayoutId, ProposalId};
use tillgate::domain::payout::status::PayoutStatus;
use tillgate::domain::people::{Grant, Grants, Person, Role};
use tillgate::domain::proposal::{Decision, Matter, Verdict};
use tillgate::operations::Rules;
use tillgate::operations::acting::act_on_payout::{self, Act};
use tillgate::operations::acting::look_at_payout::{self, Seen};
use tillgate::operations::acting::{Acted, By, Done, decide_proposal, propose_adjustment, propose_outcome};
use tillgate::store::audit::AuditRow;
use tillgate::store::{audit, customers, proposals};

pub const FRONT_END: &str = "MyPhoneCards EUR";
/// Carried out by the cashier, and by the gateway.
pub const BY_HAND: &str = "CFT";
pub const BY_GATEWAY: &str = "paysafecard";

pub fn person(name: &str, roles: &[Role]) -> Person {
    at("*", name, roles)
}

pub fn at(front_end: &str, name: &str, roles: &[Role]) -> Person {
    let grants = roles.iter().map(|role| Grant { role: *role, front_end: front_end.to_owned() });
    Person {
        id: 1,
        name: name.to_owned(),
        full_name: name.to_owned(),
        grants: Grants::new(grants),
        disabled: false,
        demo: false,
        language: String::new(),
        zone: String::new(),
    }
}

pub fn operator(name: &str) -> Person {
    person(name, &[Role::Operator])
}

pub fn approver(name: &str) -> Person {
    person(name, &[Role::Approver])
}

pub fn finance(name: &str) -> Person {
    person(name, &[Role::Finance])
}

pub struct Office {
    pub bench: Bench,
}

/// A payout and whose it is.
#[derive(Clone, Debug)]
pub struct Case {
    pub customer: Customer,
    pub id: PayoutId,
}

pub fn plain(_: &mut Approvals) {}

/// Two marks, and four eyes above 10.00.
pub fn strict(approvals: &mut Approvals) {
    approvals.marks = vec!["G".to_owned(), "M".to_owned()];
    approvals.four_eyes_above = Some("10.00".to_owned());
}

impl Office {
    pub async fn on(scratch: Scratch, change: impl FnOnce(&mut Approvals)) -> Office {
        Office::with(scratch, |settings| {
            let front_end = settings.front_ends.iter_mut().find(|known| known.name == FRONT_END);
            change(&mut front_end.expect("the front end").approvals);
        })
        .await
    }

    pub async fn with(scratch: Scratch, change: impl FnOnce(&mut Settings)) -> Office {
        Office { bench: Bench::with(scratch, change).await }
    }

    pub fn rules(&self) -> Rules {
        self.bench.story.running().directory.now().find(FRONT_END).expect("the front end").rules.clone()
    }

    /// A payout of 14.65 that a customer who owns 20.00 asks for.
    pub async fn requested(&self, pp: &str) -> Case {
        let number = self.bench.story.next_trace();
        let till = crate::stories::sopg::bench::EUROS;
        let customer = self.bench.named(till, &format!("jane{number}@customer.example")).await;
        let adjustment = json!({
            "front_end": FRONT_END, "pin": customer.pin, "amount": "20.00", "reason": "opening balance",
        });
        self.bench.story.platform("adjustments", &format!("open-{}", customer.pin), adjustment).await;
        let call = json!({ "TraceID": number, "PP": pp, "Amount": "14.65", "Fee": "0.35" });
        let reply = self.cashier(&customer, "CreatePayout", call).await;
        assert_eq!(reply["Status"], 0, "{reply}");
        let id = PayoutId::parse(reply["ExtPayoutID"].as_str().expect("an id")).expect("ours");
        Case { customer, id }
    }

    /// A payout whose order left for the gateway, and nobody knows more.
    pub async fn unknown(&self, arrived: bool) -> Case {
        use tillgate::processors::sopg::simulator::{Fault, Kind};
        let case = self.requested(BY_GATEWAY).await;
        let ann = operator("ann");
        self.does(&ann, &case, Act::Start, "checked").await;
        let kind = if arrived { Kind::ResetAfter } else { Kind::ResetBefore };
        self.bench.gateway.fault(Fault::new("payout", kind).skipping(1));
        self.bench.works().await;
        case
    }

    pub async fn cashier(&self, customer: &Customer, method: &str, more: Value) -> Value {
        let mut fields = json!({ "FrontEndName": customer.front_end, "PIN": customer.pin });
        for (name, value) in more.as_object().expect("fields") {
            fields[name] = value.clone();
        }
        self.bench.story.call(method, fields).await
    }

    /// The status that the cashier's update is answered with.
    pub async fn updates(&self, case: &Case, letter: &str, by: &str) -> i64 {
        let call = json!({ "ExtPayoutID": case.id.to_string(), "Status": letter, "UpdatedBy": by });
        self.cashier(&case.customer, "UpdatePayout", call).await["Status"].as_i64().expect("a status")
    }

    pub async fn sees(&self, who: &Person, case: &Case) -> Option<Seen> {
        let running = self.bench.story.running();
        let (id, who, now, rules) = (case.id, who.clone(), self.bench.story.clock.now(), self.rules());
        let of = move |name: &str| (name == FRONT_END).then(|| rules.clone());
        let seen = running.store.read(move |connection| look_at_payout::run(connection, id, &who, of, now));
        seen.await.expect("read")
    }

    /// What a person's button for an action says.
    pub async fn button(&self, who: &Person, case: &Case, action: Action) -> Result<(), Impossible> {
        let seen = self.sees(who, case).await.expect("his to see");
        seen.actions.into_iter().find(|(known, _)| *known == action).expect("every action").1
    }

    /// Looks, and acts on what was seen. The button said the same beforehand.
    pub async fn acts(&self, who: &Person, case: &Case, act: Act, reason: &str) -> Acted {
        let seen = self.sees(who, case).await.map(|seen| seen.version);
        self.acts_on(who, case, seen, act, reason).await
    }

    pub async fn acts_on(
        &self,
        who: &Person,
        case: &Case,
        seen: Option<i64>,
        act: Act,
        reason: &str,
    ) -> Acted {
        let running = self.bench.story.running();
        let wish = act_on_payout::Wish {
            payout: case.id,
            pin: case.customer.pin.clone(),
            seen,
            act,
            reason: reason.to_owned(),
            by: by(who),
            attempt_key: format!("{:032x}", self.bench.story.next_trace()),
        };
        let rules = self.rules();
        let turn = customers::name(FRONT_END, &case.customer.pin);
        let acted = running
            .store
            .transact(&turn, wish.wants(&rules), move |tx| act_on_payout::run(tx, &wish, &rules));
        acted.await.expect("the store does its part")
    }

    pub async fn does(&self, who: &Person, case: &Case, act: Act, reason: &str) -> Done {
        done(self.acts(who, case, act, reason).await)
    }

    pub async fn marks(&self, who: &Person, case: &Case, marks: &[Mark]) {
        for mark in marks {
            self.does(who, case, Act::Mark(*mark), "").await;
        }
    }

    pub async fn proposes(&self, who: &Person, matter: Matter, verdict: Verdict) -> Acted {
        let wish = propose_outcome::Wish {
            matter,
            verdict,
            reason: "the processor's statement of today".to_owned(),
            by: by(who),
        };
        let rules = self.rules();
        let store = &self.bench.story.running().store;
        let acted = store.transact("people", wish.wants(), move |tx| propose_outcome::run(tx, &wish, &rules));
        acted.await.expect("the store does its part")
    }

    pub async fn proposes_adjustment(&self, who: &Person, customer: &Customer, minor: i64) -> Acted {
        let rules = self.rules();
        let wish = propose_adjustment::Wish {
            pin: customer.pin.clone(),
            amount: tillgate::domain::money::Money::from_minor(minor, rules.front_end.currency),
            below_zero: false,
            reason: "goodwill after the outage".to_owned(),
            by: by(who),
        };
        let store = &self.bench.story.running().store;
        let wants = wish.wants(&rules);
        let acted = store.transact("people", wants, move |tx| propose_adjustment::run(tx, &wish, &rules));
        acted.await.expect("the store does its part")
    }

    pub async fn decides(&self, who: &Person, id: ProposalId, decision: Decision) -> Acted {
        let store = &self.bench.story.running().store;
        let found = store.read(move |connection| proposals::find_now(connection, id)).await.expect("read");
        let wish = decide_proposal::Wish {
            proposal: id,
            pin: found.expect("the proposal").pin,
            decision,
            why: "seen it myself".to_owned(),
            by: by(who),
        };
        let rules = self.rules();
        let wants = wish.wants(&rules);
        // Each person's command comes its own way, so that two may meet.
        let turn = format!("person/{}", who.name);
        let acted = store.transact(&turn, wants, move |tx| decide_proposal::run(tx, &wish, &rules));
        acted.await.expect("the store does its part")
    }

    pub async fn status(&self, case: &Case) -> PayoutStatus {
        self.sees(&person("aud", &[Role::Auditor]), case).await.expect("seen").payout.status
    }

    /// The latest attempt, as a matter for two people.
    pub async fn matter(&self, case: &Case) -> Matter {
        let seen = self.sees(&person("aud", &[Role::Auditor]), case).await.expect("seen");
        Matter::Attempt(seen.attempts.last().expect("an attempt").id)
    }

    pub async fn balance(&self, case: &Case) -> String {
        self.bench.story.balance(&case.customer).await
    }

    /// What the gateway paid out in euros.
    pub fn paid_out(&self) -> i64 {
        self.bench.gateway.look(|book| book.paid_out("psc_demo_shop_test", "EUR"))
    }

    /// Lets inquiries have their time.
    pub async fn hours_pass(&self) {
        for seconds in [30, 120, 600, 3600, 3600] {
            self.bench.passes(seconds);
            self.bench.works().await;
        }
    }

    pub async fn trail(&self, subject: impl ToString) -> Vec<AuditRow> {
        let subject = subject.to_string();
        let store = &self.bench.story.running().store;
        store.read(move |connection| audit::of_subject(connection, &subject, 200)).await.expect("read")
    }

    pub async fn ends(self) {
        self.bench.ends().await;
    }
}

pub fn by(who: &Person) -> By {
    By { person: who.clone(), request_id: format!("r-{}", who.name) }
}

pub fn done(acted: Acted) -> Done {
    match acted {
        Acted::Done(done) => done,
        Acted::Impossible(why) => panic!("it is possible, not: {why}"),
    }
}

/// The code of what was impossible.
pub fn code(acted: &Acted) -> &'static str {
    match acted {
        Acted::Done(_) => "done",
        Acted::Impossible(why) => why.code(),
    }
}
