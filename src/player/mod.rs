//! Door 3: the player's browser. It goes to the processor, comes back, and is shown what we know, which is what the
//! processor told us and never what the browser brought.

mod pages;
mod words;

use crate::desk::{self, Desk, Frames, Way};
use crate::domain::deposit::Deposit;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::ids::DepositId;
use crate::notifications::{self, Notifications, Trouble};
use crate::operations::begin_deposit::settle_errand;
use crate::store::deposits::{self, Managed};
use crate::store::{StoreError, Wants, outbox};
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use pages::{CardPage, FormPage, FramesPage, MissingPage, ResultPage};
use secrecy::SecretString;
use words::Words;

#[derive(Clone)]
pub struct Player {
    pub desk: Desk,
    /// A browser may bring a notice, which is taken as one.
    pub notices: Notifications,
}

const LARGEST_BODY: usize = 64 * 1024;

pub fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/player/static/{name}", web::get().to(asset))
        .route("/player/{token}/state", web::get().to(state))
        .service(
            web::resource("/player/{token}/bank")
                .app_data(web::PayloadConfig::new(LARGEST_BODY))
                .route(web::get().to(come_back))
                .route(web::post().to(from_bank)),
        )
        .service(
            web::resource("/player/{token}/{kind}")
                .app_data(web::PayloadConfig::new(LARGEST_BODY))
                .route(web::get().to(come_back))
                .route(web::post().to(come_back)),
        )
        .route("/player/{token}", web::get().to(go));
}

/// Sends the browser on to the processor, by a page that posts the processor's form.
async fn go(request: HttpRequest, door: web::Data<Player>) -> HttpResponse {
    let Some((deposit, managed)) = find(&request, &door).await else { return missing() };
    let words = Words::of(&managed.language);
    match (deposit.status, managed.opened.as_deref().and_then(Way::kept)) {
        (DepositStatus::Pending, Some(Way::Redirect(url))) => {
            HttpResponse::SeeOther().insert_header(("location", url)).finish()
        }
        (DepositStatus::Pending, Some(Way::Form { action, fields })) => {
            let amount = deposit.amount.to_string();
            let origin = origin(&action);
            page(&FormPage { words, action: &action, fields: &fields, amount: &amount }, origin.as_deref())
        }
        (DepositStatus::Pending, Some(Way::CardForm { action, fields, inputs })) => {
            let amount = deposit.amount.to_string();
            let origin = origin(&action);
            let months = pages::months(door.desk.clock.now());
            let card = CardPage {
                words,
                action: &action,
                fields: &fields,
                inputs: &inputs,
                months: &months,
                amount: &amount,
            };
            page(&card, origin.as_deref())
        }
        (DepositStatus::Pending, Some(Way::Frames(frames))) => in_frames(&deposit, &managed, &frames),
        _ => result(&deposit, &managed),
    }
}

/// The page in which the bank sees the customer: in a hidden frame first, then, if it wants to ask him, in a visible one.
/// Only the bank's address and the processor's, where both frames end, may stand in them.
fn in_frames(deposit: &Deposit, managed: &Managed, frames: &Frames) -> HttpResponse {
    let words = Words::of(&managed.language);
    let amount = deposit.amount.to_string();
    let state_url = format!("/player/{}/state", managed.token);
    let challenge = desk::challenge(frames, managed);
    let (step, action, name, value) = match &challenge {
        Some(challenge) => (CHALLENGE, challenge.url.as_str(), "creq", challenge.creq.as_str()),
        None => (METHOD, frames.method_url.as_str(), "threeDSMethodData", frames.method_data.as_str()),
    };
    let origins = origin(action).filter(|_| frames.may_show(action)).zip(origin(&frames.processor_url));
    let Some((bank, processor)) = origins else {
        tracing::warn!(deposit.id = %deposit.id, step, "the bank's address is none that a customer may be sent to");
        return result(deposit, managed);
    };
    let shown = FramesPage { words, amount: &amount, step, state_url: &state_url, action, name, value };
    policed(&shown, &format!("form-action {bank}; frame-src {bank} {processor}"))
}

const METHOD: &str = "method";
const CHALLENGE: &str = "challenge";

/// The bank sends the browser back with its answer of 3-D Secure 1, which goes to the processor at once.
async fn from_bank(request: HttpRequest, body: web::Bytes, door: web::Data<Player>) -> HttpResponse {
    let Some((deposit, managed)) = find(&request, &door).await else { return missing() };
    let answer = form_urlencoded::parse(&body).find_map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        matches!(name.as_str(), "pares" | "paresponse").then(|| SecretString::from(value.into_owned()))
    });
    if let Some(answer) = answer
        && let Err(error) = door.desk.bank_answered(deposit.id, &answer).await
    {
        tracing::warn!(deposit.id = %deposit.id, %error, "a bank's answer could not be handed on");
    }
    hurry(&door, deposit.id).await;
    let there = format!("/player/{}/success", managed.token);
    HttpResponse::SeeOther().insert_header(("location", there)).finish()
}

/// The browser comes back. What it brings may hurry us, and decides nothing.
async fn come_back(request: HttpRequest, body: web::Bytes, door: web::Data<Player>) -> HttpResponse {
    let Some((deposit, managed)) = find(&request, &door).await else { return missing() };
    let raw = notifications::raw(&request, &body, &door.notices.trusted_proxies);
    if !raw.query.is_empty() || !raw.body.is_empty() {
        match notifications::receive(&door.notices, &managed.account, &raw).await {
            Ok(_) => {}
            Err(Trouble::Refused(error)) => {
                metrics::counter!("tillgate_returns_refused_total").increment(1);
                tracing::warn!(deposit.id = %deposit.id, %error, "what a browser brought is refused");
            }
            Err(Trouble::Store(error)) => tracing::warn!(%error, "a browser's return could not be stored"),
            Err(Trouble::NoAccount) => {}
        }
    }
    hurry(&door, deposit.id).await;
    if !raw.query.is_empty() || !raw.body.is_empty() {
        // What the browser brought does not stay in its address, and reloading the page does not bring it again.
        return HttpResponse::SeeOther().insert_header(("location", request.path())).finish();
    }
    result(&deposit, &managed)
}

/// The processor is asked soon, however the browser came back.
async fn hurry(door: &Player, id: DepositId) {
    let turn = format!("deposit/{id}");
    let put = door.desk.store.transact(&turn, Wants::nothing().deposit(id), move |tx| {
        let open = deposits::lock(tx, id)?.is_some_and(|deposit| is_open(deposit.status));
        if open {
            outbox::put(tx, &settle_errand(id), tx.now())?;
        }
        Ok(())
    });
    if let Err(error) = put.await {
        tracing::warn!(deposit.id = %id, %error, "a deposit could not be hurried");
    }
}

fn is_open(status: DepositStatus) -> bool {
    match status {
        DepositStatus::Pending | DepositStatus::Settling => true,
        DepositStatus::Authorized
        | DepositStatus::Credited
        | DepositStatus::Declined
        | DepositStatus::Cancelled
        | DepositStatus::Reversed => false,
    }
}

/// What the waiting page polls.
async fn state(request: HttpRequest, door: web::Data<Player>) -> HttpResponse {
    let Some((deposit, managed)) = find(&request, &door).await else {
        return HttpResponse::NotFound().finish();
    };
    let open = is_open(deposit.status);
    let step = match managed.opened.as_deref().and_then(Way::kept) {
        Some(Way::Frames(frames)) if desk::challenge(&frames, &managed).is_some() => CHALLENGE,
        Some(Way::Frames(_)) => METHOD,
        Some(Way::Redirect(_) | Way::Form { .. } | Way::CardForm { .. }) | None => "",
    };
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .json(serde_json::json!({ "open": open, "step": step }))
}

async fn asset(request: HttpRequest) -> HttpResponse {
    match request.match_info().get("name") {
        Some("player.css") => HttpResponse::Ok().content_type("text/css").body(include_str!("player.css")),
        Some("wait.js") => HttpResponse::Ok().content_type("text/javascript").body(include_str!("wait.js")),
        Some("frames.js") => {
            HttpResponse::Ok().content_type("text/javascript").body(include_str!("frames.js"))
        }
        Some("submit.js") => {
            HttpResponse::Ok().content_type("text/javascript").body(include_str!("submit.js"))
        }
        _ => HttpResponse::NotFound().finish(),
    }
}

fn result(deposit: &Deposit, managed: &Managed) -> HttpResponse {
    let words = Words::of(&managed.language);
    let (title, text) = match deposit.status {
        DepositStatus::Pending | DepositStatus::Settling => (words.pending, words.pending_text),
        DepositStatus::Authorized => (words.authorized, words.authorized_text),
        DepositStatus::Credited => (words.credited, words.credited_text),
        DepositStatus::Declined | DepositStatus::Cancelled => (words.failed, words.failed_text),
        DepositStatus::Reversed => (words.failed, words.reversed_text),
    };
    let amount = deposit.amount.to_string();
    let open = is_open(deposit.status);
    let state_url = format!("/player/{}/state", managed.token);
    page(&ResultPage { words, title, text, amount: &amount, open, state_url: &state_url }, None)
}

fn missing() -> HttpResponse {
    let mut response = page(&MissingPage { words: Words::of("en") }, None);
    *response.status_mut() = actix_web::http::StatusCode::NOT_FOUND;
    response
}

/// A page under a strict policy; a form may go to the processor's origin alone, from where it may come back to us.
fn page(page: &impl askama::Template, form_to: Option<&str>) -> HttpResponse {
    let form = form_to.map_or_else(|| "'none'".to_owned(), |origin| format!("{origin} 'self'"));
    policed(page, &format!("form-action {form}"))
}

/// A page under a strict policy, with what it may do besides.
fn policed(page: &impl askama::Template, besides: &str) -> HttpResponse {
    let Ok(html) = page.render() else { return HttpResponse::InternalServerError().finish() };
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
         {besides}; base-uri 'none'; frame-ancestors 'none'"
    );
    HttpResponse::Ok()
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .insert_header(("referrer-policy", "no-referrer"))
        .insert_header(("x-content-type-options", "nosniff"))
        .content_type("text/html; charset=utf-8")
        .body(html)
}

/// `https://host:port` of an address, as a policy may name it: nothing in it ends the policy's word or widens it.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !authority.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let named = match inner {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(letters),
    };
    let numbered = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    let known = matches!(scheme, "http" | "https");
    (known && named && numbered).then(|| format!("{scheme}://{authority}"))
}

async fn find(request: &HttpRequest, door: &Player) -> Option<(Deposit, Managed)> {
    let token = request.match_info().get("token")?.to_owned();
    let found: Result<_, StoreError> =
        door.desk.store.read(move |connection| deposits::find_by_token(connection, &token)).await;
    found.unwrap_or_else(|error| {
        tracing::warn!(%error, "a customer's page could not be read");
        None
    })
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn an_origin_is_taken_whole_or_not_at_all() {
        for (url, named) in [
            ("https://acs.bank.example/challenge?x=1", "https://acs.bank.example"),
            ("https://acs.bank.example:8443#x", "https://acs.bank.example:8443"),
            ("http://127.0.0.1:80", "http://127.0.0.1:80"),
            ("https://[2001:db8::1]/", "https://[2001:db8::1]"),
            ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443"),
        ] {
            assert_eq!(origin(url).as_deref(), Some(named));
        }
        for url in [
            "",
            "https://",
            "https:///path",
            "https://*",
            "https://*.example",
            "https://a b.example",
            "https://a;script-src *",
            "https://a,b",
            "https://user@bank.example",
            "https://bank.example:",
            "https://bank.example:0",
            "https://bank.example:99999",
            "https://bank.example:*",
            "https://[x]",
            "https://bänk.example",
            "javascript://bank.example",
            "data:text/html,x",
            "//bank.example",
        ] {
            assert_eq!(origin(url), None, "{url}");
        }
    }
}
