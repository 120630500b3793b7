//! Who and what is on stage in one run of a flow: customers with PINs, payouts and deposits with numbers, saved ids.
//!
//! PINs and TraceIDs are new for every run, so that a flow can be run again and again on one server.

use super::flow::{CUSTOMER, Call, Flow, Posted, Step, Subject, fill, names, total};
use super::wire::same_name;
use rust_decimal::Decimal;
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

/// Hands out what must be new: shared by all flows of a run.
pub struct Numbers {
    tag: String,
    pins: AtomicI64,
    traces: AtomicI64,
}

impl Numbers {
    /// `seed` is random; numbers follow each other from where it puts them.
    pub fn new(seed: u64, first_trace: Option<i64>) -> Numbers {
        // Above every number that another cashier is likely to use, and far from the end.
        let random = 1_000_000_000_000 + (seed % 1_000_000_000) as i64 * 1_000_000;
        let tag = format!("{:08x}", seed >> 32);
        Numbers { tag, pins: AtomicI64::new(1), traces: AtomicI64::new(first_trace.unwrap_or(random)) }
    }

    fn pin(&self, name: &str) -> String {
        format!("{name}.{}.{}", self.tag, self.pins.fetch_add(1, Ordering::Relaxed))
    }

    fn trace(&self) -> i64 {
        self.traces.fetch_add(1, Ordering::Relaxed)
    }
}

pub struct Actor {
    pub role: String,
    pub front_end: String,
    pub pin: String,
    pub blocked: bool,
    pub opening: Option<String>,
    /// The opening balance and what the platform added since.
    pub given: Decimal,
}

/// A payout or deposit, as far as the run has seen it.
pub struct Thing {
    pub owner: String,
    pub trace: i64,
    pub id: Option<String>,
    pub seen: Option<Seen>,
}

/// What the server said of a payout or deposit when it was last looked at.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Seen {
    pub fields: Vec<(String, String)>,
    pub posted: Vec<Posted>,
}

impl Seen {
    pub fn text(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(known, _)| same_name(known, name));
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

pub struct Cast<'a> {
    numbers: &'a Numbers,
    pub actors: Vec<Actor>,
    pub things: HashMap<Subject, Thing>,
    /// Numbers that belong to no payout or deposit, such as a reversal's own.
    traces: HashMap<String, i64>,
    pub saved: HashMap<String, String>,
}

impl<'a> Cast<'a> {
    /// `rename` turns the flow's front ends into the server's; `pin` is a customer that is there already.
    pub fn new(
        flow: &Flow,
        numbers: &'a Numbers,
        rename: impl Fn(&str) -> String,
        pin: Option<&str>,
    ) -> Cast<'a> {
        let actor = |person: &super::flow::Person| {
            let own = pin.filter(|_| person.role == CUSTOMER).map(str::to_owned);
            let opening = person.balance.clone();
            Actor {
                role: person.role.clone(),
                front_end: rename(&person.front_end),
                pin: own.unwrap_or_else(|| numbers.pin(&person.pin)),
                blocked: person.blocked,
                // The flow's reader has made sure of the number.
                given: opening.as_deref().and_then(|text| Decimal::from_str(text).ok()).unwrap_or_default(),
                opening,
            }
        };
        Cast {
            numbers,
            actors: flow.people.iter().map(actor).collect(),
            things: HashMap::new(),
            traces: HashMap::new(),
            saved: HashMap::new(),
        }
    }

    pub fn actor(&self, role: &str) -> &Actor {
        // The flow's reader has made sure of the role; the first is the flow's own customer.
        self.actors.iter().find(|actor| actor.role == role).unwrap_or(&self.actors[0])
    }

    pub fn thing(&mut self, subject: &Subject, role: &str) -> &mut Thing {
        // A number that was mentioned before its payout was made is the payout's.
        let spoken_of = self.traces.get(subject.name()).copied();
        self.things.entry(subject.clone()).or_insert_with(|| Thing {
            owner: role.to_owned(),
            trace: spoken_of.unwrap_or_else(|| self.numbers.trace()),
            id: None,
            seen: None,
        })
    }

    /// The fields of a call, in the order of the cashier's own habit; `more` comes last and wins.
    pub fn fields(
        &mut self,
        step: &Step,
        call: &Call,
        subject: Option<&Subject>,
        more: &[(String, String)],
    ) -> Result<Vec<(String, String)>, String> {
        let actor = self.actor(&step.role);
        let mut fields =
            vec![("FrontEndName".to_owned(), actor.front_end.clone()), ("PIN".to_owned(), actor.pin.clone())];
        if let Some(subject) = subject {
            let thing = self.thing(subject, &step.role);
            let (trace, id) = (thing.trace.to_string(), thing.id.clone());
            for name in usual_fields(&call.method) {
                match (*name, &id) {
                    ("TraceID", _) => fields.push(((*name).to_owned(), trace.clone())),
                    (_, Some(id)) => fields.push(((*name).to_owned(), id.clone())),
                    // A payout that was never made: the call is sent without, as the cashier would have to.
                    (_, None) => {}
                }
            }
        }
        fields.retain(|(name, _)| !call.without.iter().any(|left_out| same_name(left_out, name)));
        for (name, value) in call.with.iter().chain(more) {
            let value = self.fill(value, &step.role)?;
            match fields.iter_mut().find(|(known, _)| same_name(known, name)) {
                Some((_, known)) => *known = value,
                None => fields.push((name.clone(), value)),
            }
        }
        Ok(fields)
    }

    /// Puts values in the place of the names in a flow's text.
    pub fn fill(&mut self, text: &str, role: &str) -> Result<String, String> {
        self.allot(text)?;
        fill(text, |name| match name.split_once('.') {
            None if name == "pin" => Some(self.actor(role).pin.clone()),
            None if name == "front_end" => Some(self.actor(role).front_end.clone()),
            None => self.saved.get(name).cloned(),
            Some(("pin", other)) => Some(self.actor(other).pin.clone()),
            Some(("front_end", other)) => Some(self.actor(other).front_end.clone()),
            Some(("trace", thing)) => {
                let known = self.find(thing).map(|thing| thing.trace);
                known.or_else(|| self.traces.get(thing).copied()).map(|trace| trace.to_string())
            }
            Some(("id", thing)) => self.find(thing).and_then(|thing| thing.id.clone()),
            Some(_) => None,
        })
    }

    /// Gives a number to every name that is mentioned for the first time.
    fn allot(&mut self, text: &str) -> Result<(), String> {
        for name in names(text)? {
            let Some(name) = name.strip_prefix("trace.") else { continue };
            if self.find(name).is_none() && !self.traces.contains_key(name) {
                let trace = self.numbers.trace();
                self.traces.insert(name.to_owned(), trace);
            }
        }
        Ok(())
    }

    fn find(&self, name: &str) -> Option<&Thing> {
        let payout = self.things.get(&Subject::Payout(name.to_owned()));
        payout.or_else(|| self.things.get(&Subject::Deposit(name.to_owned())))
    }

    /// What a customer's balance must be: what he was given and what payouts and deposits changed.
    pub fn balance_due(&self, role: &str) -> Option<Decimal> {
        let things = self.things.values().filter(|thing| thing.owner == role);
        let posted = things.filter_map(|thing| thing.seen.as_ref()).flat_map(|seen| &seen.posted);
        self.actor(role).given.checked_add(total(posted, "customer")?)
    }
}

/// What every call of a method says besides customer and front end.
fn usual_fields(method: &str) -> &'static [&'static str] {
    match method.to_ascii_lowercase().as_str() {
        "createpayout" => &["TraceID"],
        "updatepayout" => &["ExtPayoutID", "TraceID"],
        // Here TraceID would be the reversal's own number.
        "reversepayout" | "getpayout" => &["ExtPayoutID"],
        _ => &["TraceID"],
    }
}
