//! P5: a card is used for a deposit and a payout through a real process that logs everything it can, and afterwards
//! its number is looked for in everything that process left behind and shows.

use super::chaos::cashier::Cashier;
use super::chaos::guard::Guard;
use super::chaos::nodes::{Nodes, free_port};
use super::chaos::payouts::{CARD, Paygate, settles, with_card};
use super::kills::on_sqlite;
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_no_card_number_is_stored_logged_or_shown() {
    let (guard, tills) = (Guard::new(), Guard::new());
    let port = free_port();
    let _paygate = Paygate::start(Path::new(env!("CARGO_BIN_EXE_tillgate")), &tills, port);
    let mut setup = on_sqlite(&guard);
    setup.log_level = "trace";
    setup.more = Paygate::account(port, &format!("http://127.0.0.1:{}", setup.first_port));
    let nodes = Nodes::start(setup, 1);
    let cashier = Cashier::new(nodes.clone());
    let began = Instant::now();
    while !cashier.is_ready(0).await {
        assert!(began.elapsed() < Duration::from_secs(60), "it starts");
        nodes.supervise();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let pin = with_card(&cashier, 100_000).await;
    let call = json!({ "PIN": pin, "TraceID": 1_000_000, "PP": "PaygateCard", "Amount": "20.00", "CardNumber": CARD });
    let id = cashier.asks("CreatePayout", &call).await["ExtPayoutID"].clone();
    cashier.asks("UpdatePayout", &json!({ "PIN": pin, "ExtPayoutID": id, "Status": "I" })).await;
    settles(&cashier, &pin, &id, Instant::now()).await;
    // A body that nobody can read holds one, too.
    let broken = format!("{}/cashier/CreatePayout", nodes.base(0));
    let _ = cashier
        .http()
        .post(broken)
        .header("content-type", "application/json")
        .body(format!("{{\"CCNr\": \"{CARD}"))
        .send()
        .await;

    let mut shown = Vec::new();
    for path in ["metrics", "health/ready", "docs"] {
        let response =
            cashier.http().get(format!("{}/{path}", nodes.base(0))).send().await.expect("an answer");
        shown.push((path.to_owned(), response.bytes().await.expect("a body").to_vec()));
    }
    for method in ["GetPayout", "GetCustomer", "GetBalance"] {
        let reply = cashier.asks(method, &json!({ "PIN": pin, "ExtPayoutID": id })).await;
        shown.push((method.to_owned(), reply.to_string().into_bytes()));
    }
    let events = nodes.tool(&["audit", "show", id.as_str().expect("an id"), "--format", "json"]);
    shown.push(("audit show".to_owned(), events.stdout));
    for entry in std::fs::read_dir(guard.folder()).expect("the folder") {
        let path = entry.expect("an entry").path();
        shown.push((path.display().to_string(), std::fs::read(&path).expect("readable")));
    }
    let holds = |text: &str| {
        let found =
            shown.iter().filter(|(_, bytes)| bytes.windows(text.len()).any(|part| part == text.as_bytes()));
        found.map(|(name, _)| name.as_str()).collect::<Vec<_>>()
    };
    // The search can find: the masked card is in the database, and the log is as talkative as it gets.
    assert!(!holds("**** 1111").is_empty(), "the card is on file by its last digits");
    assert!(!holds("TRACE").is_empty(), "the log holds traces");
    assert_eq!(holds(CARD), Vec::<&str>::new());
    assert_eq!(holds("4111 1111 1111 1111"), Vec::<&str>::new());
}
