//! The one way to every handler: who asks, whether the session is still good, whether the right is there and the front
//! end within reach, whether a form is ours. Then the handler; then the headers that every answer bears.

use super::call::{Asked, Call, Theme, trouble_page};
use super::cookies::{self, Purpose, ZONE};
use super::fields::Fields;
use super::parts::notice::Notice;
use super::route::{Access, Handler, Method, Route, Wall};
use super::trouble::{Outcome, Trouble};
use super::words::Words;
use super::{Office, headers};
use crate::domain::ids::{DepositId, PayoutId};
use crate::domain::people::{Person, Reach, Right};
use crate::operations::people::sign_in::may_enter;
use crate::store::people::sessions::{self, Session, Stage};
use crate::store::{Wants, deposits, payouts};
use actix_web::http::header::{ACCEPT_LANGUAGE, ORIGIN};
use actix_web::{HttpRequest, HttpResponse, web};
use subtle::ConstantTimeEq;

/// A session is written down as used at most this often.
const TOUCH_MICROS: i64 = 60_000_000;

pub async fn enter(
    route: &'static Route,
    request: HttpRequest,
    body: web::Bytes,
    office: Office,
) -> HttpResponse {
    // At the sign-in nobody is known, also who has got half-way and begins anew: its form bears a token of its own.
    let found = match route.access {
        Access::Open => Ok(None),
        Access::Code | Access::Enrolment | Access::SignedIn | Access::Needs(_) | Access::NeedsOne(_) => {
            visitor(&request, &office).await
        }
    };
    let (visitor, failed) = match found {
        Ok(visitor) => (visitor, None),
        Err(trouble) => (None, Some(trouble)),
    };
    let call = call(&request, &body, &office, visitor.as_ref());
    let said = call.said.is_some();
    let (jar, secure) = (office.jar, office.jar.secure);
    let mut response = match failed {
        Some(trouble) => answer(Err(trouble), None),
        None => pass(route, &request, call, visitor).await,
    };
    if said && response.status().is_success() {
        // Said once.
        let _ = response.add_cookie(&jar.forget(Purpose::Said));
    }
    headers::put(&mut response, route, secure);
    response
}

/// What the fallback for a handler's trouble needs, after the call has gone into the handler.
struct Fallback {
    call: Call,
    person: Option<Person>,
}

fn answer(outcome: Outcome, fallback: Option<Fallback>) -> HttpResponse {
    let trouble = match outcome {
        Ok(response) => return response,
        Err(trouble) => trouble,
    };
    if let Trouble::Store(_) | Trouble::Page(_) | Trouble::Password(_) = &trouble {
        tracing::error!(error = %trouble, "a page of the back office could not be answered");
    }
    let told = fallback.map(|fallback| trouble_page(&fallback.call, fallback.person.as_ref(), &trouble));
    match told {
        Some(Ok(page)) => page,
        Some(Err(_)) | None => HttpResponse::ServiceUnavailable().finish(),
    }
}

/// Checks everything that can be checked before the handler, in this order: session, right, wall, form.
async fn pass(
    route: &'static Route,
    request: &HttpRequest,
    call: Call,
    visitor: Option<Visitor>,
) -> HttpResponse {
    let person = visitor.as_ref().map(|visitor| visitor.person.clone());
    let fallback = Some(Fallback { call: call.twin(), person: person.clone() });
    let stage = visitor.as_ref().map(|visitor| visitor.session.stage);
    if let Some(elsewhere) = elsewhere(route.access, stage, &call) {
        return elsewhere;
    }
    let initial = visitor.as_ref().is_some_and(|visitor| visitor.initial_password);
    if initial && !route.access.rights().is_empty() {
        return call.go_saying("/office/me", &Notice::bad(call.say("me.password.initial")));
    }
    if let Err(trouble) = permitted(route, &call, person.as_ref()).await {
        return answer(Err(trouble), fallback);
    }
    if route.method == Method::Post && !is_ours(request, &call) {
        return answer(Err(Trouble::Csrf), fallback);
    }
    let outcome = match (route.handler, visitor) {
        (Handler::Open(handler), _) => handler(call).await,
        (Handler::Known(handler), Some(Visitor { person, session, .. })) => {
            handler(Asked { call, person, session }).await
        }
        // The routes' test keeps it from happening; nobody gets in by it.
        (Handler::Known(_), None) => Err(Trouble::Forbidden),
    };
    answer(outcome, fallback)
}

/// Where somebody goes who is not as far as the route demands.
fn elsewhere(access: Access, stage: Option<Stage>, call: &Call) -> Option<HttpResponse> {
    let sign_in = || {
        let to = form_urlencoded::Serializer::new(String::new()).append_pair("to", &call.path).finish();
        call.go(&format!("/office/sign-in?{to}"))
    };
    match (access, stage) {
        (Access::Open, _) => None,
        (_, None) => Some(sign_in()),
        (Access::Code, Some(Stage::Code)) => None,
        (_, Some(Stage::Code)) => Some(call.go("/office/code")),
        (Access::Enrolment, Some(Stage::Enrolment | Stage::Full)) => None,
        (_, Some(Stage::Enrolment)) => Some(call.go("/office/second-factor")),
        (Access::Code, Some(Stage::Full)) => Some(call.go("/office")),
        (Access::SignedIn | Access::Needs(_) | Access::NeedsOne(_), Some(Stage::Full)) => None,
    }
}

/// The right, and the front end that the path leads to.
async fn permitted(route: &Route, call: &Call, person: Option<&Person>) -> Result<(), Trouble> {
    let rights = route.access.rights();
    if rights.is_empty() {
        return Ok(());
    }
    let has_one = |person: &&Person| rights.iter().any(|right| person.grants.have(*right));
    let person = person.filter(has_one).ok_or(Trouble::Forbidden)?;
    let front_end = match route.wall {
        Wall::Nothing | Wall::Filtered => return Ok(()),
        Wall::House => return if reaches_all(person, rights) { Ok(()) } else { Err(Trouble::Forbidden) },
        Wall::FrontEnd => Some(call.param("front_end").to_owned()),
        Wall::Payout => match PayoutId::parse(call.param("payout")) {
            None => None,
            Some(id) => {
                let found = call.read(move |connection| payouts::find_now(connection, id)).await?;
                found.map(|payout| payout.front_end)
            }
        },
        Wall::Deposit => match DepositId::parse(call.param("deposit")) {
            None => None,
            Some(id) => {
                let found = call.read(move |connection| deposits::find_now(connection, id)).await?;
                found.map(|deposit| deposit.front_end)
            }
        },
    };
    // What is not there and what is out of reach are answered alike.
    match front_end {
        Some(front_end) if rights.iter().any(|right| person.grants.allow(*right, &front_end)) => Ok(()),
        Some(_) | None => Err(Trouble::NotFound),
    }
}

fn reaches_all(person: &Person, rights: &[Right]) -> bool {
    rights.iter().any(|right| person.grants.reach(*right) == Reach::All)
}

/// Whether a form came from a page of this session: its token is right, and no other site is named as its origin.
fn is_ours(request: &HttpRequest, call: &Call) -> bool {
    let token = call.form.raw("csrf");
    let right = !call.csrf.is_empty() && bool::from(token.as_bytes().ct_eq(call.csrf.as_bytes()));
    let origin = request.headers().get(ORIGIN).and_then(|origin| origin.to_str().ok());
    let host = request.connection_info().host().to_owned();
    let ours = |origin: &str| origin.split_once("://").is_some_and(|(_, named)| named == host);
    right && origin.is_none_or(ours)
}

/// Somebody with a session that is still good.
struct Visitor {
    person: Person,
    session: Session,
    /// Nothing is to be had by it but a password of one's own.
    initial_password: bool,
}

/// Who asks, if the session is still good. One that has just run out is ended.
async fn visitor(request: &HttpRequest, office: &Office) -> Result<Option<Visitor>, Trouble> {
    let Some(cookie) = office.jar.read(request, Purpose::Session) else { return Ok(None) };
    let hash = cookies::hash(&cookie);
    let name = hash.clone();
    let found = office.store.read(move |connection| sessions::find_now(connection, &name)).await?;
    let Some((session, account)) = found else { return Ok(None) };
    let now = office.clock.now().timestamp_micros();
    let idle = now - session.seen_at > office.rules.idle.num_microseconds().unwrap_or(i64::MAX);
    let old = now - session.created_at > office.rules.absolute.num_microseconds().unwrap_or(i64::MAX);
    if idle || old || !may_enter(&account.person, office.rules.sandbox) {
        let ended =
            office.store.transact("people", Wants::nothing(), move |tx| Ok(sessions::end(tx, &hash)?));
        ended.await?;
        return Ok(None);
    }
    if now - session.seen_at > TOUCH_MICROS {
        let touched = office
            .store
            .transact("people", Wants::nothing(), move |tx| Ok(sessions::touch(tx, &hash, None)?));
        touched.await?;
    }
    let initial_password = account.has_initial_password();
    Ok(Some(Visitor { person: account.person, session, initial_password }))
}

fn call(request: &HttpRequest, body: &[u8], office: &Office, visitor: Option<&Visitor>) -> Call {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let person = visitor.map(|visitor| &visitor.person);
    let words = match person.map(|person| person.language.as_str()) {
        None | Some("") => Words::asked_for(header(ACCEPT_LANGUAGE)),
        Some(language) => Words::of(language),
    };
    let chosen = person.map(|person| person.zone.clone()).filter(|zone| !zone.is_empty());
    let zone = chosen.or_else(|| request.cookie(ZONE).map(|cookie| cookie.value().replace("%2F", "/")));
    let csrf = match visitor {
        Some(visitor) => visitor.session.csrf.clone(),
        None => office.jar.read(request, Purpose::Form).unwrap_or_default(),
    };
    let theme = office.jar.read(request, Purpose::Theme).unwrap_or_default();
    Call {
        office: office.clone(),
        words,
        zone: zone.and_then(|zone| zone.parse().ok()).unwrap_or(chrono_tz::UTC),
        theme: Theme::from_name(&theme),
        now: office.clock.now(),
        request_id: office.entropy.hex(8),
        params: request
            .match_info()
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        path: request.path().to_owned(),
        query: Fields::read(request.query_string().as_bytes()),
        form: Fields::read(body),
        csrf,
        said: office.jar.read(request, Purpose::Said).and_then(|kept| Notice::of_kept(&kept)),
    }
}

impl Call {
    /// The same without what was typed, for the page that explains a trouble.
    fn twin(&self) -> Call {
        Call {
            office: self.office.clone(),
            words: self.words,
            zone: self.zone,
            theme: self.theme,
            now: self.now,
            request_id: self.request_id.clone(),
            params: Vec::new(),
            path: self.path.clone(),
            query: Fields::default(),
            form: Fields::default(),
            csrf: self.csrf.clone(),
            said: None,
        }
    }
}
