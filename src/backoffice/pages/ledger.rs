//! The ledger: the trial balance of a day, the house's accounts, the statement of any account, and the transactions.

use super::customers::{cursor, entries, next, subject};
use crate::backoffice::call::Asked;
use crate::backoffice::explain;
use crate::backoffice::parts::pager::AFTER;
use crate::backoffice::parts::stack::{Hint, Links, Stack};
use crate::backoffice::parts::{Cell, Choice, Filter, Pager, Table};
use crate::backoffice::route::{Access, Route, Wall, get, known};
use crate::backoffice::trouble::{Outcome, Trouble};
use crate::domain::ledger::{AccountKind, Kind};
use crate::domain::people::Right;
use crate::store::lists::Sight;
use crate::store::lists::accounts;
use crate::store::lists::transactions;
use crate::store::lists::trial::TrialBalance;
use chrono::{NaiveDate, NaiveTime};

pub const ROUTES: &[Route] = &[
    get("/office/ledger", Access::Needs(Right::SeeLedger), Wall::Filtered, known!(balance)),
    get("/office/ledger/accounts", Access::Needs(Right::SeeLedger), Wall::Filtered, known!(of_house)),
    get("/office/ledger/customers", Access::Needs(Right::SeeLedger), Wall::Filtered, known!(of_customers)),
    get("/office/ledger/account", Access::Needs(Right::SeeLedger), Wall::Filtered, known!(account)),
    get("/office/ledger/transactions", Access::Needs(Right::SeeLedger), Wall::Filtered, known!(list)),
    get(
        "/office/ledger/transactions/{transaction}",
        Access::Needs(Right::SeeLedger),
        Wall::Filtered,
        known!(transaction),
    ),
];

const ROWS: i64 = 50;

fn links(asked: &Asked) -> Links {
    let pages = [
        ("/office/ledger", "ledger.trial"),
        ("/office/ledger/accounts", "ledger.house"),
        ("/office/ledger/customers", "ledger.customers"),
        ("/office/ledger/transactions", "ledger.transactions"),
    ];
    let links = Links::new(asked.say("ledger.pages"));
    pages.iter().fold(links, |links, (path, key)| links.link(*path, asked.say(key), asked.path == *path))
}

async fn balance(asked: Asked) -> Outcome {
    let now = asked.now;
    let day = match asked.query.text("day") {
        "" => now.date_naive(),
        text => {
            text.parse().map_err(|_| Trouble::bad(asked.say("ledger.day"), asked.say("list.unreadable")))?
        }
    };
    let sight = Sight::from(asked.reach(Right::SeeLedger));
    let movements = asked.office.movements.clone();
    let found = asked.read(move |connection| movements.trial_balance(connection, &sight, day, now)).await?;
    let mut page = Stack::new();
    page.push(links(&asked)).push(Filter::new(&asked).date("day", asked.say("ledger.day")));
    page.push(trial(&asked, &found));
    page.push(Hint::new(book_day(&asked, found.day)));
    let unheld = found.sums.iter().any(|sum| sum.held.is_none());
    if !found.complete {
        page.push(Hint::new(asked.say("ledger.incomplete")));
    } else if unheld {
        page.push(Hint::new(asked.say("ledger.unheld")));
    }
    page.push(Hint::new(asked.say("ledger.hint")));
    asked.page(asked.say("ledger.title"), &page)
}

/// The books are kept by days in UTC. Where the viewer's days are others, he is told when this one begins and ends for him.
fn book_day(asked: &Asked, day: NaiveDate) -> String {
    let at = |day: NaiveDate| asked.when(day.and_time(NaiveTime::MIN).and_utc().timestamp_micros()).text();
    let (from, until) = (at(day), at(day.succ_opt().unwrap_or(day)));
    asked.fill("ledger.books", &[("zone", asked.zone.name()), ("from", &from), ("until", &until)])
}

fn trial(asked: &Asked, found: &TrialBalance) -> Table {
    let title = asked.fill("ledger.trial_of", &[("day", &asked.voice().day(found.day))]);
    let mut table = Table::new(title, asked.say("ledger.nothing"))
        .column(asked.say("list.currency"))
        .column(asked.say("ledger.kind"))
        .number(asked.say("ledger.taken"))
        .number(asked.say("ledger.given"))
        .number(asked.say("ledger.held"));
    let mut sums = found.sums.iter().peekable();
    let mut totals = (None, None, None);
    while let Some(sum) = sums.next() {
        let currency = sum.taken.currency();
        let add = |total: Option<crate::domain::money::Money>, money| match total {
            None => Some(money),
            Some(total) => total.plus(money).ok(),
        };
        totals = (
            add(totals.0, sum.taken),
            add(totals.1, sum.given),
            sum.held.and_then(|held| add(totals.2, held)),
        );
        table.row(vec![
            Cell::text(currency.code()),
            Cell::text(asked.say(kind(&sum.kind))),
            Cell::Number(asked.money(sum.taken)),
            Cell::Number(asked.money(sum.given)),
            Cell::Number(sum.held.map(|held| asked.money(held)).unwrap_or_default()),
        ]);
        // What was taken and what was given are the same, and what is held is nought.
        if sums.peek().is_none_or(|next| next.taken.currency() != currency) {
            let money =
                |total: Option<_>| Cell::Number(total.map(|total| asked.money(total)).unwrap_or_default());
            let label = Cell::text(asked.say("ledger.sum"));
            let row = table.row(vec![
                Cell::text(currency.code()),
                label,
                money(totals.0),
                money(totals.1),
                money(totals.2),
            ]);
            row.sum = true;
            totals = (None, None, None);
        }
    }
    table
}

fn kind(name: &str) -> &'static str {
    match AccountKind::from_name(name) {
        Some(AccountKind::Customer) => "ledger.kind.customer",
        Some(AccountKind::PayoutsInTransit) => "ledger.kind.in_transit",
        Some(AccountKind::Fees) => "ledger.kind.fees",
        Some(AccountKind::Processor) => "ledger.kind.processor",
        Some(AccountKind::Adjustments) => "ledger.kind.adjustments",
        Some(AccountKind::Suspense) => "ledger.kind.suspense",
        None => "ledger.kind.other",
    }
}

fn account_link(path: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("account", path).finish();
    format!("/office/ledger/account?{query}")
}

async fn of_house(asked: Asked) -> Outcome {
    let sight = Sight::from(asked.reach(Right::SeeLedger));
    let lines = asked.read(move |connection| accounts::house(connection, &sight)).await?;
    let page = Stack::new().with(links(&asked)).with(accounts_table(&asked, &lines));
    asked.page(asked.say("ledger.house"), &page)
}

async fn of_customers(asked: Asked) -> Outcome {
    let sight = Sight::from(asked.reach(Right::SeeLedger));
    let after = super::after(&asked)?;
    let found = asked.read(move |connection| accounts::of_customers(connection, &sight, after, ROWS)).await?;
    let mut page = Stack::new().with(links(&asked)).with(accounts_table(&asked, &found.rows));
    if found.searching {
        page.push(Hint::new(asked.say("searching")));
    }
    page.push(Pager::new(&asked, found.next.map(|cursor| cursor.to_string()).as_deref()));
    asked.page(asked.say("ledger.customers"), &page)
}

fn accounts_table(asked: &Asked, lines: &[accounts::Line]) -> Table {
    let mut table = Table::new(asked.say("ledger.accounts"), asked.say("ledger.nothing"))
        .column(asked.say("ledger.kind"))
        .column(asked.say("ledger.account"))
        .number(asked.say("customers.balance"));
    for line in lines {
        let to = account_link(&line.path);
        let row = table.row(vec![
            Cell::text(asked.say(kind(&line.kind))),
            Cell::link(to.clone(), explain::account(asked.voice(), &line.path)),
            Cell::Number(asked.money(line.balance)),
        ]);
        row.opens = Some(to);
    }
    table
}

async fn account(asked: Asked) -> Outcome {
    let path = asked.query.text("account").to_owned();
    let sight = Sight::from(asked.reach(Right::SeeLedger));
    let after = cursor(asked.query.text(AFTER))?;
    let found =
        asked.read(move |connection| accounts::statement(connection, &sight, &path, after, ROWS)).await?;
    let statement = found.ok_or(Trouble::NotFound)?;
    let mut page = Stack::new().with(links(&asked));
    let held = asked.fill("ledger.holds", &[("balance", &asked.money(statement.account.balance))]);
    let named = asked.fill("ledger.named", &[("path", &statement.account.path)]);
    page.push(Hint::new(held)).push(Hint::new(named)).push(entries(&asked, &statement));
    page.push(Pager::new(&asked, next(&statement).as_deref()));
    asked.page(asked.say("ledger.account"), &page)
}

async fn list(asked: Asked) -> Outcome {
    let kinds: Vec<String> = asked.query.all("kind").map(str::to_owned).collect();
    let made = super::days(&asked)?;
    let filter = transactions::Filter { sight: Sight::from(asked.reach(Right::SeeLedger)), kinds, made };
    let after = super::after(&asked)?;
    let found = asked.read(move |connection| transactions::list(connection, &filter, after, ROWS)).await?;
    let kinds = Kind::ALL.map(|kind| Choice::new(kind.name(), explain::booked(asked.voice(), kind))).to_vec();
    let mut table = Table::new(asked.say("ledger.transactions"), asked.say("ledger.nothing"))
        .column(asked.say("events.at"))
        .column(asked.say("ledger.kind"))
        .column(asked.say("statement.subject"))
        .column(asked.say("front_end"))
        .column(asked.say("ledger.entries"));
    for line in &found.rows {
        let to = format!("/office/ledger/transactions/{}", line.id);
        let row = table.row(vec![
            Cell::When(asked.when(line.at.timestamp_micros())),
            Cell::text(explain::kind(asked.voice(), &line.kind)),
            subject(&line.subject),
            Cell::text(&line.front_end),
            Cell::link(to.clone(), asked.say("ledger.show")),
        ]);
        row.opens = Some(to);
    }
    let mut page = Stack::new().with(links(&asked));
    page.push(
        Filter::new(&asked)
            .one("kind", asked.say("ledger.kind"), kinds)
            .date("from", asked.say("list.from"))
            .date("until", asked.say("list.until")),
    );
    page.push(table);
    if found.searching {
        page.push(Hint::new(asked.say("searching")));
    }
    page.push(Pager::new(&asked, found.next.map(|cursor| cursor.to_string()).as_deref()));
    asked.page(asked.say("ledger.transactions"), &page)
}

async fn transaction(asked: Asked) -> Outcome {
    let id = asked.param("transaction").parse().map_err(|_| Trouble::NotFound)?;
    let sight = Sight::from(asked.reach(Right::SeeLedger));
    let found = asked.read(move |connection| transactions::one(connection, &sight, id)).await?;
    let one = found.ok_or(Trouble::NotFound)?;
    let mut table = Table::new(
        asked.fill("ledger.transaction_of", &[("kind", &explain::kind(asked.voice(), &one.line.kind))]),
        "",
    )
    .column(asked.say("ledger.from"))
    .column(asked.say("ledger.to"))
    .number(asked.say("list.amount"));
    for entry in &one.entries {
        table.row(vec![
            Cell::link(account_link(&entry.from), explain::account(asked.voice(), &entry.from)),
            Cell::link(account_link(&entry.to), explain::account(asked.voice(), &entry.to)),
            Cell::Number(asked.money(entry.amount)),
        ]);
    }
    let facts = crate::backoffice::parts::facts::Facts::new(asked.say("ledger.transaction"))
        .fact(asked.say("ledger.kind"), Cell::text(explain::kind(asked.voice(), &one.line.kind)))
        .fact(asked.say("statement.subject"), subject(&one.line.subject))
        .fact(asked.say("front_end"), Cell::text(&one.line.front_end))
        .fact(asked.say("events.at"), Cell::When(asked.when(one.line.at.timestamp_micros())));
    let page = Stack::new().with(links(&asked)).with(facts).with(table);
    asked.page(asked.say("ledger.transaction"), &page)
}
