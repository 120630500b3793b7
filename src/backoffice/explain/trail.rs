//! What stands in the trail, in the viewer's words: who, what, and where it moved.

use crate::backoffice::parts::Badge;
use crate::backoffice::voice::Voice;
use crate::domain::acting::news::News;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::payout::attempt::AttemptState;
use crate::domain::payout::status::PayoutStatus;
use crate::domain::people::person::OPERATOR;
use crate::domain::proposal::ProposalState;

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
        "worker" | "desk" => voice.fill("doer.worker", &[]),
        "cashier" => voice.fill("doer.cashier", &[]),
        other => match other.strip_prefix("processor/") {
            Some(account) => voice.fill("doer.processor", &[("account", account)]),
            None => other.strip_prefix(OPERATOR).unwrap_or(other).to_owned(),
        },
    }
}

/// What was done, or booked, by the trail's own word where this list has no other.
pub fn kind(voice: Voice, kind: &str) -> String {
    let key = format!("fact.{kind}");
    let words = voice.fill(&key, &[]);
    if words == key { kind.to_owned() } else { words }
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
    let found = payout.or_else(deposit).or_else(attempt).or_else(proposal);
    found.map_or_else(|| name.to_owned(), |badge| badge.word)
}
