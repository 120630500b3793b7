//! Customers: found by PIN or address, one with his statement, and adjustments of what he owns by two people.

use super::proposals;
use crate::backoffice::call::Asked;
use crate::backoffice::explain;
use crate::backoffice::parts::facts::{Facts, Sheets};
use crate::backoffice::parts::pager::AFTER;
use crate::backoffice::parts::stack::{Hint, Links, Stack};
use crate::backoffice::parts::{Badge, Cell, Filter, Pager, Table, Tone};
use crate::backoffice::route::{Access, Route, Wall, get, known};
use crate::backoffice::trouble::{Outcome, Trouble};
use crate::domain::customer::Customer;
use crate::domain::ids::AttemptId;
use crate::domain::ledger::Account;
use crate::domain::people::Right;
use crate::store::lists::Sight;
use crate::store::lists::accounts::{self, Statement, StatementCursor};
use crate::store::lists::customers::{self, Line, One};

pub const ROUTES: &[Route] = &[
    get("/office/customers", Access::Needs(Right::SeeCustomers), Wall::Filtered, known!(list)),
    get(
        "/office/customers/{front_end}/{pin}",
        Access::Needs(Right::SeeCustomers),
        Wall::FrontEnd,
        known!(one),
    ),
];

const ROWS: i64 = 50;

/// Where a customer's page is.
pub fn to(front_end: &str, pin: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let part = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    format!("/office/customers/{}/{}", part(front_end), part(pin))
}

pub fn full_name(customer: &Customer) -> String {
    let details = &customer.details;
    let names = [&details.first_name, &details.last_name];
    names.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
}

async fn list(asked: Asked) -> Outcome {
    let text = asked.query.text("q").to_owned();
    let sight = Sight::from(asked.reach(Right::SeeCustomers));
    let mut page = Stack::new();
    page.push(Filter::new(&asked).text("q", asked.say("customers.search")));
    if !text.is_empty() {
        let found = asked.read(move |connection| customers::search(connection, &sight, &text)).await?;
        if let [only] = found.as_slice() {
            return Ok(asked.go(&to(&only.customer.front_end, &only.customer.pin)));
        }
        page.push(table(&asked, &found));
        return asked.page(asked.say("customers.title"), &page);
    }
    let after = super::after(&asked)?;
    let found = asked.read(move |connection| customers::list(connection, &sight, after, ROWS)).await?;
    page.push(table(&asked, &found.rows));
    page.push(Pager::new(&asked, found.next.map(|cursor| cursor.to_string()).as_deref()));
    asked.page(asked.say("customers.title"), &page)
}

fn table(asked: &Asked, lines: &[Line]) -> Table {
    let mut table = Table::new(asked.say("customers.title"), asked.say("customers.none"))
        .column(asked.say("pin"))
        .column(asked.say("front_end"))
        .column(asked.say("customers.name"))
        .column(asked.say("customers.email"))
        .column(asked.say("customers.state"))
        .column(asked.say("customers.since"));
    for line in lines {
        let customer = &line.customer;
        let to = to(&customer.front_end, &customer.pin);
        let row = table.row(vec![
            Cell::link(to.clone(), &customer.pin),
            Cell::text(&customer.front_end),
            Cell::text(full_name(customer)),
            Cell::maybe(customer.details.email.clone()),
            Cell::Badge(state(asked, customer)),
            Cell::When(asked.when(line.created_at.timestamp_micros())),
        ]);
        row.opens = Some(to);
    }
    table
}

fn state(asked: &Asked, customer: &Customer) -> Badge {
    if customer.blocked {
        Badge::new(Tone::Bad, "⊘", asked.say("customers.blocked"))
    } else {
        Badge::new(Tone::Good, "✔", asked.say("customers.active"))
    }
}

async fn one(asked: Asked) -> Outcome {
    let (front_end, pin) = (asked.param("front_end").to_owned(), asked.param("pin").to_owned());
    let sight = Sight::from(asked.reach(Right::SeeCustomers));
    let after = cursor(asked.query.text(AFTER))?;
    let (name, number) = (front_end.clone(), pin.clone());
    let found = asked
        .read(move |connection| {
            let Some(one) = customers::one(connection, &sight, &name, &number)? else { return Ok(None) };
            let account = Account::customer(&name, &number, one.line.customer.currency);
            let statement = accounts::statement(connection, &sight, &account.name, after, ROWS)?;
            Ok(Some((one, statement)))
        })
        .await?;
    let (one, statement) = found.ok_or(Trouble::NotFound)?;
    let mut page = Stack::new();
    let (owns, details) = (owns(&asked, &one), details(&asked, &one.line.customer));
    let sheets = Sheets::new().with(owns);
    page.push(if details.is_empty() { sheets } else { sheets.with(details) });
    let mut links = Links::new(asked.say("customers.of"));
    for (right, path, key) in [
        (Right::SeePayouts, "/office/payouts", "list.payouts"),
        (Right::SeeDeposits, "/office/deposits", "deposits.title"),
    ] {
        if asked.may(right, &front_end) {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", &pin).finish();
            links = links.link(format!("{path}?{query}"), asked.say(key), false);
        }
    }
    page.push(links);
    match &statement {
        None => page.push(Hint::new(asked.say("statement.none"))),
        Some(statement) => {
            page.push(entries(&asked, statement)).push(Pager::new(&asked, next(statement).as_deref()))
        }
    };
    if asked.may(Right::AdjustBalances, &front_end) {
        page.push(proposals::adjust_form(&asked, &one.line.customer));
    }
    asked.page(&asked.fill("customers.one", &[("pin", &pin)]), &page)
}

fn owns(asked: &Asked, one: &One) -> Facts {
    let customer = &one.line.customer;
    let mut facts = Facts::new(asked.say("customers.owns"))
        .fact(asked.say("customers.balance"), Cell::Number(asked.money(one.balance)))
        .fact(asked.say("customers.state"), Cell::Badge(state(asked, customer)))
        .fact(asked.say("front_end"), Cell::text(&customer.front_end))
        .fact(asked.say("customers.since"), Cell::When(asked.when(one.line.created_at.timestamp_micros())));
    for instrument in &one.instruments {
        // What is kept of a card is a token and its last digits.
        let text = format!("{} {} ({})", instrument.brand, instrument.masked, instrument.expiry);
        facts = facts.fact(asked.say("customers.instrument"), Cell::text(text));
    }
    facts
}

fn details(asked: &Asked, customer: &Customer) -> Facts {
    let details = &customer.details;
    let city = [&details.postal_code, &details.city, &details.province];
    let city = city.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
    Facts::new(asked.say("customers.details"))
        .fact(asked.say("customers.name"), Cell::text(full_name(customer)))
        .fact(asked.say("customers.street"), Cell::maybe(details.street.clone()))
        .fact(asked.say("customers.city"), Cell::text(city))
        .fact(asked.say("customers.country"), Cell::maybe(details.country.clone()))
        .fact(asked.say("customers.email"), Cell::maybe(details.email.clone()))
        .fact(asked.say("customers.phone"), Cell::maybe(details.phone.clone()))
        .fact(asked.say("customers.born"), Cell::maybe(details.born.map(|date| date.to_string())))
        .fact(asked.say("customers.ip"), Cell::maybe(details.ip_address.clone()))
}

/// The entries of a statement, newest first.
pub fn entries(asked: &Asked, statement: &Statement) -> Table {
    let title = asked
        .fill("statement.title", &[("account", &explain::account(asked.voice(), &statement.account.path))]);
    let mut table = Table::new(title, asked.say("statement.none"))
        .column(asked.say("events.at"))
        .column(asked.say("events.what"))
        .column(asked.say("statement.subject"))
        .column(asked.say("statement.other"))
        .number(asked.say("list.amount"))
        .number(asked.say("statement.after"));
    for entry in &statement.entries {
        table.row(vec![
            Cell::When(asked.when(entry.at.timestamp_micros())),
            Cell::text(explain::kind(asked.voice(), &entry.kind)),
            subject(&entry.subject),
            Cell::text(explain::account(asked.voice(), &entry.other)),
            Cell::Number(asked.money(entry.amount)),
            entry.after.map_or(Cell::Empty, |held| Cell::Number(asked.money(held))),
        ]);
    }
    table
}

/// A payout or a deposit leads to its page, an attempt to its payout; anything else is a name.
pub fn subject(name: &str) -> Cell {
    if let Some(attempt) = AttemptId::parse(name) {
        return Cell::link(format!("/office/payouts?q={attempt}"), name);
    }
    let page = match name.split_once('-') {
        Some(("PO", _)) => Some("payouts"),
        Some(("DE", _)) => Some("deposits"),
        Some(_) | None => None,
    };
    // A part of a deposit is named behind a slash.
    let whole = name.split('/').next().unwrap_or(name);
    match page {
        Some(page) => Cell::link(format!("/office/{page}/{whole}"), name),
        None => Cell::Code(name.to_owned()),
    }
}

/// A cursor of a statement as it stands in an address: the entry and what was held before it.
pub fn cursor(text: &str) -> Result<Option<StatementCursor>, Trouble> {
    if text.is_empty() {
        return Ok(None);
    }
    let parts = text.split_once(':').and_then(|(id, before)| Some((id.parse().ok()?, before.parse().ok()?)));
    let (id, before) = parts.ok_or(Trouble::NotFound)?;
    Ok(Some(StatementCursor { id, before }))
}

pub fn next(statement: &Statement) -> Option<String> {
    statement.next.map(|cursor| format!("{}:{}", cursor.id, cursor.before))
}
