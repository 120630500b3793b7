//! HTTP in, HTTP 200 out: whatever happens, the cashier gets `Status` and `Description` in its own encoding.

use super::call::Call;
use super::catalog::{self, Method};
use super::codes;
use super::directory::{Directory, Door};
use super::methods;
use super::peer;
use super::reply::{Told, casing};
use super::wire::{self, Encoding, Kind, LARGEST_BODY, Request, WireError, canonical};
use crate::clock::Entropy;
use crate::desk::Desk;
use crate::operations::{Caller, OperationError};
use crate::store::Store;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{FutureExt, StreamExt};
use ipnet::IpNet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What this door needs of the house.
#[derive(Clone)]
pub struct Cashier {
    pub directory: Directory,
    pub store: Store,
    pub entropy: Entropy,
    pub desk: Desk,
    pub namespace: Arc<str>,
    pub trusted_proxies: Arc<[IpNet]>,
    pub body_timeout: Duration,
    /// 200 as the protocol wants it, or 401.
    pub authentication_failed: StatusCode,
}

/// Before the method's name.
const PATH: &str = "/cashier/";

pub fn configure(config: &mut web::ServiceConfig) {
    config.route("/cashier", web::to(serve));
    // A path that is written out is found by comparing, one with a name in it by a regular expression.
    for method in catalog::METHODS {
        config.route(&format!("{PATH}{}", method.name), web::to(serve));
    }
    config.route("/cashier/{method}", web::to(serve));
}

/// One call from its bytes to its reply.
async fn serve(request: HttpRequest, payload: web::Payload, cashier: web::Data<Cashier>) -> HttpResponse {
    let started = Instant::now();
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let content_type = header("content-type").map(str::to_owned);
    let soap_action = header("soapaction").map(str::to_owned);
    let path_method = request.match_info().get("method").or_else(|| request.path().strip_prefix(PATH));
    let path_method = path_method.map(str::to_owned);
    let request_id = request_id(header("x-request-id"), &cashier.entropy);

    let body = read_body(payload, cashier.body_timeout).await;
    let decoded = match &body {
        _ if request.method() != actix_web::http::Method::POST => {
            let encoding = wire::guess(content_type.as_deref(), soap_action.as_deref(), &[]);
            Err(Failure::new(encoding, codes::UNREADABLE, "HTTP method must be POST"))
        }
        Ok(bytes) => {
            wire::decode(content_type.as_deref(), soap_action.as_deref(), path_method.as_deref(), bytes)
                .map_err(Failure::from)
        }
        Err(BodyError::TooLarge(beginning)) => {
            Err(WireError::too_large(content_type.as_deref(), soap_action.as_deref(), beginning).into())
        }
        Err(BodyError::Broken(beginning)) => {
            let encoding = wire::guess(content_type.as_deref(), soap_action.as_deref(), beginning);
            Err(Failure::new(encoding, codes::UNREADABLE, "the request body did not arrive whole or in time"))
        }
    };

    let mut seen =
        Seen { request_id: &request_id, method: "?", front_end: String::new(), encoding: Encoding::Form };
    let (reply, status) = match decoded {
        Err(failure) => {
            seen.encoding = failure.encoding;
            let method = path_method.as_deref().and_then(known).map_or("", |method| method.name);
            let told = Told::failed(failure.status, failure.description);
            log(&seen, &told, started);
            (told.into_reply(method, casing(None)), StatusCode::OK)
        }
        Ok(call) => {
            seen.encoding = call.encoding;
            answer(&cashier, &request, &call, &mut seen, started).await
        }
    };
    let (content_type, body) = wire::encode(seen.encoding, &reply, &cashier.namespace);
    let mut response = HttpResponse::build(status);
    response.insert_header((CONTENT_TYPE, content_type)).insert_header(("x-request-id", request_id.as_str()));
    response.insert_header(("cache-control", "no-store"));
    if request.method() != actix_web::http::Method::POST {
        response.insert_header((ALLOW, "POST"));
    }
    response.body(body)
}

/// What is known of a call while it is served, for the log line.
struct Seen<'a> {
    request_id: &'a str,
    method: &'static str,
    front_end: String,
    encoding: Encoding,
}

async fn answer(
    cashier: &Cashier,
    request: &HttpRequest,
    call: &Request,
    seen: &mut Seen<'_>,
    started: Instant,
) -> (wire::Reply, StatusCode) {
    let (told, door, status) = match prepare(cashier, request, call, seen) {
        Err((told, status)) => (told, None, status),
        Ok((method, door)) => {
            (run(cashier, call, method, &door, seen.request_id).await, Some(door), StatusCode::OK)
        }
    };
    log(seen, &told, started);
    let method = if seen.method == "?" { "" } else { seen.method };
    (told.into_reply(method, casing(door.as_deref())), status)
}

/// Finds the method and the front end, and lets the front end prove itself.
fn prepare(
    cashier: &Cashier,
    request: &HttpRequest,
    call: &Request,
    seen: &mut Seen<'_>,
) -> Result<(&'static Method, Arc<Door>), (Told, StatusCode)> {
    let refused = |status, description: &str| (Told::failed(status, description), StatusCode::OK);
    let Some(name) = call.method.as_deref() else {
        return Err(refused(
            codes::UNREADABLE,
            "Method is missing: name it in the path, in Method, or in the body",
        ));
    };
    let Some(method) = known(name) else {
        return Err(refused(codes::UNREADABLE, "Method: unknown method"));
    };
    seen.method = method.name;
    let Some(front_end) = call.fields.get("FrontEndName") else {
        return Err(refused(codes::BAD_FIELD, "FrontEndName is missing"));
    };
    let front_ends = cashier.directory.now();
    let door = front_ends.find(front_end).cloned();
    let credentials = door.as_ref().map_or(front_ends.nobody(), |door| &door.credentials);
    let shown = peer::shown(request, &cashier.trusted_proxies);
    // An unknown front end and a wrong secret are one and the same to the caller.
    let accepted = credentials.accept(&call.fields, &shown);
    let Some(door) = door.filter(|_| accepted) else {
        let told =
            Told::failed(codes::NOT_AUTHENTICATED, "authentication failed: FrontEndName or its credentials");
        return Err((told, cashier.authentication_failed));
    };
    seen.front_end = door.rules.front_end.name.clone();
    if method.extension && !door.extensions.iter().any(|name| *name == canonical(method.name)) {
        return Err(refused(codes::UNREADABLE, "Method: not enabled for this front end"));
    }
    Ok((method, door))
}

async fn run(
    cashier: &Cashier,
    call: &Request,
    method: &'static Method,
    door: &Arc<Door>,
    request_id: &str,
) -> Told {
    let call = Call {
        method,
        door,
        fields: &call.fields,
        caller: Caller { who: "cashier".to_owned(), request_id: request_id.to_owned() },
        store: &cashier.store,
        entropy: &cashier.entropy,
        desk: &cashier.desk,
    };
    let work = async {
        method.check(call.fields)?;
        call.check()?;
        methods::run(&call).await
    };
    guarded(work, method.name, request_id).await
}

/// Whatever becomes of the work, there is an answer.
async fn guarded(
    work: impl Future<Output = Result<Told, OperationError>>,
    method: &'static str,
    request_id: &str,
) -> Told {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(told)) => told,
        Ok(Err(error)) => {
            if let OperationError::Failed(cause) = &error {
                tracing::warn!(request_id, method, error = %cause, "a call could not be completed");
            }
            error.into()
        }
        Err(_) => Told::failed(
            codes::DEFECT,
            "internal error; ask what became of it before anything is tried again",
        ),
    }
}

fn known(name: &str) -> Option<&'static Method> {
    catalog::method(name)
}

fn log(seen: &Seen<'_>, told: &Told, started: Instant) {
    let duration = started.elapsed();
    let status = told.status;
    metrics::counter!(
        "tillgate_cashier_calls_total", "method" => seen.method, "status" => status.to_string()
    )
    .increment(1);
    metrics::histogram!("tillgate_cashier_call_seconds", "method" => seen.method)
        .record(duration.as_secs_f64());
    for alert in &told.alerts {
        metrics::counter!("tillgate_alerts_total", "alert" => *alert).increment(1);
        tracing::warn!(
            request_id = seen.request_id,
            front_end = seen.front_end,
            alert,
            "a person should look at this call"
        );
    }
    let payout = told.fields.iter().find_map(|(name, value)| match (name, value) {
        (&"ExtPayoutID", wire::Value::Text(id)) => Some(id.as_str()),
        _ => None,
    });
    tracing::info!(
        request_id = seen.request_id,
        method = seen.method,
        encoding = ?seen.encoding,
        front_end = seen.front_end,
        payout.id = payout,
        status,
        duration_ms = duration.as_secs_f64() * 1000.0,
        "cashier call"
    );
}

/// The caller's own id when it is harmless, else one of ours.
fn request_id(sent: Option<&str>, entropy: &Entropy) -> String {
    let harmless = |id: &&str| {
        (8..=64).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    sent.filter(harmless).map_or_else(|| entropy.hex(8), str::to_owned)
}

enum BodyError {
    /// With what came of it, so that the reply can be in its encoding.
    TooLarge(Vec<u8>),
    Broken(Vec<u8>),
}

/// Reads a body up to the limit, in bounded memory and time.
async fn read_body(mut payload: web::Payload, patience: Duration) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    let whole = tokio::time::timeout(patience, async {
        while let Some(chunk) = payload.next().await {
            let Ok(chunk) = chunk else { return Ok(false) };
            if body.len() + chunk.len() > LARGEST_BODY {
                return Err(());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(true)
    })
    .await;
    match whole {
        Ok(Ok(true)) => Ok(body),
        Ok(Err(())) => Err(BodyError::TooLarge(body)),
        Ok(Ok(false)) | Err(_) => Err(BodyError::Broken(body)),
    }
}

/// A request that could not even be read, in the encoding it is to be answered in.
struct Failure {
    encoding: Encoding,
    status: i32,
    description: String,
}

impl Failure {
    fn new(encoding: Encoding, status: i32, description: &str) -> Failure {
        Failure { encoding, status, description: description.to_owned() }
    }
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Failure {
        let status = match error.kind {
            Kind::Malformed => codes::UNREADABLE,
            Kind::Field => codes::BAD_FIELD,
        };
        Failure::new(error.encoding, status, &error.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_panic_is_our_defect_and_an_answer_like_any_other() {
        let told = guarded(async { panic!("on purpose") }, "CreatePayout", "request-1").await;
        assert_eq!(told.status, codes::DEFECT);
        assert!(told.fields.is_empty() && !told.description.contains("purpose"), "{}", told.description);
    }
}
