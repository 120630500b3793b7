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

    #[test]
    fn a_handler_that_knows_nobody_is_open_and_no_other() {
        for route in all() {
            let open = matches!(route.handler, Handler::Open(_));
            assert_eq!(open, route.access == Access::Open, "{}", route.path);
        }
    }

    #[test]
    fn walls_find_what_they_ask_for_in_the_path() {
        for route in all() {
            let (wants, needed) = match route.wall {
                Wall::Nothing | Wall::House | Wall::Filtered => continue,
                Wall::Payout => ("{payout}", true),
                Wall::Deposit => ("{deposit}", true),
                Wall::FrontEnd => ("{front_end}", true),
            };
            assert_eq!(route.path.contains(wants), needed, "{}", route.path);
            assert!(!route.access.rights().is_empty(), "{} asks for a right", route.path);
        }
    }

    /// A path that names something of a front end has the wall for it, and only who signs in shows nothing of any.
    #[test]
    fn whoever_names_something_stands_before_its_wall() {
        for route in all() {
            for (part, wall) in
                [("{payout}", Wall::Payout), ("{deposit}", Wall::Deposit), ("{front_end}", Wall::FrontEnd)]
            {
                assert!(!route.path.contains(part) || route.wall == wall, "{}", route.path);
            }
            let needs = !route.access.rights().is_empty();
            assert!(needs || route.wall == Wall::Nothing, "{} has a wall and no right", route.path);
        }
    }
}
