//! Server calls over HTTP: decrypt, let the engine act, encrypt, and let scripted faults happen in between.

use super::codec::{Filling, Keys, Params};
use super::engine::How;
use super::faults::Fault;
use super::replies::Reply;
use super::world::{Merchant, World};
use super::{App, three_ds};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, PoisonError};

/// The connection under a request, so that it can be ended in the middle.
pub struct Connection(pub TcpStream);

/// A request that could be decrypted.
pub struct Call {
    pub merchant: Merchant,
    pub keys: Arc<Keys>,
    pub params: Params,
    /// What stood in clear beside Data.
    pub clear: Params,
}

/// Reads MerchantID, Len and Data. The error is the clear answer's code.
pub fn open(world: &World, text: &[u8]) -> Result<Call, &'static str> {
    let pairs = form_urlencoded::parse(text);
    let clear: Vec<u8> = pairs
        .map(|(name, value)| format!("{name}={}", value.replace('&', "%26")))
        .collect::<Vec<_>>()
        .join("&")
        .into_bytes();
    let clear = Params::parse(&clear);
    let (merchant, keys) = world.merchants.get(clear.get("MerchantID")).ok_or("20500003")?.clone();
    let len = clear.get("Len").parse().map_err(|_| "20010008")?;
    let bytes = keys.unlock(clear.get("Data"), len).ok_or("20010007")?;
    let params = Params::parse(&bytes);
    // A wrong key gives noise, in which no parameter is found.
    if !params.has("TransID") && !params.has("MerchantID") && !params.has("PayID") {
        return Err("20010007");
    }
    Ok(Call { merchant, keys, params, clear })
}

/// `Len=…&Data=…` of an answer or a notification, followed by what travels in clear.
pub fn encode(world: &World, call: &Call, mut fields: Reply, filling: Filling) -> String {
    if call.merchant.vary {
        vary(world, &mut fields);
    }
    let text = fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(c as u32).unwrap_or(b'?')).collect();
    let mut vector = [0; 16];
    world.entropy.fill(&mut vector);
    let mut body = format!("Len={}&Data={}", bytes.len(), call.keys.lock(&bytes, filling, vector));
    if call.params.has("Plain") {
        body.push_str(&format!("&Plain={}", call.params.get("Plain")));
    }
    if call.params.has("Custom") {
        body.push_str(&format!("&Custom={}", call.params.get("Custom").replace('|', "&")));
    }
    body
}

/// Names in another case, another order, and a parameter that nobody knows.
fn vary(world: &World, fields: &mut Reply) {
    fields.push(("Surprise".to_owned(), "1".to_owned()));
    let start = (world.entropy.next() % fields.len() as u64) as usize;
    fields.rotate_left(start);
    for (name, _) in fields {
        if (name == "mid" || name == "RefNr") && world.entropy.next().is_multiple_of(2) {
            *name = if name == "mid" { "MID".to_owned() } else { "refnr".to_owned() };
        }
    }
}

pub async fn server_call(
    app: Data<App>,
    endpoint: Path<String>,
    http: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let endpoint = endpoint.into_inner();
    let text = if body.is_empty() { Bytes::copy_from_slice(http.query_string().as_bytes()) } else { body };
    let (call, fault) = {
        let mut world = app.world();
        let call = match open(&world, &text) {
            Ok(call) => call,
            Err(code) => return clear_error(code),
        };
        let fault = world.faults.for_call(&endpoint, call.params.get("TransID"));
        (call, fault)
    };
    match fault {
        Some(Fault::DropBefore) => return cut(&http),
        Some(Fault::HangBefore) => {
            app.hold().await;
            return cut(&http);
        }
        Some(Fault::ProcessLate) => {
            // The caller may be gone by then; the request is not.
            let (app, endpoint) = (app.clone(), endpoint.clone());
            app.late(move |world| {
                match endpoint.as_str() {
                    "direct.aspx" => three_ds::direct(world, &call, How::Normally),
                    "direct3d.aspx" => three_ds::first_version(world, &call, How::Normally),
                    _ => world.act(&call.merchant, &endpoint, &call.params, How::Normally),
                };
            });
            app.hold().await;
            return cut(&http);
        }
        Some(Fault::Page { status, processed: false }) => return page(status),
        _ => {}
    }
    let answer = process(&app, &endpoint, &call, fault.as_ref());
    match fault {
        Some(Fault::DropAfter | Fault::OpenSilently) => cut(&http),
        Some(Fault::HangAfter) => {
            app.hold().await;
            cut(&http)
        }
        Some(Fault::Page { status, .. }) => page(status),
        Some(Fault::HalfAnswer) => half(answer),
        Some(Fault::Status(status)) => HttpResponse::build(status_of(status)).body(answer),
        _ => HttpResponse::Ok().content_type("text/plain; charset=iso-8859-1").body(answer),
    }
}

fn process(app: &App, endpoint: &str, call: &Call, fault: Option<&Fault>) -> String {
    let mut world = app.world();
    let how = match fault {
        Some(Fault::OpenForever | Fault::OpenSilently) => How::LeftOpen,
        Some(Fault::AskPayer) => How::AskingPayer,
        Some(Fault::Refuse(code)) => How::Refused(code.clone()),
        Some(Fault::BookedBut(code)) => How::DoneBut(code.clone()),
        _ => How::Normally,
    };
    let mut fields = match endpoint {
        "direct.aspx" => three_ds::direct(&mut world, call, how),
        "direct3d.aspx" => three_ds::first_version(&mut world, call, how),
        _ => world.act(&call.merchant, endpoint, &call.params, how),
    };
    let mut set = |name: &str, value: &str| {
        fields.retain(|(known, _)| known != name);
        fields.push((name.to_owned(), value.to_owned()));
    };
    match fault {
        Some(Fault::WrongMac) => set("MAC", &"0".repeat(64)),
        Some(Fault::ForeignMerchant) => set("mid", "somebody_else"),
        Some(Fault::ForeignOrder) => set("TransID", "another-order"),
        Some(Fault::Contradiction) => set("Status", "FAILED"),
        Some(Fault::Clear) => {
            return fields
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join("&");
        }
        _ => {}
    }
    let filling = match fault {
        Some(Fault::Padding(filling)) => *filling,
        _ => call.merchant.filling,
    };
    let body = encode(&world, call, fields, filling);
    if matches!(fault, Some(Fault::ShortData)) {
        let keep = body.len() - 32;
        return body[..keep].to_owned();
    }
    body
}

/// The request can't be read, so the answer can't be encrypted.
fn clear_error(code: &str) -> HttpResponse {
    let why = match code {
        "20500003" => "the MerchantID is missing or not known here",
        "20010008" => "Len is missing or no number",
        _ => "Data cannot be decrypted with this merchant's password",
    };
    let body = format!("mid=&Status=FAILED&Code={code}&Description={why}");
    HttpResponse::Ok().content_type("text/plain").body(body)
}

fn page(status: u16) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    HttpResponse::build(status)
        .content_type("text/html")
        .body("<html><body><h1>Bad gateway</h1></body></html>")
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY)
}

/// Ends the connection under the request; what is returned reaches nobody.
fn cut(http: &HttpRequest) -> HttpResponse {
    if let Some(connection) = http.conn_data::<Connection>() {
        // It may be closed from the other side already.
        let _ = connection.0.shutdown(Shutdown::Both);
    }
    HttpResponse::InternalServerError().finish()
}

/// Announces the whole body and sends half of it.
fn half(body: String) -> HttpResponse {
    let announced = body.len() as u64;
    let half = Bytes::copy_from_slice(&body.as_bytes()[..body.len() / 2]);
    let broken = std::io::Error::new(std::io::ErrorKind::ConnectionReset, "half of the answer");
    let parts = futures_util::stream::iter([Ok(half), Err(broken)]);
    HttpResponse::Ok().no_chunking(announced).streaming(parts)
}

impl App {
    pub fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the faults are released.
    async fn hold(&self) {
        let mut released = self.released.subscribe();
        // The sender lives in the app, so the wait ends only by a release.
        let _ = released.changed().await;
    }

    fn late(&self, work: impl FnOnce(&mut World) + Send + 'static) {
        self.late.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(work));
    }

    /// Lets everything go on that hangs, and processes what was to be processed late.
    pub fn release(&self) {
        let late = std::mem::take(&mut *self.late.lock().unwrap_or_else(PoisonError::into_inner));
        let mut world = self.world();
        for work in late {
            work(&mut world);
        }
        drop(world);
        self.released.send_modify(|count| *count += 1);
    }
}
