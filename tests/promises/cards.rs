//! P5: a card is used for a deposit and a payout through a real process that logs everything it can, and afterwards
//! its number is looked for in everything that process left behind and shows.

use super::chaos::cashier::Cashier;
use super::chaos::guard::Guard;
use super::chaos::nodes::{Nodes, Setup, free_port};
use super::chaos::payouts::{CARD, CHECK_VALUE, Paygate, settles, with_card};
use super::kills::{on_sqlite, setup};
use crate::support::{postgres, stored};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};
use tillgate::store::DatabaseUrl;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_no_card_number_is_stored_logged_or_shown_on_sqlite() {
    let guard = Guard::new();
    let setup = on_sqlite(&guard);
    leaves_no_card(&guard, setup, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_no_card_number_is_stored_logged_or_shown_on_postgresql() {
    let Some(scratch) = postgres() else { return };
    let DatabaseUrl::Postgres(url) = &scratch.url else { panic!("PostgreSQL") };
    let guard = Guard::new();
    let setup = setup(&guard, url.clone(), url.clone());
    leaves_no_card(&guard, setup, Some(&scratch.url)).await;
}

/// Where a check value stands as a text of its own, or behind a name that says what it is.
fn holds_check_value(bytes: &[u8], value: &str) -> bool {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    let quoted = [format!("\"{value}\""), format!("\\\"{value}\\\""), format!("'{value}'")];
    let named = ["cvc", "cvv", "cardcode", "card_code", "securitycode", "security_code"].iter().any(|name| {
        text.match_indices(name).any(|(at, _)| {
            let behind: String = text[at + name.len()..].chars().take(value.len() + 8).collect();
            behind.contains(value)
        })
    });
    named || quoted.iter().any(|quoted| text.contains(quoted.as_str()))
}

#[test]
fn the_search_for_check_values_finds_them() {
    for text in ["CCCVC=7391&", "\"CardCode\": \"7391\"", "{\\\"x\\\":\\\"7391\\\"}", "security_code: 7391"] {
        assert!(holds_check_value(text.as_bytes(), "7391"), "{text}");
    }
    assert!(!holds_check_value(b"duration_us=7391 port 17391 cvc: absent", "7391"));
}

async fn leaves_no_card(guard: &Guard, mut setup: Setup, database: Option<&DatabaseUrl>) {
    let tills = Guard::new();
    let port = free_port();
    let _paygate = Paygate::start(Path::new(env!("CARGO_BIN_EXE_tillgate")), &tills, port);
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
    let call = json!({ "PIN": pin, "TraceID": 1_000_000, "PP": "PaygateCard", "Amount": "20.00", "CardNumber": CARD, "CardCode": CHECK_VALUE });
    let id = cashier.asks("CreatePayout", &call).await["ExtPayoutID"].clone();
    cashier.asks("UpdatePayout", &json!({ "PIN": pin, "ExtPayoutID": id, "Status": "I" })).await;
    settles(&cashier, &pin, &id, Instant::now()).await;
    // A body that nobody can read holds one, too.
    let broken = format!("{}/cashier/CreatePayout", nodes.base(0));
    let _ = cashier
        .http()
        .post(broken)
        .header("content-type", "application/json")
        .body(format!("{{\"CCCVC\": \"{CHECK_VALUE}\", \"CCNr\": \"{CARD}"))
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
    shown.extend(database.map(|url| ("the database".to_owned(), stored(url))));
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
    let told = shown.iter().filter(|(_, bytes)| holds_check_value(bytes, CHECK_VALUE));
    assert_eq!(told.map(|(name, _)| name.as_str()).collect::<Vec<_>>(), Vec::<&str>::new());
}
