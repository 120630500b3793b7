//! What is configured: the front ends with their rules, and the processor map with a box to try a name in.

use crate::backoffice::call::Asked;
use crate::backoffice::parts::facts::Facts;
use crate::backoffice::parts::stack::{Hint, Stack};
use crate::backoffice::parts::{Badge, Cell, Filter, Table, Tone};
use crate::backoffice::route::{Access, Route, Wall, get, known};
use crate::backoffice::trouble::Outcome;
use crate::domain::front_end::{FeeMode, FrontEnd, Limits};
use crate::domain::money::Money;
use crate::domain::people::Right;
use crate::domain::processor_name::{NameError, Processor, ProcessorMap, UnknownName};

pub const ROUTES: &[Route] = &[
    get("/office/processors", Access::Needs(Right::SeeSetup), Wall::Nothing, known!(processors)),
    get("/office/front-ends", Access::Needs(Right::SeeSetup), Wall::Filtered, known!(front_ends)),
];

async fn processors(asked: Asked) -> Outcome {
    // All front ends share one map.
    let any = (asked.office.front_ends)().into_iter().find_map(|name| (asked.office.rules_of)(&name));
    let mut page = Stack::new();
    page.push(Filter::new(&asked).text("name", asked.say("map.name")));
    if let Some(rules) = &any {
        let name = asked.query.text("name");
        if !name.is_empty() {
            page.push(tried(&asked, &rules.processors, name));
        }
        page.push(map(&asked, &rules.processors));
        page.push(Hint::new(
            asked.fill("map.longest", &[("longest", &rules.processors.longest.to_string())]),
        ));
    }
    asked.page(asked.say("map.title"), &page)
}

/// What becomes of a name that the cashier sends.
fn tried(asked: &Asked, map: &ProcessorMap, name: &str) -> Facts {
    let facts = Facts::new(asked.fill("map.tried", &[("name", name)]));
    match map.look_up(name) {
        Err(error) => {
            let why = match error {
                NameError::TooLong { longest } => {
                    asked.fill("map.too_long", &[("longest", &longest.to_string())])
                }
                NameError::Unknown => asked.say("map.refused").to_owned(),
            };
            facts.fact(asked.say("map.result"), Cell::Badge(Badge::new(Tone::Bad, "✖", why)))
        }
        Ok(mapped) => {
            let badge = if mapped.unknown {
                Badge::new(Tone::Alarm, "!", asked.say("map.unknown"))
            } else {
                Badge::new(Tone::Good, "✔", asked.say("map.known"))
            };
            let facts = facts
                .fact(asked.say("map.result"), Cell::Badge(badge))
                .fact(asked.say("map.platform"), Cell::text(&mapped.processor.name))
                .fact(asked.say("map.route"), Cell::Code(mapped.processor.route.name().to_owned()))
                .fact(asked.say("deposits.account"), Cell::maybe(mapped.processor.account.clone()));
            facts.fact(asked.say("map.ledger"), Cell::Code(format!("processor/{}/…", mapped.processor.name)))
        }
    }
}

fn map(asked: &Asked, map: &ProcessorMap) -> Table {
    let mut table = Table::new(asked.say("map.title"), asked.say("map.none"))
        .column(asked.say("map.pattern"))
        .column(asked.say("map.platform"))
        .column(asked.say("map.route"))
        .column(asked.say("deposits.account"));
    for (pattern, Processor { name, route, account, .. }) in map.lines() {
        table.row(vec![
            Cell::Code(pattern),
            Cell::text(name),
            Cell::Code(route.name().to_owned()),
            Cell::maybe(account.clone()),
        ]);
    }
    let unknown = match map.unknown {
        UnknownName::Refuse => "map.unknown.refuse",
        UnknownName::Park => "map.unknown.park",
        UnknownName::Pass => "map.unknown.pass",
    };
    table.row(vec![
        Cell::text(asked.say("map.other")),
        Cell::text(asked.say(unknown)),
        Cell::Empty,
        Cell::Empty,
    ]);
    table
}

async fn front_ends(asked: Asked) -> Outcome {
    let names = asked.front_ends(Right::SeeSetup);
    let rules = names.iter().filter_map(|name| (asked.office.rules_of)(name));
    let mut table = Table::new(asked.say("front_ends.title"), asked.say("front_ends.none"))
        .column(asked.say("front_end"))
        .column(asked.say("front_ends.site"))
        .column(asked.say("list.currency"))
        .column(asked.say("front_ends.debit"))
        .column(asked.say("front_ends.fee"))
        .column(asked.say("front_ends.payouts"))
        .column(asked.say("front_ends.deposits"))
        .column(asked.say("front_ends.rules"));
    for rules in rules {
        let front_end = &rules.front_end;
        table.row(vec![
            Cell::text(&front_end.name),
            Cell::text(&front_end.site),
            Cell::text(front_end.currency.code()),
            Cell::Code(front_end.debit_event.name().to_owned()),
            Cell::text(asked.say(fee(front_end.fee_mode))),
            Cell::text(limits(&asked, front_end, front_end.payout_limits)),
            Cell::text(limits(&asked, front_end, front_end.deposit_limits)),
            Cell::text(further(&asked, front_end)),
        ]);
    }
    let page = Stack::new().with(table).with(Hint::new(asked.say("front_ends.hint")));
    asked.page(asked.say("front_ends.title"), &page)
}

fn fee(mode: FeeMode) -> &'static str {
    match mode {
        FeeMode::OnTop => "front_ends.fee.on_top",
        FeeMode::Included => "front_ends.fee.included",
        FeeMode::Ignore => "front_ends.fee.ignore",
    }
}

fn limits(asked: &Asked, front_end: &FrontEnd, limits: Limits) -> String {
    let money = |minor: Option<i64>| {
        minor
            .map_or_else(|| "–".to_owned(), |minor| asked.money(Money::from_minor(minor, front_end.currency)))
    };
    match (limits.least, limits.most) {
        (None, None) => asked.say("front_ends.unlimited").to_owned(),
        (least, most) => format!("{} … {}", money(least), money(most)),
    }
}

/// The rules that are switched on.
fn further(asked: &Asked, front_end: &FrontEnd) -> String {
    let rules = [
        (front_end.edits_allowed, "front_ends.edits"),
        (front_end.advisory_funds_check, "front_ends.advisory"),
        (front_end.reverse_in_progress, "front_ends.reverse"),
        (front_end.deposit_lock, "front_ends.lock"),
    ];
    let on: Vec<&str> = rules.iter().filter(|(on, _)| *on).map(|(_, key)| asked.say(key)).collect();
    on.join("; ")
}
