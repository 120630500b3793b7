//! Notifications bear no signature: who sends them is checked where there is a list, and what anybody may invent is
//! bounded.

use super::bench::*;
use crate::support::databases;
use chrono::Duration;
use tillgate::store::notices;

/// A notice as the brand would send it, from behind a proxy that reports `from`.
async fn sends(bench: &Bench, mtid: &str, serial: usize, from: Option<&str>) -> String {
    let body = format!("mtid={mtid}&eventType=ASSIGN_CARDS&serialNumbers={serial}%3BEUR%3B5.00%3BAT00002%3B");
    let request = bench.browser.post(format!("{}/notify/paysafecard", bench.story.base)).body(body);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let request = match from {
        Some(from) => request.header("x-forwarded-for", from),
        None => request,
    };
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200, "or it is sent again and again");
    response.text().await.expect("a body")
}

async fn kept(bench: &Bench, mtid: &str) -> i64 {
    let mtid = mtid.to_owned();
    let read = bench.story.running().store.read(move |connection| notices::deliveries_of(connection, &mtid));
    read.await.expect("read")
}

#[tokio::test]
async fn the_list_of_senders_looks_through_our_own_proxies_and_no_others() {
    for scratch in databases() {
        let bench = Bench::with(scratch, |settings| {
            settings.listen.trusted_proxies = vec!["127.0.0.0/8".to_owned()];
            let account = settings.sopg.accounts.get_mut("paysafecard").expect("the account");
            account.notice_senders = vec!["203.0.113.0/28".to_owned()];
        })
        .await;
        for (from, heard) in [
            (Some("203.0.113.7"), true),
            (Some("198.51.100.1, 203.0.113.7"), true),
            (Some("203.0.113.7, 198.51.100.1"), false),
            (Some("198.51.100.1"), false),
            (Some("nonsense"), false),
            (None, false),
        ] {
            let answer = sends(&bench, "nobodys", 1, from).await;
            assert_eq!(answer, if heard { "OK" } else { "IGNORED" }, "{from:?}");
        }
        bench.ends().await;
    }
    for scratch in databases() {
        let bench = Bench::with(scratch, |settings| {
            let account = settings.sopg.accounts.get_mut("paysafecard").expect("the account");
            account.notice_senders = vec!["203.0.113.7".to_owned()];
        })
        .await;
        assert_eq!(
            sends(&bench, "nobodys", 1, Some("203.0.113.7")).await,
            "IGNORED",
            "nobody vouches for it"
        );
        bench.ends().await;
    }
}

#[tokio::test]
async fn invented_notices_fill_no_database_and_hold_up_no_deposit() {
    for scratch in databases() {
        let bench = Bench::on(scratch).await;
        let paying = bench.opens(EUROS).await;
        let mut invented = 0;
        for number in 0..70 {
            let mtid = format!("nobodys-{number}");
            assert_eq!(sends(&bench, &mtid, 1, None).await, "OK");
            invented += kept(&bench, &mtid).await;
        }
        assert_eq!(invented, 60, "one sender's share of an hour");
        assert_eq!(sends(&bench, "nobodys-0", 1, None).await, "OK");
        assert_eq!(kept(&bench, "nobodys-0").await, 2, "a repeat is counted and needs no room");

        // Another's share does not touch the orders, and one order has a bound of its own.
        for serial in 0..60 {
            assert_eq!(sends(&bench, &paying.mtid, serial, None).await, "OK");
        }
        assert_eq!(kept(&bench, &paying.mtid).await, 50);
        bench.pays(&paying).await;
        bench.gateway.deliver_due().await;
        assert_eq!(
            kept(&bench, &paying.mtid).await,
            50,
            "the true one finds no room and is heard all the same"
        );
        bench.works().await;
        bench.is_credited_once(&paying, "invented notices").await;

        bench.story.advance(Duration::hours(1));
        assert_eq!(sends(&bench, "nobodys-later", 1, None).await, "OK");
        assert_eq!(kept(&bench, "nobodys-later").await, 1);
        bench.ends().await;
    }
}
