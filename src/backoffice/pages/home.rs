//! Where everybody arrives: who one is, and what one may do.

use crate::backoffice::call::Asked;
use crate::backoffice::parts::{Cell, Table};
use crate::backoffice::route::{Access, Route, Wall, get, known};
use crate::backoffice::trouble::Outcome;
use crate::domain::people::ALL_FRONT_ENDS;
use askama::Template;

pub const ROUTES: &[Route] = &[get("/office", Access::SignedIn, Wall::Nothing, known!(home))];

#[derive(Template)]
#[template(path = "backoffice/home.html")]
struct HomePage {
    welcome: String,
    grants: Table,
}

async fn home(asked: Asked) -> Outcome {
    let mut grants = Table::new(asked.say("home.grants"), asked.say("home.none"))
        .column(asked.say("role"))
        .column(asked.say("front_end"));
    for grant in asked.person.grants.iter() {
        let front_end = match grant.front_end.as_str() {
            ALL_FRONT_ENDS => asked.say("all_front_ends"),
            name => name,
        };
        grants.row(vec![Cell::text(grant.role.name()), Cell::text(front_end)]);
    }
    let welcome = asked.fill("home.welcome", &[("name", &asked.person.full_name)]);
    asked.page(asked.say("home.title"), &HomePage { welcome, grants })
}
