//! The switchboard: books to read, faults to script, time to move. JSON over HTTP, and the same in Rust.

use super::App;
use super::books::StoredCard;
use super::faults::{Random, Script};
use super::world::Merchant;
use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use serde::Deserialize;
use serde_json::json;

const INDEX: &str = "\
A Paygate in which no real money moves.

  /payssl.aspx /paynow.aspx /twint.aspx    pages for a browser
  /direct.aspx /capture.aspx ...           server calls: MerchantID, Len, Data by POST
  /sandbox/...                             the payer's side: the card form, TWINT, his bank

  GET    /control/books      what was really paid, and what is open
  POST   /control/faults     {\"endpoint\": \"creditex.aspx\", \"trans_id\": \"...\", \"times\": 1, \"call\": \"drop_after\"}
                             or \"notice\": \"lost\" for a notification; a wrong name is answered with the list
  DELETE /control/faults     nothing goes wrong any more
  POST   /control/random     {\"seed\": 1, \"per_thousand\": 50, \"calls\": [\"drop_after\"], \"notices\": [\"late\"]}
  POST   /control/release    what hangs is answered, what is late is processed
  POST   /control/decide     {\"trans_id\": \"...\", \"success\": true}: the oldest open action of an order ends
  POST   /control/advance    {\"minutes\": 30}: the clock moves, where it is not the system's
  POST   /control/deliver    notifications that are due are delivered
  PUT    /control/merchant   sets a merchant up
  POST   /control/batch      processes a batch file
  POST   /control/cards      {\"number\": \"...\", \"expiry\": \"203012\", \"brand\": \"VISA\"}: gives a card its pseudo number
";

/// What can be ordered, for whoever finds this address.
pub async fn index() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(INDEX)
}

/// Payments and what really moved.
pub async fn books(app: Data<App>) -> HttpResponse {
    let world = app.world();
    let payments: Vec<_> = world.books.payments.values().collect();
    let waiting = world.letters.len();
    let open = world.undecided.len();
    HttpResponse::Ok().json(json!({
        "payments": payments, "movements": world.books.movements, "letters": waiting, "undecided": open,
    }))
}

pub async fn add_fault(app: Data<App>, script: Json<Script>) -> HttpResponse {
    app.world().faults.add(script.into_inner());
    HttpResponse::NoContent().finish()
}

pub async fn randomize(app: Data<App>, random: Json<Random>) -> HttpResponse {
    app.world().faults.randomize(random.into_inner());
    HttpResponse::NoContent().finish()
}

pub async fn clear_faults(app: Data<App>) -> HttpResponse {
    app.world().faults.clear();
    HttpResponse::NoContent().finish()
}

/// Ends every hanging answer and does what was to be done late.
pub async fn release(app: Data<App>) -> HttpResponse {
    app.release();
    HttpResponse::NoContent().finish()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    trans_id: String,
    success: bool,
}

pub async fn decide(app: Data<App>, decision: Json<Decision>) -> HttpResponse {
    if app.world().decide(&decision.trans_id, decision.success) {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::NotFound().json(json!({ "error": "nothing is open under this order number" }))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    minutes: i64,
}

/// Moves a frozen clock, then does and delivers what has come due.
pub async fn advance(app: Data<App>, step: Json<Step>) -> HttpResponse {
    if !app.world().clock.advance(chrono::Duration::minutes(step.minutes)) {
        return HttpResponse::Conflict().json(json!({ "error": "this sandbox runs on the system's clock" }));
    }
    HttpResponse::Ok().json(json!({ "delivered": super::deliver(&app).await }))
}

pub async fn deliver(app: Data<App>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "delivered": super::deliver(&app).await }))
}

/// Sets a merchant up or flips its switches.
pub async fn merchant(app: Data<App>, merchant: Json<Merchant>) -> HttpResponse {
    if app.world().set_up(merchant.into_inner()) {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::BadRequest().json(json!({ "error": "the password can't be a key" }))
    }
}

/// Takes a batch file and answers with the processed one.
pub async fn batch(app: Data<App>, text: String) -> HttpResponse {
    match app.world().run_batch(&text) {
        Some(answer) => HttpResponse::Ok().content_type("text/plain").body(answer),
        None => {
            HttpResponse::BadRequest().json(json!({ "error": "this is no batch file of a known merchant" }))
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCard {
    number: String,
    expiry: String,
    brand: String,
}

/// Gives a card a pseudo number, as an earlier payment would have done.
pub async fn card(app: Data<App>, card: Json<NewCard>) -> HttpResponse {
    let NewCard { number, expiry, brand } = card.into_inner();
    let token = app.world().token_for(&StoredCard { number, expiry, brand });
    HttpResponse::Ok().json(json!({ "pcnr": token }))
}
