//! The list: what a filter or a search finds, a page at a time.

use super::act::needs_code;
use super::columns::Column;
use super::{filter, sight, views};
use crate::backoffice::call::Asked;
use crate::backoffice::parts::pager::AFTER;
use crate::backoffice::parts::raw::CsrfField;
use crate::backoffice::parts::table::Pick;
use crate::backoffice::parts::{Filter, Pager, Row, Table};
use crate::backoffice::trouble::{Outcome, Trouble};
use crate::backoffice::words::Words;
use crate::domain::people::Right;
use crate::store::lists::payouts::{self, Line};
use crate::store::lists::search;
use askama::Template;

/// The rows of a page; `per` in the address may ask for others.
const ROWS: i64 = 50;
const MOST_ROWS: i64 = 200;

/// The form that the boxes of the rows belong to.
pub const BULK: &str = "bulk";

#[derive(Template)]
#[template(path = "backoffice/payouts/list.html")]
struct ListPage<'a> {
    words: &'static Words,
    csrf: CsrfField,
    views: Vec<views::Shown>,
    filter: Filter<'a>,
    table: Table,
    pager: Pager,
    /// How the search found what it found.
    searched: Option<String>,
    /// The address's query, for files and views.
    query: String,
    exports: bool,
    shares: bool,
    acts: Vec<super::bulk::Offer>,
    /// Whether a release asks for a code.
    code: bool,
    /// The search for this page's rows was given up after so many rows, and goes on behind them.
    unfinished: bool,
}

/// What a filter or a search has found for one page.
struct Found {
    lines: Vec<Line>,
    next: Option<i64>,
    searched: Option<String>,
    unfinished: bool,
}

pub async fn show(asked: Asked) -> Outcome {
    let text = asked.query.text("q").to_owned();
    let found = if text.is_empty() { filtered(&asked).await? } else { searched(&asked, &text).await? };
    if let (Some(_), [only]) = (&found.searched, found.lines.as_slice()) {
        // An id leads to its payout.
        return Ok(asked.go(&format!("/office/payouts/{}", only.payout.id)));
    }
    let user_id = asked.person.id;
    let (kept, processors) = asked
        .read(move |connection| {
            let kept = crate::store::people::views::list(connection, user_id, views::PAGE)?;
            Ok((kept, payouts::processors(connection)?))
        })
        .await?;
    let acts = super::bulk::offers(&asked);
    let code = !acts.is_empty() && needs_code(&asked).await?;
    let content = ListPage {
        words: asked.words,
        csrf: asked.csrf_field(),
        views: views::shown(&asked, &kept),
        filter: filter::form(&asked, processors),
        table: table(&asked, &found.lines, !acts.is_empty()),
        pager: Pager::new(&asked, found.next.map(|cursor| cursor.to_string()).as_deref()),
        searched: found.searched,
        query: asked.query.query_without(&[AFTER]),
        exports: asked.has(Right::Export),
        shares: asked.has(Right::ShareViews),
        acts,
        code,
        unfinished: found.unfinished,
    };
    asked.page(asked.say("payouts.title"), &content)
}

async fn filtered(asked: &Asked) -> Result<Found, Trouble> {
    let filter = filter::read(asked, Right::SeePayouts)?;
    let after = match asked.query.text(AFTER) {
        "" => None,
        cursor => Some(cursor.parse().map_err(|_| Trouble::NotFound)?),
    };
    let most = asked.query.text("per").parse().unwrap_or(ROWS).clamp(1, MOST_ROWS);
    let page = asked.read(move |connection| payouts::list(connection, &filter, after, most)).await?;
    let unfinished = page.next.is_some() && (page.rows.len() as i64) < most;
    Ok(Found { lines: page.rows, next: page.next, searched: None, unfinished })
}

async fn searched(asked: &Asked, text: &str) -> Result<Found, Trouble> {
    let (sight, looked) = (sight(asked, Right::SeePayouts), text.to_owned());
    let found = asked.read(move |connection| search::payouts(connection, &sight, &looked)).await?;
    let count = found.len().to_string();
    let searched = asked.fill("payouts.searched", &[("count", &count), ("text", text)]);
    let lines = found.into_iter().map(|found| found.row).collect();
    Ok(Found { lines, next: None, searched: Some(searched), unfinished: false })
}

fn table(asked: &Asked, lines: &[Line], picks: bool) -> Table {
    let columns = Column::chosen(&asked.query);
    let mut table = Table::new(asked.say("payouts.caption"), asked.say("payouts.none"));
    for column in &columns {
        let label = asked.say(column.label());
        table = if column.is_number() { table.number(label) } else { table.column(label) };
    }
    if picks {
        table = table.picking(asked.say("bulk.pick"));
    }
    for line in lines {
        let id = line.payout.id.to_string();
        let pick = picks && super::acts_on(asked, &line.payout.front_end);
        table.push(Row {
            cells: columns.iter().map(|column| column.cell(line, asked)).collect(),
            opens: Some(format!("/office/payouts/{id}")),
            // With the version that is looked at: a row that has changed since is refused.
            pick: pick.then(|| Pick { form: BULK, value: format!("{id}:{}", line.version), label: id }),
            sum: false,
        });
    }
    table
}
