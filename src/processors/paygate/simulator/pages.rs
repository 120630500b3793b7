//! What a payer's browser sees: the card form, the card form's target, and the TWINT page.

use super::App;
use super::bank::{Bank, bank_of};
use super::books::StoredCard;
use super::replies::failure;
use super::results::WayBack;
use super::three_ds::code_of;
use super::wire::{Call, open};
use super::world::{Session, World, check_digit_fits};
use actix_web::web::{Bytes, Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use std::collections::BTreeMap;

/// `payssl.aspx`, `twint.aspx`: decrypts, and shows a page. MAC and formats are checked before anything is shown.
pub async fn start(app: Data<App>, endpoint: Path<String>, http: HttpRequest, body: Bytes) -> HttpResponse {
    let text = if body.is_empty() { http.query_string().as_bytes().to_vec() } else { body.to_vec() };
    let mut world = app.world();
    let call = match open(&world, &text) {
        Ok(call) => call,
        Err(code) => return refusal(code),
    };
    let session = match begin(&mut world, &endpoint, &call) {
        Ok(session) => session,
        Err(code) => return refusal(&code),
    };
    if endpoint.as_str() == "twint.aspx" {
        return twint_page(&world, &session, &call);
    }
    card_page(&session, &call, "")
}

fn begin(world: &mut World, endpoint: &str, call: &Call) -> Result<String, String> {
    world.admit(&call.merchant, endpoint, &call.params)?;
    let trans_id = call.params.get("TransID");
    // The same order shown again is the same payment, finished or not.
    let known = world.sessions.iter().find(|(_, session)| {
        session.merchant == call.merchant.id && session.params.get("TransID") == trans_id && !session.direct
    });
    if let Some((id, _)) = known {
        return Ok(id.clone());
    }
    let payment = world.open_payment(&call.merchant.id, &call.params);
    payment.last_status = "PENDING".to_owned();
    let id = world.new_id();
    let session = Session {
        merchant: call.merchant.id.clone(),
        endpoint: endpoint.to_owned(),
        params: call.params.clone(),
        card: None,
        direct: false,
        done: false,
    };
    world.sessions.insert(id.clone(), session);
    Ok(id)
}

/// `paynow.aspx`: the merchant's own page posted the card fields beside Data.
pub async fn paynow(app: Data<App>, body: Bytes) -> HttpResponse {
    let (session, card) = {
        let mut world = app.world();
        let call = match open(&world, &body) {
            Ok(call) => call,
            Err(code) => return refusal(code),
        };
        let session = match begin(&mut world, "paynow.aspx", &call) {
            Ok(session) => session,
            Err(code) => return refusal(&code),
        };
        let field = |name: &str| call.clear.get(name).to_owned();
        (session, StoredCard { number: field("CCNr"), expiry: field("CCExpiry"), brand: field("CCBrand") })
    };
    pay(&app, &session, card).await
}

/// The card form's target.
pub async fn card(app: Data<App>, id: Path<String>, form: Form<BTreeMap<String, String>>) -> HttpResponse {
    let field = |name: &str| form.get(name).map(|value| value.trim().to_owned()).unwrap_or_default();
    if form.contains_key("cancel") {
        return go_back(&app, |world| world.finish_card(&id, "20600053")).await;
    }
    let card = StoredCard {
        number: field("CardNumber").replace(' ', ""),
        expiry: format!("{}{:0>2}", field("CardExpirationYear"), field("CardExpirationMonth")),
        brand: field("CcBrand"),
    };
    if card.number.len() < 12 || !check_digit_fits(&card.number) || card.expiry.len() != 6 {
        let world = app.world();
        let Some(session) = world.sessions.get(id.as_str()) else { return HttpResponse::NotFound().finish() };
        let Some((merchant, keys)) = world.merchants.get(&session.merchant).cloned() else {
            return HttpResponse::NotFound().finish();
        };
        let call = Call { merchant, keys, params: session.params.clone(), clear: Default::default() };
        return card_page(&id, &call, "Please check the number and the date.");
    }
    pay(&app, &id, card).await
}

async fn pay(app: &Data<App>, id: &str, card: StoredCard) -> HttpResponse {
    let bank = bank_of(&card.number);
    {
        let mut world = app.world();
        let Some(session) = world.sessions.get_mut(id) else { return HttpResponse::NotFound().finish() };
        if !session.done {
            session.card = Some(card);
        }
    }
    if bank == Bank::Challenge {
        let there = format!("/sandbox/challenge/{id}");
        return HttpResponse::SeeOther().insert_header(("Location", there)).finish();
    }
    go_back(app, |world| world.finish_card(id, code_of(bank))).await
}

/// The TWINT page's buttons.
pub async fn twint(app: Data<App>, id: Path<String>, form: Form<BTreeMap<String, String>>) -> HttpResponse {
    let Some(session) = app.world().sessions.get(id.as_str()).cloned() else {
        return HttpResponse::NotFound().finish();
    };
    let trans_id = session.params.get("TransID").to_owned();
    match form.get("answer").map(String::as_str) {
        Some("close") => {
            app.world().close_twint(&id, true);
            page("Closed", "<p>The browser is closed. The payer still confirms in the app.</p>")
        }
        Some("abandon") => {
            app.world().close_twint(&id, false);
            page("Closed", "<p>The browser is closed. The payer does not confirm.</p>")
        }
        answer => {
            let confirmed = answer == Some("confirm");
            go_back(&app, |world| world.finish_twint(&session.merchant, &trans_id, confirmed)).await
        }
    }
}

/// Ends a payment, delivers its notification, and sends the browser back to the merchant.
pub async fn go_back(app: &Data<App>, finish: impl FnOnce(&mut World) -> Option<WayBack>) -> HttpResponse {
    let way = finish(&mut app.world());
    let Some(way) = way else { return HttpResponse::NotFound().finish() };
    super::deliver(app).await;
    if !way.by_post {
        let there = format!("{}?{}", way.url, way.body);
        return HttpResponse::SeeOther().insert_header(("Location", there)).finish();
    }
    let fields: String = form_urlencoded::parse(way.body.as_bytes())
        .map(|(name, value)| format!("<input type='hidden' name='{}' value='{}'>", html(&name), html(&value)))
        .collect();
    page(
        "Back to the shop",
        &format!(
            "<form method='post' action='{}'>{fields}<button id='back'>Continue</button></form>",
            html(&way.url)
        ),
    )
}

fn refusal(code: &str) -> HttpResponse {
    let merchant = super::world::Merchant::default();
    let fields = failure(&merchant, &Default::default(), code);
    let description = fields.iter().find(|(name, _)| name == "Description").map_or("", |(_, value)| value);
    let text = format!("<p>This payment can't be shown: {} ({}).</p>", html(code), html(description));
    page("Not possible", &text)
}

fn card_page(id: &str, call: &Call, problem: &str) -> HttpResponse {
    let brands = ["VISA", "MasterCard", "AMEX"].map(|brand| format!("<option>{brand}</option>")).concat();
    let back = call.clear.get("URLBack");
    let back =
        if back.is_empty() { String::new() } else { format!("<p><a href='{}'>Back</a></p>", html(back)) };
    page(
        "Pay by card",
        &format!(
            "{sum}<p role='alert'>{problem}</p><form method='post' action='/sandbox/card/{id}' autocomplete='off'>\
             <label>Name on the card <input name='CardHolder'></label>\
             <label>Card number <input name='CardNumber' inputmode='numeric'></label>\
             <label>Month <input name='CardExpirationMonth' size='2'></label>\
             <label>Year <input name='CardExpirationYear' size='4'></label>\
             <label>Check value <input name='Cccvc' size='4'></label>\
             <label>Brand <select name='CcBrand'>{brands}</select></label>\
             <button id='pay'>Pay</button> <button id='cancel' name='cancel' value='1'>Cancel</button></form>{back}",
            sum = sum(call),
            id = html(id),
            problem = html(problem),
        ),
    )
}

fn twint_page(world: &World, id: &str, call: &Call) -> HttpResponse {
    // A picture that looks like a code to scan; there is no app to scan it with.
    let mut squares = String::new();
    for place in 0..441 {
        if world.entropy.next().is_multiple_of(2) {
            let (x, y) = (place % 21, place / 21);
            squares.push_str(&format!("<rect x='{x}' y='{y}' width='1' height='1'/>"));
        }
    }
    page(
        "TWINT",
        &format!(
            "{sum}<svg viewBox='0 0 21 21' width='210' role='img' aria-label='code to scan'>{squares}</svg>\
             <form method='post' action='/sandbox/twint/{id}'>\
             <button id='confirm' name='answer' value='confirm'>Confirm in the app</button> \
             <button id='cancel' name='answer' value='cancel'>Cancel</button> \
             <button id='close' name='answer' value='close'>Close the browser, confirm later</button> \
             <button id='abandon' name='answer' value='abandon'>Close the browser, never confirm</button></form>",
            sum = sum(call),
            id = html(id),
        ),
    )
}

fn sum(call: &Call) -> String {
    let field = |name| html(call.params.get(name));
    format!("<p>Order {}: {} {} in smallest units</p>", field("TransID"), field("Amount"), field("Currency"))
}

/// An address of this simulator.
pub fn link(world: &World, path: &str) -> String {
    format!("{}/{path}", world.base_url)
}

/// Banks are met under another name than the platform, as they are another origin.
pub fn bank_link(world: &World, path: &str) -> String {
    match &world.bank {
        Some(elsewhere) => format!("{elsewhere}/{path}"),
        None => link(world, path).replacen("://127.0.0.1", "://localhost", 1),
    }
}

pub fn page(title: &str, body: &str) -> HttpResponse {
    let style = "body{font:16px/1.5 sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}\
                 label{display:grid;gap:.25rem;max-width:20rem;margin:.6rem 0}\
                 input,select,button{font:inherit;padding:.35rem .6rem}button{margin:.4rem .4rem 0 0}\
                 header{border-bottom:2px solid #b45309;margin-bottom:1rem}";
    let text = format!(
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' \
         content='width=device-width'><title>{title}</title><link rel='icon' href='data:,'><style>{style}</style>\
         </head><body><header><strong>Paygate sandbox</strong>: no real money moves here</header>\
         <main><h1>{title}</h1>{body}</main></body></html>",
        title = html(title)
    );
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(text)
}

pub fn html(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
        out
    })
}
