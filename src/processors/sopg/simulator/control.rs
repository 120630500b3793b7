//! The control API: what a person or a test does to a running simulator, in JSON under `/control`.

use super::book::{Book, Letter};
use super::faults::Fault;
use super::notices::{self, NoticePlan};
use super::{Shared, Switches, demo_merchants, lock};
use actix_web::{HttpResponse, web};
use chrono::Duration;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

pub fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/control")
            .route("/dispositions", web::get().to(dispositions))
            .route("/book", web::get().to(book))
            .route("/advance", web::post().to(advance))
            .route("/state", web::post().to(state))
            .route("/faults", web::get().to(faults))
            .route("/faults", web::post().to(add_fault))
            .route("/faults", web::delete().to(clear_faults))
            .route("/notices", web::get().to(deliveries))
            .route("/notices", web::post().to(plan))
            .route("/deliver", web::post().to(deliver))
            .route("/switches", web::post().to(switches))
            .route("/reset", web::post().to(reset)),
    );
}

async fn dispositions(shared: web::Data<Shared>) -> HttpResponse {
    let now = shared.now();
    let mut book = shared.book();
    book.expire(now);
    let row = |known: &super::book::Disposition| {
        json!({
            "username": known.username, "mtid": known.mtid, "sub_id": known.sub_id, "mid": known.mid,
            "state": known.letter.text(), "currency": known.currency, "value_minor": known.value,
            "debited_minor": known.debited, "refunded_minor": known.refunded, "created_at": known.created_at,
            "disposed_at": known.disposed_at, "ok_url": known.ok_url, "nok_url": known.nok_url,
            "pn_url": known.pn_url, "client_id": known.client_id, "countries": known.countries,
        })
    };
    HttpResponse::Ok().json(book.dispositions.iter().map(row).collect::<Vec<_>>())
}

async fn book(shared: web::Data<Shared>) -> HttpResponse {
    let now = shared.now();
    let mut book = shared.book();
    book.expire(now);
    let transfer = |known: &super::book::Transfer| {
        json!({
            "id": known.id, "currency": known.currency, "amount_minor": known.amount, "paid": known.paid,
            "account": known.account, "at": known.at,
        })
    };
    HttpResponse::Ok().json(json!({
        "now": now,
        "adds_up": book.audit().err().unwrap_or_else(|| "yes".to_owned()),
        "taken_minor": { "EUR": book.taken("EUR"), "GBP": book.taken("GBP") },
        "refunds": book.refunds.iter().map(transfer).collect::<Vec<_>>(),
        "payouts": book.payouts.iter().map(transfer).collect::<Vec<_>>(),
        "cards": book.cards.iter().map(|(pin, card)| json!({
            "pin": pin, "serial": card.serial, "currency": card.currency, "free_minor": card.free,
            "reserved_minor": card.reserved, "spent_minor": card.spent,
        })).collect::<Vec<_>>(),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u32,
}

async fn advance(shared: web::Data<Shared>, by: web::Json<Advance>) -> HttpResponse {
    *lock(&shared.ahead) += Duration::seconds(i64::from(by.seconds));
    HttpResponse::Ok().json(json!({ "now": shared.now() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Force {
    mtid: String,
    state: String,
}

async fn state(shared: web::Data<Shared>, wish: web::Json<Force>) -> HttpResponse {
    let Some(letter) = Letter::parse(&wish.state) else {
        return HttpResponse::BadRequest().json(json!({ "error": "state is one of R S E O L X I" }));
    };
    let now = shared.now();
    if shared.book().force(&wish.mtid, letter, now) {
        HttpResponse::Ok().json(json!({ "mtid": wish.mtid, "state": wish.state }))
    } else {
        HttpResponse::NotFound().json(json!({ "error": "no such mtid" }))
    }
}

async fn faults(shared: web::Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(lock(&shared.faults).clone())
}

async fn add_fault(shared: web::Data<Shared>, fault: web::Json<Fault>) -> HttpResponse {
    lock(&shared.faults).push(fault.into_inner());
    HttpResponse::Ok().json(lock(&shared.faults).clone())
}

async fn clear_faults(shared: web::Data<Shared>) -> HttpResponse {
    lock(&shared.faults).clear();
    shared.release.notify_waiters();
    HttpResponse::Ok().json(json!([]))
}

async fn deliveries(shared: web::Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(shared.deliveries().clone())
}

async fn plan(shared: web::Data<Shared>, plan: web::Json<NoticePlan>) -> HttpResponse {
    *lock(&shared.plan) = plan.into_inner();
    HttpResponse::Ok().json(lock(&shared.plan).clone())
}

async fn deliver(shared: web::Data<Shared>) -> HttpResponse {
    let shared: Arc<Shared> = shared.into_inner();
    HttpResponse::Ok().json(json!({ "tries": notices::deliver_due(&shared).await }))
}

async fn switches(shared: web::Data<Shared>, switches: web::Json<Switches>) -> HttpResponse {
    shared.set_switches(switches.into_inner());
    HttpResponse::Ok().json(lock(&shared.switches).clone())
}

/// Fresh books and cards; faults, plans and time as at the start.
async fn reset(shared: web::Data<Shared>) -> HttpResponse {
    *shared.book() = Book::fresh(demo_merchants());
    lock(&shared.faults).clear();
    shared.waiting().clear();
    shared.deliveries().clear();
    lock(&shared.calls).clear();
    *lock(&shared.plan) = NoticePlan::default();
    shared.set_switches(Switches::default());
    *lock(&shared.ahead) = Duration::zero();
    HttpResponse::Ok().json(json!({ "now": shared.now() }))
}
