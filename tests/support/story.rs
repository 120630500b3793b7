//! A story's stage: a whole server on a fresh database, entered by its doors alone.

use super::{Scratch, asked};
use chrono::{Duration, TimeZone, Utc};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use tillgate::clock::{Clock, Entropy};
use tillgate::config::{self, Settings};
use tillgate::server::{self, Running};
use tillgate::store::{DatabaseUrl, audit, check};

/// The settings of `config.toml` itself, on another database and any free port.
pub fn settings(url: &DatabaseUrl) -> Settings {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("config.toml");
    let mut settings = config::load(&file, std::iter::empty()).expect("config.toml is good");
    settings.database.url = match url {
        DatabaseUrl::Sqlite(path) => format!("sqlite://{path}"),
        DatabaseUrl::Postgres(url) => url.clone(),
    };
    settings.database.migrate_on_start = false;
    settings.listen.cashier = "127.0.0.1:0".to_owned();
    for simulator in [
        &mut settings.sandbox.simulators.paygate,
        &mut settings.sandbox.simulators.sopg,
        &mut settings.sandbox.simulators.rest_gateway,
    ] {
        *simulator = "127.0.0.1:0".to_owned();
    }
    settings
}

/// When every story begins.
pub fn noon() -> Clock {
    Clock::frozen_at(Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).single().expect("a time"))
}

/// A server and a cashier in front of it.
pub struct Story {
    pub running: Option<Running>,
    pub clock: Clock,
    pub base: String,
    http: reqwest::Client,
    trace: AtomicI64,
    settings: Settings,
    scratch: Scratch,
}

/// A customer with what he owns.
#[derive(Clone, Debug)]
pub struct Customer {
    pub front_end: String,
    pub pin: String,
}

impl Story {
    pub async fn on(scratch: Scratch) -> Story {
        let settings = settings(&scratch.url);
        Story::with(scratch, settings).await
    }

    pub async fn with(scratch: Scratch, settings: Settings) -> Story {
        Story::at(scratch, settings, noon()).await
    }

    pub async fn at(scratch: Scratch, settings: Settings, clock: Clock) -> Story {
        let _ = rustls::crypto::ring::default_provider().install_default();
        asked::watch(&scratch.url);
        let running = server::start(&settings, clock.clone(), Entropy::seeded(7)).await;
        let running = running.unwrap_or_else(|error| panic!("the server starts: {error}"));
        let base = format!("http://{}", running.address);
        let http = super::client().build().expect("a client");
        Story { running: Some(running), clock, base, http, trace: AtomicI64::new(1), settings, scratch }
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().expect("it runs")
    }

    /// Another server on the same database, after this one has ended. What was under way in it stays as it was.
    pub async fn starts_again(&mut self) {
        self.running.take().expect("it runs").stop().await;
        let running = server::start(&self.settings, self.clock.clone(), Entropy::seeded(8)).await;
        let running = running.unwrap_or_else(|error| panic!("the server starts again: {error}"));
        self.base = format!("http://{}", running.address);
        self.running = Some(running);
    }

    /// A further node on the same database.
    pub async fn second_node(&self) -> Running {
        let mut settings = self.settings.clone();
        settings.node.name = "node-2".to_owned();
        let running = server::start(&settings, self.clock.clone(), Entropy::seeded(9)).await;
        running.unwrap_or_else(|error| panic!("the second node starts: {error}"))
    }

    /// Other settings, for when it starts again.
    pub fn settings(&mut self) -> &mut Settings {
        &mut self.settings
    }

    pub fn advance(&self, by: Duration) {
        assert!(self.clock.advance(by), "the clock is frozen");
    }

    pub fn next_trace(&self) -> i64 {
        self.trace.fetch_add(1, Ordering::SeqCst)
    }

    /// Calls a method in JSON with the sandbox's pass code and gives the reply.
    pub async fn call(&self, method: &str, mut fields: Value) -> Value {
        fields["WSPassCode"] = json!("sandbox");
        let reply = self.post(method, "application/json", fields.to_string()).await;
        serde_json::from_str(&reply).unwrap_or_else(|_| panic!("JSON was answered, not {reply}"))
    }

    /// Posts a body as it is; the answer is always HTTP 200.
    pub async fn post(&self, method: &str, content_type: &str, body: impl Into<reqwest::Body>) -> String {
        let url = format!("{}/cashier/{method}", self.base);
        let request = self.http.post(url).header("content-type", content_type).body(body);
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200, "HTTP is 200 whatever happens");
        response.text().await.expect("a body")
    }

    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// A customer of a front end who owns an amount, told to us by the platform.
    pub async fn customer(&self, front_end: &str, pin: &str, owning: &str) -> Customer {
        let customer = Customer { front_end: front_end.to_owned(), pin: pin.to_owned() };
        self.platform(
            "customers",
            &format!("add-{front_end}-{pin}"),
            json!({ "front_end": front_end, "pin": pin }),
        )
        .await;
        let adjustment =
            json!({ "front_end": front_end, "pin": pin, "amount": owning, "reason": "opening balance" });
        self.platform("adjustments", &format!("open-{front_end}-{pin}"), adjustment).await;
        customer
    }

    /// A POST of the platform's back end, which must succeed.
    pub async fn platform(&self, path: &str, key: &str, body: Value) -> Value {
        let request = self
            .http
            .post(format!("{}/platform/v1/{path}", self.base))
            .bearer_auth("sandbox-platform-key")
            .header("idempotency-key", key)
            .header("content-type", "application/json")
            .body(body.to_string());
        let response = request.send().await.expect("an answer");
        let status = response.status();
        let text = response.text().await.expect("a body");
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    pub async fn balance(&self, customer: &Customer) -> String {
        let fields = json!({ "FrontEndName": customer.front_end, "PIN": customer.pin });
        let reply = self.call("GetBalance", fields).await;
        assert_eq!(reply["Status"], 0, "{reply}");
        reply["Balance"].as_str().expect("a balance").to_owned()
    }

    /// The end of every story: the ledger is sound and the audit chain whole, and PostgreSQL was asked nothing that
    /// makes it walk through a table.
    pub async fn ends(mut self) {
        let url = self.scratch.url.clone();
        let looked = tokio::task::spawn_blocking(move || asked::assert_indexed_all(&url)).await;
        if let Err(walked) = looked {
            std::panic::resume_unwind(walked.into_panic());
        }
        let running = self.running.take().expect("it runs");
        let checked = running.store.read(check::run).await.expect("checked");
        assert!(checked.is_sound(), "{checked:#?}");
        let verified = running.store.read(audit::verify).await.expect("verified");
        assert!(verified.breaches.is_empty(), "{verified:?}");
        running.stop().await;
    }
}
