//! The timeline of one payout: cashier calls, people, attempts, inquiries, notices and postings, the newest first.

use crate::backoffice::call::Asked;
use crate::backoffice::explain;
use crate::backoffice::parts::When;
use crate::store::exchanges::Exchange;
use crate::store::handling;
use crate::store::lists::payout::{Event, Fact, What};

/// An entry as the page shows it.
pub struct Shown {
    pub at: When,
    /// For the style and its sign.
    pub kind: &'static str,
    pub sign: &'static str,
    /// What kind of entry it is, for everybody.
    pub source: String,
    pub title: String,
    pub who: String,
    pub why: String,
    pub details: Vec<(String, String)>,
    /// What went over the wire, kept in its lines.
    pub raw: Vec<(String, String)>,
}

pub struct Note {
    pub at: When,
    pub by: String,
    pub text: String,
}

pub fn note(asked: &Asked, note: &handling::Note) -> Note {
    Note { at: asked.when(note.at.timestamp_micros()), by: note.by.clone(), text: note.text.clone() }
}

pub fn shown(asked: &Asked, event: &Event) -> Shown {
    let at = asked.when(event.at.timestamp_micros());
    let entry = |kind, sign, source: &str, title: String| Shown {
        at,
        kind,
        sign,
        source: asked.say(source).to_owned(),
        title,
        who: String::new(),
        why: String::new(),
        details: Vec::new(),
        raw: Vec::new(),
    };
    match &event.what {
        What::Call { method, refused, description } => {
            let sign = if refused.is_some() { "✖" } else { "⇥" };
            let mut shown = entry("call", sign, "timeline.call", (*method).to_owned());
            shown.why = explain::quoted(asked.voice(), description);
            shown.details.extend(
                refused.iter().map(|code| {
                    (asked.say("timeline.refused").to_owned(), explain::code(asked.voice(), code))
                }),
            );
            shown
        }
        What::Fact(fact) => fact_shown(asked, fact, entry),
        What::Planned { number, route, account, reference } => {
            let title =
                asked.fill("timeline.planned", &[("number", &number.to_string()), ("account", account)]);
            let mut shown = entry("attempt", "○", "timeline.attempt", title);
            shown.details = vec![
                (asked.say("one.route").to_owned(), route.clone()),
                (asked.say("one.reference").to_owned(), reference.clone()),
            ];
            shown
        }
        What::Notice { account, summary, deliveries, body, .. } => {
            let mut shown = entry("notice", "✉", "timeline.notice", account.clone());
            shown.why = explain::quoted(asked.voice(), summary);
            if *deliveries > 1 {
                shown.details.push((asked.say("timeline.deliveries").to_owned(), deliveries.to_string()));
            }
            shown.raw.extend(body.iter().map(|body| (asked.say("notices.body").to_owned(), body.clone())));
            shown
        }
        What::Exchange(exchange) => {
            let mut shown = entry("attempt", "⇄", "timeline.exchange", exchange_title(asked, exchange));
            shown.details = vec![
                (asked.say("one.account").to_owned(), exchange.account.clone()),
                (asked.say("exchange.address").to_owned(), exchange.address.clone()),
            ];
            shown.details.extend(
                exchange.attempt.iter().map(|id| (asked.say("payouts.attempt").to_owned(), id.clone())),
            );
            shown.raw = bodies(asked, exchange);
            shown
        }
        What::Posting { kind, lines } => {
            let mut shown = entry("posting", "⇄", "timeline.posting", explain::kind(asked.voice(), kind));
            shown.details = lines
                .iter()
                .map(|(account, money)| (explain::account(asked.voice(), account), asked.money(*money)))
                .collect();
            shown
        }
    }
}

/// What was asked, how it ended, and how long it took.
pub fn exchange_title(asked: &Asked, exchange: &Exchange) -> String {
    let end = match (exchange.status, &exchange.failure) {
        (Some(status), _) => format!("HTTP {status}"),
        (None, Some(failure)) => explain::said(asked.voice(), failure),
        (None, None) => asked.say("none").to_owned(),
    };
    format!("{}: {end}, {}\u{a0}ms", exchange.action, exchange.took.num_milliseconds())
}

/// Both bodies, as they are kept.
pub fn bodies(asked: &Asked, exchange: &Exchange) -> Vec<(String, String)> {
    let sent = (asked.say("exchange.sent").to_owned(), exchange.sent.clone());
    let received = exchange.received.clone().map(|body| (asked.say("exchange.received").to_owned(), body));
    std::iter::once(sent).chain(received).filter(|(_, body)| !body.is_empty()).collect()
}

fn fact_shown(
    asked: &Asked,
    fact: &Fact,
    entry: impl Fn(&'static str, &'static str, &str, String) -> Shown,
) -> Shown {
    let voice = asked.voice();
    let (from, to) = (explain::state(voice, &fact.from), explain::state(voice, &fact.to));
    let moved = match (from.as_str(), to.as_str()) {
        ("", "") => String::new(),
        ("", to) => format!(": {to}"),
        (from, to) if from == to => String::new(),
        (from, to) => format!(": {from} → {to}"),
    };
    let title = format!("{}{moved}", explain::kind(voice, &fact.kind));
    let by_person = fact.who.starts_with("operator/") || fact.who.starts_with("cli/");
    let (kind, sign, source) = match fact.kind.as_str() {
        kind if kind.ends_with(".refused") => ("refused", "✖", "timeline.refusal"),
        kind if kind.contains("attempt") => ("attempt", "▶", "timeline.attempt"),
        _ if by_person => ("person", "☺", "timeline.person"),
        _ => ("fact", "•", "timeline.fact"),
    };
    let mut shown = entry(kind, sign, source, title);
    shown.who = explain::doer(voice, &fact.who);
    shown.why = explain::why(voice, fact);
    shown.details = explain::details(voice, fact);
    shown.details.push((asked.say("timeline.fact").to_owned(), fact.kind.clone()));
    if !fact.request_id.is_empty() {
        shown.details.push((asked.say("timeline.request").to_owned(), fact.request_id.clone()));
    }
    shown
}
