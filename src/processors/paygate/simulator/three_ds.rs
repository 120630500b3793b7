//! 3-D Secure 2 as the platform and a bank would do it, for `direct.aspx` and for the hosted form.

use super::App;
use super::books::StoredCard;
use super::engine::How;
use super::pages::{html, link, page};
use super::replies::{Reply, SUCCESS, card_of, failure, forced, reply};
use super::wire::{Call, encode};
use super::world::{Session, World};
use actix_web::HttpResponse;
use actix_web::web::{Data, Form, Path};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::collections::BTreeMap;

/// How the bank behaves, by the published test cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bank {
    Challenge,
    Frictionless,
    NotAuthenticated,
    ProtocolError,
    /// Cards that are not in the list take no part.
    NoPart,
}

pub fn bank_of(number: &str) -> Bank {
    match number {
        "4000012892688323" | "5232125125401459" => Bank::Challenge,
        "4000019966199434" | "5232122422543299" => Bank::Frictionless,
        "4000011744135012" | "5232122741507017" => Bank::NotAuthenticated,
        "4000017873485953" | "5232122596907270" => Bank::ProtocolError,
        _ => Bank::NoPart,
    }
}

/// The result code that a bank's word leads to.
pub fn code_of(bank: Bank) -> &'static str {
    match bank {
        Bank::Challenge | Bank::Frictionless | Bank::NoPart => SUCCESS,
        Bank::NotAuthenticated => "22060200",
        Bank::ProtocolError => "21200203",
    }
}

/// The payment's id in the form that 3-D Secure wants.
fn uuid_form(pay_id: &str) -> String {
    let part = |from: usize, to: usize| pay_id.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// `direct.aspx`: authentication first where the payer is there, else the result at once.
pub fn direct(world: &mut World, call: &Call, how: How) -> Reply {
    let (merchant, params) = (&call.merchant, &call.params);
    if let Err(code) = world.admit(merchant, "direct.aspx", params) {
        return failure(merchant, params, &code);
    }
    if let Some(answer) = world.books.final_answer(&merchant.id, "direct.aspx", params.get("ReqID")) {
        return answer;
    }
    if how != How::Normally {
        return world.act(merchant, "direct.aspx", params, how);
    }
    let card = match card_of(params).and_then(|card| world.accept_card(&card).map(|()| card)) {
        Ok(card) => card,
        Err(code) => return failure(merchant, params, &code),
    };
    let payment = world.open_payment(&merchant.id, params).clone();
    if !params.has("browserInfo") {
        return without_payer(world, call, &card);
    }
    let id = world.new_id();
    let session = Session {
        merchant: merchant.id.clone(),
        endpoint: "direct.aspx".to_owned(),
        params: params.clone(),
        card: Some(card.clone()),
        direct: true,
        done: false,
    };
    world.sessions.insert(id.clone(), session);
    let takes_part = bank_of(&card.number) != Bank::NoPart;
    let version = if takes_part { json!("2.1.0") } else { json!(null) };
    let server_trans_id = uuid_form(&payment.pay_id);
    let method = json!({
        "threeDSMethodNotificationURL": link(world, "cbThreeDS.aspx?action=mthdNtfn"),
        "threeDSServerTransID": server_trans_id,
    });
    let versioning = json!({
        "threeDSServerTransID": server_trans_id,
        "acsStartProtocolVersion": version,
        "acsEndProtocolVersion": version,
        "dsStartProtocolVersion": version,
        "dsEndProtocolVersion": version,
        "threeDSMethodURL": link(world, &format!("sandbox/method/{id}")),
        "threeDSMethodDataForm": base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(method.to_string()),
        "threeDSMethodData": method,
    });
    if let Some(payment) = world.books.payment(&merchant.id, params.get("TransID")) {
        payment.last_status = "AUTHENTICATION_REQUEST".to_owned();
    }
    let mut answer = reply(merchant, &payment, "AUTHENTICATION_REQUEST", "70000000", "3-D Secure follows");
    answer.push(("versioningData".to_owned(), STANDARD.encode(versioning.to_string())));
    answer
}

fn without_payer(world: &mut World, call: &Call, card: &StoredCard) -> Reply {
    if let Err(code) = forced(&call.params) {
        if let Some(payment) = world.books.payment(&call.merchant.id, call.params.get("TransID")) {
            payment.last_status = "FAILED".to_owned();
        }
        return failure(&call.merchant, &call.params, &code);
    }
    let (payment, status) =
        world.hold(&call.merchant, call.params.get("TransID"), call.params.get("Capture"));
    if let Some(kept) = world.books.payment(&call.merchant.id, &payment.trans_id) {
        kept.last_status = status.to_owned();
    }
    let mut answer = reply(&call.merchant, &payment, status, SUCCESS, "success");
    world.add_card(&mut answer, card);
    answer
}

/// The hidden frame's post. The platform goes on by itself and tells the frame what comes next, as JSON.
pub async fn method(app: Data<App>, id: Path<String>, form: Form<BTreeMap<String, String>>) -> HttpResponse {
    if !form.contains_key("threeDSMethodData") {
        return HttpResponse::BadRequest().body("threeDSMethodData is missing");
    }
    let Some(session) = app.world().sessions.get(id.as_str()).cloned() else {
        return HttpResponse::NotFound().finish();
    };
    let bank = session.card.as_ref().map_or(Bank::NoPart, |card| bank_of(&card.number));
    tell_authentication(&app, &session, bank);
    let answer = if bank == Bank::Challenge {
        let request = json!({
            "threeDSServerTransID": "sandbox", "acsTransID": id.as_str(),
            "messageType": "CReq", "messageVersion": "2.1.0", "challengeWindowSize": "05",
        });
        json!({
            "acsChallengeMandated": true,
            "base64EncodedChallengeRequest": STANDARD.encode(request.to_string()),
            "challengeRequest": request,
            "acsURL": link(&app.world(), &format!("sandbox/challenge/{id}")),
        })
    } else {
        end_direct(&app, &id, code_of(bank))
    };
    super::deliver(&app).await;
    HttpResponse::Ok().json(answer)
}

/// The authentication notification: no status, so its MAC covers an empty one.
fn tell_authentication(app: &App, session: &Session, bank: Bank) {
    let mut world = app.world();
    let Some((merchant, keys)) = world.merchants.get(&session.merchant).cloned() else { return };
    let call = Call { merchant, keys, params: session.params.clone(), clear: Default::default() };
    let trans_id = session.params.get("TransID").to_owned();
    let Some(payment) = world.books.payment(&session.merchant, &trans_id).cloned() else { return };
    let code = code_of(bank);
    let response = json!({
        "threeDSServerTransID": uuid_form(&payment.pay_id),
        "acsChallengeMandated": bank == Bank::Challenge,
    });
    let mac = call.keys.mac([&payment.pay_id, &trans_id, &call.merchant.id, "", code]);
    let fields = vec![
        ("MID".to_owned(), call.merchant.id.clone()),
        ("PayID".to_owned(), payment.pay_id.clone()),
        ("TransID".to_owned(), trans_id),
        ("Code".to_owned(), code.to_owned()),
        ("MAC".to_owned(), mac),
        ("authenticationResponse".to_owned(), STANDARD.encode(response.to_string())),
    ];
    world.notify(&call, &fields, session.done, false);
}

/// Ends the payment and gives the frame its last message, whose values are Base64.
fn end_direct(app: &App, id: &str, code: &str) -> serde_json::Value {
    let mut world = app.world();
    world.finish_card(id, code);
    let Some(session) = world.sessions.get(id).cloned() else { return json!(null) };
    let Some((merchant, keys)) = world.merchants.get(&session.merchant).cloned() else { return json!(null) };
    let call = Call { merchant, keys, params: Default::default(), clear: Default::default() };
    let trans_id = session.params.get("TransID").to_owned();
    let Some(payment) = world.books.payment(&session.merchant, &trans_id).cloned() else {
        return json!(null);
    };
    let fields = vec![
        ("MID".to_owned(), call.merchant.id.clone()),
        ("PayID".to_owned(), payment.pay_id),
        ("TransID".to_owned(), trans_id),
    ];
    let body = encode(&world, &call, fields, call.merchant.filling);
    let (len, data) = body.trim_start_matches("Len=").split_once("&Data=").unwrap_or_default();
    json!({ "MID": STANDARD.encode(&call.merchant.id), "Len": STANDARD.encode(len), "Data": STANDARD.encode(data) })
}

/// The bank's page in the visible frame.
pub async fn challenge(app: Data<App>, id: Path<String>) -> HttpResponse {
    if !app.world().sessions.contains_key(id.as_str()) {
        return HttpResponse::NotFound().finish();
    }
    let action = html(&format!("/sandbox/challenge/{id}/answer"));
    page(
        "Your bank",
        &format!(
            "<p>Is it really you who pays?</p><form method='post' action='{action}'>\
             <button name='answer' value='yes' id='confirm'>Yes, confirm</button> \
             <button name='answer' value='no' id='refuse'>No</button> \
             <button name='answer' value='cancel' id='cancel'>Cancel</button></form>"
        ),
    )
}

pub async fn challenge_answer(
    app: Data<App>,
    id: Path<String>,
    form: Form<BTreeMap<String, String>>,
) -> HttpResponse {
    let code = match form.get("answer").map(String::as_str) {
        Some("yes") => SUCCESS,
        Some("cancel") => "22060053",
        _ => "22060200",
    };
    let Some(session) = app.world().sessions.get(id.as_str()).cloned() else {
        return HttpResponse::NotFound().finish();
    };
    if session.direct {
        let message = end_direct(&app, &id, code);
        super::deliver(&app).await;
        return HttpResponse::Ok().json(message);
    }
    super::pages::go_back(&app, |world| world.finish_card(&id, code)).await
}
