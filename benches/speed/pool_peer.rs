//! The usual way to build it: actix-web, an r2d2 pool of diesel connections, `web::block`, one transaction a request,
//! one statement a step. It writes the same rows as the product.

use actix_web::{App, HttpResponse, HttpServer, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};
use serde::Deserialize;
use std::sync::atomic::{AtomicI64, Ordering};

diesel::table! {
    lanes (id) { id -> BigInt, version -> BigInt, head_seq -> BigInt, head_hash -> Text, last_id -> BigInt, }
}
diesel::table! {
    replies (id) { id -> BigInt, name -> Text, version -> BigInt, fingerprint -> Text, reply -> Text, at -> BigInt, }
}
diesel::table! {
    customers (id) { id -> BigInt, name -> Text, currency -> Text, blocked -> BigInt, }
}
diesel::table! {
    accounts (id) { id -> BigInt, name -> Text, version -> BigInt, balance -> BigInt, }
}
diesel::table! {
    payouts (id) {
        id -> BigInt, name -> Text, version -> BigInt, front_end -> Text, pin -> Text, customer_id -> BigInt,
        trace_id -> BigInt, status -> Text, currency -> Text, amount -> BigInt, fee -> BigInt, debit_state -> Text,
        debit_amount -> BigInt, debit_fee -> BigInt, asked_name -> Text, asked_processor -> Text, asked_route -> Text,
        created_by -> Text, created_at -> BigInt, updated_at -> BigInt,
    }
}
diesel::table! {
    ledger_transactions (id) {
        id -> BigInt, name -> Text, version -> BigInt, kind -> Text, subject -> Text, subject_id -> BigInt,
        front_end -> Text, at -> BigInt,
    }
}
diesel::table! {
    ledger_entries (id) {
        id -> BigInt, transaction_id -> BigInt, from_account -> BigInt, to_account -> BigInt, amount -> BigInt,
        currency -> Text,
    }
}
diesel::table! {
    audit (id) {
        id -> BigInt, lane -> BigInt, seq -> BigInt, hash -> Text, at -> BigInt, kind -> Text, subject -> Text,
        front_end -> Text, pin -> Text, who -> Text, why -> Text, from_state -> Text, to_state -> Text,
        request_id -> Text, detail -> Text,
    }
}

type PgPool = Pool<ConnectionManager<PgConnection>>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Call {
    front_end_name: String,
    #[serde(rename = "PIN")]
    pin: String,
    #[serde(rename = "TraceID")]
    trace_id: i64,
    #[serde(rename = "PP")]
    pp: String,
}

/// Nobody chains the peers' audit rows; they are as long as a chain's.
const HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static NEXT: AtomicI64 = AtomicI64::new(7_000_000_000_000_000_000);

pub fn run(address: &str, url: &str) {
    let pool: PgPool = Pool::builder().max_size(16).build(ConnectionManager::new(url)).expect("a pool");
    // Ids of this process are apart from the product's and from those of an earlier process.
    let started =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_millis();
    NEXT.store(7_000_000_000_000_000_000 + (started as i64 % 1_000_000_000) * 100_000_000, Ordering::SeqCst);
    let address = address.to_owned();
    actix_web::rt::System::new()
        .block_on(async move {
            HttpServer::new(move || {
                App::new()
                    .app_data(web::Data::new(pool.clone()))
                    .route("/cashier/CreatePayout", web::post().to(create))
            })
            .workers(2)
            .bind(address)?
            .run()
            .await
        })
        .expect("the peer serves");
}

async fn create(call: web::Json<Call>, pool: web::Data<PgPool>) -> HttpResponse {
    let call = call.into_inner();
    let result = web::block(move || {
        let mut connection = pool.get().expect("a connection");
        connection.transaction(|connection| write(connection, &call))
    });
    match result.await.expect("a thread") {
        Ok(id) => HttpResponse::Ok().json(serde_json::json!({ "Status": 0, "ExtPayoutID": id })),
        Err(error) => {
            HttpResponse::Ok().json(serde_json::json!({ "Status": -1, "Description": error.to_string() }))
        }
    }
}

pub fn write(connection: &mut PgConnection, call: &Call) -> QueryResult<String> {
    let front_end = &call.front_end_name;
    let key = format!("{front_end}/CreatePayout/{}", call.trace_id);
    let kept: Option<String> =
        replies::table.filter(replies::name.eq(&key)).select(replies::reply).first(connection).optional()?;
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let (customer, _, _): (i64, String, i64) = customers::table
        .filter(customers::name.eq(format!("{front_end}/{}", call.pin)))
        .select((customers::id, customers::currency, customers::blocked))
        .first(connection)?;
    let change = |connection: &mut PgConnection, name: String, by: i64| -> QueryResult<i64> {
        let account = accounts::table.filter(accounts::name.eq(name));
        diesel::update(account)
            .set((accounts::balance.eq(accounts::balance + by), accounts::version.eq(accounts::version + 1)))
            .returning(accounts::id)
            .get_result(connection)
    };
    let theirs = change(connection, format!("customer/{front_end}/{}#0", call.pin), -1250)?;
    let transit = change(connection, format!("payouts_in_transit/{front_end}#600"), 1200)?;
    let fees = change(connection, format!("fees/{front_end}#600"), 50)?;

    let n = NEXT.fetch_add(8, Ordering::SeqCst);
    let id = format!("PO-{n}");
    diesel::update(lanes::table.find(600))
        .set((
            lanes::version.eq(lanes::version + 1),
            lanes::head_seq.eq(lanes::head_seq + 1),
            lanes::head_hash.eq(HASH),
            lanes::last_id.eq(n),
        ))
        .execute(connection)?;
    diesel::insert_into(payouts::table)
        .values((
            (
                payouts::id.eq(n),
                payouts::name.eq(format!("{front_end}/{}", call.trace_id)),
                payouts::version.eq(0),
                payouts::front_end.eq(front_end),
                payouts::pin.eq(&call.pin),
                payouts::customer_id.eq(customer),
                payouts::trace_id.eq(call.trace_id),
                payouts::status.eq("Requested"),
                payouts::currency.eq("EUR"),
                payouts::amount.eq(1200),
            ),
            (
                payouts::fee.eq(50),
                payouts::debit_state.eq("Taken"),
                payouts::debit_amount.eq(1200),
                payouts::debit_fee.eq(50),
                payouts::asked_name.eq(&call.pp),
                payouts::asked_processor.eq(&call.pp),
                payouts::asked_route.eq("cashier"),
                payouts::created_by.eq("INTERNET"),
                payouts::created_at.eq(0),
                payouts::updated_at.eq(0),
            ),
        ))
        .execute(connection)?;
    diesel::insert_into(ledger_transactions::table)
        .values((
            ledger_transactions::id.eq(n + 1),
            ledger_transactions::name.eq(format!("{id}/payout_debited")),
            ledger_transactions::version.eq(0),
            ledger_transactions::kind.eq("payout_debited"),
            ledger_transactions::subject.eq(&id),
            ledger_transactions::subject_id.eq(n),
            ledger_transactions::front_end.eq(front_end),
            ledger_transactions::at.eq(0),
        ))
        .execute(connection)?;
    let entry = |id: i64, to: i64, amount: i64| {
        (
            ledger_entries::id.eq(id),
            ledger_entries::transaction_id.eq(n + 1),
            ledger_entries::from_account.eq(theirs),
            ledger_entries::to_account.eq(to),
            ledger_entries::amount.eq(amount),
            ledger_entries::currency.eq("EUR"),
        )
    };
    diesel::insert_into(ledger_entries::table)
        .values(vec![entry(n + 2, transit, 1200), entry(n + 3, fees, 50)])
        .execute(connection)?;
    diesel::insert_into(audit::table)
        .values((
            audit::id.eq(n + 5),
            audit::lane.eq(600),
            audit::seq.eq(n),
            audit::hash.eq(HASH),
            audit::at.eq(0),
            audit::kind.eq("payout.created"),
            audit::subject.eq(&id),
            audit::front_end.eq(front_end),
            audit::pin.eq(&call.pin),
            audit::who.eq("INTERNET"),
            audit::why.eq(""),
            audit::from_state.eq(""),
            audit::to_state.eq("Requested"),
            audit::request_id.eq("be6b938f0d607a3a"),
            audit::detail.eq(format!(
                "{{\"trace_id\":{},\"amount\":\"12.00 EUR\",\"fee\":\"0.50 EUR\",\"postings\":[\"customer/{front_end}/{}: -12.50 EUR\",\"payouts_in_transit/{front_end}: 12.00 EUR\",\"fees/{front_end}: 0.50 EUR\"]}}",
                call.trace_id, call.pin
            )),
        ))
        .execute(connection)?;
    diesel::insert_into(replies::table)
        .values((
            replies::id.eq(n + 4),
            replies::name.eq(&key),
            replies::version.eq(0),
            replies::fingerprint.eq(format!("{}/1200/EUR/50", call.pin)),
            replies::reply.eq(format!(
                "{{\"refused\":null,\"description\":\"Payout recorded\",\"payout\":\"{id}\",\"deposit\":null,\"reversal\":null}}"
            )),
            replies::at.eq(0),
        ))
        .execute(connection)?;
    Ok(id)
}
