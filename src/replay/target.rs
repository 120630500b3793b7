//! The server under test, over HTTP: the cashier's web service, and the platform's interface where it has ours.

use super::wire::{self, Encoding, Reply};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::time::Duration;

/// Where the server is and how it is called.
#[derive(Clone, Debug)]
pub struct Address {
    /// Without a slash at its end.
    pub url: String,
    pub pass_code: SecretString,
    pub platform_key: SecretString,
    pub namespace: String,
    pub timeout: Duration,
}

pub struct Target {
    http: Client,
    address: Address,
}

/// Why a call brought no reply that can be judged.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("no answer: {0}")]
    NoAnswer(String),
    #[error("HTTP {0}, where 200 is due whatever the answer says")]
    NotOk(StatusCode),
    #[error("{0}")]
    Unreadable(String),
    #[error("the platform interface refused {what}: HTTP {status}: {problem}")]
    Refused { what: &'static str, status: StatusCode, problem: String },
}

/// A reqwest error with all its causes and without the address, which everybody knows.
fn no_answer(error: reqwest::Error) -> CallError {
    let error = error.without_url();
    let mut told = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        told.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    CallError::NoAnswer(told)
}

impl Target {
    pub fn new(address: Address) -> Result<Target, CallError> {
        // Somebody else may have installed it: then there is nothing to do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .timeout(address.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            // A server closes what has been idle for a few seconds; a call on such a connection would be lost.
            .pool_idle_timeout(Duration::from_secs(1))
            .build()
            .map_err(no_answer)?;
        Ok(Target { http, address })
    }

    /// Calls a method of the web service, with the pass code added.
    pub async fn call(
        &self,
        encoding: Encoding,
        method: &str,
        fields: &[(String, String)],
    ) -> Result<Reply, CallError> {
        let mut fields = fields.to_vec();
        if !fields.iter().any(|(name, _)| wire::same_name(name, "WSPassCode")) {
            fields.push(("WSPassCode".to_owned(), self.address.pass_code.expose_secret().to_owned()));
        }
        let message = wire::write(encoding, method, &fields, &self.address.namespace);
        let mut request = self
            .http
            .post(format!("{}/cashier/{method}", self.address.url))
            .header(CONTENT_TYPE, message.content_type);
        if let Some(action) = message.soap_action {
            request = request.header("SOAPAction", action);
        }
        let response = request.body(message.body).send().await.map_err(no_answer)?;
        if response.status() != StatusCode::OK {
            return Err(CallError::NotOk(response.status()));
        }
        let content_type = content_type(&response);
        let body = response.text().await.map_err(no_answer)?;
        wire::read(encoding, &content_type, &body).map_err(CallError::Unreadable)
    }

    /// Whether the server has our platform interface: it tells its name there, with or without a key.
    pub async fn has_platform(&self) -> Result<bool, CallError> {
        let response =
            self.http.get(format!("{}/platform/v1", self.address.url)).send().await.map_err(no_answer)?;
        let about: Value = match response.json().await {
            Ok(about) => about,
            // Whatever answers in another way is another service.
            Err(_) => return Ok(false),
        };
        Ok(about["service"] == "tillgate")
    }

    pub async fn add_customer(&self, front_end: &str, pin: &str, blocked: bool) -> Result<(), CallError> {
        let mut body = json!({"front_end": front_end, "pin": pin, "details": {}});
        if blocked {
            body["blocked"] = Value::Bool(true);
        }
        let key = format!("{pin}-{}", if blocked { "blocked" } else { "active" });
        self.platform("a customer", "customers", &body, &key).await
    }

    pub async fn set_blocked(
        &self,
        front_end: &str,
        pin: &str,
        blocked: bool,
        key: &str,
    ) -> Result<(), CallError> {
        let body = json!({"front_end": front_end, "pin": pin, "details": {}, "blocked": blocked});
        self.platform("to block a customer", "customers", &body, key).await
    }

    pub async fn adjust(&self, front_end: &str, pin: &str, amount: &str, key: &str) -> Result<(), CallError> {
        let body = json!({"front_end": front_end, "pin": pin, "amount": amount, "reason": "replayed flow"});
        self.platform("an adjustment", "adjustments", &body, key).await
    }

    async fn platform(
        &self,
        what: &'static str,
        path: &str,
        body: &Value,
        key: &str,
    ) -> Result<(), CallError> {
        let response = self
            .http
            .post(format!("{}/platform/v1/{path}", self.address.url))
            .header(AUTHORIZATION, self.bearer())
            .header("Idempotency-Key", key)
            .json(body)
            .send()
            .await
            .map_err(no_answer)?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let told = response.text().await.unwrap_or_default();
        let problem: String = told.chars().take(300).collect();
        Err(CallError::Refused { what, status, problem })
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.address.platform_key.expose_secret())
    }
}

fn content_type(response: &Response) -> String {
    let header = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    header.unwrap_or_default().to_owned()
}
