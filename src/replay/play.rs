//! Plays one flow in one encoding: sets the stage, makes the calls, looks after each step, stops at a difference.

use super::cast::{Cast, Numbers, Seen};
use super::check::{self, Difference};
use super::flow::{Act, Call, Expect, Flow, Late, Status, Step, Subject, Times, read_postings};
use super::record;
use super::report::{Failure, Outcome, Verdict};
use super::target::{CallError, Target};
use super::wire::{Encoding, Reply, same_name};
use futures_util::future::join_all;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::str::FromStr;

/// What all flows of a run share.
pub struct Stage {
    pub target: Target,
    pub numbers: Numbers,
    /// Whether the server has our additions: the platform interface, `GetPayout`, balances, postings.
    pub ours: bool,
    /// The flow's front ends by the names that the server has for them.
    pub front_ends: BTreeMap<String, String>,
    /// A customer of a server where we can't add any.
    pub customer: Option<String>,
}

/// Methods that only our own service has.
const OURS: [&str; 9] = [
    "GetPayout",
    "GetDeposit",
    "GetBalance",
    "DeclinedDeposit",
    "ReverseDeposit",
    "CreateDeposit",
    "CaptureDeposit",
    "CancelDeposit",
    "RefundDeposit",
];

/// A flow that was played, and what the server did, as a flow.
pub struct Played {
    pub outcome: Outcome,
    pub recorded: Flow,
}

pub async fn play(stage: &Stage, flow: &Flow, encoding: Encoding, recording: bool) -> Played {
    let rename = |name: &str| stage.front_ends.get(name).cloned().unwrap_or_else(|| name.to_owned());
    let own_pin = stage.customer.as_deref().filter(|_| !stage.ours);
    let mut run = Run {
        stage,
        encoding,
        recording,
        cast: Cast::new(flow, &stage.numbers, rename, own_pin),
        late: Vec::new(),
        skipped: Vec::new(),
        recorded: Vec::new(),
        keys: 0,
    };
    let verdict = match run.unplayable(flow) {
        Some(reason) => Verdict::Skipped(reason),
        None => match run.whole(flow).await {
            Ok(()) => Verdict::Passed,
            Err(failure) => Verdict::Failed(failure),
        },
    };
    let recorded = Flow { steps: run.recorded, ..flow.clone() };
    let outcome = Outcome {
        flow: flow.title(),
        file: flow.file.clone(),
        encoding,
        verdict,
        skipped: run.skipped,
        took_ms: 0,
    };
    Played { outcome, recorded }
}

struct Run<'a> {
    stage: &'a Stage,
    encoding: Encoding,
    /// Write down what comes and judge nothing.
    recording: bool,
    cast: Cast<'a>,
    late: Vec<Sent>,
    /// What could not be looked at.
    skipped: Vec<String>,
    recorded: Vec<Step>,
    keys: u64,
}

/// A call that was made, to be made once more.
struct Sent {
    step: Step,
    method: String,
    subject: Option<Subject>,
    late: Late,
    fields: Vec<(String, String)>,
    answer: Reply,
}

impl Run<'_> {
    fn unplayable(&self, flow: &Flow) -> Option<String> {
        if self.stage.ours {
            return None;
        }
        if 1 < flow.people.len() || flow.people.iter().any(|person| person.blocked) {
            return Some("needs customers that only our platform interface can add".to_owned());
        }
        self.stage
            .customer
            .is_none()
            .then(|| "needs a customer of that server: give --customer PIN".to_owned())
    }

    async fn whole(&mut self, flow: &Flow) -> Result<(), Failure> {
        if self.stage.ours {
            self.set_up()
                .await
                .map_err(|error| Failure::at("setting up the customers", error.to_string()))?;
        }
        for step in &flow.steps {
            self.step(step).await?;
        }
        for sent in std::mem::take(&mut self.late) {
            self.again(sent).await?;
        }
        self.curtain().await
    }

    async fn set_up(&mut self) -> Result<(), CallError> {
        for actor in &self.cast.actors {
            self.stage.target.add_customer(&actor.front_end, &actor.pin, actor.blocked).await?;
            let opening = actor.opening.as_deref().filter(|_| !actor.given.is_zero());
            if let Some(amount) = opening {
                let key = format!("{}-opening", actor.pin);
                self.stage.target.adjust(&actor.front_end, &actor.pin, amount, &key).await?;
            }
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> Result<(), Failure> {
        match &step.act {
            Act::Call(call) if !self.stage.ours && OURS.iter().any(|ours| same_name(ours, &call.method)) => {
                self.skipped.push(format!("{}: only our service has this method", step.title()));
                Ok(())
            }
            Act::Call(call) => self.call(step, call).await,
            Act::Adjust(_) | Act::Block(_) if !self.stage.ours => {
                self.skipped.push(format!("{}: only our platform interface can do this", step.title()));
                Ok(())
            }
            Act::Adjust(amount) => {
                let key = self.key(step);
                let actor = self.cast.actor(&step.role);
                let done = self.stage.target.adjust(&actor.front_end, &actor.pin, amount, &key).await;
                done.map_err(|error| Failure::at(step.title(), error.to_string()))?;
                let more = Decimal::from_str(amount).unwrap_or_default();
                if let Some(actor) = self.cast.actors.iter_mut().find(|actor| actor.role == step.role) {
                    actor.given += more;
                }
                self.without_a_call(step).await
            }
            Act::Block(blocked) => {
                let key = self.key(step);
                let actor = self.cast.actor(&step.role);
                let done = self.stage.target.set_blocked(&actor.front_end, &actor.pin, *blocked, &key).await;
                done.map_err(|error| Failure::at(step.title(), error.to_string()))?;
                self.without_a_call(step).await
            }
        }
    }

    fn key(&mut self, step: &Step) -> String {
        self.keys += 1;
        format!("{}-{}", self.cast.actor(&step.role).pin, self.keys)
    }

    /// After a step of the platform's there are only balances to look at.
    async fn without_a_call(&mut self, step: &Step) -> Result<(), Failure> {
        let balances = self.balances().await.map_err(|problem| Failure::at(step.title(), problem))?;
        if self.recording {
            let expect = Expect { balances, ..Expect::default() };
            self.recorded.push(Step { expect, ..step.clone() });
            return Ok(());
        }
        Failure::unless_none(step.title(), self.balance_differences(step, &balances), &[], &[])
    }

    async fn call(&mut self, step: &Step, call: &Call) -> Result<(), Failure> {
        let fail = |problem: String| Failure::at(step.title(), problem);
        let subjects: Vec<Option<Subject>> = match (call.times, &call.subject) {
            (Times::Distinct(times), Some(subject)) => {
                (1..=times).map(|number| Some(subject.numbered(number))).collect()
            }
            (Times::Repeat(times) | Times::Race(times), subject) => vec![subject.clone(); times],
            (Times::Once | Times::Distinct(_), subject) => vec![subject.clone()],
        };
        let mut calls = Vec::new();
        for (index, subject) in subjects.iter().enumerate() {
            let other = index % 2 == 1 && !call.versus.is_empty();
            let more = if other { &call.versus[..] } else { &[] };
            calls.push(self.cast.fields(step, call, subject.as_ref(), more).map_err(fail)?);
        }
        let replies = self.send(call, &calls).await.map_err(|error| Failure {
            sent: shown(&calls[0]),
            ..Failure::at(step.title(), error.to_string())
        })?;
        self.keep(step, call, &subjects, &replies);
        if let (Some(late), Some(answer)) = (&call.late, replies.first()) {
            self.late.push(Sent {
                step: step.clone(),
                method: call.method.clone(),
                subject: call.subject.clone(),
                late: late.clone(),
                fields: calls[0].clone(),
                answer: answer.clone(),
            });
        }

        let mut found = check::answers(step, call, &replies, self.stage.ours, &mut self.cast);
        let mut expect = record::answers(call, &replies);
        if self.stage.ours {
            let refused = replies.iter().all(|reply| reply.status() != 0);
            let mut looked_at: Vec<&Subject> = subjects.iter().flatten().collect();
            looked_at.dedup();
            for subject in looked_at {
                let (before, now) = self.look(subject, &step.role).await.map_err(fail)?;
                if call.is_mixed() {
                    // Which of them did what can't be told, so what they posted shows in the balances.
                    found.extend(check::described(step, now.as_ref()));
                    continue;
                }
                found.extend(check::state(step, before.as_ref(), now.as_ref(), refused));
                record::state(&mut expect, before, now);
            }
            let balances = self.balances().await.map_err(fail)?;
            found.extend(self.balance_differences(step, &balances));
            expect.balances = balances;
        } else if step.expect.needs_our_additions() {
            self.skipped.push(format!("{}: state, balances and postings", step.title()));
        }
        if self.recording {
            self.recorded.push(Step { expect, ..step.clone() });
            return Ok(());
        }
        Failure::unless_none(step.title(), found, &calls, &replies)
    }

    async fn send(&self, call: &Call, calls: &[Vec<(String, String)>]) -> Result<Vec<Reply>, CallError> {
        let one = |fields| self.stage.target.call(self.encoding, &call.method, fields);
        match call.times {
            Times::Race(_) | Times::Distinct(_) => {
                join_all(calls.iter().map(|fields| one(fields))).await.into_iter().collect()
            }
            Times::Once | Times::Repeat(_) => {
                let mut replies = Vec::new();
                for fields in calls {
                    replies.push(one(fields).await?);
                }
                Ok(replies)
            }
        }
    }

    /// Keeps the ids that later steps will name.
    fn keep(&mut self, step: &Step, call: &Call, subjects: &[Option<Subject>], replies: &[Reply]) {
        for (subject, reply) in subjects.iter().zip(replies) {
            let Some(subject) = subject else { continue };
            let id = match subject {
                Subject::Payout(_) => reply.text("ExtPayoutID"),
                Subject::Deposit(_) => reply.text("ExtDepositID"),
            };
            let thing = self.cast.thing(subject, &step.role);
            if reply.status() == 0 && !id.is_empty() && thing.owner == step.role && thing.id.is_none() {
                thing.id = Some(id.to_owned());
            }
        }
        if let Some(reply) = replies.first() {
            for (name, field) in &call.save {
                self.cast.saved.insert(name.clone(), reply.text(field).to_owned());
            }
        }
    }

    /// Looks at a payout or deposit with its owner's eyes: what it was when last seen, and what it is.
    async fn look(&mut self, subject: &Subject, role: &str) -> Result<(Option<Seen>, Option<Seen>), String> {
        let thing = self.cast.thing(subject, role);
        let (owner, trace, before) = (thing.owner.clone(), thing.trace, thing.seen.clone());
        let actor = self.cast.actor(&owner);
        let (front_end, pin) = (actor.front_end.clone(), actor.pin.clone());
        let fields =
            [("FrontEndName", front_end.clone()), ("PIN", pin.clone()), ("TraceID", trace.to_string())];
        let method = match subject {
            Subject::Payout(_) => "GetPayout",
            Subject::Deposit(_) => "GetDeposit",
        };
        let reply = self.ask(method, &fields).await?;
        let now = match reply.status() {
            0 => Some(Seen {
                posted: read_postings(reply.text("Postings"), &front_end, &pin)?,
                fields: details(&reply),
            }),
            status if status < 0 => {
                return Err(format!("{method}: Status {status} ({})", reply.text("Description")));
            }
            // It is not there.
            _ => None,
        };
        self.cast.thing(subject, role).seen = now.clone();
        Ok((before, now))
    }

    async fn ask(&self, method: &str, fields: &[(&str, String)]) -> Result<Reply, String> {
        let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let reply = self.stage.target.call(self.encoding, method, &fields).await;
        reply.map_err(|error| format!("{method}: {error}"))
    }

    /// Everybody's balance, by role.
    async fn balances(&self) -> Result<Vec<(String, String)>, String> {
        let mut balances = Vec::new();
        for actor in &self.cast.actors {
            let fields = [("FrontEndName", actor.front_end.clone()), ("PIN", actor.pin.clone())];
            let reply = self.ask("GetBalance", &fields).await?;
            if reply.status() != 0 {
                return Err(format!("GetBalance: Status {} ({})", reply.status(), reply.text("Description")));
            }
            balances.push((actor.role.clone(), reply.text("Balance").to_owned()));
        }
        Ok(balances)
    }

    /// What the flow says of balances, and what the postings say of them.
    fn balance_differences(&self, step: &Step, balances: &[(String, String)]) -> Vec<Difference> {
        let mut found = Vec::new();
        for (role, balance) in balances {
            let of = if balances.len() == 1 { String::new() } else { format!(" of {role}") };
            let expected = step.expect.balances.iter().find(|(known, _)| known == role);
            if let Some((_, expected)) = expected.filter(|(_, expected)| expected != balance) {
                found.push(Difference::new(format!("Balance{of}"), expected, balance));
                continue;
            }
            let due = self.cast.balance_due(role);
            if due.is_none() || Decimal::from_str(balance).ok() != due {
                let due = due.map(|due| due.to_string()).unwrap_or_default();
                found.push(Difference::new(format!("Balance{of} by the postings"), due, balance));
            }
        }
        found
    }

    /// Sends a call once more, now that everything is over.
    async fn again(&mut self, sent: Sent) -> Result<(), Failure> {
        let title = format!("{}, sent again at the end", sent.step.title());
        let fail = |problem: String| Failure::at(title.clone(), problem);
        let reply = self.stage.target.call(self.encoding, &sent.method, &sent.fields).await;
        let reply = reply.map_err(|error| fail(error.to_string()))?;
        if self.recording {
            let late = match check::repeat(&sent.answer, &reply, self.stage.ours, "") {
                None => Late::SameAnswer,
                Some(_) => Late::Status(Status::Exactly(reply.status())),
            };
            let step = self.recorded.iter_mut().find(|step| step.number == sent.step.number);
            if let Some(Act::Call(call)) = step.map(|step| &mut step.act) {
                call.late = Some(late);
            }
            return Ok(());
        }
        let mut found = Vec::new();
        match sent.late {
            Late::SameAnswer => {
                found.extend(check::repeat(&sent.answer, &reply, self.stage.ours, "the late call"))
            }
            Late::Status(status) if status.fits(reply.status()) => {}
            Late::Status(status) if !self.stage.ours && status.fits_in_sign(reply.status()) => {}
            Late::Status(status) => {
                let got = format!("{} ({})", reply.text("Status"), reply.text("Description"));
                found.push(Difference::new("Status", status.to_string(), got));
            }
        }
        if let Some(subject) = sent.subject.as_ref().filter(|_| self.stage.ours) {
            let (before, now) = self.look(subject, &sent.step.role).await.map_err(fail)?;
            found.extend(check::unchanged(&before.unwrap_or_default(), &now.unwrap_or_default()));
        }
        Failure::unless_none(title, found, &[sent.fields], &[reply])
    }

    /// At the end everything is as it was last seen, and the balances follow from the postings.
    async fn curtain(&mut self) -> Result<(), Failure> {
        if !self.stage.ours || self.recording {
            return Ok(());
        }
        let title = "after the last step";
        let fail = |problem: String| Failure::at(title, problem);
        let mut found = Vec::new();
        let subjects: Vec<Subject> = self.cast.things.keys().cloned().collect();
        for subject in subjects {
            let (before, now) = self.look(&subject, "").await.map_err(fail)?;
            found.extend(check::unchanged(&before.unwrap_or_default(), &now.unwrap_or_default()));
        }
        let balances = self.balances().await.map_err(fail)?;
        for (role, balance) in balances {
            let due = self.cast.balance_due(&role);
            if due.is_none() || Decimal::from_str(&balance).ok() != due {
                let due = due.map(|due| due.to_string()).unwrap_or_default();
                found.push(Difference::new(format!("Balance of {role} by the postings"), due, balance));
            }
        }
        Failure::unless_none(title.to_owned(), found, &[], &[])
    }
}

/// What `GetPayout` says, besides what every reply has.
fn details(reply: &Reply) -> Vec<(String, String)> {
    let always = ["Status", "Description", "Replayed"];
    let fields = reply.fields.iter().filter(|(name, _)| !always.iter().any(|known| same_name(known, name)));
    fields.cloned().collect()
}

/// A call as it may be shown: the pass code is added later and never here.
pub fn shown(fields: &[(String, String)]) -> String {
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join(" ")
}

impl Expect {
    fn needs_our_additions(&self) -> bool {
        !self.state.is_empty()
            || self.debit.is_some()
            || !self.details.is_empty()
            || !self.balances.is_empty()
            || !self.posted.is_empty()
            || self.replayed.is_some()
    }
}
