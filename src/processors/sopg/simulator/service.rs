//! The SOAP endpoint: HTTP in, envelope, contract, operation, envelope, HTTP out, with faults in between.

use super::call::{self, Done};
use super::contract::{Values, WSDL, contract};
use super::faults::{self, Kind};
use super::xml::{self, Node};
use super::{SERVICE_PATH, Shared, lock};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, SET_COOKIE};
use actix_web::rt::net::TcpStream;
use actix_web::{HttpRequest, HttpResponse, body, dev::Extensions, web};
use std::any::Any;
use std::net::Shutdown;
use std::os::fd::AsFd;

const LARGEST_REQUEST: usize = 256 * 1024;
const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const VENDOR_ADDRESS: &str = "https://soatest.paysafecard.com/psc/services/PscService";
/// Longer than any client waits.
const LONGEST_HOLD: std::time::Duration = std::time::Duration::from_secs(300);

pub fn routes(config: &mut web::ServiceConfig) {
    let resource = web::resource(SERVICE_PATH)
        .app_data(web::PayloadConfig::new(LARGEST_REQUEST))
        .route(web::get().to(wsdl))
        .route(web::post().to(soap));
    config.service(resource);
}

/// A second hold on the connection's socket, so that a fault can cut it under the server.
struct Wire(std::net::TcpStream);

pub fn remember_connection(connection: &dyn Any, data: &mut Extensions) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
    if let Ok(socket) = stream.as_fd().try_clone_to_owned() {
        data.insert(Wire(socket.into()));
    }
}

async fn wsdl(request: HttpRequest) -> HttpResponse {
    if !request.query_string().eq_ignore_ascii_case("wsdl") {
        return page(StatusCode::NOT_FOUND);
    }
    let host = request.connection_info().host().to_owned();
    let own = WSDL.replace(VENDOR_ADDRESS, &format!("http://{host}{SERVICE_PATH}"));
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/xml;charset=UTF-8")).body(own)
}

async fn soap(request: HttpRequest, bytes: web::Bytes, shared: web::Data<Shared>) -> HttpResponse {
    let switches = lock(&shared.switches).clone();
    let peer = request.peer_addr().map(|address| address.ip());
    if !switches.allowed.is_empty() && !peer.is_some_and(|peer| switches.allowed.contains(&peer)) {
        return page(StatusCode::FORBIDDEN);
    }
    let call = match read(&request, &bytes) {
        Ok(call) => call,
        Err(reason) => return fault("Client", &reason),
    };
    if let Err(reason) = contract().check(&call, switches.strict) {
        return fault("Client", &format!("Unmarshalling Error: {reason}"));
    }
    // Listened for from now on, so that whoever sees the call counted can release it.
    let released = shared.release.notified();
    tokio::pin!(released);
    released.as_mut().enable();
    lock(&shared.calls).push(call.name.clone());
    let struck = faults::strike(&mut lock(&shared.faults), &call.name);
    match &struck {
        Some(Kind::ResetBefore) => return cut(&request),
        Some(Kind::HoldBefore) => return hold(&request, released).await,
        Some(Kind::PageBefore(status)) => return page(status_of(*status)),
        Some(Kind::CodesBefore { result, error }) => {
            return answer(&call.name, &codes(*result, *error), "soap", "ns1");
        }
        Some(Kind::FaultServer) => return fault("Server", "Internal error"),
        Some(Kind::FaultClient) => return fault("Client", "Unmarshalling Error"),
        Some(_) | None => {}
    }
    let done = carry_out(&shared, &call, switches.four_fields);
    let Some(kind) = struck else { return answer(&call.name, &done.values, "soap", "ns1") };
    let right = envelope(&call.name, &done.values, "soap", "ns1");
    match kind {
        Kind::ResetAfter => cut(&request),
        Kind::HoldAfter => hold(&request, released).await,
        Kind::PageAfter(status) => page(status_of(status)),
        Kind::CodesAfter { result, error } => answer(&call.name, &codes(result, error), "soap", "ns1"),
        Kind::Truncated => xml_answer(StatusCode::OK, right[..right.len() * 2 / 3].to_owned()),
        Kind::HalfSent => half(right),
        Kind::State(letter) => xml_answer(StatusCode::OK, with_letter(&right, &letter)),
        Kind::ExtraElements => {
            let extra = "<ns1:paymentInstrument>CARD</ns1:paymentInstrument><x:new xmlns:x=\"urn:new\"/><ns1:resultCode>";
            xml_answer(StatusCode::OK, right.replacen("<ns1:resultCode>", extra, 1))
        }
        Kind::OtherPrefixes => answer(&call.name, &done.values, "soapenv", "psc"),
        // These were answered before anything was carried out.
        Kind::ResetBefore
        | Kind::HoldBefore
        | Kind::PageBefore(_)
        | Kind::CodesBefore { .. }
        | Kind::FaultServer
        | Kind::FaultClient => answer(&call.name, &done.values, "soap", "ns1"),
    }
}

fn carry_out(shared: &Shared, request: &Node, four_fields: bool) -> Done {
    let now = shared.now();
    let done = call::run(&mut shared.book(), request, now, four_fields);
    if let Some(mtid) = &done.assigned {
        let username = request.child("username").map(|child| child.text.clone()).unwrap_or_default();
        shared.notify(&username, mtid);
    }
    done
}

/// The operation's element inside the envelope; SOAPAction is ignored, as the real gateway does.
fn read(request: &HttpRequest, bytes: &[u8]) -> Result<Node, String> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !["text/xml", "application/xml", "application/soap+xml"].contains(&kind.as_str()) {
        return Err("the content type is not XML".to_owned());
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "the request is not UTF-8".to_owned())?;
    let root = xml::parse(text)?;
    if root.space != SOAP || root.name != "Envelope" {
        return Err("the request is not a SOAP 1.1 envelope".to_owned());
    }
    let body = root.children.iter().find(|child| child.space == SOAP && child.name == "Body");
    let call = body.and_then(|body| body.children.first()).ok_or("the body is empty")?;
    if call.space != super::contract::NAMESPACE || !contract().knows(&call.name) {
        return Err(format!("{} is not an operation", call.name));
    }
    Ok(call.clone())
}

fn codes(result: i64, error: i32) -> Values {
    Values::default().number("resultCode", result).number("errorCode", i64::from(error))
}

fn envelope(operation: &str, values: &Values, soap: &str, psc: &str) -> String {
    let response = contract().write_response(operation, values, psc);
    format!(
        "<{soap}:Envelope xmlns:{soap}=\"{SOAP}\" xmlns:{psc}=\"urn:pscservice\"><{soap}:Body>{response}</{soap}:Body>\
         </{soap}:Envelope>"
    )
}

fn answer(operation: &str, values: &Values, soap: &str, psc: &str) -> HttpResponse {
    xml_answer(StatusCode::OK, envelope(operation, values, soap, psc))
}

fn xml_answer(status: StatusCode, text: String) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, "text/xml;charset=UTF-8"))
        .insert_header((SET_COOKIE, "TS01a2b3=0123456789abcdef; Path=/"))
        .body(text)
}

fn fault(side: &str, reason: &str) -> HttpResponse {
    let mut escaped = String::new();
    xml::escape(&mut escaped, reason);
    let text = format!(
        "<soap:Envelope xmlns:soap=\"{SOAP}\"><soap:Body><soap:Fault><faultcode>soap:{side}</faultcode>\
         <faultstring>{escaped}</faultstring></soap:Fault></soap:Body></soap:Envelope>"
    );
    xml_answer(StatusCode::INTERNAL_SERVER_ERROR, text)
}

fn page(status: StatusCode) -> HttpResponse {
    let text =
        format!("<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>", status.as_u16());
    HttpResponse::build(status).insert_header((CONTENT_TYPE, "text/html")).body(text)
}

fn status_of(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Ends the connection without a byte of an answer.
fn cut(request: &HttpRequest) -> HttpResponse {
    if let Some(Wire(socket)) = request.conn_data::<Wire>() {
        // A peer that is gone already is as good as cut off.
        let _ = socket.shutdown(Shutdown::Both);
    }
    page(StatusCode::SERVICE_UNAVAILABLE)
}

async fn hold(request: &HttpRequest, released: impl Future<Output = ()>) -> HttpResponse {
    tokio::select! {
        () = released => {}
        () = tokio::time::sleep(LONGEST_HOLD) => {}
    }
    cut(request)
}

/// Announces the whole answer and ends in its middle.
fn half(text: String) -> HttpResponse {
    let first = web::Bytes::from(text.as_bytes()[..text.len() / 2].to_vec());
    let parts = [Ok(first), Err(std::io::Error::other("cut in the middle, as ordered"))];
    let stream = futures_util::stream::iter(parts);
    let stream = body::SizedStream::new(text.len() as u64, stream);
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/xml;charset=UTF-8")).body(stream)
}

fn with_letter(text: &str, letter: &str) -> String {
    let (open, close) = ("<ns1:dispositionState>", "</ns1:dispositionState>");
    match (text.split_once(open), text.split_once(close)) {
        (Some((before, _)), Some((_, after))) => format!("{before}{open}{letter}{close}{after}"),
        (_, _) => text.to_owned(),
    }
}
