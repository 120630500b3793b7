//! What happened to one thing, as a table: who did what, and what came of it.

use super::payouts::timeline::{bodies, exchange_title};
use crate::backoffice::call::Asked;
use crate::backoffice::explain;
use crate::backoffice::parts::{Cell, Table};
use crate::store::lists::payout::{Event, Fact, What};
use serde_json::Value;

pub fn table(asked: &Asked, events: &[Event]) -> Table {
    let mut table = Table::new(asked.say("events.title"), asked.say("events.none"))
        .headed()
        .column(asked.say("events.at"))
        .column(asked.say("events.what"))
        .column(asked.say("events.moved"))
        .column(asked.say("events.who"))
        .column(asked.say("events.why"))
        .column(asked.say("events.detail"));
    for event in events {
        let at = Cell::When(asked.when(event.at.timestamp_micros()));
        let cells = match &event.what {
            What::Fact(fact) => told(asked, fact),
            What::Call { method, refused, description } => vec![
                Cell::Code((*method).to_owned()),
                Cell::maybe(refused.clone()),
                Cell::text(asked.say("events.cashier")),
                Cell::text(description),
                Cell::Empty,
            ],
            What::Planned { number, route, account, reference } => vec![
                Cell::text(asked.fill("events.planned", &[("number", &number.to_string())])),
                Cell::Empty,
                Cell::text(account),
                Cell::text(route),
                Cell::Code(reference.clone()),
            ],
            What::Notice { account, summary, deliveries } => vec![
                Cell::text(asked.say("events.notice")),
                Cell::Empty,
                Cell::text(account),
                Cell::text(summary),
                Cell::text(asked.fill("events.deliveries", &[("count", &deliveries.to_string())])),
            ],
            What::Exchange(exchange) => vec![
                Cell::Code(exchange.action.clone()),
                Cell::Empty,
                Cell::text(&exchange.account),
                Cell::text(exchange_title(asked, exchange)),
                Cell::Folded { summary: exchange.address.clone(), bodies: bodies(asked, exchange) },
            ],
            What::Posting { kind, lines } => {
                let lines =
                    lines.iter().map(|(account, money)| format!("{account}: {}", asked.money(*money)));
                let lines: Vec<String> = lines.collect();
                vec![
                    Cell::text(explain::kind(asked.voice(), kind)),
                    Cell::Empty,
                    Cell::text(asked.say("events.ledger")),
                    Cell::Empty,
                    Cell::text(lines.join("; ")),
                ]
            }
        };
        table.row(std::iter::once(at).chain(cells).collect());
    }
    table
}

/// What was done, from where to where, by whom, why, and the rest, in the viewer's words.
fn told(asked: &Asked, fact: &Fact) -> Vec<Cell> {
    let voice = asked.voice();
    vec![
        Cell::text(explain::kind(voice, &fact.kind)),
        Cell::text(moved(&explain::state(voice, &fact.from), &explain::state(voice, &fact.to))),
        Cell::text(explain::doer(voice, &fact.who)),
        Cell::text(&fact.why),
        Cell::text(detail(&fact.detail)),
    ]
}

/// The same as it stands in the trail.
pub fn fact_cells(fact: &Fact) -> Vec<Cell> {
    vec![
        Cell::Code(fact.kind.clone()),
        Cell::text(moved(&fact.from, &fact.to)),
        Cell::text(&fact.who),
        Cell::text(&fact.why),
        Cell::text(detail(&fact.detail)),
    ]
}

fn moved(from: &str, to: &str) -> String {
    match (from, to) {
        ("", to) => to.to_owned(),
        (from, "") => from.to_owned(),
        (from, to) if from == to => to.to_owned(),
        (from, to) => format!("{from} → {to}"),
    }
}

/// The detail of a fact in one line.
pub fn detail(value: &Value) -> String {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Null => String::new(),
        Value::Object(pairs) => {
            let there = pairs.iter().filter(|(_, value)| !value.is_null());
            there.map(|(name, value)| format!("{name}: {}", plain(value))).collect::<Vec<_>>().join("; ")
        }
        Value::Array(_) | Value::Bool(_) | Value::Number(_) | Value::String(_) => plain(value),
    }
}
