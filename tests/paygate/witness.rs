//! A client that nobody here wrote: it decrypts what we send, we read what it sends, and it pays at the simulator.
//!
//! It is fetched as a package by `script/interop/paygate`. Without it these tests say that they were skipped; with
//! `REQUIRE_WITNESS` set they fail instead.

use super::notices::{Inbox, brought, card};
use super::support::{CARD, Story};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tillgate::clock::Entropy;
use tillgate::processors::paygate::simulator::{Merchant, Moved};
use tillgate::processors::{Capture, DepositProcessor, Opened};

struct Witness {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    keys: Value,
}

impl Witness {
    /// `None` where Python or the package is missing.
    fn call(urls: Value) -> Option<Witness> {
        let root = env!("CARGO_MANIFEST_DIR");
        let packages =
            std::env::var("PAYGATE_WITNESS").unwrap_or_else(|_| format!("{root}/target/witness/paygate"));
        let present = std::path::Path::new(&packages).join("pretix_computop").is_dir();
        if !present {
            assert!(
                std::env::var_os("REQUIRE_WITNESS").is_none(),
                "run script/interop/paygate: {packages} is missing"
            );
            eprintln!("SKIPPED: the outside witness is not installed, see script/interop/paygate");
            return None;
        }
        let mut child = Command::new("python3")
            .arg(format!("{root}/tests/paygate/witness.py"))
            .arg(&packages)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let merchant = Merchant::default();
        let keys = json!({
            "merchant_id": merchant.id,
            "blowfish_password": merchant.password,
            "hmac_password": merchant.mac_password,
            "currency": "EUR",
            "urls": urls,
        });
        Some(Witness { child, to, from, keys })
    }

    fn asks(&mut self, mut wish: Value) -> Value {
        wish["keys"] = self.keys.clone();
        writeln!(self.to, "{wish}").unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("an answer of the witness")
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        // It is gone already if it failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn data_of(text: &str) -> String {
    let pairs = form_urlencoded::parse(text.as_bytes());
    pairs.into_iter().find(|(name, _)| name == "Data").expect("Data").1.into_owned()
}

#[tokio::test]
async fn the_witness_decrypts_our_request_and_makes_the_same_mac() {
    let Some(mut witness) = Witness::call(json!({})) else { return };
    let story = Story::begin();
    for minor in [1_095, 2_500, 100_000_000] {
        let order = story.deposit(minor, minor, Capture::Automatic, "http://shop/notify");
        let Opened::Redirect { url, .. } = story.paygate.open(&order).await else { panic!() };
        // It reads upper-case hex only; ours is lower case, which the platform takes as well.
        let data = data_of(url.split_once('?').unwrap().1).to_uppercase();
        let text =
            witness.asks(json!({ "do": "decrypt", "data": data }))["text"].as_str().unwrap().to_owned();
        let text = text.trim_end_matches('\0');
        let field = |name: &str| {
            let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
            pairs
                .into_iter()
                .find(|(known, _)| *known == name)
                .unwrap_or_else(|| panic!("{name} in {text}"))
                .1
        };
        assert_eq!(field("TransID"), order.reference);
        assert_eq!((field("Amount"), field("Currency")), (minor.to_string().as_str(), "EUR"));
        let parts = json!(["", order.reference, minor.to_string(), "EUR"]);
        let mac = witness.asks(json!({ "do": "mac", "parts": parts }));
        assert_eq!(mac["mac"], field("MAC").to_uppercase());
    }
}

#[tokio::test]
async fn we_read_what_the_witness_sends() {
    let Some(mut witness) = Witness::call(json!({})) else { return };
    let story = Story::begin();
    let pay_id = Entropy::seeded(1).hex(16);
    let mac = witness.asks(json!({ "do": "mac", "parts": [pay_id, "DE-1", "OK", "00000000"] }));
    let mac = mac["mac"].as_str().unwrap();
    let text =
        format!("mid=sandbox_shop&PayID={pay_id}&XID=1&TransID=DE-1&Status=OK&Code=00000000&MAC={mac}");
    let sealed = witness.asks(json!({ "do": "encrypt", "text": text }));
    let there = format!("x?Len={}&Data={}", sealed["len"], sealed["data"].as_str().unwrap());
    let notice = story.reads(&brought(&there)).expect("readable and authentic");
    assert_eq!((notice.reference.as_str(), notice.processor_reference), ("DE-1", Some(pay_id)));
}

#[tokio::test]
async fn the_witness_is_paid_at_the_simulator_checks_the_notice_and_refunds() {
    let inbox = Inbox::open();
    let urls = json!({ "notify": inbox.url, "back": "http://shop/back" });
    let Some(mut witness) = Witness::call(urls) else { return };
    // It knows the field as `mid` only, and in one order as well as in another.
    let story = Story::with(Merchant { vary: false, ..Merchant::default() }, "");
    let address = format!("{}/payssl.aspx", story.simulator.base_url);
    let wish = json!({ "do": "pay", "id": "SHOP-1", "amount": "25.00", "address": address });
    let url = witness.asks(wish)["url"].as_str().unwrap().to_owned();
    let page = story.browser.get(url).send().await.unwrap().text().await.unwrap();
    let action =
        page.split("action='").nth(1).unwrap_or_else(|| panic!("{page}")).split('\'').next().unwrap();
    let (there, _) = story.submits(&format!("{}{action}", story.simulator.base_url), &card(CARD)).await;
    assert!(there.starts_with("http://shop/back?"), "{there}");
    assert_eq!(story.simulator.sum("SHOP-1", Moved::Capture), 2_500);

    let received = inbox.take();
    let data = data_of(std::str::from_utf8(&received[0].body).unwrap());
    let checked = witness.asks(json!({ "do": "check", "data": data }));
    assert_eq!(checked["authentic"], true, "{checked}");

    let pay_id = checked["fields"]["PayID"].as_str().unwrap();
    let base = &story.simulator.base_url;
    let refund =
        json!({ "do": "refund", "id": "SHOP-1-R-1", "amount": "10.00", "pay_id": pay_id, "address": base });
    let (mut back, heard) = tokio::task::spawn_blocking(move || {
        let heard = witness.asks(refund);
        (witness, heard)
    })
    .await
    .unwrap();
    assert_eq!(heard["fields"]["Code"], "00000000", "{heard}");
    assert_eq!(heard["fields"]["TransID"], "SHOP-1-R-1");
    assert_eq!(story.simulator.sum("SHOP-1", Moved::Credit), 1_000);
    assert_eq!(back.asks(json!({ "do": "mac", "parts": [] }))["mac"].as_str().unwrap().len(), 64);
}
