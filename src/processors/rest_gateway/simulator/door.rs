//! HTTP in, HTTP out: which operation a call is, the faults it meets, and the pages.

use super::callbacks::Delivery;
use super::customer::Decision;
use super::desk::{Desk, Reply, refuse};
use super::faults::Fault;
use super::incoming::Incoming;
use super::outgoing::{Style, Tree};
use super::world::Behaviour;
use super::{Simulator, control, pages};
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, body::SizedStream};
use std::any::Any;
use std::net::{Shutdown, TcpStream};

const PAYMENTS: &str = "/transactionServices/REST/v1/";
const INVOICES: &str = "/invoiceServices/REST/v1/";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .app_data(web::PayloadConfig::new(1 << 20))
        .route("/transactionServices/REST/v1/{path:.*}", web::post().to(gateway))
        .route("/invoiceServices/REST/v1/{path:.*}", web::post().to(gateway))
        .route("/acs/challenge", web::post().to(challenge))
        .route("/acs/decision", web::post().to(decision))
        .route("/provider", web::get().to(provider))
        .route("/provider/decision", web::post().to(decision))
        .route("/transaction/PayInvoice", web::get().to(invoice))
        .route("/transaction/PayInvoice", web::post().to(pay_invoice))
        .configure(control::routes);
}

/// A second handle on a connection, so that it can be torn down without an answer.
pub(super) struct Wire(TcpStream);

impl Wire {
    pub fn of(connection: &dyn Any) -> Option<Wire> {
        use std::os::fd::AsFd;
        let stream = connection.downcast_ref::<actix_web::rt::net::TcpStream>()?;
        let handle = stream.as_fd().try_clone_to_owned().ok()?;
        Some(Wire(TcpStream::from(handle)))
    }

    fn cut(&self) {
        // Already gone is as good as cut.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

async fn gateway(request: HttpRequest, body: Bytes, simulator: Data<Simulator>) -> HttpResponse {
    if !request.query_string().is_empty() {
        let result = Tree::group().text("description", "Invalid request");
        return answer(&request, &simulator, Tree::group().with("result", result), false);
    }
    let content_type = text_of(&request, "content-type");
    let Some(incoming) = Incoming::read(&content_type, &body) else {
        return html(StatusCode::UNSUPPORTED_MEDIA_TYPE, "<html><body>Unsupported Media Type</body></html>");
    };
    let path = decoded(request.path());
    let operation = operation(&path, &incoming);
    let fault = simulator.world().faults.next(&operation);
    match fault {
        Some(fault) if fault.is_before() => return broken(fault, &request, &simulator).await,
        Some(_) | None => {}
    }
    let token = text_of(&request, "authtoken");
    if fault == Some(Fault::DoneLate) {
        let (late, request) = (simulator.clone(), (path, operation, token, incoming));
        let done = actix_web::rt::spawn(async move {
            late.let_go().await;
            let (path, operation, token, incoming) = request;
            process(&late, &path, &operation, &token, &incoming);
        });
        // The task goes on by itself when the caller is gone, and this with him.
        let _ = done.await;
        return HttpResponse::GatewayTimeout().force_close().finish();
    }
    let reply = process(&simulator, &path, &operation, &token, &incoming);
    simulator.deliver_at_once();
    match (fault, &reply) {
        (Some(Fault::Quirky), Reply::Tree(tree) | Reply::Json(tree)) => return quirky(tree),
        (Some(Fault::Quirky) | None, _) => {}
        (Some(fault), _) => return broken(fault, &request, &simulator).await,
    }
    match reply {
        Reply::Tree(tree) => answer(&request, &simulator, tree, false),
        Reply::Json(tree) => answer(&request, &simulator, tree, true),
        Reply::Silence => silence(&simulator).await,
        Reply::Crash => html(StatusCode::INTERNAL_SERVER_ERROR, "<html><body>HTTP Status 500</body></html>"),
    }
}

fn process(simulator: &Simulator, path: &str, operation: &str, token: &str, incoming: &Incoming) -> Reply {
    simulator.at_desk(|desk| {
        *desk.world.processed.entry(operation.to_owned()).or_default() += 1;
        work(desk, path, operation, token, incoming)
    })
}

fn work(desk: &mut Desk<'_>, path: &str, operation: &str, token: &str, request: &Incoming) -> Reply {
    match operation {
        "authToken" => return desk.give_token(request),
        "partnerAuthToken" => return desk.give_partner_token(request),
        "regenerateToken" => return desk.renew_token(request),
        _ => {}
    }
    if !desk.token_is_good(token) {
        return Reply::Tree(desk.token_refusal());
    }
    if let Some(operation) = path.strip_prefix(INVOICES) {
        return desk.invoice(operation, request);
    }
    let path = path.strip_prefix(PAYMENTS).unwrap_or_default();
    match path.split_once('/').unwrap_or((path, "")) {
        ("payments", "") => desk.pay(request),
        ("payments", id) => desk.follow_up(id, request),
        ("registrations", "") => desk.register(request),
        ("paywithtoken", registration) => desk.with_token(registration, request),
        ("getCardsAndAccounts", "") => desk.list_tokens(request),
        ("payout", "") => desk.pay_out(request),
        ("getTransactionList", "") => desk.list_transactions(request),
        ("getPayoutBalance", member) => desk.balance(member, request),
        _ => Reply::Tree(refuse(&[("30004", "Unknown operation")])),
    }
}

/// The name under which faults are planned and calls are counted.
fn operation(path: &str, request: &Incoming) -> String {
    if let Some(operation) = path.strip_prefix(INVOICES) {
        return match operation {
            "authToken" | "regenerateToken" => operation.to_owned(),
            operation => format!("invoice.{operation}"),
        };
    }
    let path = path.strip_prefix(PAYMENTS).unwrap_or_default();
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let name = match (first, rest, request.get("paymentType")) {
        ("payments", "", _) => "payments",
        ("payments", _, "IN") => "inquiry",
        ("payments", _, "CP") => "capture",
        ("payments", _, "RV") => "reversal",
        ("payments", _, "RF") => "refund",
        ("payments", _, _) => "repeated",
        ("paywithtoken", _, "DL") => "deletion",
        (first, _, _) => first,
    };
    name.to_owned()
}

async fn broken(fault: Fault, request: &HttpRequest, simulator: &Simulator) -> HttpResponse {
    match fault {
        Fault::TimeoutBefore | Fault::TimeoutAfter | Fault::DoneLate => silence(simulator).await,
        Fault::ResetBefore | Fault::ResetAfter => {
            if let Some(wire) = request.conn_data::<Wire>() {
                wire.cut();
            }
            HttpResponse::InternalServerError().force_close().finish()
        }
        Fault::BadGatewayBefore | Fault::BadGatewayAfter => {
            html(StatusCode::BAD_GATEWAY, "<html><body>502 Bad Gateway</body></html>")
        }
        Fault::HalfAnswer => {
            let start: Result<Bytes, std::io::Error> = Ok(Bytes::from_static(br#"{"paymentId":"#));
            let end = Err(std::io::Error::other("cut on purpose"));
            let body = SizedStream::new(400, futures_util::stream::iter([start, end]));
            HttpResponse::Ok().content_type(ContentType::json()).body(body)
        }
        Fault::Garbage => html(StatusCode::OK, "<html><body>Maintenance</body>"),
        Fault::TokenRefused => {
            let refusal = simulator.at_desk(|desk| desk.token_refusal());
            answer(request, simulator, refusal, false)
        }
        Fault::ForbiddenAfter => {
            let tree = Tree::group().result("403", "Forbidden");
            answer(request, simulator, tree, false)
        }
        Fault::HttpUnauthorized => html(StatusCode::UNAUTHORIZED, "<html><body>Unauthorized</body></html>"),
        Fault::ChecksumRefused => {
            let refusal = refuse(&[("20001", "Checksum mismatch")]);
            let result = Tree::group().text("code", "20001").text("description", "Checksum mismatch");
            answer(request, simulator, refusal.with("statusInvoiceResult", result), false)
        }
        // It has the answer it would have without.
        Fault::Quirky => HttpResponse::InternalServerError().finish(),
    }
}

/// A right answer, carelessly written.
fn quirky(tree: &Tree) -> HttpResponse {
    let mut json = tree.json(Style::Arrays);
    if let Some(members) = json.as_object_mut() {
        for (name, value) in members.iter_mut() {
            let number = value.as_str().and_then(|text| text.parse::<serde_json::Number>().ok());
            // Codes begin with noughts, which a number would lose.
            if let Some(number) =
                number.filter(|_| matches!(name.as_str(), "paymentId" | "amount" | "memberId"))
            {
                *value = number.into();
            }
        }
        members.insert("nobodyKnowsThis".to_owned(), serde_json::json!({"a": [1, null, {"b": true}]}));
    }
    html(StatusCode::OK, format!("\u{feff}\r\n {json}\n"))
}

/// No answer until somebody lets go, by which time the caller has given up.
async fn silence(simulator: &Simulator) -> HttpResponse {
    simulator.let_go().await;
    HttpResponse::GatewayTimeout().force_close().finish()
}

fn answer(request: &HttpRequest, simulator: &Simulator, tree: Tree, only_json: bool) -> HttpResponse {
    let accept = text_of(request, "accept");
    if accept.contains("xml") && !only_json {
        return HttpResponse::Ok().content_type(ContentType::xml()).body(tree.xml());
    }
    let style = simulator.world().switches.style;
    HttpResponse::Ok().content_type(ContentType::json()).body(tree.json(style).to_string())
}

fn html(status: StatusCode, text: impl Into<String>) -> HttpResponse {
    HttpResponse::build(status).content_type(ContentType::html()).body(text.into())
}

fn text_of(request: &HttpRequest, header: &str) -> String {
    let value = request.headers().get(header).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

fn decoded(path: &str) -> String {
    percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned()
}

fn shown(page: Option<String>) -> HttpResponse {
    match page {
        Some(page) => html(StatusCode::OK, page),
        None => html(StatusCode::GONE, pages::gone()),
    }
}

fn form(body: &[u8]) -> Incoming {
    Incoming::read("application/x-www-form-urlencoded", body).unwrap_or_default()
}

async fn challenge(body: Bytes, simulator: Data<Simulator>) -> HttpResponse {
    let form = form(&body);
    shown(simulator.at_desk(|desk| desk.by_session(form.get("creq")).map(pages::challenge)))
}

async fn provider(request: HttpRequest, simulator: Data<Simulator>) -> HttpResponse {
    let query = form(request.query_string().as_bytes());
    shown(simulator.at_desk(|desk| desk.by_session(query.get("session")).map(pages::provider)))
}

async fn decision(body: Bytes, simulator: Data<Simulator>) -> HttpResponse {
    let form = form(&body);
    let decision = match form.get("decision") {
        "pay" => Decision::Pay,
        "fail" => Decision::Fail,
        _ => Decision::Cancel,
    };
    let way = simulator.at_desk(|desk| desk.decide(form.get("session"), decision));
    simulator.deliver_at_once();
    shown(way.as_ref().map(pages::back))
}

async fn invoice(request: HttpRequest, simulator: Data<Simulator>) -> HttpResponse {
    let query = form(request.query_string().as_bytes());
    let (id, pass) = (query.get("inv"), query.get("ct"));
    shown(simulator.at_desk(|desk| desk.payable(id, pass).map(|row| pages::invoice(row, None))))
}

async fn pay_invoice(body: Bytes, simulator: Data<Simulator>) -> HttpResponse {
    let typed = form(&body);
    let (id, pass) = (typed.get("inv"), typed.get("ct"));
    let page = simulator.at_desk(|desk| match desk.pay_invoice(id, pass, &typed)? {
        Ok(payment) => match payment.card.as_ref().map(|card| card.behaviour) {
            Some(Behaviour::ThreeD) => Some(pages::to_challenge(&payment)),
            // Declined: the customer may try another card on the same page.
            Some(Behaviour::Decline) => {
                desk.payable(id, pass).map(|row| pages::invoice(row, Some("The card was declined.")))
            }
            Some(_) | None => desk.way_back(payment.id).as_ref().map(pages::back),
        },
        Err(_) => {
            desk.payable(id, pass).map(|row| pages::invoice(row, Some("Please check the card's data.")))
        }
    });
    simulator.deliver_at_once();
    shown(page)
}

impl Simulator {
    /// Callbacks go out beside the answer, not before it, and nobody waits for them.
    pub(super) fn deliver_at_once(&self) {
        let due = {
            let mut world = self.world();
            match world.callbacks.manner.delivery {
                Delivery::Immediate => world.callbacks.take(),
                Delivery::Held | Delivery::Lost => Vec::new(),
            }
        };
        if !due.is_empty() {
            let simulator = self.clone();
            actix_web::rt::spawn(async move { simulator.post(due).await });
        }
    }
}
