//! What stands in the trail, in the viewer's words: who, what, and where it moved.

use crate::backoffice::pages::payouts::describe::label;
use crate::backoffice::parts::Badge;
use crate::backoffice::voice::Voice;
use crate::domain::acting::Action;
use crate::domain::acting::news::News;
use crate::domain::deed::Deed;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::ids::parts;
use crate::domain::ledger::{AccountKind, Kind};
use crate::domain::payout::attempt::AttemptState;
use crate::domain::payout::status::PayoutStatus;
use crate::domain::people::person::OPERATOR;
use crate::domain::proposal::ProposalState;
use crate::domain::remark::Remark;
use crate::store::lists::payout::Fact;
use crate::store::outbox::Task;
use serde_json::Value;

/// `ann: Authorized, Requested → Authorized`.
pub fn news(voice: Voice, news: &News) -> String {
    let (who, what) = (doer(voice, &news.who), kind(voice, &news.kind));
    let states = [news.from.as_str(), news.to.as_str()].map(|name| state(voice, name));
    match states {
        [from, to] if from == to => format!("{who}: {what}"),
        [from, to] if from.is_empty() => format!("{who}: {what}, {to}"),
        [from, to] => format!("{who}: {what}, {from} → {to}"),
    }
}

/// Who did it: one of our people by his name, a program by what it is.
pub fn doer(voice: Voice, who: &str) -> String {
    match who {
        "" => voice.fill("doer.somebody", &[]),
        "worker" | "desk" | "store" => voice.fill("doer.worker", &[]),
        "cashier" => voice.fill("doer.cashier", &[]),
        other => match other.split_once('/') {
            Some(("processor", account)) => voice.fill("doer.processor", &[("account", account)]),
            Some(("cli", name)) => voice.fill("doer.cli", &[("name", name)]),
            Some(("platform", key)) => voice.fill("doer.platform", &[("key", key)]),
            _ => other.strip_prefix(OPERATOR).unwrap_or(other).to_owned(),
        },
    }
}

/// What was done, or booked; by its own word where another version of this program wrote it.
pub fn kind(voice: Voice, name: &str) -> String {
    match (Deed::from_name(name), Kind::from_name(name)) {
        (Some(deed), _) => voice.fill(&format!("fact.{deed}"), &[]),
        (None, Some(kind)) => booked(voice, kind),
        (None, None) => name.to_owned(),
    }
}

/// Why money moved in the ledger.
pub fn booked(voice: Voice, kind: Kind) -> String {
    voice.fill(&format!("fact.{}", kind.name()), &[])
}

/// An account of the ledger: whose it is, and what stands in it.
pub fn account(voice: Voice, path: &str) -> String {
    let parts = parts(path);
    let (first, rest) = parts.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let Some(kind) = AccountKind::from_name(first) else { return path.to_owned() };
    let owner = match (kind, rest) {
        (AccountKind::Customer, [front_end, pin]) => format!("{pin}, {front_end}"),
        _ => rest.join(", "),
    };
    voice.fill(&format!("account.{}", kind.name()), &[("owner", &owner)])
}

/// What an errand is to do.
pub fn task(voice: Voice, name: &str) -> String {
    Task::from_name(name)
        .map_or_else(|| name.to_owned(), |task| voice.fill(&format!("task.{}", task.name()), &[]))
}

/// What was tried at a processor and not heard of yet; the first word of a step's mark says what it is.
pub fn attempted(voice: Voice, step: &str) -> String {
    let key = match step.split(' ').next().unwrap_or_default() {
        "capture" => "attempted.capture",
        "charge" => "attempted.charge",
        "debit" => "attempted.debit",
        "cancel" => "attempted.cancel",
        "release" => "attempted.release",
        "suspense" => "attempted.suspense",
        _ => return step.to_owned(),
    };
    voice.fill(key, &[])
}

/// What somebody said. Our own remarks are told in the viewer's words; what cashiers, processors and people say is
/// quoted as it came.
pub fn said(voice: Voice, text: &str) -> String {
    let own = |text: &str| Remark::read(text).map(|remark| self::remark(voice, remark));
    if text.is_empty() {
        return String::new();
    }
    if let Some(own) = own(text) {
        return own;
    }
    if let Some((Some(own), code)) = text.split_once(" (code ").map(|(text, code)| (own(text), code)) {
        return voice.fill("coded", &[("text", &own), ("code", code.trim_end_matches(')'))]);
    }
    let ends = text.split_once(": ").map(|(first, last)| (first, own(first), own(last), last));
    match ends {
        Some((_, Some(own), _, theirs)) => format!("{own}: {}", quoted(voice, theirs)),
        Some((code, None, Some(own), _)) => format!("{code}: {own}"),
        _ => quoted(voice, text),
    }
}

fn remark(voice: Voice, remark: Remark) -> String {
    voice.fill(&format!("remark.{}", remark.name()), &[])
}

pub fn quoted(voice: Voice, text: &str) -> String {
    if text.is_empty() { String::new() } else { voice.fill("quoted", &[("text", text)]) }
}

/// Why, as far as the trail tells it. What was refused has a code, which has its words; its wording is among the
/// [`details`].
pub fn why(voice: Voice, fact: &Fact) -> String {
    match refused_by(voice, fact) {
        Some(why) => why,
        None => said(voice, &fact.why),
    }
}

fn refused_by(voice: Voice, fact: &Fact) -> Option<String> {
    let refused = matches!(Deed::from_name(&fact.kind), Some(Deed::CallRefused | Deed::ActionRefused));
    refused.then(|| fact.detail.get("code")?.as_str().map(|code| self::code(voice, code))).flatten()
}

/// The kind of a refusal.
pub fn code(voice: Voice, code: &str) -> String {
    let key = format!("code.{code}");
    let words = voice.fill(&key, &[]);
    if words == key { code.to_owned() } else { words }
}

/// The rest of what the trail tells, each with its name.
pub fn details(voice: Voice, fact: &Fact) -> Vec<(String, String)> {
    let mut details = match &fact.detail {
        Value::Object(pairs) => {
            let nothing = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            let there = pairs.iter().filter(|(_, value)| !nothing(value));
            there.map(|(name, value)| (named(voice, name), detail(voice, name, value))).collect()
        }
        Value::Null => Vec::new(),
        other => vec![(String::new(), plain(other))],
    };
    if refused_by(voice, fact).is_some() && !fact.why.is_empty() {
        details.push((voice.fill("detail.wording", &[]), quoted(voice, &fact.why)));
    }
    details
}

fn named(voice: Voice, name: &str) -> String {
    let key = format!("detail.{name}");
    let words = voice.fill(&key, &[]);
    if words == key { name.to_owned() } else { words }
}

fn detail(voice: Voice, name: &str, value: &Value) -> String {
    let text = plain(value);
    match (name, value) {
        ("code", _) => code(voice, &text),
        ("summary", _) => quoted(voice, &text),
        ("wanted", _) => state(voice, &text),
        ("action", _) => {
            let action = Action::ALL.into_iter().find(|action| action.name() == text);
            action.map_or(text, |action| voice.say(label(action)).to_owned())
        }
        ("verdict", _) => match text.as_str() {
            "paid" => voice.fill("verdict.paid", &[]),
            "not_paid" => voice.fill("verdict.not_paid", &[]),
            "adjust" => voice.fill("verdict.adjust", &[]),
            _ => text,
        },
        ("matter", _) => match text.as_str() {
            "attempt" => voice.fill("matter.attempt", &[]),
            "refund" => voice.fill("matter.refund", &[]),
            "deposit" => voice.fill("matter.deposit", &[]),
            "balance" => voice.fill("matter.balance", &[]),
            _ => text,
        },
        ("postings", Value::Array(lines)) => {
            let lines = lines.iter().map(|line| {
                let line = plain(line);
                match line.rsplit_once(": ") {
                    Some((path, amount)) => format!("{}: {amount}", account(voice, path)),
                    None => line,
                }
            });
            lines.collect::<Vec<_>>().join("; ")
        }
        _ => text,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}

/// A state by its name in the trail.
pub fn state(voice: Voice, name: &str) -> String {
    let words = voice.words;
    let payout = PayoutStatus::ALL
        .into_iter()
        .find(|status| status.name() == name)
        .map(|status| Badge::payout(status, words));
    let deposit = || DepositStatus::from_name(name).map(|status| Badge::deposit(status, words));
    let attempt = || AttemptState::from_name(name).map(|state| Badge::attempt(state, words));
    let proposal = || ProposalState::from_name(name).map(|state| Badge::proposal(state, words));
    // A customer's.
    match name {
        "blocked" => return voice.fill("customers.blocked", &[]),
        "active" => return voice.fill("customers.active", &[]),
        _ => {}
    }
    let found = payout.or_else(deposit).or_else(attempt).or_else(proposal);
    found.map_or_else(|| name.to_owned(), |badge| badge.word)
}
