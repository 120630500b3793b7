//! The simulator's panel, as a browser sees it.

use super::world::*;
use reqwest::{Client, Response, redirect::Policy};
use tillgate::domain::outcome::DepositOutcome;
use tillgate::processors::sopg::simulator::NoticePlan;
use tillgate::processors::{DepositProcessor, Opened};

fn browser() -> Client {
    Client::builder().no_proxy().redirect(Policy::none()).build().unwrap()
}

async fn submit(url: &str, fields: &[(&str, &str)]) -> Response {
    browser().post(url).form(fields).send().await.unwrap()
}

fn location(response: &Response) -> &str {
    response.headers()["location"].to_str().unwrap()
}

#[tokio::test]
async fn a_customer_types_his_pins_and_comes_back_to_okurl() {
    let world = World::new();
    let (order, url) = world.opens("DE-1", eur("30.00")).await;
    let page = browser().get(&url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("30.00 EUR") && page.contains("pin10") && page.contains("Bezahlen"), "{page}");
    let back =
        submit(&url, &[("pin1", "0000 0000 0000 0011"), ("pin2", "0000000000000012"), ("pay", "1")]).await;
    assert_eq!((back.status().as_u16(), location(&back)), (303, order.urls.success.as_str()));
    assert!(is_paid(&world.processor.settle(&order).await, eur("30.00")));
    assert_eq!(browser().get(&url).send().await.unwrap().status(), 400);
    assert_eq!(world.taken(), 3000);
}

#[tokio::test]
async fn a_customer_cancels_and_comes_back_to_nokurl() {
    let world = World::new();
    let (order, url) = world.opens("DE-1", eur("30.00")).await;
    let back = submit(&url, &[("cancel", "1")]).await;
    assert_eq!(location(&back), order.urls.failure);
    assert!(
        matches!(world.processor.settle(&order).await, DepositOutcome::Failed { code, .. } if code == "L")
    );
}

#[tokio::test]
async fn wrong_pins_and_changed_addresses_are_refused_on_the_page() {
    let world = World::new();
    let (_, url) = world.opens("DE-1", eur("30.00")).await;
    for (pin, code) in [("0000000000000091", "10013"), ("4711", "1050"), ("0000000000000011", "2004")] {
        let page = submit(&url, &[("pin1", pin), ("pay", "1")]).await.text().await.unwrap();
        assert!(page.contains(code) && page.contains("role=\"alert\""), "{page}");
    }
    for changed in [url.replace("30.00", "3.00"), url.replace("EUR", "GBP"), url.replace("DE-1", "DE-2")] {
        assert_eq!(browser().get(&changed).send().await.unwrap().status(), 400, "{changed}");
    }
    let locked =
        submit(&url, &[("pin1", "0000000000000095"), ("password1", "card-pw"), ("pin2", &full("11"))]).await;
    assert_eq!(locked.status(), 303);
    assert_eq!(world.letter("DE-1"), "S");
}

#[tokio::test]
async fn the_news_may_arrive_before_the_customer_does() {
    let world = World::new();
    for (mtid, before) in [("DE-1", true), ("DE-2", false)] {
        let plan = NoticePlan { before_redirect: before, retries: 0, ..NoticePlan::default() };
        world.simulator.plan_notices(plan);
        let mut order = order(mtid, eur("10.00"));
        order.urls.notify = "http://127.0.0.1:1/hook".to_owned();
        let Opened::Redirect { url, .. } = world.processor.open(&order).await else { panic!("not opened") };
        let back = submit(&url, &[("pin1", &full("12")), ("pay", "1")]).await;
        assert_eq!(back.status(), 303);
        let told = world.simulator.deliveries().iter().any(|delivery| delivery.mtid == mtid);
        assert_eq!(told, before, "{mtid}");
    }
}
