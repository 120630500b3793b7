//! The routes as data: path, method, least right, wall, handler. The server is built from [`all`], and a handler is
//! reached in no other way, so a route without a check can't be written down.

use super::call::{Asked, Call};
use super::trouble::Outcome;
use super::{assets, pages};
use crate::domain::people::Right;
use futures_util::future::LocalBoxFuture;

pub type Answering = LocalBoxFuture<'static, Outcome>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// Who gets as far as the handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody: the sign-in itself, and files without content of ours.
    Open,
    /// Somebody whose password was right and whose code is due.
    Code,
    /// Somebody who may or must set up a second factor.
    Enrolment,
    /// Everybody who is signed in, whatever the roles.
    SignedIn,
    /// Who has this right, for one front end at least. The wall says for which.
    Needs(Right),
    /// The same for any of these.
    NeedsOne(&'static [Right]),
}

/// How a route keeps front ends apart. The door keeps all but `Filtered`, before the handler runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wall {
    /// It shows and changes nothing that belongs to a front end.
    Nothing,
    /// It shows things of the whole house: the right must be there for all front ends.
    House,
    /// The path's `{payout}` must be of a front end within reach.
    Payout,
    /// The path's `{deposit}` must be of a front end within reach.
    Deposit,
    /// The path's `{front_end}` must be within reach.
    FrontEnd,
    /// A list, or a form that names several: the handler lets through what is within `asked.reach(…)`.
    Filtered,
}

#[derive(Clone, Copy)]
pub enum Handler {
    /// For [`Access::Open`]: nobody is known yet.
    Open(fn(Call) -> Answering),
    Known(fn(Asked) -> Answering),
}

pub struct Route {
    pub method: Method,
    pub path: &'static str,
    pub access: Access,
    pub wall: Wall,
    pub handler: Handler,
}

impl Access {
    /// The rights of which one must be there; none where it is not a matter of rights.
    pub fn rights(&self) -> &[Right] {
        match self {
            Access::Open | Access::Code | Access::Enrolment | Access::SignedIn => &[],
            Access::Needs(right) => std::slice::from_ref(right),
            Access::NeedsOne(rights) => rights,
        }
    }
}

pub const fn get(path: &'static str, access: Access, wall: Wall, handler: Handler) -> Route {
    Route { method: Method::Get, path, access, wall, handler }
}

pub const fn post(path: &'static str, access: Access, wall: Wall, handler: Handler) -> Route {
    Route { method: Method::Post, path, access, wall, handler }
}

/// A handler `async fn(Asked) -> Outcome`, as routes hold it.
macro_rules! known {
    ($handler:path) => {
        $crate::backoffice::route::Handler::Known(|asked| Box::pin($handler(asked)))
    };
}
pub(crate) use known;

/// A handler `async fn(Call) -> Outcome`, for those whom we don't know yet.
macro_rules! open {
    ($handler:path) => {
        $crate::backoffice::route::Handler::Open(|call| Box::pin($handler(call)))
    };
}
pub(crate) use open;

/// Every route of the back office.
pub fn all() -> impl Iterator<Item = &'static Route> {
    let groups: [&'static [Route]; 17] = [
        assets::ROUTES,
        pages::sign_in::ROUTES,
        pages::second_factor::ROUTES,
        pages::me::ROUTES,
        pages::home::ROUTES,
        pages::payouts::ROUTES,
        pages::people::ROUTES,
        pages::today::ROUTES,
        pages::deposits::ROUTES,
        pages::customers::ROUTES,
        pages::ledger::ROUTES,
        pages::unknown::ROUTES,
        pages::proposals::ROUTES,
        pages::errands::ROUTES,
        pages::notices::ROUTES,
        pages::setup::ROUTES,
        pages::audit::ROUTES,
    ];
    groups.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_route_is_there_twice_and_each_is_under_office() {
        let mut seen = BTreeSet::new();
        for route in all() {
            assert!(route.path.starts_with("/office"), "{}", route.path);
            assert!(seen.insert((route.path, format!("{:?}", route.method))), "{} twice", route.path);
        }
    }

    /// What is wrong with the checks that a route names.
    fn flaws(route: &Route) -> Vec<&'static str> {
        let mut flaws = Vec::new();
        let mut wrong = |is: bool, what| flaws.extend(is.then_some(what));
        let needs = !route.access.rights().is_empty();
        let handler_knows = matches!(route.handler, Handler::Known(_));
        wrong(handler_knows == (route.access == Access::Open), "who is asked for and who is told differ");
        wrong(
            needs != (route.wall != Wall::Nothing) && !of_everybody(route),
            "a right without a wall, or the reverse",
        );
        for (part, wall) in
            [("{payout}", Wall::Payout), ("{deposit}", Wall::Deposit), ("{front_end}", Wall::FrontEnd)]
        {
            wrong(
                route.path.contains(part) != (route.wall == wall),
                "the wall is for something else than the path names",
            );
        }
        flaws
    }

    /// What belongs to no front end, and still takes a right: each with its reason.
    fn of_everybody(route: &Route) -> bool {
        // The map of processor names is the same for every front end.
        route.path == "/office/processors" && route.access == Access::Needs(Right::SeeSetup)
    }

    #[test]
    fn every_route_has_its_checks() {
        for route in all() {
            assert!(flaws(route).is_empty(), "{}: {:?}", route.path, flaws(route));
        }
    }

    /// The list above is of use: a route with a check left out does not pass.
    #[test]
    fn a_route_whose_check_was_forgotten_is_found() {
        let known =
            Handler::Known(|_| Box::pin(std::future::ready(Err(crate::backoffice::Trouble::NotFound))));
        let opened =
            Handler::Open(|_| Box::pin(std::future::ready(Err(crate::backoffice::Trouble::NotFound))));
        let right = Access::Needs(Right::SeePayouts);
        for forgotten in [
            get("/office/things", right, Wall::Nothing, known),
            get("/office/things", Access::SignedIn, Wall::House, known),
            get("/office/things/{payout}", right, Wall::Nothing, known),
            get("/office/things/{payout}", right, Wall::Filtered, known),
            get("/office/things/{payout}", right, Wall::Deposit, known),
            get("/office/things/{deposit}", Access::SignedIn, Wall::Nothing, known),
            post("/office/things/{front_end}/x", right, Wall::House, known),
            post("/office/things", right, Wall::Payout, known),
            get("/office/things", Access::Open, Wall::Nothing, known),
            get("/office/things", right, Wall::Filtered, opened),
        ] {
            assert!(
                !flaws(&forgotten).is_empty(),
                "{} {:?} {:?}",
                forgotten.path,
                forgotten.access,
                forgotten.wall
            );
        }
    }
}
