//! Door 4: people. Pages read through the store's lists; buttons run the same operations as the cashier.
//!
//! Pages are rendered on the server and work without a script; one small script of ours saves the reloading and knows
//! the keyboard. Nothing comes from another host.
//!
//! # How a page is made
//!
//! A page is an `async fn(Asked) -> Outcome` in `pages/`, and a line in its module's `ROUTES`:
//!
//! ```ignore
//! pub const ROUTES: &[Route] =
//!     &[get("/office/deposits", Access::Needs(Right::SeeDeposits), Wall::Filtered, known!(list))];
//! ```
//!
//! [`route::all`] collects them. The [`door`](door::enter) has checked session, right, wall and form before the handler
//! runs; a [`route::Wall`] says how front ends are kept apart, and behind `Filtered` the handler itself must ask for no
//! more than [`Asked::reach`] covers. `nav` holds what the shell leads to, `words/*.txt` every text in two languages.
//!
//! In a handler: [`Asked`] is who asks (`person`, `reach`, `may`, `caller`), what for (`param`, `query`, `form`), how it
//! is shown (`say`, `when`, `money`), the store (`read`, `write`) and the answer (`page`, `go`, `go_saying`). The parts
//! ([`parts::Table`] with [`parts::Cell`]s, [`parts::Filter`], [`parts::Pager`], [`parts::Badge`], [`parts::Notice`],
//! [`Call::csrf_field`](call::Call::csrf_field)) escape what they are given and stand in a template as `{{ table }}`.
//! A form posts, bears `{{ csrf }}`, and is answered by `go_saying`, so that reloading repeats nothing.
//! `pages/people.rs` is the example.

mod assets;
mod call;
mod cookies;
mod door;
mod explain;
mod fields;
mod files;
mod headers;
mod nav;
mod pages;
pub mod parts;
pub mod passwords;
mod qr;
pub mod route;
mod sealing;
mod settings;
pub mod totp;
mod trouble;
pub mod voice;
pub mod words;

pub use call::{Asked, Call};
pub use cookies::Jar;
pub use fields::Fields;
pub use sealing::Seal;
pub use settings::{SecondFactor, Settings};
pub use trouble::{Outcome, Trouble};

use crate::clock::{Clock, Entropy};
use crate::operations::Rules as FrontEndRules;
use crate::operations::people::sign_in::LockOut;
use crate::store::Store;
use crate::store::lists::figures::Figures;
use crate::store::lists::trial::Movements;
use actix_web::{HttpRequest, web};
use route::{Access, Handler, Method, Route, Wall};
use std::collections::HashMap;
use std::sync::Arc;

/// Everything that pages need of the house. Cheap to clone.
#[derive(Clone)]
pub struct Office {
    pub store: Store,
    pub clock: Clock,
    pub entropy: Entropy,
    /// The rules of a front end by its name, as they are now.
    pub rules_of: RulesOf,
    /// The names of all front ends, as they are now, in their order.
    pub front_ends: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
    /// The accounts whose client keeps an eye on its processor, and whether it leaves it alone now.
    pub left_alone: Arc<dyn Fn() -> HashMap<String, bool> + Send + Sync>,
    /// What charts and the trial balance have counted so far.
    pub figures: Figures,
    pub movements: Movements,
    pub rules: Rules,
    pub jar: Jar,
    pub passwords: passwords::Gate,
    /// Seals second factors; without it none can be set up.
    pub seal: Option<Seal>,
    /// Who can sign in to a sandbox, with what; empty elsewhere.
    pub demo_people: Arc<[DemoPerson]>,
}

/// Finds the rules of a front end.
pub type RulesOf = Arc<dyn Fn(&str) -> Option<FrontEndRules> + Send + Sync>;

/// Somebody whom everybody may be in a sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoPerson {
    pub name: String,
    pub full_name: String,
    pub password: String,
}

/// How long sessions last and what guards them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    pub idle: chrono::Duration,
    pub absolute: chrono::Duration,
    pub lock_out: LockOut,
    /// How long a second factor that was shown is good for releasing money.
    pub release_code: chrono::Duration,
    pub second_factor_required: bool,
    pub sandbox: bool,
}

impl Rules {
    pub fn of(settings: &Settings, sandbox: bool) -> Rules {
        let minutes =
            |minutes: u64| chrono::Duration::minutes(i64::try_from(minutes).unwrap_or(i64::MAX / 60_000));
        Rules {
            idle: minutes(settings.idle_minutes),
            absolute: minutes(settings.absolute_hours.saturating_mul(60)),
            lock_out: LockOut { failures: settings.failures.into(), pause: minutes(settings.pause_minutes) },
            release_code: minutes(settings.release_code_minutes),
            second_factor_required: settings.second_factor == SecondFactor::Required,
            sandbox,
        }
    }
}

/// A filtered list in an address, or many picked rows in a form.
const LARGEST_BODY: usize = 256 * 1024;

pub fn configure(config: &mut web::ServiceConfig) {
    config.app_data(web::PayloadConfig::new(LARGEST_BODY));
    for route in route::all() {
        let method = match route.method {
            Method::Get => web::get(),
            Method::Post => web::post(),
        };
        let enter = move |request: HttpRequest, body: web::Bytes, office: web::Data<Office>| {
            door::enter(route, request, body, office.as_ref().clone())
        };
        config.route(route.path, method.to(enter));
    }
    let missing = |request: HttpRequest, body: web::Bytes, office: web::Data<Office>| {
        door::enter(&MISSING, request, body, office.as_ref().clone())
    };
    config.route("/office/{elsewhere:.*}", web::get().to(missing));
}

/// Whatever is not there looks the same, whoever asks: nobody learns which pages there are before signing in.
static MISSING: Route = Route {
    method: Method::Get,
    path: "/office/{elsewhere:.*}",
    access: Access::SignedIn,
    wall: Wall::Nothing,
    handler: Handler::Known(|_| Box::pin(std::future::ready(Err(Trouble::NotFound)))),
};
