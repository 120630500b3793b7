//! A request as handlers see it: who asks, what for, in which language and zone, and how to answer.

use super::Office;
use super::cookies::{Drawn, Purpose, draw};
use super::explain;
use super::fields::Fields;
use super::nav;
use super::parts::notice::Notice;
use super::parts::raw::CsrfField;
use super::parts::when::When;
use super::trouble::{Outcome, Trouble};
use super::voice::Voice;
use super::words::Words;
use crate::domain::money::Money;
use crate::domain::people::{Person, Reach, Right};
use crate::operations::Caller;
use crate::store::people::sessions::Session;
use crate::store::{Connection, OperationError, StoreError, Tx, Wants};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use askama::Template;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::ops::Deref;

/// A request of anybody.
pub struct Call {
    pub office: Office,
    pub words: &'static Words,
    pub zone: Tz,
    pub theme: Theme,
    pub now: DateTime<Utc>,
    pub request_id: String,
    /// The parts of the path that the route names.
    pub(super) params: Vec<(String, String)>,
    pub path: String,
    pub query: Fields,
    pub form: Fields,
    /// What this answer's forms must bring back.
    pub csrf: String,
    /// What an earlier request has left to be said.
    pub(super) said: Option<Notice>,
}

/// How pages are coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Theme; 3] = [Theme::Auto, Theme::Light, Theme::Dark];

    pub fn name(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    pub fn from_name(name: &str) -> Theme {
        Theme::ALL.into_iter().find(|theme| theme.name() == name).unwrap_or(Theme::Auto)
    }
}

/// A request of somebody who is signed in, as far as the route demands.
pub struct Asked {
    pub call: Call,
    pub person: Person,
    pub session: Session,
}

impl Deref for Asked {
    type Target = Call;

    fn deref(&self) -> &Call {
        &self.call
    }
}

impl Call {
    pub fn voice(&self) -> Voice {
        Voice { words: self.words, zone: self.zone }
    }

    pub fn say<'k>(&self, key: &'k str) -> &'k str {
        self.words.say(key)
    }

    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.words.fill(key, values)
    }

    /// A part of the path; empty when the route has none of this name.
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// A time as this viewer reads it.
    pub fn when(&self, micros: i64) -> When {
        self.voice().when(micros)
    }

    /// An amount as this viewer reads it: `1,234.50 EUR`, `1.234,50 EUR`.
    pub fn money(&self, money: Money) -> String {
        self.voice().money(money)
    }

    /// The hidden field that every form must have.
    pub fn csrf_field(&self) -> CsrfField {
        CsrfField(self.csrf.clone())
    }

    /// Reads from the store, in one go.
    pub async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.office.store.read(query).await
    }

    /// Writes in one unit of work. `turn` is whose turn it is: see [`crate::store::Store::transact`].
    pub async fn write<T, F>(&self, turn: &str, wants: Wants, operation: F) -> Result<T, OperationError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, OperationError> + Send + 'static,
    {
        self.office.store.transact(turn, wants, operation).await
    }

    pub fn draw(&self) -> Drawn {
        draw(&self.office.entropy)
    }

    /// A page without the shell's pages and menus, for whoever is not signed in.
    pub fn bare_page(&self, status: StatusCode, title: &str, content: &impl Template) -> Outcome {
        shell(self, None, status, title, content)
    }

    /// Sends the browser to an address of ours.
    pub fn go(&self, to: &str) -> HttpResponse {
        HttpResponse::SeeOther().insert_header((LOCATION, to)).finish()
    }

    /// The same, with something to be said there.
    pub fn go_saying(&self, to: &str, notice: &Notice) -> HttpResponse {
        let mut response = self.go(to);
        let cookie = self.office.jar.write(Purpose::Said, notice.kept());
        // A name and a value of ours always make a header.
        let _ = response.add_cookie(&cookie);
        response
    }
}

impl Asked {
    /// On whose behalf something is done.
    pub fn caller(&self) -> Caller {
        Caller { who: self.person.who(), request_id: self.request_id.clone() }
    }

    pub fn may(&self, right: Right, front_end: &str) -> bool {
        self.person.grants.allow(right, front_end)
    }

    /// Whether a right is there for any front end.
    pub fn has(&self, right: Right) -> bool {
        self.person.grants.have(right)
    }

    /// The front ends that a right is there for: what every list is filtered by.
    pub fn reach(&self, right: Right) -> Reach {
        self.person.grants.reach(right)
    }

    /// The names of the configured front ends within reach, for a choice in a form.
    pub fn front_ends(&self, right: Right) -> Vec<String> {
        let reach = self.reach(right);
        let names = (self.office.front_ends)();
        names.into_iter().filter(|name| reach.covers(name)).collect()
    }

    /// A page. The title is its heading too.
    pub fn page(&self, title: &str, content: &impl Template) -> Outcome {
        shell(&self.call, Some(&self.person), StatusCode::OK, title, content)
    }

    /// A page that tells that something was not done.
    pub fn page_with(&self, status: StatusCode, title: &str, content: &impl Template) -> Outcome {
        shell(&self.call, Some(&self.person), status, title, content)
    }
}

/// The frame around every page.
#[derive(Template)]
#[template(path = "backoffice/shell.html")]
struct Shell<'a> {
    words: &'static Words,
    call: &'a Call,
    title: &'a str,
    person: Option<&'a Person>,
    pages: Vec<nav::Shown>,
    /// Who looks for payouts may search from every page.
    searches: bool,
    /// The version of the files, so that a new one is not taken from a browser's memory.
    version: &'static str,
    times: String,
    content: String,
}

fn shell(
    call: &Call,
    person: Option<&Person>,
    status: StatusCode,
    title: &str,
    content: &impl Template,
) -> Outcome {
    let page = Shell {
        words: call.words,
        call,
        title,
        person,
        pages: person.map(|person| nav::shown(person, &call.path, call.words)).unwrap_or_default(),
        searches: person.is_some_and(|person| person.grants.have(Right::SeePayouts)),
        version: super::assets::version(),
        times: call.fill("times", &[("zone", call.zone.name())]),
        content: content.render()?,
    };
    let html = page.render()?;
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html))
}

/// An explanation instead of the page that was asked for.
#[derive(Template)]
#[template(path = "backoffice/trouble.html")]
struct TroublePage {
    words: &'static Words,
    text: String,
}

/// The page of a trouble, with its status.
pub(super) fn trouble_page(call: &Call, person: Option<&Person>, trouble: &Trouble) -> Outcome {
    let (status, text) = match trouble {
        Trouble::NotFound => (StatusCode::NOT_FOUND, call.say("trouble.not_found").to_owned()),
        Trouble::Forbidden => (StatusCode::FORBIDDEN, call.say("trouble.forbidden").to_owned()),
        Trouble::Csrf => (StatusCode::FORBIDDEN, call.say("trouble.csrf").to_owned()),
        Trouble::Bad { field, reason } => {
            let text = if field.is_empty() {
                reason.clone()
            } else {
                call.fill("trouble.bad", &[("field", field), ("reason", reason)])
            };
            (StatusCode::UNPROCESSABLE_ENTITY, text)
        }
        Trouble::Refused(refusal) => {
            (StatusCode::UNPROCESSABLE_ENTITY, explain::refused(call.voice(), refusal))
        }
        Trouble::NotYet => (StatusCode::UNPROCESSABLE_ENTITY, call.say("why.not_yet").to_owned()),
        Trouble::Store(_) | Trouble::Page(_) | Trouble::Password(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, call.say("trouble.store").to_owned())
        }
    };
    let content = TroublePage { words: call.words, text };
    shell(call, person, status, call.say("trouble.title"), &content)
}
