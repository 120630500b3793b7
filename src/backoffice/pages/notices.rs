//! What processors told us, each piece of news once, with how often it came.

use crate::backoffice::call::Asked;
use crate::backoffice::parts::stack::{Hint, Stack};
use crate::backoffice::parts::{Cell, Filter as Form, Pager, Table};
use crate::backoffice::route::{Access, Route, Wall, get, known};
use crate::backoffice::trouble::Outcome;
use crate::domain::ids::AttemptId;
use crate::domain::people::Right;
use crate::store::lists::notices::{self, Filter};

pub const ROUTES: &[Route] =
    &[get("/office/notices", Access::Needs(Right::SeeWork), Wall::House, known!(list))];

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
        .number(asked.say("notices.deliveries"));
    for line in &found.rows {
        table.row(vec![
            Cell::When(asked.when(line.at.timestamp_micros())),
            Cell::text(&line.account),
            reference(&asked, &line.reference),
            Cell::text(&line.summary),
            Cell::Number(line.deliveries.to_string()),
        ]);
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
