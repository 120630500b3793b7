//! The cashier and the platform, who ask again until they are answered and write down what they were told. Nothing is
//! shared with the server but HTTP.

use super::nodes::Nodes;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A call as it is repeated, and the answer that must not change.
#[derive(Clone)]
pub struct Acknowledged {
    pub method: &'static str,
    pub fields: Value,
    pub answer: Value,
}

pub struct Cashier {
    pub nodes: Arc<Nodes>,
    http: reqwest::Client,
    began: Instant,
    traces: AtomicI64,
    turn: AtomicU64,
    pub record: Mutex<Vec<Acknowledged>>,
    /// What every customer must own by what was acknowledged, in cents.
    pub books: Mutex<BTreeMap<String, i64>>,
    pub findings: Mutex<Vec<String>>,
    pub calls: AtomicU64,
    pub not_yet: AtomicU64,
    pub unanswered: AtomicU64,
    /// Milliseconds since the beginning at the last command that was acknowledged.
    last_success: AtomicU64,
}

/// How long a call is repeated before that is a finding.
const PATIENCE: Duration = Duration::from_secs(180);

impl Cashier {
    pub fn new(nodes: Arc<Nodes>) -> Arc<Cashier> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(4)).build();
        Arc::new(Cashier {
            nodes,
            http: http.expect("a client"),
            began: Instant::now(),
            traces: AtomicI64::new(1),
            turn: AtomicU64::new(0),
            record: Mutex::default(),
            books: Mutex::default(),
            findings: Mutex::default(),
            calls: AtomicU64::new(0),
            not_yet: AtomicU64::new(0),
            unanswered: AtomicU64::new(0),
            last_success: AtomicU64::new(0),
        })
    }

    pub fn next_trace(&self) -> i64 {
        self.traces.fetch_add(1, Ordering::Relaxed)
    }

    pub fn finds(&self, what: String) {
        eprintln!("FINDING: {what}");
        self.findings.lock().expect("nobody panics here").push(what);
    }

    pub fn now_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    pub fn last_success_ms(&self) -> u64 {
        self.last_success.load(Ordering::Relaxed)
    }

    /// Asks one node after the other until one decides, and writes the answer down.
    pub async fn decides(&self, method: &'static str, fields: Value) -> Value {
        let answer = self.asks(method, &fields).await;
        self.last_success.fetch_max(self.now_ms(), Ordering::Relaxed);
        let kept = Acknowledged { method, fields, answer: answer.clone() };
        self.record.lock().expect("nobody panics here").push(kept);
        answer
    }

    /// The same without writing it down.
    pub async fn asks(&self, method: &str, fields: &Value) -> Value {
        let mut fields = fields.clone();
        fields["FrontEndName"] = json!("Chaos");
        fields["WSPassCode"] = json!("chaos-pass-code");
        let body = fields.to_string();
        let began = Instant::now();
        loop {
            let url = format!("{}/cashier/{method}", self.next_base());
            let request = self.http.post(url).header("content-type", "application/json").body(body.clone());
            self.calls.fetch_add(1, Ordering::Relaxed);
            match answer(request).await {
                Some((200, reply)) => match reply["Status"].as_i64() {
                    Some(-1) => {
                        self.not_yet.fetch_add(1, Ordering::Relaxed);
                    }
                    Some(status) if status >= 0 => return reply,
                    _ => self.finds(format!("{method} {body} was answered {reply}")),
                },
                Some((status, reply)) => self.finds(format!("{method} was answered {status} {reply}")),
                None => {
                    self.unanswered.fetch_add(1, Ordering::Relaxed);
                }
            }
            self.waits(began, method, &body).await;
        }
    }

    /// A POST of the platform's back end, repeated until it succeeds.
    pub async fn platform(&self, path: &str, key: &str, body: Value) {
        let began = Instant::now();
        loop {
            let url = format!("{}/platform/v1/{path}", self.next_base());
            let request = self
                .http
                .post(url)
                .bearer_auth("chaos-platform-key")
                .header("idempotency-key", key)
                .header("content-type", "application/json")
                .body(body.to_string());
            match answer(request).await {
                Some((200..300, _)) => return,
                Some((status @ 400..500, reply)) => {
                    self.finds(format!("{path} {body} was answered {status} {reply}"));
                    return;
                }
                Some(_) | None => {}
            }
            self.waits(began, path, &body.to_string()).await;
        }
    }

    async fn waits(&self, began: Instant, what: &str, body: &str) {
        if began.elapsed() > PATIENCE {
            self.finds(format!("{what} {body} was never decided"));
            panic!("{what} was never decided");
        }
        tokio::time::sleep(Duration::from_millis(60)).await;
    }

    /// A customer nobody has used, who owns an amount of cents.
    pub async fn customer(&self, owning: i64) -> String {
        let pin = format!("C{}", self.next_trace());
        self.platform("customers", &format!("add-{pin}"), json!({ "front_end": "Chaos", "pin": pin })).await;
        let amount = major(owning);
        let opening = json!({ "front_end": "Chaos", "pin": pin, "amount": amount, "reason": "opening" });
        self.platform("adjustments", &format!("open-{pin}"), opening).await;
        pin
    }

    /// What a customer must own at the end.
    pub fn owns(&self, pin: &str, cents: i64) {
        self.books.lock().expect("nobody panics here").insert(pin.to_owned(), cents);
    }

    pub async fn is_ready(&self, number: usize) -> bool {
        let url = format!("{}/health/ready", self.nodes.base(number));
        self.http.get(url).send().await.is_ok_and(|response| response.status().is_success())
    }

    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    fn next_base(&self) -> String {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) as usize;
        self.nodes.base(turn % self.nodes.count())
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Option<(u16, Value)> {
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    let text = response.text().await.ok()?;
    Some((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
}

/// Cents as the wire wants them.
pub fn major(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// What of an answer is for ever: the rest says how it came about.
pub fn lasting(answer: &Value) -> Value {
    let names = ["Status", "Description", "ExtPayoutID", "ExtDepositID", "ExtReversalID"];
    names
        .into_iter()
        .map(|name| (name.to_owned(), answer[name].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
