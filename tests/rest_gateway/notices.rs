//! Callbacks and browser returns as the simulator really makes them.

use super::bench::*;
use tillgate::processors::rest_gateway::simulator::{
    CARD_APPROVED, CARD_THREE_D, Callback, Decision, Delivery, Manner, Return,
};
use tillgate::processors::{DepositOrder, DepositProcessor, NoticeError, NoticeReader, RawNotice};

fn posted(callback: &Callback) -> RawNotice {
    RawNotice {
        method: "POST".to_owned(),
        query: String::new(),
        content_type: "application/json".to_owned(),
        body: callback.body.clone(),
        peer: None,
    }
}

fn browser(way: &Return) -> RawNotice {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(&way.fields).finish();
    RawNotice {
        method: if way.by_get { "GET" } else { "POST" }.to_owned(),
        query: if way.by_get { form.clone() } else { String::new() },
        content_type: "application/x-www-form-urlencoded".to_owned(),
        body: if way.by_get { Vec::new() } else { form.into_bytes() },
        peer: None,
    }
}

#[tokio::test]
async fn callbacks_name_the_order_and_repeat_under_one_key() {
    let bench = Bench::begin().await;
    bench.simulator.set_callbacks(Manner { delivery: Delivery::Held, copies: 2, ..Manner::default() });
    let order = bench.paid("ord-1", "50.00").await;
    bench.gateway.refund(&order, eur("50.00"), "R1").await;
    let callbacks = bench.simulator.take_callbacks();
    let notices: Vec<_> =
        callbacks.iter().map(|callback| bench.gateway.read(&posted(callback)).expect("authentic")).collect();
    let keys: Vec<&str> = notices.iter().map(|notice| notice.key.as_str()).collect();
    let id = order.processor_reference.expect("a number");
    let (paid, reversed) = (format!("callback/{id}/success/Y"), format!("callback/{id}/reversed/Y"));
    assert_eq!(keys, [&paid, &paid, &reversed, &reversed]);
    assert!(notices.iter().all(|notice| notice.reference == "ord-1"));
    assert!(notices.iter().all(|notice| notice.processor_reference.as_deref() == Some(id.as_str())));
}

#[tokio::test]
async fn forged_callbacks_are_refused() {
    let bench = Bench::begin().await;
    bench.simulator.set_callbacks(Manner { delivery: Delivery::Held, forged: true, ..Manner::default() });
    bench.paid("ord-1", "50.00").await;
    for callback in bench.simulator.take_callbacks() {
        assert!(matches!(bench.gateway.read(&posted(&callback)), Err(NoticeError::Forged(_))));
    }
}

#[tokio::test]
async fn latin_1_and_yen_are_understood() {
    let bench = Bench::begin().await;
    bench.simulator.set_callbacks(Manner { delivery: Delivery::Held, latin1: true, ..Manner::default() });
    let mut order = DepositOrder { amount: money("4800", "JPY"), ..deposit("ord-1", "1.00") };
    order.customer.first_name = Some("René".to_owned());
    bench.gateway.open_with_card(&order, &card(CARD_APPROVED)).await;
    let callbacks = bench.simulator.take_callbacks();
    assert_eq!(callbacks.len(), 1);
    assert!(std::str::from_utf8(&callbacks[0].body).is_err(), "it is really Latin-1");
    let notice = bench.gateway.read(&posted(&callbacks[0])).expect("authentic");
    assert!(notice.summary.contains("4800.00 JPY"), "{}", notice.summary);
}

#[tokio::test]
async fn browser_returns_are_read_and_the_null_key_is_refused() {
    for by_get in [false, true] {
        for decision in [Decision::Pay, Decision::Fail, Decision::Cancel] {
            let bench = Bench::begin().await;
            let mut order = deposit("ord-1", "50.00");
            if by_get {
                order.extra.insert("redirectMethod".to_owned(), "GET".to_owned());
            }
            bench.gateway.open_with_card(&order, &card(CARD_THREE_D)).await;
            let id = bench.simulator.payment("ord-1").expect("a payment").id;
            let way = bench.simulator.customer_decides(id, decision).expect("a way back");
            assert_eq!(way.by_get, by_get);
            let read = bench.gateway.read(&browser(&way));
            if decision == Decision::Cancel {
                let null = NoticeError::Forged("it is signed with the word null".to_owned());
                assert_eq!(read, Err(null));
                assert!(is_cancelled(&bench.gateway.settle(&order).await), "the inquiry tells");
            } else {
                assert_eq!(read.expect("authentic").reference, "ord-1");
            }
        }
    }
}

#[tokio::test]
async fn payout_callbacks_speak_in_capitals() {
    use tillgate::processors::PayoutProcessor;
    let bench = Bench::begin().await;
    bench.gateway.send(&payout("pout-1", "12.50")).await;
    let callbacks = bench.simulator.take_callbacks();
    let notice = bench.gateway.read(&posted(&callbacks[0])).expect("authentic");
    assert!(notice.key.ends_with("/payoutsuccessful/Y"), "{}", notice.key);
    assert_eq!(notice.reference, "pout-1");
}

#[tokio::test]
async fn callbacks_are_really_posted_and_those_lost_are_lost() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static SEEN: AtomicUsize = AtomicUsize::new(0);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/notify", listener.local_addr().expect("an address"));
    let server = actix_web::HttpServer::new(|| {
        actix_web::App::new().default_service(actix_web::web::to(async |body: actix_web::web::Bytes| {
            if body.starts_with(b"{") {
                SEEN.fetch_add(1, Ordering::SeqCst);
            }
            actix_web::HttpResponse::Ok().finish()
        }))
    })
    .workers(1)
    .disable_signals()
    .listen(listener)
    .expect("a server")
    .run();
    let handle = server.handle();
    tokio::spawn(server);

    let bench = Bench::begin().await;
    let mut order = deposit("ord-1", "50.00");
    order.urls.notify = url;
    bench.gateway.open_with_card(&order, &card(CARD_APPROVED)).await;
    assert_eq!(bench.simulator.deliver().await, 1);
    assert_eq!(bench.simulator.deliver().await, 0);
    assert_eq!(SEEN.load(Ordering::SeqCst), 1);
    bench.simulator.set_callbacks(Manner { delivery: Delivery::Lost, ..Manner::default() });
    order.reference = "ord-2".to_owned();
    bench.gateway.open_with_card(&order, &card(CARD_APPROVED)).await;
    assert_eq!(bench.simulator.deliver().await, 0);
    bench.simulator.set_callbacks(Manner { delivery: Delivery::Held, ..Manner::default() });
    let id = bench.simulator.payment("ord-2").expect("a payment").id;
    assert!(bench.simulator.resend(id));
    assert_eq!(bench.simulator.deliver().await, 1);
    handle.stop(false).await;
}
