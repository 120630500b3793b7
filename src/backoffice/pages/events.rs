//! What happened to one thing, as a table: who did what, and what came of it.

use super::payouts::timeline::{bodies, exchange_title};
use crate::backoffice::call::Asked;
use crate::backoffice::explain;
use crate::backoffice::parts::{Cell, Table};
use crate::backoffice::voice::Voice;
use crate::store::lists::payout::{Event, Fact, What};

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
                Cell::text(explain::quoted(asked.voice(), description)),
                Cell::Empty,
            ],
            What::Planned { number, route, account, reference } => vec![
                Cell::text(asked.fill("events.planned", &[("number", &number.to_string())])),
                Cell::Empty,
                Cell::text(account),
                Cell::text(route),
                Cell::Code(reference.clone()),
            ],
            What::Notice { account, summary, deliveries, body, .. } => vec![
                Cell::text(asked.say("events.notice")),
                Cell::Empty,
                Cell::text(account),
                Cell::text(explain::quoted(asked.voice(), summary)),
                delivered(asked, *deliveries, body.as_deref()),
            ],
            What::Exchange(exchange) => vec![
                Cell::Code(exchange.action.clone()),
                Cell::Empty,
                Cell::text(&exchange.account),
                Cell::text(exchange_title(asked, exchange)),
                Cell::Folded { summary: exchange.address.clone(), bodies: bodies(asked, exchange) },
            ],
            What::Posting { kind, lines } => {
                let lines = lines.iter().map(|(account, money)| {
                    format!("{}: {}", explain::account(asked.voice(), account), asked.money(*money))
                });
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

/// How often it came, and with what.
fn delivered(asked: &Asked, deliveries: i64, body: Option<&str>) -> Cell {
    let often = asked.fill("events.deliveries", &[("count", &deliveries.to_string())]);
    match body {
        None => Cell::text(often),
        Some(body) => Cell::Folded {
            summary: often,
            bodies: vec![(asked.say("notices.body").to_owned(), body.to_owned())],
        },
    }
}

/// What was done, from where to where, by whom, why, and the rest, in the viewer's words.
fn told(asked: &Asked, fact: &Fact) -> Vec<Cell> {
    let voice = asked.voice();
    vec![
        Cell::text(explain::kind(voice, &fact.kind)),
        Cell::text(moved(&explain::state(voice, &fact.from), &explain::state(voice, &fact.to))),
        Cell::text(explain::doer(voice, &fact.who)),
        Cell::text(explain::why(voice, fact)),
        Cell::text(detail(voice, fact)),
    ]
}

/// The same for who looks for it in the trail: with its name there.
pub fn fact_cells(asked: &Asked, fact: &Fact) -> Vec<Cell> {
    let mut cells = told(asked, fact);
    let words = std::mem::replace(&mut cells[0], Cell::Empty);
    cells[0] = Cell::Several(vec![words, Cell::Code(fact.kind.clone())]);
    cells
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
fn detail(voice: Voice, fact: &Fact) -> String {
    let details = explain::details(voice, fact);
    details.iter().map(|(name, text)| format!("{name}: {text}")).collect::<Vec<_>>().join("; ")
}
