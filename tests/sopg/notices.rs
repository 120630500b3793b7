//! Notifications: never, once, five times, late; and read back by our own reader.

use super::world::*;
use chrono::Duration;
use std::io::{Read, Write};
use std::net::TcpListener;
use tillgate::processors::sopg::simulator::{Letter, NoticePlan};
use tillgate::processors::{DepositProcessor, NoticeReader, Opened, RawNotice};

/// A listener that answers each connection with one of the statuses, and hands the bodies back.
fn receiver(statuses: Vec<u16>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook?shop=1", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let mut bodies = Vec::new();
        for status in statuses {
            let (mut stream, _) = listener.accept().unwrap();
            let mut text = String::new();
            let mut buffer = [0; 4096];
            let complete = |text: &str| {
                let (head, body) = text.split_once("\r\n\r\n")?;
                let length = head
                    .to_ascii_lowercase()
                    .split("content-length: ")
                    .nth(1)?
                    .lines()
                    .next()?
                    .parse::<usize>()
                    .ok()?;
                (body.len() >= length).then(|| body.to_owned())
            };
            let body = loop {
                let count = stream.read(&mut buffer).unwrap();
                text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
                if let Some(body) = complete(&text) {
                    break body;
                }
                assert!(count > 0, "the request ends too early");
            };
            assert!(text.starts_with("POST /hook?shop=1 HTTP/1.1"), "{text}");
            write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            bodies.push(body);
        }
        bodies
    });
    (url, thread)
}

async fn pays_with_notices_to(world: &World, mtid: &str, url: &str) {
    let mut order = order(mtid, eur("24.90"));
    order.urls.notify = url.to_owned();
    assert!(matches!(world.processor.open(&order).await, Opened::Redirect { .. }));
    world.pays(&order, &["12"]).await;
}

fn read(world: &World, body: &str) -> tillgate::processors::Notice {
    let raw = RawNotice {
        method: "POST".to_owned(),
        query: "shop=1".to_owned(),
        content_type: "application/x-www-form-urlencoded".to_owned(),
        body: body.as_bytes().to_vec(),
        peer: None,
    };
    world.processor.read(&raw).unwrap()
}

#[tokio::test]
async fn a_notice_is_sent_on_payment_and_read_by_our_reader() {
    let world = World::new();
    let (url, received) = receiver(vec![200]);
    pays_with_notices_to(&world, "DE-1", &url).await;
    assert_eq!(world.simulator.deliver_due().await, 1);
    let bodies = received.join().unwrap();
    assert_eq!(read(&world, &bodies[0]).reference, "DE-1");
    // Answered with 200: never again.
    world.simulator.advance(Duration::hours(1));
    assert_eq!(world.simulator.deliver_due().await, 0);
}

#[tokio::test]
async fn it_is_sent_again_every_minute_five_times_and_then_no_more() {
    let world = World::of(|account| {
        account.username = "psc_demo_shop_test".to_owned();
        account.password = Some("s3cret-Pass".into());
    });
    let (url, received) = receiver(vec![500, 404, 302, 500, 500, 500]);
    pays_with_notices_to(&world, "DE-1", &url).await;
    assert_eq!(world.simulator.deliver_due().await, 1);
    for _ in 0..5 {
        world.simulator.advance(Duration::seconds(59));
        assert_eq!(world.simulator.deliver_due().await, 0);
        world.simulator.advance(Duration::seconds(1));
        assert_eq!(world.simulator.deliver_due().await, 1);
    }
    world.simulator.advance(Duration::seconds(60));
    assert_eq!(world.simulator.deliver_due().await, 0);
    let keys: Vec<String> = received.join().unwrap().iter().map(|body| read(&world, body).key).collect();
    assert_eq!(keys.len(), 6);
    assert!(keys.iter().all(|key| *key == keys[0]), "one piece of news has one key: {keys:?}");
}

#[tokio::test]
async fn it_is_not_sent_again_once_the_payment_is_closed() {
    let world = World::new();
    let (url, received) = receiver(vec![500]);
    pays_with_notices_to(&world, "DE-1", &url).await;
    world.simulator.deliver_due().await;
    world.simulator.force("DE-1", Letter::O);
    world.simulator.advance(Duration::seconds(60));
    assert_eq!(world.simulator.deliver_due().await, 0);
    received.join().unwrap();
}

#[tokio::test]
async fn it_can_be_lost_doubled_and_late() {
    let world = World::new();
    world.simulator.plan_notices(NoticePlan { suppress: true, ..NoticePlan::default() });
    pays_with_notices_to(&world, "DE-1", "http://127.0.0.1:1/hook").await;
    assert_eq!(world.simulator.deliver_due().await, 0);

    let plan =
        NoticePlan { copies: 5, delay_seconds: 300, without_last_separator: true, ..NoticePlan::default() };
    world.simulator.plan_notices(plan);
    let (url, received) = receiver(vec![200; 5]);
    let mut order = order("DE-2", eur("10.00"));
    order.urls.notify = url;
    world.processor.open(&order).await;
    world.pays(&order, &["11"]).await;
    assert_eq!(world.simulator.deliver_due().await, 0);
    // By then the payment has expired: the news is late, and still the same.
    world.simulator.advance(Duration::seconds(300));
    assert_eq!(world.simulator.deliver_due().await, 5);
    let bodies = received.join().unwrap();
    assert!(bodies.iter().all(|body| !body.ends_with("%3B") && read(&world, body).reference == "DE-2"));
    assert_eq!(world.letter("DE-2"), "X");
}
