//! The outbox: what is due outside, what was given up, and doing it again or putting it aside.

use crate::backoffice::call::Asked;
use crate::backoffice::explain;
use crate::backoffice::parts::form::{Form, Weight};
use crate::backoffice::parts::notice::Notice;
use crate::backoffice::parts::pager::AFTER;
use crate::backoffice::parts::stack::{Hint, Links, Stack};
use crate::backoffice::parts::{Badge, Cell, Pager, Table, Tone};
use crate::backoffice::route::{Access, Route, Wall, get, known, post};
use crate::backoffice::trouble::{Outcome, Trouble};
use crate::domain::people::Right;
use crate::operations::change_errand::{self, Change};
use crate::store::lists::errands::{self, Line};
use crate::store::{Tx, Wants};

pub const ROUTES: &[Route] = &[
    get("/office/errands", Access::Needs(Right::SeeWork), Wall::House, known!(list)),
    post("/office/errands/{errand}", Access::Needs(Right::RunErrands), Wall::House, known!(change)),
];

const ROWS: i64 = 50;

async fn list(asked: Asked) -> Outcome {
    let state = asked.query.text("state").to_owned();
    let text = asked.query.text(AFTER).to_owned();
    let now = asked.now;
    let (lines, next, counts) = asked
        .read(move |connection| {
            let counts = errands::counts(connection, now)?;
            let (lines, next) = match state.as_str() {
                "parked" => {
                    let lines = errands::parked(connection, text.parse().unwrap_or(0), ROWS)?;
                    let next = lines.last().map(|line| line.id.to_string());
                    (lines, next)
                }
                "all" => {
                    let page = errands::all(connection, None, text.parse().ok(), ROWS)?;
                    (page.rows, page.next.map(|cursor| cursor.to_string()))
                }
                _ => {
                    let after = text
                        .split_once(':')
                        .and_then(|(due, id)| Some((due.parse().ok()?, id.parse().ok()?)));
                    let lines = errands::due(connection, after, ROWS)?;
                    let next =
                        lines.last().map(|line| format!("{}:{}", line.due_at.timestamp_micros(), line.id));
                    (lines, next)
                }
            };
            let full = lines.len() as i64 == ROWS;
            Ok((lines, next.filter(|_| full), counts))
        })
        .await?;
    let state = asked.query.text("state");
    let states = [("", "errands.open"), ("parked", "errands.parked"), ("all", "errands.all")];
    let links = states.iter().fold(Links::new(asked.say("errands.states")), |links, (name, key)| {
        let to = if name.is_empty() {
            "/office/errands".to_owned()
        } else {
            format!("/office/errands?state={name}")
        };
        links.link(to, asked.say(key), state == *name)
    });
    let more = |count: errands::Count| {
        if count.more { format!("> {}", count.number) } else { count.number.to_string() }
    };
    let told = [("due", more(counts.due)), ("parked", more(counts.parked))];
    let told = told.each_ref().map(|(name, count)| (*name, count.as_str()));
    let mut page = Stack::new();
    page.push(Hint::new(asked.fill("errands.counts", &told))).push(links).push(table(&asked, &lines));
    page.push(Pager::new(&asked, next.as_deref()));
    if asked.has(Right::RunErrands) && lines.iter().any(|line| line.done_at.is_none()) {
        page.push(Hint::new(asked.say("errands.hint")));
        for line in lines.iter().filter(|line| line.done_at.is_none()) {
            page.push(buttons(&asked, line));
        }
    }
    asked.page(asked.say("errands.title"), &page)
}

/// Errands, wherever they are shown.
pub fn table(asked: &Asked, lines: &[Line]) -> Table {
    let mut table = Table::new(asked.say("errands.title"), asked.say("errands.none"))
        .column(asked.say("errands.errand"))
        .column(asked.say("errands.subject"))
        .column(asked.say("list.status"))
        .column(asked.say("errands.due"))
        .number(asked.say("errands.tries"))
        .column(asked.say("errands.error"))
        .column(asked.say("made"));
    for line in lines {
        let state = match (line.done_at, line.parked_at, &line.leased_by) {
            (Some(_), _, _) => Badge::new(Tone::Good, "✔", asked.say("errands.state.done")),
            (None, Some(_), _) => Badge::new(Tone::Alarm, "‖", asked.say("errands.state.parked")),
            (None, None, Some(_)) => Badge::new(Tone::Moving, "▶", asked.say("errands.state.leased")),
            (None, None, None) => Badge::new(Tone::Waiting, "○", asked.say("errands.state.waiting")),
        };
        table.row(vec![
            Cell::text(explain::task(asked.voice(), &line.errand.kind)),
            super::customers::subject(&line.errand.subject),
            Cell::Several(vec![Cell::Badge(state), line.leased_by.clone().map_or(Cell::Empty, Cell::text)]),
            Cell::When(asked.when(line.due_at.timestamp_micros())),
            Cell::Number(line.tries.to_string()),
            Cell::maybe(line.last_error.as_deref().map(|text| explain::said(asked.voice(), text))),
            Cell::When(asked.when(line.created_at.timestamp_micros())),
        ]);
    }
    table
}

fn buttons(asked: &Asked, line: &Line) -> Form {
    let name = format!("{} {}", explain::task(asked.voice(), &line.errand.kind), line.errand.subject);
    let form = Form::new(asked, &format!("/office/errands/{}", line.id), true)
        .hidden("state", asked.query.text("state"))
        .text("reason", &asked.fill("errands.reason", &[("errand", &name)]), true)
        .button(asked.say("errands.retry"), Weight::First, Some(("change", "retry")));
    match line.parked_at {
        Some(_) => form,
        None => form.button(asked.say("errands.park"), Weight::Danger, Some(("change", "park"))),
    }
}

async fn change(asked: Asked) -> Outcome {
    let id = asked.param("errand").parse().map_err(|_| Trouble::NotFound)?;
    let change = match asked.form.text("change") {
        "retry" => Change::Retry,
        "park" => Change::Park,
        _ => return Err(Trouble::bad("change", asked.say("list.unknown_act"))),
    };
    let reason = asked.form.text("reason").to_owned();
    if reason.is_empty() {
        return Err(Trouble::bad(asked.say("reason"), asked.say("errands.reason.missing")));
    }
    let (wish, caller) = (change_errand::Wish { id, change, reason }, asked.caller());
    let run = move |tx: &mut Tx<'_>| change_errand::run(tx, &wish, &caller);
    let done = asked.write("outbox", Wants::nothing(), run).await?;
    let told =
        if done { Notice::good(asked.say("errands.done")) } else { Notice::bad(asked.say("errands.gone")) };
    let state = asked.form.text("state");
    let back = if ["parked", "all"].contains(&state) {
        format!("/office/errands?state={state}")
    } else {
        "/office/errands".to_owned()
    };
    Ok(asked.go_saying(&back, &told))
}
