//! A real browser through the bank's 3-D page, a provider's page and an invoice link, back to the shop.

use super::bench::*;
use super::chromium::Chromium;
use actix_web::web::{Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use tillgate::processors::rest_gateway::simulator::CARD_THREE_D;
use tillgate::processors::{DepositOrder, DepositProcessor, NoticeReader, Opened, RawNotice};

/// A shop with a page that sends the customer away, and one to which he comes back.
#[derive(Clone, Default)]
struct Shop {
    away: Arc<Mutex<String>>,
    came_back: Arc<Mutex<Vec<RawNotice>>>,
}

impl Shop {
    fn open(&self) -> (String, actix_web::dev::ServerHandle) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let shop = Data::new(self.clone());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shop.clone())
                .route("/away", web::get().to(away))
                .route("/return", web::to(came_back))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .expect("a server")
        .run();
        let handle = server.handle();
        tokio::spawn(server);
        (base, handle)
    }
}

async fn away(shop: Data<Shop>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/html").body(shop.away.lock().expect("a lock").clone())
}

async fn came_back(request: HttpRequest, body: Bytes, shop: Data<Shop>) -> HttpResponse {
    shop.came_back.lock().expect("a lock").push(RawNotice {
        method: request.method().to_string(),
        query: request.query_string().to_owned(),
        content_type: String::new(),
        body: body.to_vec(),
        peer: None,
    });
    HttpResponse::Ok().content_type("text/html").body("<!doctype html><p id=\"thanks\">Thank you</p>")
}

/// Opens a deposit, lets the customer click the way through, and looks at how he came back.
async fn walk(order: DepositOrder, typed: Option<&str>, clicks: Vec<&'static str>) {
    let bench = Bench::begin().await;
    let shop = Shop::default();
    let (base, server) = shop.open();
    let mut order = order;
    order.urls.success = format!("{base}/return");
    let opened = match typed {
        Some(number) => bench.gateway.open_with_card(&order, &card(number)).await,
        None => bench.gateway.open(&order).await,
    };
    let start = match opened {
        Opened::Redirect { url, .. } => url,
        Opened::Form { action, fields, .. } => {
            let fields: String = fields
                .iter()
                .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">"))
                .collect();
            let form = format!(
                "<form method=\"post\" action=\"{action}\">{fields}<button id=\"go\">Go</button></form>"
            );
            *shop.away.lock().expect("a lock") = form;
            format!("{base}/away")
        }
        other => panic!("nowhere to go: {other:?}"),
    };
    // The browser is driven with blocking reads, beside the runtime that serves its pages.
    let walked = tokio::task::spawn_blocking(move || {
        let Some(mut browser) = Chromium::start() else { return false };
        browser.open(&start);
        for selector in clicks {
            browser.click(selector);
        }
        browser.wait_for("#thanks");
        true
    });
    if walked.await.expect("the customer arrives") {
        let came_back = shop.came_back.lock().expect("a lock").clone();
        assert_eq!(came_back.len(), 1);
        assert_eq!(bench.gateway.read(&came_back[0]).expect("authentic").reference, "ord-1");
        assert!(is_paid(&bench.gateway.settle(&order).await, 5000));
        assert_eq!(bench.captured(), 5000);
    }
    server.stop(false).await;
    bench.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_the_banks_page() {
    walk(deposit("ord-1", "50.00"), Some(CARD_THREE_D), vec!["#go", "#confirm"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_a_providers_page() {
    let order = DepositOrder { method: "sofort".to_owned(), ..deposit("ord-1", "50.00") };
    walk(order, None, vec!["#pay"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_an_invoice_link() {
    walk(deposit("ord-1", "50.00"), None, vec!["#pay"]).await;
}
