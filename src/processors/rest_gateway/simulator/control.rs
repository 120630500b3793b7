//! The simulator's own buttons, as JSON under `/control`, for people, scripts and browsers under test.

use super::Simulator;
use super::callbacks::Manner;
use super::customer::Decision;
use super::faults::Planned;
use super::world::Switches;
use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json};
use serde::Deserialize;
use serde_json::json;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/control")
            .route("/books", web::get().to(books))
            .route("/payments", web::get().to(payments))
            .route("/invoices", web::get().to(invoices))
            .route("/calls", web::get().to(calls))
            .route("/switches", web::get().to(switches))
            .route("/switches", web::put().to(set_switches))
            .route("/faults", web::post().to(plan))
            .route("/faults", web::delete().to(clear))
            .route("/callbacks", web::put().to(manner))
            .route("/callbacks/deliver", web::post().to(deliver))
            .route("/callbacks/resend", web::post().to(resend))
            .route("/status", web::post().to(status))
            .route("/decide", web::post().to(decide))
            .route("/refunds/finish", web::post().to(finish_refunds))
            .route("/payouts/finish", web::post().to(finish_payout))
            .route("/clock/advance", web::post().to(advance))
            .route("/release", web::post().to(release)),
    );
}

fn done(found: bool) -> HttpResponse {
    if found {
        HttpResponse::Ok().json(json!({"done": true}))
    } else {
        HttpResponse::NotFound().json(json!({"done": false}))
    }
}

async fn books(simulator: Data<Simulator>) -> HttpResponse {
    let books = simulator.books();
    HttpResponse::Ok().json(json!({"entries": books.entries, "totals": books.by_currency()}))
}

async fn payments(simulator: Data<Simulator>) -> HttpResponse {
    HttpResponse::Ok().json(simulator.payments())
}

async fn invoices(simulator: Data<Simulator>) -> HttpResponse {
    HttpResponse::Ok().json(simulator.invoices())
}

/// How often each operation was processed.
async fn calls(simulator: Data<Simulator>) -> HttpResponse {
    HttpResponse::Ok().json(simulator.world().processed.clone())
}

async fn switches(simulator: Data<Simulator>) -> HttpResponse {
    HttpResponse::Ok().json(simulator.world().switches.clone())
}

async fn set_switches(simulator: Data<Simulator>, switches: Json<Switches>) -> HttpResponse {
    simulator.world().switches = switches.into_inner();
    done(true)
}

async fn plan(simulator: Data<Simulator>, planned: Json<Planned>) -> HttpResponse {
    simulator.world().faults.plan(planned.into_inner());
    done(true)
}

async fn clear(simulator: Data<Simulator>) -> HttpResponse {
    simulator.clear_faults();
    done(true)
}

async fn manner(simulator: Data<Simulator>, manner: Json<Manner>) -> HttpResponse {
    simulator.world().callbacks.manner = manner.into_inner();
    done(true)
}

async fn deliver(simulator: Data<Simulator>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"delivered": simulator.deliver().await}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Which {
    payment_id: u64,
}

/// Makes the callback of a payment's present status once more, and delivers it.
async fn resend(simulator: Data<Simulator>, which: Json<Which>) -> HttpResponse {
    let found = simulator.resend(which.payment_id);
    simulator.deliver().await;
    done(found)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SetStatus {
    payment_id: u64,
    status: String,
}

async fn status(simulator: Data<Simulator>, wish: Json<SetStatus>) -> HttpResponse {
    let found = simulator.set_status(wish.payment_id, &wish.status);
    simulator.deliver_at_once();
    done(found)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Decide {
    payment_id: u64,
    decision: Decision,
}

/// The customer's click without a browser.
async fn decide(simulator: Data<Simulator>, wish: Json<Decide>) -> HttpResponse {
    let found = simulator.customer_decides(wish.payment_id, wish.decision).is_some();
    simulator.deliver_at_once();
    done(found)
}

async fn finish_refunds(simulator: Data<Simulator>) -> HttpResponse {
    simulator.finish_refunds();
    simulator.deliver_at_once();
    done(true)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FinishPayout {
    reference: String,
    paid: bool,
}

async fn finish_payout(simulator: Data<Simulator>, wish: Json<FinishPayout>) -> HttpResponse {
    let found = simulator.finish_payout(&wish.reference, wish.paid);
    simulator.deliver_at_once();
    done(found)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: i64,
}

/// Only a frozen clock can be moved; `done` tells.
async fn advance(simulator: Data<Simulator>, wish: Json<Advance>) -> HttpResponse {
    done(simulator.clock().advance(chrono::Duration::seconds(wish.seconds)))
}

async fn release(simulator: Data<Simulator>) -> HttpResponse {
    simulator.release();
    done(true)
}
