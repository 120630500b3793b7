//! P7: a node that starts while the database is down waits for it, says so, and works when it is back.

use super::chaos::cashier::Cashier;
use super::chaos::cluster::Cluster;
use super::chaos::guard::Guard;
use super::chaos::nodes::Nodes;
use super::kills::setup;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

async fn until(what: &str, nodes: &Arc<Nodes>, holds: impl AsyncFn() -> bool) {
    let ends = Instant::now() + Duration::from_secs(60);
    let mut every = tokio::time::interval(Duration::from_millis(20));
    while !holds().await {
        assert!(Instant::now() < ends, "waited in vain until {what}: {}", nodes.complaints());
        every.tick().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p7_a_node_that_starts_while_the_database_is_down_waits_for_it() {
    let (mut cluster, guard) = (Cluster::start(), Guard::new());
    let mut setup = setup(&guard, cluster.url(), cluster.url());
    setup.log_level = "warn";
    let nodes = Nodes::start(setup, 1);
    let cashier = Cashier::new(nodes.clone());
    until("it is ready", &nodes, async || cashier.is_ready(0).await).await;
    let pin = cashier.customer(1_000).await;

    assert!(nodes.kill(0, Duration::ZERO));
    cluster.kill();
    nodes.supervise();
    let get = |path: &'static str| {
        let request = cashier.http().get(format!("{}/{path}", nodes.base(0)));
        async move { request.send().await.ok().map(|reply| reply.status().as_u16()) }
    };
    until("it lives", &nodes, async || get("health").await == Some(200)).await;
    assert_eq!(get("health/ready").await, Some(503));
    let call = json!({ "FrontEndName": "Chaos", "WSPassCode": "chaos-pass-code", "PIN": pin });
    let url = format!("{}/cashier/GetBalance", nodes.base(0));
    for (kind, body, expected) in [
        ("application/json", call.to_string(), "\"Status\":-1"),
        ("application/x-www-form-urlencoded", "PIN=x".to_owned(), "Status=-1"),
        ("application/xml", "<GetBalance/>".to_owned(), "<Status>-1</Status>"),
    ] {
        let reply = cashier.http().post(&url).header("content-type", kind).body(body).send().await;
        let reply = reply.expect("an answer");
        assert_eq!(reply.status(), 200);
        assert!(reply.headers()["content-type"].to_str().is_ok_and(|said| said.starts_with(kind)));
        let text = reply.text().await.expect("a body");
        assert!(text.contains(expected), "{text}");
    }
    // What it says may be on its way to the log still.
    let says_so = async || nodes.complaints().contains("the database can't be reached: waiting for it");
    until("it says so", &nodes, says_so).await;

    cluster.revive();
    until("it is ready again", &nodes, async || get("health/ready").await == Some(200)).await;
    let reply: Value = cashier.asks("GetBalance", &json!({ "PIN": pin })).await;
    assert_eq!((&reply["Status"], &reply["Balance"]), (&json!(0), &json!("10.00")), "{reply}");
    nodes.supervise();
    assert_eq!(nodes.gave_up.load(Ordering::Relaxed), 0, "nobody started it again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_does_not_wait_for_ever() {
    let (mut cluster, guard) = (Cluster::start(), Guard::new());
    let mut setup = setup(&guard, cluster.url(), cluster.url());
    setup.wait_seconds = 1;
    let nodes = Nodes::start(setup, 1);
    assert!(nodes.kill(0, Duration::ZERO));
    cluster.kill();
    until("it has ended by itself", &nodes, async || {
        nodes.supervise();
        nodes.gave_up.load(Ordering::Relaxed) > 0
    })
    .await;
    assert!(nodes.complaints().contains("the database"), "{}", nodes.complaints());
}
