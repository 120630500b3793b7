//! The platform's side of 3-D Secure: `direct.aspx`, what it hears from banks by the browser, and the hosted form's
//! challenge.

use super::App;
use super::bank::{Bank, bank_of, message, read_pa_res};
use super::books::Payment;
use super::codec::Params;
use super::engine::How;
use super::pages::{bank_link, html, link, page};
use super::replies::{Reply, SUCCESS, card_of, failure, json_or_text, reply};
use super::wire::{Call, encode};
use super::world::{Merchant, Session, World};
use actix_web::HttpResponse;
use actix_web::web::{Data, Form, Path, Query};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The result code that a bank's word leads to.
pub fn code_of(bank: Bank) -> &'static str {
    match bank {
        Bank::Challenge | Bank::Frictionless | Bank::FirstVersion | Bank::NoPart => SUCCESS,
        Bank::NotAuthenticated => "22060200",
        Bank::ProtocolError => "21200203",
    }
}

/// The payment's id in the form that 3-D Secure wants.
fn uuid_form(pay_id: &str) -> String {
    let part = |from: usize, to: usize| pay_id.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// The scheme's name of a payment.
pub fn scheme_reference(pay_id: &str) -> String {
    format!("S{}", pay_id.get(..20).unwrap_or_default())
}

/// `direct.aspx`: authentication first where the payer is there, else the result at once.
pub fn direct(world: &mut World, call: &Call, how: How) -> Reply {
    let (merchant, params) = (&call.merchant, &call.params);
    if let Err(code) = world.admit(merchant, "direct.aspx", params) {
        return failure(merchant, params, &code);
    }
    world.asked.insert(params.get("TransID").to_owned(), params.clone());
    let credential: Value =
        serde_json::from_str(&json_or_text(params.get("credentialOnFile"))).unwrap_or_default();
    let payer = params.has("browserInfo") || how == How::AskingPayer;
    if !params.has("browserInfo") {
        // Without the payer only a card on file may be charged, and the series it names must have begun here.
        let scheme = params.get("schemeReferenceID");
        let begun = world.books.payments.values().any(|payment| scheme_reference(&payment.pay_id) == scheme);
        if credential["initialPayment"] != json!(false) || (!scheme.is_empty() && !begun) {
            return failure(merchant, params, "21001542");
        }
    }
    let card = card_of(params);
    if !matches!(how, How::Normally | How::AskingPayer) || !payer {
        let mut answer = world.act(merchant, "direct.aspx", params, how);
        if let Ok(card) = card
            && answer.iter().any(|(name, value)| name == "Code" && value == SUCCESS)
        {
            world.add_card(&mut answer, &card);
        }
        return answer;
    }
    if let Some(answer) = world.books.final_answer(&merchant.id, "direct.aspx", params.get("ReqID")) {
        return answer;
    }
    let card = match card.and_then(|card| world.accept_card(&card).map(|()| card)) {
        Ok(card) => card,
        Err(code) => return failure(merchant, params, &code),
    };
    let payment = world.open_payment(&merchant.id, params).clone();
    let id = world.new_id();
    let bank = bank_of(&card.number);
    let session = Session {
        merchant: merchant.id.clone(),
        endpoint: "direct.aspx".to_owned(),
        params: params.clone(),
        card: Some(card),
        direct: true,
        done: false,
    };
    world.sessions.insert(id.clone(), session);
    if let Some(payment) = world.books.payment(&merchant.id, params.get("TransID")) {
        payment.last_status = "AUTHENTICATION_REQUEST".to_owned();
    }
    let mut answer = reply(merchant, &payment, "AUTHENTICATION_REQUEST", "70000000", "3-D Secure follows");
    let mut versioning = versioning(world, &payment.pay_id, bank);
    if bank == Bank::FirstVersion {
        versioning["threeDSMethodURL"] = json!(null);
        versioning["threeDSMethodDataForm"] = json!(null);
    }
    answer.push(("versioningData".to_owned(), STANDARD.encode(versioning.to_string())));
    if bank == Bank::FirstVersion {
        let (back, pay_id, trans_id) = (params.get("TermURL"), &payment.pay_id, &payment.trans_id);
        let legacy = json!({
            "MID": merchant.id, "TransID": trans_id,
            "acsURL": bank_link(world, "sandbox/bank/pareq"), "PAReq": STANDARD.encode(&id),
            "TermURL": format!("{back}?PayID={pay_id}&TransID={trans_id}&MID={}", merchant.id),
        });
        answer.push(("threeDSLegacy".to_owned(), STANDARD.encode(legacy.to_string())));
    }
    answer
}

fn versioning(world: &World, pay_id: &str, bank: Bank) -> Value {
    let takes_part = !matches!(bank, Bank::NoPart | Bank::FirstVersion);
    let version = |text: &str| if takes_part { json!(text) } else { json!(null) };
    let server_trans_id = uuid_form(pay_id);
    let method = json!({
        "threeDSMethodNotificationURL": link(world, "cbThreeDS.aspx?action=mthdNtfn"),
        "threeDSServerTransID": server_trans_id,
    });
    json!({
        "threeDSServerTransID": server_trans_id,
        "acsStartProtocolVersion": version("2.1.0"),
        "acsEndProtocolVersion": version("2.2.0"),
        "dsStartProtocolVersion": version("2.1.0"),
        "dsEndProtocolVersion": version("2.2.0"),
        "threeDSMethodURL": link(world, "sandbox/bank/method"),
        "threeDSMethodDataForm": URL_SAFE_NO_PAD.encode(method.to_string()),
        "threeDSMethodData": method,
    })
}

/// `cbThreeDS.aspx`: what banks post by the browser. The frame gets JSON back, which its page can't read.
pub async fn from_bank(
    app: Data<App>,
    query: Query<BTreeMap<String, String>>,
    form: Form<BTreeMap<String, String>>,
) -> HttpResponse {
    let field = |name: &str| message(form.get(name).map(String::as_str).unwrap_or_default());
    let answer = match query.get("action").map(String::as_str) {
        Some("mthdNtfn") => field("threeDSMethodData").and_then(|message| method_done(&app, &message)),
        Some("cresNtfn") => field("cres").and_then(|message| challenge_done(&app, &message)),
        _ => None,
    };
    super::deliver(&app).await;
    match answer {
        Some(answer) => HttpResponse::Ok().json(answer),
        None => HttpResponse::BadRequest().body("nobody waits for this"),
    }
}

/// The open authentication of the payment that a 3-D message names.
fn session_of(world: &World, message: &Value) -> Option<(String, Session)> {
    let named = message["threeDSServerTransID"].as_str()?;
    let payments = &world.books.payments;
    let found = world.sessions.iter().find(|(_, session)| {
        let key = (session.merchant.clone(), session.params.get("TransID").to_owned());
        session.direct && payments.get(&key).is_some_and(|payment| uuid_form(&payment.pay_id) == named)
    });
    found.map(|(id, session)| (id.clone(), session.clone()))
}

/// The platform goes on by itself: it asks the bank, tells the shop, and tells the frame what comes next.
fn method_done(app: &App, message: &Value) -> Option<Value> {
    let (id, session) = session_of(&app.world(), message)?;
    let bank = session.card.as_ref().map_or(Bank::NoPart, |card| bank_of(&card.number));
    tell_authentication(app, &id, &session, bank);
    if bank != Bank::Challenge {
        return end_direct(app, &id, code_of(bank));
    }
    let request = json!({
        "threeDSServerTransID": message["threeDSServerTransID"], "acsTransID": id,
        "messageType": "CReq", "messageVersion": "2.2.0", "challengeWindowSize": "05",
    });
    Some(json!({
        "acsChallengeMandated": true,
        "base64EncodedChallengeRequest": STANDARD.encode(request.to_string()),
        "challengeRequest": request,
        "acsURL": bank_link(&app.world(), "sandbox/bank/challenge"),
    }))
}

fn challenge_done(app: &App, message: &Value) -> Option<Value> {
    let id = message["acsTransID"].as_str()?;
    let (known, _) = session_of(&app.world(), message)?;
    if known != id || message["messageType"] != "CRes" {
        return None;
    }
    let code = match (message["transStatus"].as_str(), message["challengeCancel"].as_str()) {
        (Some("Y"), _) => SUCCESS,
        (_, Some(_)) => "22060053",
        _ => "22060200",
    };
    end_direct(app, id, code)
}

/// The authentication notification: no status, so its MAC covers an empty one.
fn tell_authentication(app: &App, id: &str, session: &Session, bank: Bank) {
    let mut world = app.world();
    let Some((merchant, keys)) = world.merchants.get(&session.merchant).cloned() else { return };
    let call = Call { merchant, keys, params: session.params.clone(), clear: Default::default() };
    let trans_id = session.params.get("TransID").to_owned();
    let Some(payment) = world.books.payment(&session.merchant, &trans_id).cloned() else { return };
    let code = code_of(bank);
    let mut response = json!({
        "threeDSServerTransID": uuid_form(&payment.pay_id),
        "acsChallengeMandated": bank == Bank::Challenge,
    });
    if bank == Bank::Challenge {
        response["acsTransID"] = json!(id);
        response["acsURL"] = json!(bank_link(&world, "sandbox/bank/challenge"));
    }
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
fn end_direct(app: &App, id: &str, code: &str) -> Option<Value> {
    let mut world = app.world();
    world.finish_card(id, code)?;
    let session = world.sessions.get(id).cloned()?;
    let (merchant, keys) = world.merchants.get(&session.merchant).cloned()?;
    let call = Call { merchant, keys, params: Default::default(), clear: Default::default() };
    let trans_id = session.params.get("TransID").to_owned();
    let payment = world.books.payment(&session.merchant, &trans_id).cloned()?;
    let fields = vec![
        ("MID".to_owned(), call.merchant.id.clone()),
        ("PayID".to_owned(), payment.pay_id),
        ("TransID".to_owned(), trans_id),
    ];
    let body = encode(&world, &call, fields, call.merchant.filling);
    let (len, data) = body.trim_start_matches("Len=").split_once("&Data=")?;
    let encoded = |text: &str| STANDARD.encode(text);
    Some(json!({ "MID": encoded(&call.merchant.id), "Len": encoded(len), "Data": encoded(data) }))
}

/// `direct3d.aspx`: the shop hands a bank's answer of 3-D Secure 1 on. What is no answer to this payment's question
/// leaves the payment as it is.
pub fn first_version(world: &mut World, call: &Call, how: How) -> Reply {
    let (merchant, params) = (&call.merchant, &call.params);
    let refused = world.admit(merchant, "direct3d.aspx", params).err();
    let refused = refused.or_else(|| world.bank_answer(params).is_none().then(|| "20110028".to_owned()));
    match refused {
        Some(code) => failure(merchant, params, &code),
        None => world.act(merchant, "direct3d.aspx", params, how),
    }
}

impl World {
    /// The session that a bank's answer belongs to, and whether the payer is who he says.
    fn bank_answer(&self, params: &Params) -> Option<(String, bool)> {
        let (id, confirmed) = read_pa_res(params.get("PAResponse"))?;
        let session = self.sessions.get(&id)?;
        (session.direct && session.params.get("TransID") == params.get("TransID")).then_some((id, confirmed))
    }

    /// Authorises, or not, as the bank says; once, however often it is said.
    pub fn first_version_done(
        &mut self,
        merchant: &Merchant,
        params: &Params,
    ) -> Result<(Payment, &'static str), String> {
        let (id, confirmed) = self.bank_answer(params).ok_or("20110028")?;
        self.finish_card(&id, if confirmed { SUCCESS } else { "22060200" });
        let payment = self.books.payment(&merchant.id, params.get("TransID")).ok_or("20600061")?.clone();
        match payment.last_status.as_str() {
            "OK" => Ok((payment, "OK")),
            "AUTHORIZED" => Ok((payment, "AUTHORIZED")),
            _ => Err("22060200".to_owned()),
        }
    }
}

/// The bank's page behind the hosted form.
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
    if app.world().sessions.get(id.as_str()).is_none_or(|session| session.direct) {
        return HttpResponse::NotFound().finish();
    }
    super::pages::go_back(&app, |world| world.finish_card(&id, code)).await
}
