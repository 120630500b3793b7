//! What nobody knows of: payouts, refunds and deposits whose outcome is open.

use crate::backoffice::call::Asked;
use crate::backoffice::explain;
use crate::backoffice::parts::stack::{Heading, Hint, Links, Stack};
use crate::backoffice::parts::when::age;
use crate::backoffice::parts::{Badge, Cell, Pager, Table};
use crate::backoffice::route::{Access, Route, Wall, get, known};
use crate::backoffice::trouble::Outcome;
use crate::domain::people::Right;
use crate::store::lists::Sight;
use crate::store::lists::deposits::Line;
use crate::store::lists::unknown::{self, OfPayout, OfRefund};

pub const ROUTES: &[Route] =
    &[get("/office/unknown", Access::Needs(Right::SeeWork), Wall::Filtered, known!(show))];

const ROWS: i64 = 50;

async fn show(asked: Asked) -> Outcome {
    let sight = Sight::from(asked.reach(Right::SeeWork));
    let after = super::after(&asked)?;
    let (payouts, refunds, deposits) = asked
        .read(move |connection| {
            Ok((
                unknown::attempts(connection, &sight, after, ROWS)?,
                unknown::refunds(connection, &sight)?,
                unknown::deposits(connection, &sight)?,
            ))
        })
        .await?;
    let mut page = Stack::new();
    page.push(Hint::new(asked.say("unknown.hint")));
    page.push(Links::new(asked.say("proposals.title")).link(
        "/office/proposals",
        asked.say("proposals.title"),
        false,
    ));
    page.push(Heading::new(asked.say("unknown.payouts"))).push(payout_table(&asked, &payouts.rows));
    if payouts.searching {
        page.push(Hint::new(asked.say("searching")));
    }
    page.push(Pager::new(&asked, payouts.next.map(|cursor| cursor.to_string()).as_deref()));
    page.push(Heading::new(asked.say("unknown.refunds"))).push(refund_table(&asked, &refunds));
    page.push(Heading::new(asked.say("unknown.deposits"))).push(deposit_table(&asked, &deposits));
    asked.page(asked.say("unknown.title"), &page)
}

fn waits(asked: &Asked, since: chrono::DateTime<chrono::Utc>) -> Cell {
    Cell::Several(vec![
        Cell::When(asked.when(since.timestamp_micros())),
        Cell::text(format!("({})", age((asked.now - since).num_microseconds().unwrap_or(0)))),
    ])
}

fn payout_table(asked: &Asked, rows: &[OfPayout]) -> Table {
    let mut table = Table::new(asked.say("unknown.payouts"), asked.say("unknown.none"))
        .headed()
        .column(asked.say("list.payout"))
        .column(asked.say("list.attempt"))
        .number(asked.say("list.amount"))
        .column(asked.say("front_end"))
        .column(asked.say("deposits.account"))
        .column(asked.say("deposits.reference"))
        .number(asked.say("inquiries"))
        .column(asked.say("unknown.since"))
        .column(asked.say("reason"));
    for row in rows {
        let payout = &row.line.payout;
        let to = format!("/office/payouts/{}", payout.id);
        let line = table.row(vec![
            Cell::link(to.clone(), payout.id.to_string()),
            Cell::Badge(Badge::attempt(row.attempt.state, asked.words)),
            Cell::Number(asked.money(payout.amount)),
            Cell::text(&payout.front_end),
            Cell::text(&row.attempt.account),
            Cell::Code(row.attempt.reference.clone()),
            Cell::Number(row.attempt.inquiries.to_string()),
            waits(asked, row.since),
            Cell::maybe(row.attempt.reason.as_deref().map(|text| explain::said(asked.voice(), text))),
        ]);
        line.opens = Some(to);
    }
    table
}

fn refund_table(asked: &Asked, rows: &[OfRefund]) -> Table {
    let mut table = Table::new(asked.say("unknown.refunds"), asked.say("unknown.none"))
        .headed()
        .column(asked.say("deposits.id"))
        .number(asked.say("deposits.refund.number"))
        .column(asked.say("list.status"))
        .number(asked.say("list.amount"))
        .column(asked.say("front_end"))
        .number(asked.say("inquiries"))
        .column(asked.say("reason"));
    for row in rows {
        let deposit = &row.deposit.deposit;
        let to = format!("/office/deposits/{}", deposit.id);
        let line = table.row(vec![
            Cell::link(to.clone(), deposit.id.to_string()),
            Cell::Number(row.refund.number.to_string()),
            Cell::Badge(Badge::attempt(row.refund.state, asked.words)),
            Cell::Number(asked.money(row.refund.amount)),
            Cell::text(&deposit.front_end),
            Cell::Number(row.refund.inquiries.to_string()),
            Cell::maybe(row.refund.reason.as_deref().map(|text| explain::said(asked.voice(), text))),
        ]);
        line.opens = Some(to);
    }
    table
}

fn deposit_table(asked: &Asked, rows: &[Line]) -> Table {
    let mut table = Table::new(asked.say("unknown.deposits"), asked.say("unknown.none"))
        .headed()
        .column(asked.say("deposits.id"))
        .column(asked.say("list.status"))
        .column(asked.say("deposits.attempted"))
        .number(asked.say("list.amount"))
        .column(asked.say("front_end"))
        .column(asked.say("deposits.account"))
        .column(asked.say("changed"));
    for row in rows {
        let deposit = &row.deposit;
        let to = format!("/office/deposits/{}", deposit.id);
        let line = table.row(vec![
            Cell::link(to.clone(), deposit.id.to_string()),
            Cell::Badge(Badge::deposit(deposit.status, asked.words)),
            Cell::maybe(row.attempted.clone()),
            Cell::Number(asked.money(deposit.amount)),
            Cell::text(&deposit.front_end),
            Cell::maybe(row.account.clone()),
            Cell::When(asked.when(row.updated_at.timestamp_micros())),
        ]);
        line.opens = Some(to);
    }
    table
}
