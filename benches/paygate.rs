//! Paygate: what a message's seal and MAC cost, what a creditex costs us beside the network, and how many payouts a
//! second go through outbox, client and simulator when the platform takes its time.
//!
//! `cargo bench --bench paygate -- [--rounds 400] [--payouts 400] [--delay-ms 100] [--concurrent 64]`. Every figure
//! stands beside one that was measured in the same run: the bare cipher, the bare HTTP call, the most that the delay
//! allows.

#[allow(dead_code)]
#[path = "../tests/support/mod.rs"]
mod support;

use blowfish::Blowfish;
use cipher::{BlockCipherEncrypt, KeyInit};
use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use support::story::{Story, settings};
use tillgate::clock::{Clock, Entropy};
use tillgate::domain::customer::{Details, Instrument};
use tillgate::domain::ids::{AttemptId, PayoutId};
use tillgate::domain::money::{Currency, Money};
use tillgate::domain::outcome::Outcome;
use tillgate::processors::paygate::codec::{Cipher, MacKey};
use tillgate::processors::paygate::simulator::{Merchant, Moved, Simulator};
use tillgate::processors::paygate::{Paygate, Settings};
use tillgate::processors::{PayoutOrder, PayoutProcessor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const KEY: &[u8] = b"sandbox-blowfish-key";
const TEXT: &str = "MerchantID=tillgate_test&TransID=PA01H6ZKX8W3Q2M&Amount=12000&Currency=EUR&ReqID=0123456789abcdef0123456789abcdef\
&RefNr=PA01H6ZKX8W3Q2M&OrderDesc=PA01H6ZKX8W3Q2M&CCNr=0123456789012001&CCExpiry=203012&CCBrand=VISA\
&MAC=0522F1AF6A88597D396A5A877499F3C9087EBCF103B1B47D7E4D13421CC7EA36";

fn number(name: &str, default: u64) -> u64 {
    let args: Vec<String> = std::env::args().collect();
    let at = args.iter().position(|arg| arg == name);
    at.and_then(|at| args.get(at + 1)).map_or(default, |text| text.parse().expect("a number"))
}

/// Microseconds for one run of something, the best of five rounds.
fn micros(mut run: impl FnMut()) -> f64 {
    let round = 2_000;
    let mut best = f64::MAX;
    for _ in 0..5 {
        let begun = Instant::now();
        (0..round).for_each(|_| run());
        best = best.min(begun.elapsed().as_secs_f64() * 1e6 / f64::from(round));
    }
    best
}

fn messages() {
    let entropy = Entropy::seeded(1);
    let cipher = Cipher::blowfish(KEY).expect("a key");
    let bare = <Blowfish>::new_from_slice(KEY).expect("a key");
    let mac = MacKey::new(b"sandbox-mac-key-0123456789");
    let blocks = TEXT.len().div_ceil(8);
    let sealed = cipher.seal(TEXT.as_bytes(), &entropy);
    println!("a message of {} bytes, µs                      ours     bare", TEXT.len());
    let ours = micros(|| drop(black_box(cipher.seal(TEXT.as_bytes(), &entropy))));
    let alone = micros(|| {
        let mut block = Default::default();
        (0..blocks).for_each(|_| bare.encrypt_block(&mut block));
        black_box(block);
    });
    println!("Blowfish: seal to hex, and the blocks alone      {ours:8.2} {alone:8.2}");
    let ours = micros(|| drop(black_box(cipher.open(sealed.len, &sealed.data))));
    println!("Blowfish: open from hex                          {ours:8.2}");
    let keyed = micros(|| drop(black_box(Cipher::blowfish(KEY))));
    println!("Blowfish: key schedule, once an account          {keyed:8.2}");
    let text = "*PA01H6ZKX8W3Q2M*tillgate_test*12000*EUR";
    let ours = micros(|| drop(black_box(mac.sign(text))));
    let alone = micros(|| {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"sandbox-mac-key-0123456789").expect("a key");
        mac.update(text.as_bytes());
        black_box(mac.finalize().into_bytes());
    });
    println!("HMAC-SHA256: sign to hex, and keyed each time    {ours:8.2} {alone:8.2}");
}

fn order(number: i64, token: &str) -> PayoutOrder {
    PayoutOrder {
        payout: PayoutId(number),
        attempt: AttemptId(number),
        request_id: format!("request-{number}"),
        reference: AttemptId(number).to_string(),
        amount: Money::from_minor(500, Currency::find("EUR").expect("EUR")),
        front_end: "MyPhoneCards EUR".to_owned(),
        pin: "Big".to_owned(),
        customer: Details::default(),
        instrument: Some(Instrument {
            issuer: "paygate".to_owned(),
            token: token.to_owned(),
            brand: "VISA".to_owned(),
            expiry: "203012".to_owned(),
            masked: "**** 1111".to_owned(),
        }),
        deposit_reference: None,
        extra: BTreeMap::new(),
    }
}

fn account(base_url: &str, merchant: &Merchant) -> Paygate {
    let text = format!(
        "base_url = '{base_url}'\nmerchant_id = '{}'\nencryption_key = '{}'\nmac_key = '{}'\nhttps_only = false\n\
         limits = {{ per_second = 100000 }}\n",
        merchant.id, merchant.password, merchant.mac_password
    );
    let settings: Settings = toml::from_str(&text).expect("settings");
    Paygate::new(settings, Clock::system(), Entropy::seeded(8)).expect("an account")
}

/// A platform that answers every request alike and does nothing else. Gives its address and what it was last sent.
async fn parrot(body: String) -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let last = Arc::new(Mutex::new(Vec::new()));
    let kept = last.clone();
    tokio::spawn(async move {
        while let Ok((mut line, _)) = listener.accept().await {
            let (answer, kept) = (answer.clone(), kept.clone());
            tokio::spawn(async move {
                let mut came = Vec::new();
                let mut buffer = vec![0; 16 * 1024];
                while let Ok(read @ 1..) = line.read(&mut buffer).await {
                    came.extend_from_slice(&buffer[..read]);
                    let Some(end) = came.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
                    let head = String::from_utf8_lossy(&came[..end]).to_lowercase();
                    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
                    let length: usize = length.expect("a length").trim().parse().expect("a number");
                    if came.len() < end + 4 + length {
                        continue;
                    }
                    *kept.lock().expect("kept") = came.split_off(end + 4);
                    came.clear();
                    if line.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (url, last)
}

/// Microseconds for one call of many, one after the other, the best of five rounds.
async fn micros_of<T>(rounds: i64, mut call: impl AsyncFnMut(i64) -> T) -> f64 {
    let mut best = f64::MAX;
    for round in 0..5 {
        let begun = Instant::now();
        for number in 1..=rounds {
            black_box(call(round * rounds + number).await);
        }
        best = best.min(begun.elapsed().as_secs_f64() * 1e6 / rounds as f64);
    }
    best
}

/// What a creditex costs us: the same order again and again to a platform that does nothing, less a bare HTTP call that
/// carries the very bytes to and fro. The simulator, which keeps books, is measured beside it and is not in that figure.
async fn overhead() {
    let merchant = Merchant::default();
    let rounds = number("--rounds", 400) as i64;
    let cipher = Cipher::blowfish(merchant.password.as_bytes()).expect("a key");
    let text = format!(
        "mid={}&PayID=3f1c9a7e5b2d4860a1c3e5f70819b2d4&XID=3f1c9a7e5b2d4860a1c3e5f70819b2d5&TransID={}&Status=OK\
         &Description=success&Code=00000000",
        merchant.id,
        AttemptId(1)
    );
    let sealed = cipher.seal(text.as_bytes(), &Entropy::seeded(1));
    let (url, last) = parrot(format!("Len={}&Data={}", sealed.len, sealed.data)).await;
    let paygate = account(&url, &merchant);
    let token = "0123456789012001";
    let paid = paygate.send(&order(1, token)).await;
    assert!(matches!(paid, Outcome::Paid { .. }), "{paid:?}");
    let ours = micros_of(rounds, async |_| paygate.send(&order(1, token)).await).await;
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let carried = last.lock().expect("kept").clone();
    let bare = micros_of(rounds, async |_| {
        let call = http.post(format!("{url}/creditex.aspx")).body(carried.clone());
        let call = call.header("content-type", "application/x-www-form-urlencoded");
        call.send().await.expect("an answer").bytes().await.expect("a body")
    })
    .await;

    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let (clock, entropy) = (Clock::system(), Entropy::seeded(7));
    let simulator = Simulator::start(listener, vec![merchant.clone()], clock, entropy).expect("a simulator");
    let token = simulator.store_card("4111111111111111", "203012", "VISA");
    let paygate = account(&simulator.base_url, &merchant);
    let whole = micros_of(rounds, async |number| paygate.send(&order(number, &token)).await).await;
    println!(
        "\none creditex, µs: {:.0} own overhead: {ours:.0} less {bare:.0} for the bare call of {} bytes\n\
         beside it: {whole:.0} with the simulator and its books behind the line",
        ours - bare,
        carried.len()
    );
    simulator.stop().await;
}

/// A line to the platform on which every answer takes its time.
async fn slow_line(there: &str, delay: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let there = there.trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let Ok(far) = TcpStream::connect(&there).await else { continue };
            let ((mut from_us, mut to_us), (mut from_them, mut to_them)) =
                (near.into_split(), far.into_split());
            tokio::spawn(async move { tokio::io::copy(&mut from_us, &mut to_them).await });
            tokio::spawn(async move {
                let mut buffer = vec![0; 64 * 1024];
                while let Ok(read @ 1..) = from_them.read(&mut buffer).await {
                    tokio::time::sleep(delay).await;
                    if to_us.write_all(&buffer[..read]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    url
}

async fn throughput(database: &str, scratch: support::Scratch) {
    let (payouts, delay) = (number("--payouts", 400), Duration::from_millis(number("--delay-ms", 100)));
    let concurrent = number("--concurrent", 64) as usize;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let merchant = Merchant {
        id: "tillgate_test".to_owned(),
        password: "sandbox-blowfish-key".to_owned(),
        mac_password: "sandbox-mac-key-0123456789".to_owned(),
        ..Merchant::default()
    };
    let simulator =
        Simulator::start(listener, vec![merchant], Clock::system(), Entropy::seeded(7)).expect("a simulator");
    let mut settings = settings(&scratch.url);
    settings.worker.enabled = false;
    settings.worker.concurrent = concurrent;
    for account in settings.paygate.values_mut() {
        account.base_url = slow_line(&simulator.base_url, delay).await;
        account.https_only = false;
        account.limits.concurrent = concurrent;
        account.limits.per_second = 100_000;
    }
    let story = Story::with(scratch, settings).await;
    let big = story.customer("MyPhoneCards EUR", "Big", "1000000.00").await;
    let token = simulator.store_card("4111111111111111", "203012", "VISA");
    let store = &story.running().store;
    let kept = store.transact("card", tillgate::store::Wants::nothing(), move |tx| {
        let customer = tillgate::store::customers::find(tx, "MyPhoneCards EUR", "Big")?.expect("a customer");
        let card = order(0, &token).instrument.expect("a card");
        Ok(tillgate::store::customers::keep_instrument(tx, &customer, &card)?)
    });
    kept.await.expect("kept");
    for _ in 0..payouts {
        let about = json!({ "FrontEndName": big.front_end, "PIN": big.pin, "PP": "PaygateCard", "Amount": "5.00", "TraceID": story.next_trace() });
        let payout = story.call("CreatePayout", about).await["ExtPayoutID"].clone();
        let about =
            json!({ "FrontEndName": big.front_end, "PIN": big.pin, "ExtPayoutID": payout, "Status": "I" });
        assert_eq!(story.call("UpdatePayout", about).await["Status"], 0);
    }
    let begun = Instant::now();
    story.running().worker.run_once().await;
    let took = begun.elapsed().as_secs_f64();
    let paid = simulator.movements().iter().filter(|moved| moved.kind == Moved::Payout).count();
    assert_eq!(paid as u64, payouts, "each once");
    let most = concurrent as f64 / delay.as_secs_f64();
    println!(
        "{database:10} {payouts} payouts in {took:.2} s: {:.0}/s of {most:.0}/s that {concurrent} calls of {} ms allow",
        payouts as f64 / took,
        delay.as_millis()
    );
    story.ends().await;
    simulator.stop().await;
}

const USAGE: &str = "\
cargo bench --bench paygate -- [options]
  --rounds N      calls in a row for the cost of one creditex (400)
  --payouts N     payouts for the throughput (400)
  --delay-ms N    what the platform takes for an answer (100)
  --concurrent N  calls under way at once (64)
PostgreSQL is measured where tests find one.";

fn main() {
    if std::env::args().any(|arg| arg == "--help") {
        println!("{USAGE}");
        return;
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    messages();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        overhead().await;
        println!();
        throughput("SQLite", support::sqlite()).await;
        if let Some(scratch) = support::postgres() {
            throughput("PostgreSQL", scratch).await;
        }
    });
}
