//! The payer's bank: its access control server, which looks at the browser, asks the payer, and answers by his browser.
//!
//! It knows the platform's address and nothing of its books.

use super::App;
use super::pages::{html, link, page};
use actix_web::HttpResponse;
use actix_web::web::{Data, Form};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How the bank behaves, by the published test cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bank {
    Challenge,
    Frictionless,
    NotAuthenticated,
    ProtocolError,
    /// Speaks the first version only. No test card is published for it; these are ours.
    FirstVersion,
    /// Cards that are not in the list take no part.
    NoPart,
}

pub fn bank_of(number: &str) -> Bank {
    match number {
        "4000012892688323" | "5232125125401459" => Bank::Challenge,
        "4000019966199434" | "5232122422543299" => Bank::Frictionless,
        "4000011744135012" | "5232122741507017" => Bank::NotAuthenticated,
        "4000017873485953" | "5232122596907270" => Bank::ProtocolError,
        "4012001037141112" => Bank::FirstVersion,
        _ => Bank::NoPart,
    }
}

type Fields = Form<BTreeMap<String, String>>;

/// A message that is sent as Base64 of JSON, in either alphabet.
pub fn message(text: &str) -> Option<Value> {
    let text = text.trim_end_matches('=');
    let plain = text.replace('+', "-").replace('/', "_");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(plain).ok()?).ok()
}

/// A page that posts by itself, as banks' pages do.
fn posts(action: &str, fields: &[(&str, &str)]) -> HttpResponse {
    let fields: String = fields
        .iter()
        .map(|(name, value)| format!("<input type='hidden' name='{name}' value='{}'>", html(value)))
        .collect();
    page(
        "One moment",
        &format!(
            "<form id='on' method='post' action='{}'>{fields}<button>Go on</button></form>\
             <script>document.getElementById('on').submit()</script>",
            html(action)
        ),
    )
}

/// The hidden frame's page: looks at the browser, then sends it to the address that the message names.
pub async fn method(form: Fields) -> HttpResponse {
    let data = form.get("threeDSMethodData").map(String::as_str).unwrap_or_default();
    let Some(message) = message(data) else {
        return HttpResponse::BadRequest().body("threeDSMethodData can't be read");
    };
    let Some(there) = message["threeDSMethodNotificationURL"].as_str() else {
        return HttpResponse::BadRequest().body("threeDSMethodNotificationURL is missing");
    };
    posts(there, &[("threeDSMethodData", data)])
}

/// The visible frame's page.
pub async fn challenge(app: Data<App>, form: Fields) -> HttpResponse {
    let creq = form.get("creq").map(String::as_str).unwrap_or_default();
    let request = message(creq).unwrap_or_default();
    let known = request["acsTransID"].as_str().is_some_and(|id| app.world().sessions.contains_key(id));
    let whole = request["messageType"] == "CReq"
        && request["messageVersion"] == "2.2.0"
        && request["challengeWindowSize"].is_string()
        && request["threeDSServerTransID"].is_string();
    if !known || !whole {
        return HttpResponse::BadRequest().body("this is no CReq of ours");
    }
    asks("/sandbox/bank/challenged", &[("creq", creq)])
}

/// What the payer pressed, as the bank's signed word to the platform.
pub async fn challenged(app: Data<App>, form: Fields) -> HttpResponse {
    let request = message(form.get("creq").map(String::as_str).unwrap_or_default()).unwrap_or_default();
    let word = match form.get("answer").map(String::as_str) {
        Some("yes") => json!({ "transStatus": "Y" }),
        Some("cancel") => json!({ "transStatus": "N", "challengeCancel": "01" }),
        _ => json!({ "transStatus": "N" }),
    };
    let mut response = json!({
        "threeDSServerTransID": request["threeDSServerTransID"], "acsTransID": request["acsTransID"],
        "messageType": "CRes", "messageVersion": "2.2.0",
    });
    for (name, value) in word.as_object().into_iter().flatten() {
        response[name] = value.clone();
    }
    let there = link(&app.world(), "cbThreeDS.aspx?action=cresNtfn");
    posts(&there, &[("cres", &URL_SAFE_NO_PAD.encode(response.to_string()))])
}

/// The page of 3-D Secure 1, which takes the whole window.
pub async fn first_version(form: Fields) -> HttpResponse {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let [request, back, data] = ["PaReq", "TermUrl", "MD"].map(field);
    if request.is_empty() || back.is_empty() {
        return HttpResponse::BadRequest().body("PaReq or TermUrl is missing");
    }
    asks("/sandbox/bank/pares", &[("PaReq", request), ("TermUrl", back), ("MD", data)])
}

pub async fn first_version_answered(form: Fields) -> HttpResponse {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let answer = format!("{} {}", field("PaReq"), field("answer"));
    posts(field("TermUrl"), &[("PaRes", &STANDARD.encode(answer)), ("MD", field("MD"))])
}

/// The payment that a PaRes speaks of, and whether the payer is who he says.
pub fn read_pa_res(text: &str) -> Option<(String, bool)> {
    let answer = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    let (request, word) = answer.split_once(' ')?;
    let session = String::from_utf8(STANDARD.decode(request).ok()?).ok()?;
    Some((session, word == "yes"))
}

fn asks(action: &str, fields: &[(&str, &str)]) -> HttpResponse {
    let fields: String = fields
        .iter()
        .map(|(name, value)| format!("<input type='hidden' name='{name}' value='{}'>", html(value)))
        .collect();
    page(
        "Your bank",
        &format!(
            "<p>Is it really you who pays?</p><form method='post' action='{action}'>{fields}\
             <button name='answer' value='yes' id='confirm'>Yes, confirm</button> \
             <button name='answer' value='no' id='refuse'>No</button> \
             <button name='answer' value='cancel' id='cancel'>Cancel</button></form>"
        ),
    )
}
