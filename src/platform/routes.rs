//! The platform's routes: authenticate, read, run the operation, answer.

use super::Platform;
use super::events::{self, Cursor};
use super::keys::Key;
use super::problem::Problem;
use super::requests::{
    AdjustmentRequest, CustomerQuery, CustomerRequest, EventsQuery, TokenRequest, read, signed_amount, text,
};
use crate::domain::customer::Customer;
use crate::domain::ledger::Account;
use crate::domain::money::Money;
use crate::domain::refusal::Refusal;
use crate::operations::{
    Answer, Caller, OperationError, Rules, add_customer, adjust_balance, authenticate_customer,
};
use crate::store::{Tx, Wants, customers, ledger};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The largest body that is read.
const LARGEST_BODY: usize = 64 * 1024;
const MOST_EVENTS: usize = 1_000;

pub fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/platform/v1")
            .app_data(web::PayloadConfig::new(LARGEST_BODY))
            .route("", web::get().to(about))
            .route("/customers", web::post().to(put_customer))
            .route("/customers", web::get().to(get_customer))
            .route("/balance", web::get().to(get_balance))
            .route("/adjustments", web::post().to(adjust))
            .route("/login-tokens", web::post().to(issue_token))
            .route("/events", web::get().to(follow))
            .default_service(web::to(nothing)),
    );
}

async fn about() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "service": "tillgate", "version": env!("CARGO_PKG_VERSION") }))
}

async fn nothing() -> HttpResponse {
    Problem::not_found("there is no such path or method here").respond()
}

async fn put_customer(request: HttpRequest, body: web::Bytes, platform: web::Data<Platform>) -> HttpResponse {
    let work = async {
        let call = Call::begin(&request, &platform)?;
        let asked: CustomerRequest = read(&body)?;
        text("pin", &asked.pin, 50)?;
        let rules = call.rules(&asked.front_end)?;
        let wish = add_customer::Wish {
            pin: asked.pin,
            blocked: asked.blocked,
            details: asked.details.into_details()?,
        };
        let (pin, wants) = (wish.pin.clone(), wish.wants(&rules));
        let run = move |tx: &mut Tx<'_>, rules: &Rules, by: &Caller| add_customer::run(tx, &wish, rules, by);
        let answer = call.transact(&rules, &pin, wants, run).await?;
        let added = answer.description == add_customer::ADDED;
        let (customer, balance) = call.find(&rules, pin).await?;
        Ok((if added { StatusCode::CREATED } else { StatusCode::OK }, told(&customer, balance)))
    };
    respond(work.await)
}

async fn get_customer(
    request: HttpRequest,
    query: web::Query<CustomerQuery>,
    platform: web::Data<Platform>,
) -> HttpResponse {
    let work = async {
        let call = Call::begin(&request, &platform)?;
        let rules = call.rules(&query.front_end)?;
        let (customer, balance) = call.find(&rules, query.pin.clone()).await?;
        Ok((StatusCode::OK, told(&customer, balance)))
    };
    respond(work.await)
}

async fn get_balance(
    request: HttpRequest,
    query: web::Query<CustomerQuery>,
    platform: web::Data<Platform>,
) -> HttpResponse {
    let work = async {
        let call = Call::begin(&request, &platform)?;
        let rules = call.rules(&query.front_end)?;
        let (customer, balance) = call.find(&rules, query.pin.clone()).await?;
        let body = json!({
            "front_end": customer.front_end,
            "pin": customer.pin,
            "currency": customer.currency.code(),
            "balance": balance.major(),
        });
        Ok((StatusCode::OK, body))
    };
    respond(work.await)
}

async fn adjust(request: HttpRequest, body: web::Bytes, platform: web::Data<Platform>) -> HttpResponse {
    let work = async {
        let call = Call::begin(&request, &platform)?;
        let key = call.idempotency_key()?;
        let asked: AdjustmentRequest = read(&body)?;
        text("pin", &asked.pin, 50)?;
        text("reason", &asked.reason, 200)?;
        let rules = call.rules(&asked.front_end)?;
        let wish = adjust_balance::Wish {
            pin: asked.pin,
            amount: signed_amount(&asked.amount, rules.front_end.currency)?,
            reason: asked.reason,
            // Keys of different API keys never meet.
            key: format!("{}/{key}", call.key.name),
            below_zero: asked.below_zero,
        };
        let (pin, wants) = (wish.pin.clone(), wish.wants(&rules));
        let run =
            move |tx: &mut Tx<'_>, rules: &Rules, by: &Caller| adjust_balance::run(tx, &wish, rules, by);
        let answer = call.transact(&rules, &pin, wants, run).await?;
        let (_, balance) = call.find(&rules, pin).await?;
        let body = json!({ "balance": balance.major(), "replayed": answer.replayed });
        Ok((if answer.replayed { StatusCode::OK } else { StatusCode::CREATED }, body))
    };
    respond(work.await)
}

async fn issue_token(request: HttpRequest, body: web::Bytes, platform: web::Data<Platform>) -> HttpResponse {
    let work = async {
        let call = Call::begin(&request, &platform)?;
        let asked: TokenRequest = read(&body)?;
        let rules = call.rules(&asked.front_end)?;
        let token = platform.entropy.hex(16);
        let hash = hex::encode(Sha256::digest(&token));
        let (pin, wants) = (asked.pin.clone(), Wants::nothing().customer(&asked.front_end, &asked.pin));
        let run = move |tx: &mut Tx<'_>, rules: &Rules, by: &Caller| {
            authenticate_customer::issue(tx, rules, &asked.pin, &hash, by)
        };
        call.transact(&rules, &pin, wants, run).await?;
        Ok((StatusCode::CREATED, json!({ "token": token })))
    };
    respond(work.await)
}

async fn follow(
    request: HttpRequest,
    query: web::Query<EventsQuery>,
    platform: web::Data<Platform>,
) -> HttpResponse {
    let work = async {
        let call = Call::begin(&request, &platform)?;
        let cursor =
            Cursor::parse(&query.after).ok_or_else(|| Problem::bad("after: is not a cursor of ours"))?;
        let most = query.limit.unwrap_or(100);
        if !(1..=MOST_EVENTS).contains(&most) {
            return Err(Problem::bad(format!("limit: must be from 1 to {MOST_EVENTS}")));
        }
        let key = call.key.clone();
        let read = platform.store.read(move |connection| {
            events::after(connection, &cursor, most, |front_end| key.may_act_on(front_end))
        });
        let (events, next) = read.await?;
        Ok((StatusCode::OK, json!({ "events": events, "next": next.to_string() })))
    };
    respond(work.await)
}

fn respond(result: Result<(StatusCode, Value), Problem>) -> HttpResponse {
    match result {
        Ok((status, body)) => HttpResponse::build(status).json(body),
        Err(problem) => problem.respond(),
    }
}

fn told(customer: &Customer, balance: Money) -> Value {
    let details = &customer.details;
    json!({
        "front_end": customer.front_end,
        "pin": customer.pin,
        "currency": customer.currency.code(),
        "blocked": customer.blocked,
        "balance": balance.major(),
        "details": {
            "first_name": details.first_name,
            "last_name": details.last_name,
            "street": details.street,
            "city": details.city,
            "province": details.province,
            "postal_code": details.postal_code,
            "country": details.country,
            "phone": details.phone,
            "email": details.email,
            "born": details.born.map(|born| born.to_string()),
            "gender": details.gender,
            "profile": details.profile,
            "ip_address": details.ip_address,
        },
    })
}

/// A call by a known key.
struct Call<'a> {
    key: Key,
    caller: Caller,
    request: &'a HttpRequest,
    platform: &'a Platform,
}

impl<'a> Call<'a> {
    fn begin(request: &'a HttpRequest, platform: &'a Platform) -> Result<Call<'a>, Problem> {
        let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        let token = header.and_then(|header| {
            let (scheme, token) = header.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        let keys = platform.keys();
        let key = token.and_then(|token| keys.find(token)).ok_or_else(Problem::unauthorized)?.clone();
        let caller = Caller { who: format!("platform/{}", key.name), request_id: platform.entropy.hex(8) };
        Ok(Call { key, caller, request, platform })
    }

    fn rules(&self, front_end: &str) -> Result<Rules, Problem> {
        let front_ends = self.platform.directory.now();
        let door = front_ends.find(front_end).filter(|_| self.key.may_act_on(front_end));
        door.map(|door| door.rules.clone()).ok_or_else(|| Problem::forbidden(front_end))
    }

    fn idempotency_key(&self) -> Result<String, Problem> {
        let key = self.request.headers().get("idempotency-key").and_then(|value| value.to_str().ok());
        let key =
            key.ok_or_else(|| Problem::bad("Idempotency-Key: send a key of your own in this header"))?;
        text("Idempotency-Key", key, 100)?;
        Ok(key.to_owned())
    }

    async fn transact<F>(
        &self,
        rules: &Rules,
        pin: &str,
        wants: Wants,
        mut operation: F,
    ) -> Result<Answer, Problem>
    where
        F: FnMut(&mut Tx<'_>, &Rules, &Caller) -> Result<Answer, OperationError> + Send + 'static,
    {
        let turn = customers::name(&rules.front_end.name, pin);
        let (rules, caller) = (rules.clone(), self.caller.clone());
        let answer =
            self.platform.store.transact(&turn, wants, move |tx| operation(tx, &rules, &caller)).await?;
        match answer.refused {
            Some(code) => Err(Problem::refused(code, answer.description)),
            None => Ok(answer),
        }
    }

    async fn find(&self, rules: &Rules, pin: String) -> Result<(Customer, Money), Problem> {
        let front_end = rules.front_end.clone();
        let found = self.platform.store.read(move |connection| {
            let Some(customer) = customers::find_now(connection, &front_end.name, &pin)? else {
                return Ok(None);
            };
            let account = Account::customer(&front_end.name, &pin, customer.currency);
            let balance = ledger::balance_now(connection, &account)?;
            Ok(Some((customer, balance)))
        });
        found.await?.ok_or_else(|| Refusal::CustomerNotFound.into())
    }
}
