//! Who may sign in, and as what.

use crate::backoffice::call::Asked;
use crate::backoffice::parts::{Badge, Cell, Table, Tone};
use crate::backoffice::route::{Access, Route, Wall, get, known};
use crate::backoffice::trouble::Outcome;
use crate::domain::people::Right;
use crate::store::people::{self, Account, second_factors};
use askama::Template;

pub const ROUTES: &[Route] =
    &[get("/office/people", Access::Needs(Right::ManageUsers), Wall::House, known!(list))];

#[derive(Template)]
#[template(path = "backoffice/people.html")]
struct PeoplePage {
    people: Table,
}

async fn list(asked: Asked) -> Outcome {
    let (accounts, with_factor) = asked
        .read(|connection| Ok((people::list(connection)?, second_factors::confirmed(connection)?)))
        .await?;
    let mut table = Table::new(asked.say("people.caption"), asked.say("people.none"))
        .column(asked.say("people.name"))
        .column(asked.say("people.full_name"))
        .column(asked.say("people.grants"))
        .column(asked.say("people.second_factor"))
        .column(asked.say("people.state"));
    for account in &accounts {
        let person = &account.person;
        let grants: Vec<String> = person.grants.iter().map(ToString::to_string).collect();
        let factor = if with_factor.contains(&person.id) { "yes" } else { "no" };
        table.row(vec![
            Cell::Code(person.name.clone()),
            Cell::text(&person.full_name),
            Cell::text(grants.join(", ")),
            Cell::text(asked.say(factor)),
            Cell::Badge(state(&asked, account)),
        ]);
    }
    asked.page(asked.say("people.title"), &PeoplePage { people: table })
}

fn state(asked: &Asked, account: &Account) -> Badge {
    let pausing = account.locked_until.is_some_and(|until| asked.now.timestamp_micros() < until);
    match (account.person.disabled, pausing, account.person.demo) {
        (true, _, _) => Badge::new(Tone::Bad, "⊘", asked.say("people.state.disabled")),
        (false, true, _) => Badge::new(Tone::Alarm, "‖", asked.say("people.state.locked")),
        (false, false, true) => Badge::new(Tone::Quiet, "◌", asked.say("people.demo")),
        (false, false, false) => Badge::new(Tone::Good, "✔", asked.say("people.state.active")),
    }
}
