//! Payouts to cards through Paygate's simulator, a process of its own that outlives every kill of ours: its books are
//! the truth about what was paid.

use super::cashier::{Cashier, major};
use super::chance::Chance;
use super::disturb::{Damage, Victims};
use super::guard::Guard;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub const CARD: &str = "4111111111111111";
/// What is typed with it; four digits, so that it can be looked for.
pub const CHECK_VALUE: &str = "7391";

/// The simulator's process.
pub struct Paygate {
    base: String,
    process: Child,
    guard: Guard,
}

impl Paygate {
    pub fn start(binary: &Path, guard: &Guard, port: u16) -> Paygate {
        let mut command = Command::new(binary);
        command.args(["sandbox", "paygate", "--listen", &format!("127.0.0.1:{port}")]);
        let process = guard.spawn(command.stdout(Stdio::null()).stderr(Stdio::null()));
        Paygate { base: format!("http://127.0.0.1:{port}"), process, guard: guard.clone() }
    }

    /// The account of our configuration that goes there.
    pub fn account(port: u16, public_url: &str) -> String {
        format!(
            r#"PaygateCard = {{ processor = "Paygate", account = "paygate", method = "card", route = "paygate_creditex", confirm = "automatic" }}
[player]
public_url = "{public_url}"
[paygate.paygate]
base_url = "http://127.0.0.1:{port}"
https_only = false
merchant_id = "sandbox_shop"
encryption_key = "sandbox-encryption"
mac_key = "sandbox-mac-password-of-32-chars"
limits = {{ queue_timeout_ms = 500, read_timeout_ms = 1500, total_timeout_ms = 2000, per_second = 10000, breaker_failures = 100000 }}
"#
        )
    }

    async fn control(&self, cashier: &Cashier, path: &str, body: &Value) {
        let url = format!("{}/control/{path}", self.base);
        let request =
            cashier.http().post(url).header("content-type", "application/json").body(body.to_string());
        let response = request.send().await.expect("the simulator answers");
        assert!(response.status().is_success(), "{path}: {}", response.status());
    }

    async fn movements(&self, cashier: &Cashier) -> BTreeMap<i64, u64> {
        let url = format!("{}/control/books", self.base);
        let text = cashier.http().get(url).send().await.expect("the books").text().await.expect("text");
        let books: Value = serde_json::from_str(&text).expect("JSON");
        let mut paid = BTreeMap::new();
        for movement in books["movements"].as_array().expect("movements") {
            if movement["kind"] == "payout" {
                *paid.entry(movement["minor"].as_i64().expect("an amount")).or_insert(0) += 1;
            }
        }
        paid
    }
}

impl Drop for Paygate {
    fn drop(&mut self) {
        if self.process.kill().and_then(|()| self.process.wait()).is_ok() {
            self.guard.ended(&self.process);
        }
    }
}

/// A customer with a card on file: he has paid something in at the hosted page.
pub async fn with_card(cashier: &Arc<Cashier>, owning: i64) -> String {
    let pin = cashier.customer(owning - 1_000).await;
    let asked =
        json!({ "PIN": pin, "TraceID": cashier.next_trace(), "PP": "PaygateCard", "Amount": "10.00" });
    let opened = cashier.asks("CreateDeposit", &asked).await;
    let there = opened["RedirectURL"].as_str().unwrap_or_else(|| panic!("no page: {opened}")).to_owned();
    let get = |url: String| cashier.http().get(url).send();
    let page = get(there.clone()).await.expect("the page").text().await.expect("text");
    let action = page.split("action='").nth(1).and_then(|rest| rest.split('\'').next());
    let action = action.unwrap_or_else(|| panic!("no form: {page}"));
    let base = there.split('/').take(3).collect::<Vec<_>>().join("/");
    let card = format!(
        "CardNumber={CARD}&CardExpirationMonth=12&CardExpirationYear=2030&Cccvc={CHECK_VALUE}&CcBrand=VISA"
    );
    let paid = cashier
        .http()
        .post(format!("{base}{action}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(card)
        .send()
        .await;
    assert!(paid.is_ok(), "the browser comes back");
    let id = opened["ExtDepositID"].clone();
    let began = Instant::now();
    loop {
        let deposit = cashier.asks("GetDeposit", &json!({ "PIN": pin, "ExtDepositID": id })).await;
        if deposit["DepositStatus"] == "Credited" {
            return pin;
        }
        assert!(began.elapsed() < Duration::from_secs(90), "it is not credited: {deposit}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// What this came to.
pub struct Paid {
    pub payouts: usize,
    pub settled_after: Duration,
}

/// Pays out while nodes die in the middle of it, then compares both books.
pub async fn run(
    victims: &mut Victims,
    paygate: &Paygate,
    chance: &mut Chance,
    seconds: u64,
    damage: &mut Damage,
) -> Paid {
    let cashier = victims.cashier.clone();
    const OWNING: i64 = 10_000_000;
    let mut pins = Vec::new();
    // Cards are put on file in peace: a notice that gets lost would leave a payout without one.
    victims.heal().await;
    for _ in 0..4 {
        pins.push(with_card(&cashier, OWNING).await);
    }
    if let Some((_, proxy)) = &victims.database {
        proxy.cut_of_a_thousand_commits(super::CUTS);
    }
    let faults = json!({ "seed": chance.next() >> 1, "per_thousand": 200, "calls": [
        "drop_before", "drop_after", "hang_after", "half_answer", { "page": { "status": 502, "processed": true } },
        { "page": { "status": 502, "processed": false } }, { "status": 500 },
    ] });
    paygate.control(&cashier, "random", &faults).await;

    let over = Arc::new(AtomicBool::new(false));
    let made = Arc::new(AtomicU64::new(0));
    let mut clients = tokio::task::JoinSet::new();
    for pin in pins {
        let (cashier, over, made) = (cashier.clone(), over.clone(), made.clone());
        clients.spawn(async move {
            let (mut payouts, mut owns) = (Vec::new(), OWNING);
            while !over.load(Ordering::Relaxed) {
                // Each amount once, so that the processor's books name the payout.
                let cents = 100 + made.fetch_add(1, Ordering::Relaxed) as i64;
                let trace = cashier.next_trace();
                let call =
                    json!({ "PIN": pin, "TraceID": trace, "PP": "PaygateCard", "Amount": major(cents) });
                let id = cashier.decides("CreatePayout", call).await["ExtPayoutID"].clone();
                let call = json!({ "PIN": pin, "ExtPayoutID": id, "Status": "I", "UpdatedBy": "agent" });
                let answer = cashier.decides("UpdatePayout", call).await;
                if answer["Status"] != 0 {
                    cashier.finds(format!("{id} was not taken: {answer}"));
                }
                owns -= cents;
                payouts.push((id, cents));
            }
            cashier.owns(&pin, owns);
            (pin, payouts)
        });
    }
    let until = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < until || damage.nodes_killed == 0 {
        victims.disturb(chance, damage).await;
    }
    over.store(true, Ordering::Relaxed);
    let mut all = Vec::new();
    while let Some(client) = clients.join_next().await {
        victims.peace(Duration::ZERO).await;
        all.push(client.expect("a client"));
    }
    victims.heal().await;
    let url = format!("{}/control/faults", paygate.base);
    assert!(cashier.http().delete(url).send().await.is_ok(), "the simulator answers");
    paygate.control(&cashier, "release", &json!({})).await;

    let began = Instant::now();
    let mut wanted = BTreeMap::new();
    for (pin, payouts) in all {
        for (id, cents) in payouts {
            wanted.insert(cents, 1);
            settles(&cashier, &pin, &id, began).await;
        }
    }
    let paid = paygate.movements(&cashier).await;
    for (cents, times) in &paid {
        if *times != 1 || !wanted.contains_key(cents) {
            cashier.finds(format!("the processor paid {} {times} times", major(*cents)));
        }
    }
    for cents in wanted.keys().filter(|cents| !paid.contains_key(cents)) {
        cashier.finds(format!("the processor never paid {}", major(*cents)));
    }
    Paid { payouts: wanted.len(), settled_after: began.elapsed() }
}

/// Waits until a payout is approved.
pub async fn settles(cashier: &Arc<Cashier>, pin: &str, id: &Value, began: Instant) {
    loop {
        let payout = cashier.asks("GetPayout", &json!({ "PIN": pin, "ExtPayoutID": id })).await;
        if payout["PayoutStatus"] == "Approved" {
            return;
        }
        cashier.nodes.supervise();
        if began.elapsed() > Duration::from_secs(400) {
            cashier.finds(format!("{id} is not settled: {payout}"));
            return;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
