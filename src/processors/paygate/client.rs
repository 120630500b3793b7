//! HTTP to one Paygate account: sends a sealed request, reads the answer, and tells "not sent" from "unknown".
//!
//! Nothing is ever repeated here: whether a call is made again is decided where the books are.

use super::answer::Answer;
use super::breaker::Breaker;
use super::request::{Request, Sealed};
use super::settings::{Account, Settings, SettingsError};
use crate::clock::{Clock, Entropy};
use crate::domain::outcome::{DepositOutcome, Outcome};
use crate::processors::exchange::Note;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use reqwest::StatusCode;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// No answer of the platform comes near this size.
const LARGEST_ANSWER: usize = 256 * 1024;

/// One account's connections, limits and keys. Cloning shares all of them.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    account: Account,
    settings: Settings,
    clock: Clock,
    entropy: Entropy,
    turns: Semaphore,
    rate: DefaultDirectRateLimiter,
    breaker: Breaker,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Nothing left this process.
    #[error("{0}")]
    NotSent(String),
    /// The request may have arrived.
    #[error("{0}")]
    Unknown(String),
}

impl From<CallError> for Outcome {
    fn from(error: CallError) -> Outcome {
        match error {
            CallError::NotSent(cause) => Outcome::NotSent { cause },
            CallError::Unknown(cause) => Outcome::Unknown { cause },
        }
    }
}

/// A deposit's question that was not answered is asked again, whether or not it left.
impl From<CallError> for DepositOutcome {
    fn from(error: CallError) -> DepositOutcome {
        DepositOutcome::Unknown { cause: error.to_string() }
    }
}

impl Client {
    pub fn new(settings: Settings, clock: Clock, entropy: Entropy) -> Result<Client, SettingsError> {
        settings.check()?;
        // Whoever came first installed the same provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let limits = &settings.limits;
        let http = reqwest::Client::builder()
            .https_only(settings.https_only)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(Duration::from_millis(limits.connect_timeout_ms))
            .read_timeout(Duration::from_millis(limits.read_timeout_ms))
            .timeout(Duration::from_millis(limits.total_timeout_ms))
            .pool_max_idle_per_host(limits.concurrent)
            .build()
            .map_err(|error| SettingsError::Value { key: "base_url", problem: scrub(error) })?;
        let per_second = NonZeroU32::new(limits.per_second).unwrap_or(NonZeroU32::MIN);
        let inner = Inner {
            http,
            account: settings.account()?,
            turns: Semaphore::new(limits.concurrent),
            rate: RateLimiter::direct(Quota::per_second(per_second)),
            breaker: Breaker::new(clock.clone(), limits.breaker_failures, limits.breaker_open_ms),
            settings,
            clock,
            entropy,
        };
        Ok(Client(Arc::new(inner)))
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub fn account(&self) -> &Account {
        &self.0.account
    }

    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub fn breaker(&self) -> &Breaker {
        &self.0.breaker
    }

    /// Seals a request for a browser to carry, without calling anybody.
    pub fn seal(&self, request: Request) -> Sealed {
        request.seal(&self.0.account, &self.0.entropy)
    }

    /// Makes a server call.
    pub async fn post(&self, request: Request) -> Result<Answer, CallError> {
        let _turn = self.turn().await?;
        let Some(pass) = self.0.breaker.admit() else {
            return Err(CallError::NotSent(
                "the processor did not answer lately and is left alone".to_owned(),
            ));
        };
        let endpoint = request.endpoint;
        let trans_id = request.trans_id().to_owned();
        let said = request.for_people();
        let result = self.exchange(endpoint, self.seal(request), &said).await;
        let end = match &result {
            Ok(_) => "answered",
            Err(CallError::NotSent(_)) => "not_sent",
            Err(CallError::Unknown(_)) => "unknown",
        };
        metrics::counter!("tillgate_processor_calls_total", "processor" => "paygate", "endpoint" => endpoint, "end" => end)
            .increment(1);
        match &result {
            Ok(answer) => {
                tracing::debug!(processor = "paygate", endpoint, trans_id, code = answer.code(), "answered");
                pass.succeeded();
            }
            Err(error) => {
                tracing::warn!(processor = "paygate", endpoint, trans_id, %error, "no usable answer");
                pass.failed();
            }
        }
        let open = if self.0.breaker.is_open() { 1.0 } else { 0.0 };
        metrics::gauge!("tillgate_processor_breaker_open", "processor" => "paygate").set(open);
        result
    }

    async fn exchange(&self, endpoint: &str, fields: Sealed, said: &str) -> Result<Answer, CallError> {
        let url = self.0.settings.url(endpoint);
        let written = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        let note = Note::begin(endpoint, &url, format!("{written}\n\n{said}").as_bytes());
        let (status, body) = match self.send(&url, &fields).await {
            Ok(answer) => answer,
            Err(error) => {
                note.lost(&error.to_string());
                return Err(error);
            }
        };
        let answer = match status {
            StatusCode::OK => Answer::read(&body, &self.0.account).map_err(|error| error.to_string()),
            other => Err(format!("HTTP status {}", other.as_u16())),
        };
        let told = match &answer {
            Ok(answer) => answer.for_people(),
            Err(cause) => cause.clone(),
        };
        note.answered(status.as_u16(), &[body.as_slice(), b"\n\n", told.as_bytes()].concat());
        answer.map_err(CallError::Unknown)
    }

    async fn send(&self, url: &str, fields: &Sealed) -> Result<(StatusCode, Vec<u8>), CallError> {
        let sent = self.0.http.post(url).form(fields).send().await;
        let mut response = sent.map_err(|error| {
            // Before there is a connection no byte of ours can have left.
            let unsent = error.is_connect() || error.is_builder();
            let cause = scrub(error);
            if unsent { CallError::NotSent(cause) } else { CallError::Unknown(cause) }
        })?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| CallError::Unknown(scrub(error)))? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST_ANSWER {
                return Err(CallError::Unknown("the answer is too large".to_owned()));
            }
        }
        Ok((response.status(), body))
    }

    /// Waits for its turn: so many calls at once, so many a second.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, CallError> {
        let patience = Duration::from_millis(self.0.settings.limits.queue_timeout_ms);
        let turn = async {
            self.0.rate.until_ready().await;
            self.0.turns.acquire().await
        };
        match tokio::time::timeout(patience, turn).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(CallError::NotSent("too many calls are waiting".to_owned())),
        }
    }
}

/// An HTTP error with its causes, without the address, whose query could hold data.
fn scrub(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
