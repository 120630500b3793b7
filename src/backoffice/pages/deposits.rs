//! Deposits: the list with its filter and search, and one deposit with its refunds and all that happened to it.

use super::events;
use crate::backoffice::call::Asked;
use crate::backoffice::explain;
use crate::backoffice::parts::Pager;
use crate::backoffice::parts::facts::{Facts, Sheets};
use crate::backoffice::parts::stack::{Heading, Hint, Stack};
use crate::backoffice::parts::{Badge, Cell, Choice, Filter as Form, Table};
use crate::backoffice::route::{Access, Route, Wall, get, known};
use crate::backoffice::trouble::{Outcome, Trouble};
use crate::domain::deposit::status::DepositStatus;
use crate::domain::ids::DepositId;
use crate::domain::people::Right;
use crate::store::lists::Sight;
use crate::store::lists::deposit::{self, One};
use crate::store::lists::deposits::{self, Filter, Line};
use crate::store::lists::search;

pub const ROUTES: &[Route] = &[
    get("/office/deposits", Access::Needs(Right::SeeDeposits), Wall::Filtered, known!(list)),
    get("/office/deposits/{deposit}", Access::Needs(Right::SeeDeposits), Wall::Deposit, known!(one)),
];

const ROWS: i64 = 50;

async fn list(asked: Asked) -> Outcome {
    let text = asked.query.text("q").to_owned();
    let mut page = Stack::new();
    page.push(form(&asked));
    if !text.is_empty() {
        let sight = Sight::from(asked.reach(Right::SeeDeposits));
        let found = asked.read(move |connection| search::deposits(connection, &sight, &text)).await?;
        let lines: Vec<Line> = found.into_iter().map(|found| found.row).collect();
        if let [only] = lines.as_slice() {
            // An id leads to its deposit.
            return Ok(asked.go(&format!("/office/deposits/{}", only.deposit.id)));
        }
        page.push(table(&asked, &lines));
        return asked.page(asked.say("deposits.title"), &page);
    }
    let filter = read(&asked)?;
    let after = super::after(&asked)?;
    let found = asked.read(move |connection| deposits::list(connection, &filter, after, ROWS)).await?;
    page.push(table(&asked, &found.rows));
    if found.searching {
        page.push(Hint::new(asked.say("searching")));
    }
    page.push(Pager::new(&asked, found.next.map(|cursor| cursor.to_string()).as_deref()));
    asked.page(asked.say("deposits.title"), &page)
}

fn read(asked: &Asked) -> Result<Filter, Trouble> {
    let query = &asked.query;
    let texts = |name| query.all(name).map(str::to_owned).collect::<Vec<String>>();
    let mut filter = Filter::of(Sight::from(asked.reach(Right::SeeDeposits)).narrowed(&texts("fe")));
    for word in query.all("status") {
        let wrong = || Trouble::bad(asked.say("list.status"), asked.say("list.unreadable"));
        filter.statuses.push(DepositStatus::from_name(word).ok_or_else(wrong)?);
    }
    filter.processors = texts("pp");
    filter.run_by_us = match query.text("run") {
        "us" => Some(true),
        "cashier" => Some(false),
        _ => None,
    };
    filter.made = super::days(asked)?;
    Ok(filter)
}

fn form(asked: &Asked) -> Form<'_> {
    let statuses =
        DepositStatus::ALL.map(|status| Choice::new(status.name(), Badge::deposit(status, asked.words).word));
    let front_ends = asked.front_ends(Right::SeeDeposits);
    let front_ends = front_ends.into_iter().map(|name| Choice::new(name.clone(), name)).collect();
    let run = [("us", "deposits.by_us"), ("cashier", "deposits.by_cashier")];
    Form::new(asked)
        .text("q", asked.say("deposits.search"))
        .several("status", asked.say("list.status"), statuses.to_vec())
        .one("fe", asked.say("front_end"), front_ends)
        .text("pp", asked.say("list.processor"))
        .one(
            "run",
            asked.say("deposits.run"),
            run.map(|(value, key)| Choice::new(value, asked.say(key))).to_vec(),
        )
        .date("from", asked.say("list.from"))
        .date("until", asked.say("list.until"))
}

fn table(asked: &Asked, lines: &[Line]) -> Table {
    let mut table = Table::new(asked.say("deposits.title"), asked.say("deposits.none"))
        .column(asked.say("deposits.id"))
        .column(asked.say("list.status"))
        .number(asked.say("list.amount"))
        .column(asked.say("front_end"))
        .column(asked.say("customer"))
        .column(asked.say("list.processor"))
        .column(asked.say("deposits.transaction"))
        .column(asked.say("made"));
    for line in lines {
        let deposit = &line.deposit;
        let to = format!("/office/deposits/{}", deposit.id);
        let processor = deposit.processor.as_ref().map(|named| named.platform.clone());
        let row = table.row(vec![
            Cell::link(to.clone(), deposit.id.to_string()),
            Cell::Badge(Badge::deposit(deposit.status, asked.words)),
            Cell::Number(asked.money(deposit.amount)),
            Cell::text(&deposit.front_end),
            Cell::link(super::customers::to(&deposit.front_end, &deposit.pin), &deposit.pin),
            Cell::maybe(processor),
            Cell::maybe(deposit.transaction_id.clone().or_else(|| line.processor_reference.clone())),
            Cell::When(asked.when(line.created_at.timestamp_micros())),
        ]);
        row.opens = Some(to);
    }
    table
}

async fn one(asked: Asked) -> Outcome {
    let id = DepositId::parse(asked.param("deposit")).ok_or(Trouble::NotFound)?;
    let sight = Sight::from(asked.reach(Right::SeeDeposits));
    let found = asked.read(move |connection| deposit::one(connection, &sight, id)).await?;
    let mut one = found.ok_or(Trouble::NotFound)?;
    let front_end = one.line.deposit.front_end.clone();
    super::payouts::exchanges_of(&asked, &front_end, id.to_string(), &mut one.timeline).await?;
    let mut page = Stack::new();
    page.push(Sheets::new().with(money(&asked, &one)).with(whose(&asked, &one)).with(there(&asked, &one)));
    if !one.refunds.is_empty() {
        page.push(refunds(&asked, &one));
    }
    if !one.errands.is_empty() {
        page.push(super::errands::table(&asked, &one.errands));
    }
    super::proposals::about(&asked, &mut page, id.to_string()).await?;
    if let Some(form) = super::proposals::outcome_form(&asked, &one) {
        page.push(form);
    }
    page.push(Heading::new(asked.say("events.title")));
    page.push(events::table(&asked, &one.timeline));
    if one.cut {
        page.push(Hint::new(asked.say("events.cut")));
    }
    asked.page(&asked.fill("deposits.one", &[("id", &id.to_string())]), &page)
}

fn money(asked: &Asked, one: &One) -> Facts {
    let deposit = &one.line.deposit;
    Facts::new(asked.say("deposits.money"))
        .fact(asked.say("list.status"), Cell::Badge(Badge::deposit(deposit.status, asked.words)))
        .fact(asked.say("list.amount"), Cell::Number(asked.money(deposit.amount)))
        .fact(asked.say("deposits.captured"), Cell::Number(asked.money(deposit.captured)))
        .fact(asked.say("deposits.refunded"), Cell::Number(asked.money(deposit.refunded)))
        .fact(asked.say("made"), Cell::When(asked.when(one.line.created_at.timestamp_micros())))
        .fact(asked.say("changed"), Cell::When(asked.when(one.line.updated_at.timestamp_micros())))
}

fn whose(asked: &Asked, one: &One) -> Facts {
    let deposit = &one.line.deposit;
    let customer = &one.customer;
    Facts::new(asked.say("customer"))
        .fact(
            asked.say("pin"),
            Cell::link(super::customers::to(&deposit.front_end, &deposit.pin), &deposit.pin),
        )
        .fact(asked.say("front_end"), Cell::text(&deposit.front_end))
        .fact(asked.say("customers.name"), Cell::text(super::customers::full_name(customer)))
        .fact(asked.say("customers.email"), Cell::maybe(customer.details.email.clone()))
        .fact(asked.say("deposits.trace"), Cell::Code(deposit.trace_id.to_string()))
        .fact(
            asked.say("deposits.created_by"),
            Cell::maybe(deposit.created_by.as_deref().map(|who| explain::doer(asked.voice(), who))),
        )
}

fn there(asked: &Asked, one: &One) -> Facts {
    let (line, deposit) = (&one.line, &one.line.deposit);
    let run = if line.run_by_us { "deposits.by_us" } else { "deposits.by_cashier" };
    let code = |text: &Option<String>| text.clone().map_or(Cell::Empty, Cell::Code);
    let processor = deposit.processor.as_ref();
    Facts::new(asked.say("list.processor"))
        .fact(asked.say("deposits.run"), Cell::text(asked.say(run)))
        .fact(asked.say("deposits.asked_name"), Cell::maybe(processor.map(|named| named.cashier.clone())))
        .fact(asked.say("list.processor"), Cell::maybe(processor.map(|named| named.platform.clone())))
        .fact(asked.say("deposits.account"), Cell::maybe(line.account.clone()))
        .fact(asked.say("deposits.method"), Cell::maybe(deposit.payment_method.clone()))
        .fact(asked.say("deposits.reference"), code(&line.reference))
        .fact(asked.say("deposits.their_reference"), code(&line.processor_reference))
        .fact(asked.say("deposits.transaction"), code(&deposit.transaction_id))
        .fact(
            asked.say("deposits.attempted"),
            Cell::maybe(line.attempted.as_deref().map(|step| explain::attempted(asked.voice(), step))),
        )
}

fn refunds(asked: &Asked, one: &One) -> Table {
    let mut table = Table::new(asked.say("deposits.refunds"), asked.say("deposits.refunds.none"))
        .number(asked.say("deposits.refund.number"))
        .column(asked.say("list.status"))
        .number(asked.say("list.amount"))
        .column(asked.say("deposits.their_reference"))
        .column(asked.say("reason"))
        .number(asked.say("inquiries"));
    for refund in &one.refunds {
        table.row(vec![
            Cell::Number(refund.number.to_string()),
            Cell::Badge(Badge::attempt(refund.state, asked.words)),
            Cell::Number(asked.money(refund.amount)),
            Cell::maybe(refund.processor_reference.clone()),
            Cell::maybe(refund.reason.as_deref().map(|text| explain::said(asked.voice(), text))),
            Cell::Number(refund.inquiries.to_string()),
        ]);
    }
    table
}
