//! Calls that come before the house is open: answered in kind, to be made again.

use super::reply::{Told, casing};
use super::{catalog, codes, wire};
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, web};
use std::sync::Arc;

/// The namespace of replies.
#[derive(Clone)]
pub struct Namespace(pub Arc<str>);

pub fn configure(config: &mut web::ServiceConfig) {
    config.route("/cashier", web::to(again)).route("/cashier/{method}", web::to(again));
}

async fn again(request: HttpRequest, body: web::Bytes, namespace: web::Data<Namespace>) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let encoding = wire::guess(header("content-type"), header("soapaction"), &body);
    let method = request.match_info().get("method").and_then(catalog::method);
    let told = Told::failed(codes::AGAIN, "the database can't be reached now, please repeat the request");
    let reply = told.into_reply(method.map_or("", |method| method.name), casing(None));
    let (content_type, body) = wire::encode(encoding, &reply, &namespace.0);
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, content_type))
        .insert_header(("cache-control", "no-store"))
        .body(body)
}
