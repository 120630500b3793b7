//! Who may sign in, and as what.

use crate::backoffice::call::Asked;
use crate::backoffice::parts::form::{Form, Weight};
use crate::backoffice::parts::notice::Notice;
use crate::backoffice::parts::stack::{Heading, Stack};
use crate::backoffice::parts::{Badge, Cell, Table, Tone};
use crate::backoffice::route::{Access, Route, Wall, get, known, post};
use crate::backoffice::trouble::{Outcome, Trouble};
use crate::domain::people::{Grant, Grants, Right};
use crate::operations::people::{Denied, set_disabled, set_grants};
use crate::store::people::{self, Account, second_factors};
use crate::store::{Tx, Wants};

pub const ROUTES: &[Route] = &[
    get("/office/people", Access::Needs(Right::ManageUsers), Wall::House, known!(list)),
    post("/office/people/{person}/disabled", Access::Needs(Right::ManageUsers), Wall::House, known!(disable)),
    post("/office/people/{person}/grants", Access::Needs(Right::ManageUsers), Wall::House, known!(grant)),
];

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
    let mut page = Stack::new().with(table);
    for account in accounts.iter().filter(|account| account.person.id != asked.person.id) {
        buttons(&asked, &mut page, account);
    }
    asked.page(asked.say("people.title"), &page)
}

/// What may be done to somebody else, by the operations of `tillgate user`.
fn buttons(asked: &Asked, page: &mut Stack, account: &Account) {
    let person = &account.person;
    page.push(Heading::new(person.name.clone()));
    let (text, weight, value) = match person.disabled {
        true => (asked.say("people.enable"), Weight::Plain, "no"),
        false => (asked.say("people.disable"), Weight::Danger, "yes"),
    };
    let disabling = Form::new(asked, &format!("/office/people/{}/disabled", person.name), true);
    page.push(disabling.button(text, weight, Some(("disabled", value))));
    let grants: Vec<String> = person.grants.iter().map(ToString::to_string).collect();
    page.push(
        Form::new(asked, &format!("/office/people/{}/grants", person.name), true)
            .text_with("grants", asked.say("people.roles"), &grants.join(", "))
            .button(asked.say("people.change"), Weight::Plain, None),
    );
}

async fn disable(asked: Asked) -> Outcome {
    let name = asked.param("person").to_owned();
    let disabled = asked.form.text("disabled") == "yes";
    let (wish, caller) = (set_disabled::Wish { name: name.clone(), disabled }, asked.caller());
    let run = move |tx: &mut Tx<'_>| set_disabled::run(tx, &wish, &caller);
    let done = asked.write("people", Wants::nothing(), run).await?;
    let key = if disabled { "people.disabled_now" } else { "people.enabled" };
    Ok(asked.go_saying("/office/people", &told(&asked, done, asked.fill(key, &[("name", &name)]))))
}

async fn grant(asked: Asked) -> Outcome {
    let name = asked.param("person").to_owned();
    let texts = asked.form.text("grants").split(',').map(str::trim).filter(|text| !text.is_empty());
    let grants: Result<Vec<Grant>, _> = texts.map(Grant::parse).collect();
    let grants = grants.map_err(|error| Trouble::bad(asked.say("people.grants"), error))?;
    let (wish, caller) =
        (set_grants::Wish { name: name.clone(), grants: Grants::new(grants) }, asked.caller());
    let run = move |tx: &mut Tx<'_>| set_grants::run(tx, &wish, &caller);
    let done = asked.write("people", Wants::nothing(), run).await?;
    Ok(asked
        .go_saying("/office/people", &told(&asked, done, asked.fill("people.changed", &[("name", &name)]))))
}

fn told(asked: &Asked, done: Result<(), Denied>, good: String) -> Notice {
    match done {
        Ok(()) => Notice::good(good),
        Err(denied) => Notice::bad(asked.fill("people.denied", &[("why", &denied.to_string())])),
    }
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
