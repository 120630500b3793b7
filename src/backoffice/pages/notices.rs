//! What processors told us, each piece of news once, with how often it came.

use crate::backoffice::call::Asked;
use crate::backoffice::explain;
use crate::backoffice::parts::facts::Facts;
use crate::backoffice::parts::raw::Bodies;
use crate::backoffice::parts::stack::{Hint, Stack};
use crate::backoffice::parts::{Cell, Filter as Form, Pager, Table};
use crate::backoffice::route::{Access, Route, Wall, get, known};
use crate::backoffice::trouble::{Outcome, Trouble};
use crate::domain::ids::AttemptId;
use crate::domain::people::{Reach, Right};
use crate::store::lists::notices::{self, Filter};
use crate::store::{Connection, exchanges};
use std::collections::BTreeMap;

pub const ROUTES: &[Route] = &[
    get("/office/notices", Access::Needs(Right::SeeWork), Wall::House, known!(list)),
    get("/office/notices/{notice}", Access::Needs(Right::SeeWork), Wall::House, known!(one)),
];

const ROWS: i64 = 50;

async fn list(asked: Asked) -> Outcome {
    let text = |name: &str| Some(asked.query.text(name).to_owned()).filter(|text| !text.is_empty());
    let filter =
        Filter { account: text("account"), reference: text("reference"), made: super::days(&asked)? };
    let after = super::after(&asked)?;
    let found = asked.read(move |connection| notices::list(connection, &filter, after, ROWS)).await?;
    let mut table = Table::new(asked.say("notices.title"), asked.say("notices.none"))
        .column(asked.say("events.at"))
        .column(asked.say("deposits.account"))
        .column(asked.say("deposits.reference"))
        .column(asked.say("notices.summary"))
        .number(asked.say("notices.deliveries"))
        .column(asked.say("notices.body"));
    for line in &found.rows {
        let to = format!("/office/notices/{}", line.id);
        let row = table.row(vec![
            Cell::When(asked.when(line.at.timestamp_micros())),
            Cell::text(&line.account),
            reference(&asked, &line.reference),
            Cell::text(explain::quoted(asked.voice(), &line.summary)),
            Cell::Number(line.deliveries.to_string()),
            Cell::link(to.clone(), asked.say("today.look")),
        ]);
        row.opens = Some(to);
    }
    let mut page = Stack::new();
    page.push(
        Form::new(&asked)
            .text("account", asked.say("deposits.account"))
            .text("reference", asked.say("deposits.reference"))
            .date("from", asked.say("list.from"))
            .date("until", asked.say("list.until")),
    );
    page.push(table);
    if found.searching {
        page.push(Hint::new(asked.say("searching")));
    }
    page.push(Pager::new(&asked, found.next.map(|cursor| cursor.to_string()).as_deref()));
    asked.page(asked.say("notices.title"), &page)
}

/// One notice, with its body as long as that is kept, for whoever may see what goes over the wire.
async fn one(asked: Asked) -> Outcome {
    let id: i64 = asked.param("notice").parse().map_err(|_| Trouble::NotFound)?;
    let sees = asked.reach(Right::SeeExchanges) == Reach::All;
    let read = move |connection: &mut Connection| {
        let Some(line) = notices::one(connection, id)? else { return Ok(None) };
        let bodies = if sees { exchanges::bodies(connection, &[id])? } else { BTreeMap::new() };
        Ok(Some((line, bodies)))
    };
    let (line, bodies) = asked.read(read).await?.ok_or(Trouble::NotFound)?;
    let facts = Facts::new(asked.say("notices.one"))
        .fact(asked.say("events.at"), Cell::When(asked.when(line.at.timestamp_micros())))
        .fact(asked.say("deposits.account"), Cell::text(&line.account))
        .fact(asked.say("deposits.reference"), reference(&asked, &line.reference))
        .fact(asked.say("notices.summary"), Cell::text(explain::quoted(asked.voice(), &line.summary)))
        .fact(asked.say("notices.deliveries"), Cell::Number(line.deliveries.to_string()));
    let mut page = Stack::new().with(facts);
    match bodies.into_values().next() {
        Some(body) => page.push(Bodies(vec![(asked.say("notices.body").to_owned(), body)])),
        None if sees => page.push(Hint::new(asked.say("notices.body.gone"))),
        None => page.push(Hint::new(asked.say("notices.body.unseen"))),
    };
    asked.page(asked.say("notices.one"), &page)
}

/// Leads to what the notice speaks of: the payout of an attempt, or a deposit, for whoever may see it.
fn reference(asked: &Asked, reference: &str) -> Cell {
    let (page, right) = match AttemptId::at_end_of(reference) {
        Some(_) => ("payouts", Right::SeePayouts),
        None => ("deposits", Right::SeeDeposits),
    };
    let whose = form_urlencoded::Serializer::new(String::new()).append_pair("q", reference).finish();
    match asked.has(right) {
        true => Cell::link(format!("/office/{page}?{whose}"), reference),
        false => Cell::Code(reference.to_owned()),
    }
}
