//! Nothing that looks like a card number or a check value is left anywhere: not in the database, not in a log, not in
//! the metrics, not on a page, not in a reply, whoever typed it where.

use super::direct::{BROWSER, FIRST_VERSION};
use super::kills::{add_customer, pays_in};
use super::process::{Platform, Server};
use super::{CARD, CHALLENGED, EUR, NOT_AUTHENTICATED};
use crate::support::{databases, stored};
use serde_json::json;

/// Digits alone, as long as a card number, with a fitting check digit, and not a part of a longer word.
fn card_numbers(bytes: &[u8]) -> Vec<String> {
    let migrations = migrations();
    let mut found = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        if !bytes[start].is_ascii_digit() {
            start += 1;
            continue;
        }
        let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (before, after) = (start.checked_sub(1).map(|at| bytes[at]), bytes.get(start + length).copied());
        let part_of_a_word = [before, after].into_iter().flatten().any(|byte| byte.is_ascii_alphabetic());
        let digits = &bytes[start..start + length];
        // `3.715663999999999` is a fraction that a library logs.
        let fraction = before == Some(b'.') && start > 1 && bytes[start - 2].is_ascii_digit();
        if (12..=19).contains(&length) && !part_of_a_word && !fraction && check_digit_fits(digits) {
            let number = String::from_utf8_lossy(digits).into_owned();
            // The database keeps the versions of its migrations, which are dates and may stand beside other digits.
            if !migrations.iter().any(|version| number.contains(version.as_str())) {
                found.push(number);
            }
        }
        start += length;
    }
    found
}

/// Where a number stands, for whoever must find out how it got there.
fn around(text: &str, number: &str) -> String {
    let at = text.find(number).unwrap_or_default();
    let (begin, end) = (text.floor_char_boundary(at.saturating_sub(120)), text.ceil_char_boundary(at + 60));
    text[begin..end].to_owned()
}

/// The versions of our migrations: `2026-11-24-000001_foundation` is 20261124000001.
fn migrations() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
    let entries = std::fs::read_dir(folder).expect("the migrations").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter_map(|name| Some(name.split('_').next()?.replace('-', ""))).collect()
}

fn check_digit_fits(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0') * (1 + place as u32 % 2);
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[test]
fn the_scan_finds_what_it_looks_for() {
    let found =
        card_numbers(b"a 4111111111111111, 4111111111111112 x4111111111111111 \x00378282246310005\xff");
    assert_eq!(found, ["4111111111111111", "378282246310005"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_no_card_number_and_no_check_value_is_left_anywhere() {
    for scratch in databases() {
        let folder = tempfile::tempdir().expect("a folder");
        let platform = Platform::start();
        let mut server = Server::new(
            &scratch.url,
            &platform.base_url,
            folder.path(),
            &[
                // But for the event loop, which logs addresses of its memory as long numbers.
                ("LOG__LEVEL", "trace,mio=info"),
                ("LOG__FORMAT", "json"),
                ("PAYGATE__PAYGATE__ALLOW_PAN", "true"),
            ],
        );
        server.start(true).await;
        add_customer(&server).await;
        let mut pages = Vec::new();
        for (trace, number) in
            [CARD, NOT_AUTHENTICATED, CHALLENGED, "5555555555554444", "378282246310005"].iter().enumerate()
        {
            let deposit = pays_in(&server, number, trace as i64 + 1, "20.00").await;
            let about = json!({ "FrontEndName": EUR, "PIN": "Big", "ExtDepositID": deposit });
            if *number != CHALLENGED {
                server
                    .until("it is decided", async || {
                        server.call("GetDeposit", about.clone()).await["DepositStatus"] != "Pending"
                    })
                    .await;
            }
            pages.push(server.call("GetDeposit", about).await.to_string());
        }
        // Typed at the cashier and read at a terminal: taken, refused, asked by the bank, and malformed.
        for (more, number) in [CARD, NOT_AUTHENTICATED, CHALLENGED, FIRST_VERSION].iter().enumerate() {
            for (kind, pp) in ["PaygateCard", "PaygateTerminal"].iter().enumerate() {
                let mut fields = json!({
                    "FrontEndName": EUR, "PIN": "Big", "TraceID": 100 + 10 * more + kind, "PP": pp, "Amount": "20.00",
                    "CardNumber": number, "CardExpiry": "12/2030", "CardCode": "847", "CardHolder": "Big Daddy",
                    "BrowserInfo": BROWSER, "CardTrack2": format!("{number}=30121010847"), "CardTrack3": format!("{number}=1"),
                });
                let reply = server.call("CreateDeposit", fields.clone()).await;
                if let Some(url) = reply["RedirectURL"].as_str() {
                    let page = server.http.get(url).send().await.expect("a page");
                    pages.push(page.text().await.expect("text"));
                }
                pages.push(reply.to_string());
                fields["TraceID"] = json!(200 + 10 * more + kind);
                fields["BrowserInfo"] = json!(number);
                fields["CardTrack3"] = json!("");
                pages.push(server.call("CreateDeposit", fields).await.to_string());
            }
        }
        // A payout, and one whose card is refused there.
        let fields = json!({ "FrontEndName": EUR, "PIN": "Big", "TraceID": 50, "PP": "PaygateCard", "Amount": "5.00" });
        let payout = server.call("CreatePayout", fields).await["ExtPayoutID"].clone();
        for status in ["A", "I"] {
            let fields =
                json!({ "FrontEndName": EUR, "PIN": "Big", "ExtPayoutID": payout, "Status": status });
            assert_eq!(server.call("UpdatePayout", fields).await["Status"], 0);
        }
        let about = json!({ "FrontEndName": EUR, "PIN": "Big", "ExtPayoutID": payout });
        server
            .until("it is paid", async || {
                server.call("GetPayout", about.clone()).await["PayoutStatus"] == "Approved"
            })
            .await;
        pages.push(server.call("GetPayout", about).await.to_string());

        // People and programs put numbers where they don't belong.
        for fields in [
            json!({ "FrontEndName": EUR, "PIN": "Big", "TraceID": 60, "PP": "PaygateCard", "Amount": CARD }),
            json!({ "FrontEndName": EUR, "PIN": "Big", "TraceID": 61, "PP": CARD, "Amount": "5.00" }),
            json!({ "FrontEndName": EUR, "PIN": "Big", "TraceID": 62, "PP": "PaygateCard", "Amount": "5.00", "CCNr": CARD, "CCCVC": "8473" }),
        ] {
            server.call("CreateDeposit", fields).await;
        }
        let typed = format!("CCNr={CARD}&CCCVC=8473&Len=16&Data={CARD}");
        for url in
            [format!("{}/notify/paygate", server.base), format!("{}/player/nobody/success", server.base)]
        {
            for request in
                [server.http.get(format!("{url}?{typed}")), server.http.post(&url).body(typed.clone())]
            {
                let request = request.header("content-type", "application/x-www-form-urlencoded");
                pages.push(request.send().await.expect("an answer").text().await.expect("text"));
            }
        }
        let metrics = server.http.get(format!("{}/metrics", server.base)).send().await.expect("metrics");
        pages.push(metrics.text().await.expect("text"));
        server.kill();

        let mut places = vec![("log", server.log()), ("pages", pages.join("\n").into_bytes())];
        places.push(("database", stored(&scratch.url)));
        assert!(
            places[0].1.len() > 10_000 && places[2].1.len() > 10_000,
            "there is something to look through"
        );
        for (place, bytes) in places {
            let text = String::from_utf8_lossy(&bytes);
            let found = card_numbers(&bytes);
            assert!(
                found.is_empty(),
                "in the {place}: {found:?} {:?}",
                found.first().map(|one| around(&text, one))
            );
            for number in
                [CARD, NOT_AUTHENTICATED, CHALLENGED, FIRST_VERSION, "5555555555554444", "378282246310005"]
            {
                assert!(!text.contains(number), "{number} is in the {place}");
            }
            for value in ["Cccvc", "CCCVC=8", "8473\\\"", "\"8473\""] {
                assert!(!text.contains(value), "{value} is in the {place}");
            }
        }
    }
}
