//! The customer panel: a page where one types test PINs, pays or cancels.

use super::assign::{self, Entry, Rejected};
use super::book::{Disposition, Letter};
use super::number::{self, Amount};
use super::{CASH_TICKET_PANEL_PATH, PANEL_PATH, Shared, lock, notices};
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

const MOST_CARDS: usize = 10;

pub fn routes(config: &mut web::ServiceConfig) {
    for path in [PANEL_PATH, CASH_TICKET_PANEL_PATH] {
        config.service(web::resource(path).route(web::get().to(show)).route(web::post().to(submit)));
    }
}

async fn show(request: HttpRequest, shared: web::Data<Shared>) -> HttpResponse {
    let asked = fields(request.query_string().as_bytes());
    match find(&shared, &asked) {
        Ok(found) if found.letter == Letter::R => page(&request, &asked, &found, ""),
        Ok(_) => message("This payment can't be paid any more."),
        Err(reason) => message(reason),
    }
}

async fn submit(request: HttpRequest, body: web::Bytes, shared: web::Data<Shared>) -> HttpResponse {
    let asked = fields(request.query_string().as_bytes());
    let typed = fields(&body);
    let found = match find(&shared, &asked) {
        Ok(found) => found,
        Err(reason) => return message(reason),
    };
    if found.letter != Letter::R {
        return message("This payment can't be paid any more.");
    }
    if typed.contains_key("cancel") {
        let now = shared.now();
        shared.book().force(&found.mtid, Letter::L, now);
        return redirect(&found.nok_url);
    }
    let text = |name: String| typed.get(&name).map(|value| value.replace([' ', '-'], "")).unwrap_or_default();
    let entries: Vec<Entry> = (1..=MOST_CARDS)
        .map(|place| Entry {
            pin: text(format!("pin{place}")),
            password: typed.get(&format!("password{place}")).cloned().unwrap_or_default(),
        })
        .filter(|entry| !entry.pin.is_empty())
        .collect();
    if entries.is_empty() {
        return page(&request, &asked, &found, "Enter at least one PIN.");
    }
    let now = shared.now();
    let assigned = assign::assign(&mut shared.book(), &found.username, &found.mtid, &entries, now);
    match assigned {
        Ok(()) => {}
        Err(Rejected::Whole(code)) => {
            return page(&request, &asked, &found, &format!("The payment was refused ({code})."));
        }
        Err(Rejected::Cards(refused)) => {
            let codes: Vec<String> = refused.iter().map(|(_, code)| code.to_string()).collect();
            return page(&request, &asked, &found, &format!("A PIN was refused ({}).", codes.join(", ")));
        }
    }
    shared.notify(&found.username, &found.mtid);
    let before_redirect = lock(&shared.plan).before_redirect;
    if before_redirect {
        let shared: Arc<Shared> = shared.into_inner();
        notices::deliver_due(&shared).await;
    }
    redirect(&found.ok_url)
}

/// The disposition that the address names; every value must be that of createDisposition.
fn find(shared: &Shared, asked: &BTreeMap<String, String>) -> Result<Disposition, &'static str> {
    let text = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    let now = shared.now();
    let mut book = shared.book();
    book.expire(now);
    let found = book.dispositions.iter().find(|known| known.mtid == text("mtid") && known.mid == text("mid"));
    let found = found.ok_or("There is no such payment.")?;
    let same_amount = number::read(text("amount")) == Amount::Cents(found.value);
    if !same_amount || found.currency != text("currency") {
        return Err("The amount is not that of the payment.");
    }
    Ok(found.clone())
}

fn fields(bytes: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(bytes).into_owned().collect()
}

fn redirect(url: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, url)).finish()
}

fn message(text: &str) -> HttpResponse {
    HttpResponse::BadRequest().content_type("text/html; charset=utf-8").body(frame("Payment", &html(text)))
}

fn page(
    request: &HttpRequest,
    asked: &BTreeMap<String, String>,
    found: &Disposition,
    problem: &str,
) -> HttpResponse {
    let german = asked.get("language").is_some_and(|language| language == "de");
    let (pay, cancel, pin) = if german { ("Bezahlen", "Abbrechen", "PIN") } else { ("Pay", "Cancel", "PIN") };
    let brand = if request.path() == CASH_TICKET_PANEL_PATH { "Cash-Ticket" } else { "paysafecard" };
    let mut inputs = String::new();
    for place in 1..=MOST_CARDS {
        // Writing to a String can't fail.
        let _ = write!(
            inputs,
            "<p><label>{pin} {place} <input name=\"pin{place}\" id=\"pin{place}\" inputmode=\"numeric\" \
             autocomplete=\"off\" maxlength=\"24\"></label> <input name=\"password{place}\" type=\"password\" \
             autocomplete=\"off\" aria-label=\"card password {place}\" placeholder=\"card password\"></p>"
        );
    }
    let problem =
        if problem.is_empty() { String::new() } else { format!("<p role=\"alert\">{}</p>", html(problem)) };
    let body = format!(
        "<p>{}: <strong>{}.{:02} {}</strong></p>{problem}<form method=\"post\">{inputs}\
         <p><button name=\"pay\" value=\"1\" id=\"pay\">{pay}</button> \
         <button name=\"cancel\" value=\"1\" id=\"cancel\">{cancel}</button></p></form>\
         <p class=\"note\">A simulator: only test PINs such as 0000000000000012 work here.</p>",
        html(&found.mtid),
        found.value / 100,
        found.value % 100,
        html(&found.currency),
    );
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(frame(brand, &body))
}

fn frame(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>\
         body{{font:16px/1.5 system-ui,sans-serif;max-width:600px;margin:1.5rem auto;padding:0 1rem;color:#1a1a1a}}\
         input{{font:inherit;padding:.3rem;max-width:14rem}}button{{font:inherit;padding:.5rem 1.2rem}}\
         [role=alert]{{color:#a00;font-weight:600}}.note{{color:#555;font-size:.9rem}}</style></head>\
         <body><h1>{title}</h1>{body}</body></html>"
    )
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
