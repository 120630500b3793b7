//! Who may sign in, and as what.

use crate::backoffice::call::Asked;
use crate::backoffice::explain;
use crate::backoffice::parts::facts::Facts;
use crate::backoffice::parts::form::{Form, Weight};
use crate::backoffice::parts::notice::Notice;
use crate::backoffice::parts::stack::{Fold, Heading, Hint, Links, Stack};
use crate::backoffice::parts::{Badge, Cell, Table, Tone};
use crate::backoffice::route::{Access, Route, Wall, get, known, post};
use crate::backoffice::trouble::{Outcome, Trouble};
use crate::domain::people::{Grant, Grants, Person, Right};
use crate::operations::people::{
    Denied, invite_person, reset_password, second_factor, set_disabled, set_grants,
};
use crate::store::people::{self, Account, second_factors};
use crate::store::{Tx, Wants};
use secrecy::SecretString;

pub const ROUTES: &[Route] = &[
    get("/office/people", Access::Needs(Right::ManageUsers), Wall::House, known!(list)),
    post("/office/people", Access::Needs(Right::ManageUsers), Wall::House, known!(add)),
    post("/office/people/{person}/disabled", Access::Needs(Right::ManageUsers), Wall::House, known!(disable)),
    post("/office/people/{person}/grants", Access::Needs(Right::ManageUsers), Wall::House, known!(grant)),
    post(
        "/office/people/{person}/password",
        Access::Needs(Right::ManageUsers),
        Wall::House,
        known!(new_password),
    ),
    post(
        "/office/people/{person}/second-factor",
        Access::Needs(Right::ManageUsers),
        Wall::House,
        known!(reset_factor),
    ),
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
    page.push(
        Form::new(&asked, "/office/people", false)
            .title(asked.say("people.add"))
            .text("name", asked.say("people.name"), true)
            .text("full_name", asked.say("people.full_name"), true)
            .text("grants", asked.say("people.roles"), true)
            .button(asked.say("people.add.do"), Weight::First, None),
    );
    page.push(Heading::new(asked.say("people.others")));
    for account in accounts.iter().filter(|account| account.person.id != asked.person.id) {
        page.push(buttons(&asked, account, with_factor.contains(&account.person.id)));
    }
    asked.page(asked.say("people.title"), &page)
}

/// Adds somebody, and shows the initial password this once: it is kept nowhere, and is good for nothing but setting
/// another one.
async fn add(asked: Asked) -> Outcome {
    let name = asked.form.text("name").to_owned();
    let full_name = asked.form.text("full_name").to_owned();
    if full_name.is_empty() || full_name.chars().count() > LONGEST_NAME {
        return Err(Trouble::bad(asked.say("people.full_name"), asked.say("list.unreadable")));
    }
    let grants = typed_grants(&asked)?;
    let (password, hash) = initial_password(&asked).await?;
    let person = Person {
        id: 0,
        name: name.clone(),
        full_name,
        grants,
        disabled: false,
        demo: false,
        language: String::new(),
        zone: String::new(),
    };
    let (wish, caller) = (invite_person::Wish { person, password: hash }, asked.caller());
    let run = move |tx: &mut Tx<'_>| invite_person::run(tx, &wish, &caller);
    if let Err(denied) = asked.write("people", Wants::nothing(), run).await? {
        return Ok(asked.go_saying("/office/people", &told(&asked, Err(denied), String::new())));
    }
    shown_once(&asked, asked.say("people.add"), &asked.fill("people.added", &[("name", &name)]), password)
}

/// A password that nobody has chosen, with its hash.
async fn initial_password(asked: &Asked) -> Result<(String, String), Trouble> {
    let letters: Vec<char> = asked.office.entropy.hex(INITIAL_BYTES).chars().collect();
    let groups: Vec<String> = letters.chunks(6).map(|group| group.iter().collect()).collect();
    let password = groups.join("-");
    let hash = asked.office.passwords.hash(SecretString::from(password.clone())).await?;
    Ok((password, hash))
}

/// The one page that such a password stands on.
fn shown_once(asked: &Asked, title: &str, done: &str, password: String) -> Outcome {
    let mut page = Stack::new();
    page.push(Notice::good(done));
    page.push(
        Facts::new(asked.say("people.initial")).fact(asked.say("people.initial"), Cell::Code(password)),
    );
    page.push(Hint::new(asked.say("people.initial.hint")));
    page.push(Links::new(asked.say("people.title")).link("/office/people", asked.say("people.title"), false));
    asked.page(title, &page)
}

/// For somebody who forgot the password, or whose password others may know.
async fn new_password(asked: Asked) -> Outcome {
    let name = asked.param("person").to_owned();
    let (password, hash) = initial_password(&asked).await?;
    let (wish, caller) = (reset_password::Wish { name: name.clone(), password: hash }, asked.caller());
    let run = move |tx: &mut Tx<'_>| reset_password::run(tx, &wish, &caller);
    if let Err(denied) = asked.write("people", Wants::nothing(), run).await? {
        return Ok(asked.go_saying("/office/people", &told(&asked, Err(denied), String::new())));
    }
    let done = asked.fill("people.new_password.done", &[("name", &name)]);
    shown_once(&asked, asked.say("people.new_password"), &done, password)
}

/// For somebody who lost the device. Nobody does it for himself: a stolen session must not get past it.
async fn reset_factor(asked: Asked) -> Outcome {
    let (name, caller) = (asked.param("person").to_owned(), asked.caller());
    let whose = name.clone();
    let run = move |tx: &mut Tx<'_>| second_factor::reset(tx, &whose, &caller);
    let done = asked.write("people", Wants::nothing(), run).await?;
    let good = asked.fill("people.factor_reset", &[("name", &name)]);
    Ok(asked.go_saying("/office/people", &told(&asked, done, good)))
}

const LONGEST_NAME: usize = 100;
/// 96 bits, in 24 letters.
const INITIAL_BYTES: usize = 12;

/// Roles as `role=front end, role=*`.
fn typed_grants(asked: &Asked) -> Result<Grants, Trouble> {
    let texts = asked.form.text("grants").split(',').map(str::trim).filter(|text| !text.is_empty());
    let grants: Result<Vec<Grant>, _> = texts.map(Grant::parse).collect();
    Ok(Grants::new(
        grants.map_err(|error| {
            Trouble::bad(asked.say("people.grants"), explain::grant(asked.voice(), &error))
        })?,
    ))
}

/// What may be done to somebody else, by the operations of `tillgate user`.
fn buttons(asked: &Asked, account: &Account, has_factor: bool) -> Fold {
    let person = &account.person;
    let form = |what: &str| Form::new(asked, &format!("/office/people/{}/{what}", person.name), true);
    let mut fold = Fold::new(&person.name, &person.full_name);
    let grants: Vec<String> = person.grants.iter().map(ToString::to_string).collect();
    fold.push(form("grants").text_with("grants", asked.say("people.roles"), &grants.join(", ")).button(
        asked.say("people.change"),
        Weight::Plain,
        None,
    ));
    fold.push(form("password").button(asked.say("people.new_password"), Weight::Plain, None));
    if has_factor {
        fold.push(form("second-factor").button(asked.say("people.reset_factor"), Weight::Danger, None));
    }
    let (text, weight, value) = match person.disabled {
        true => (asked.say("people.enable"), Weight::Plain, "no"),
        false => (asked.say("people.disable"), Weight::Danger, "yes"),
    };
    fold.push(form("disabled").button(text, weight, Some(("disabled", value))));
    fold
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
    let (wish, caller) =
        (set_grants::Wish { name: name.clone(), grants: typed_grants(&asked)? }, asked.caller());
    let run = move |tx: &mut Tx<'_>| set_grants::run(tx, &wish, &caller);
    let done = asked.write("people", Wants::nothing(), run).await?;
    Ok(asked
        .go_saying("/office/people", &told(&asked, done, asked.fill("people.changed", &[("name", &name)]))))
}

fn told(asked: &Asked, done: Result<(), Denied>, good: String) -> Notice {
    match done {
        Ok(()) => Notice::good(good),
        Err(denied) => Notice::bad(asked.fill("people.denied", &[("why", asked.say(denial(&denied)))])),
    }
}

/// The words for why something was not done.
fn denial(denied: &Denied) -> &'static str {
    match denied {
        Denied::NoSuchPerson => "denied.nobody",
        Denied::BadName(_) => "denied.bad_name",
        Denied::NameTaken => "denied.name_taken",
        Denied::OneSelf => "denied.oneself",
        Denied::OtherHalf => "denied.other_half",
        Denied::HasSecondFactor => "denied.has_factor",
        Denied::Wrong => "denied.wrong",
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
