//! The contract over HTTP: open to whoever reaches the listener, since it holds no secret.

use super::Contract;
use actix_web::guard::{self, GuardContext};
use actix_web::{HttpRequest, HttpResponse, web};

/// Adds the contract's paths. To be called before the cashier's own, which take every method of `/cashier`.
pub fn configure(config: &mut web::ServiceConfig) {
    config.service(web::resource("/cashier").guard(guard::fn_guard(asks_for_wsdl)).to(serve));
    for path in super::paths().chain(["/docs/".to_owned()]) {
        config.route(&path, web::get().to(serve));
    }
}

/// Whatever else comes to `/cashier` is a call, be it a wrong one.
fn asks_for_wsdl(context: &GuardContext<'_>) -> bool {
    let head = context.head();
    head.method == actix_web::http::Method::GET && head.uri.query().is_some_and(super::asks_for_wsdl)
}

async fn serve(request: HttpRequest, contract: web::Data<Contract>) -> HttpResponse {
    // What the caller or a proxy says: it comes back to the caller alone, and only if it looks like an address.
    let base = {
        let connection = request.connection_info();
        format!("{}://{}", connection.scheme(), connection.host())
    };
    match contract.get(request.path(), request.uri().query(), Some(&base)) {
        Some(document) => HttpResponse::Ok()
            .content_type(document.content_type)
            .insert_header(("cache-control", "no-cache"))
            .insert_header(("x-content-type-options", "nosniff"))
            .insert_header((
                "content-security-policy",
                "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
            ))
            .body(document.body.into_owned()),
        None => HttpResponse::NotFound()
            .content_type("text/plain; charset=utf-8")
            .body("There is no such document.\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Contract, DEFAULT_BASE};
    use super::*;
    use crate::cashier::wire::DEFAULT_NAMESPACE;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, http::Method};

    async fn ask(method: Method, path: &str) -> (u16, String, String) {
        let contract = web::Data::new(Contract::new(DEFAULT_NAMESPACE).unwrap());
        let calls = |config: &mut web::ServiceConfig| {
            config.route("/cashier", web::to(|| async { "a call" }));
        };
        let app = init_service(App::new().app_data(contract).configure(configure).configure(calls)).await;
        let request = TestRequest::with_uri(path).method(method).insert_header(("host", "pay.example:81"));
        let response = call_service(&app, request.to_request()).await;
        let status = response.status().as_u16();
        let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        (status, kind.unwrap_or_default(), String::from_utf8(read_body(response).await.to_vec()).unwrap())
    }

    #[actix_web::test]
    async fn only_a_get_that_asks_for_the_wsdl_is_not_a_call() {
        let (status, kind, body) = ask(Method::GET, "/cashier?WSDL").await;
        assert_eq!((status, kind.as_str()), (200, "text/xml; charset=utf-8"));
        assert!(body.contains("http://pay.example:81/cashier") && !body.contains(DEFAULT_BASE));
        for (method, path) in
            [(Method::GET, "/cashier"), (Method::POST, "/cashier?wsdl"), (Method::GET, "/cashier?x")]
        {
            assert_eq!(ask(method, path).await.2, "a call", "{path}");
        }
    }

    #[actix_web::test]
    async fn documents_are_served_and_others_are_not_found() {
        for path in super::super::paths() {
            assert_eq!(ask(Method::GET, &path).await.0, 200, "{path}");
        }
        assert_eq!(ask(Method::GET, "/schemas/none.xsd").await.0, 404);
    }
}
