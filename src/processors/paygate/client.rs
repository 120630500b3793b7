//! HTTP to one Paygate account: sends a sealed request, reads the answer, and tells "not sent" from "unknown".
//!
//! Nothing is ever repeated here: whether a call is made again is decided where the books are.

use super::answer::Answer;
use super::request::{Request, Sealed};
use super::settings::{Account, Settings, SettingsError};
use crate::clock::{Clock, Entropy};
use crate::domain::outcome::{DepositOutcome, Outcome};
use crate::domain::remark::Remark;
use crate::processors::exchange::Note;
use crate::processors::line::{Closed, End, Line};
use reqwest::StatusCode;
use std::sync::Arc;
use std::time::Duration;

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
    line: Line,
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

/// Kept for the next call of a busy time, and no longer than the most impatient servers keep them.
const IDLE: Duration = Duration::from_secs(2);

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
            // One that was idle for longer may just be closed at its other end, and what is sent on it is lost.
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(|error| SettingsError::Value { key: "base_url", problem: scrub(error) })?;
        let inner = Inner {
            http,
            account: settings.account()?,
            line: Line::new(super::ROOM, &limits.of_line(), clock.clone()),
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

    pub fn line(&self) -> &Line {
        &self.0.line
    }

    /// Seals a request for a browser to carry, without calling anybody.
    pub fn seal(&self, request: Request) -> Sealed {
        request.seal(&self.0.account, &self.0.entropy)
    }

    /// Makes a server call.
    pub async fn post(&self, request: Request) -> Result<Answer, CallError> {
        let call =
            self.0.line.call().await.map_err(|closed: Closed| CallError::NotSent(closed.to_string()))?;
        let endpoint = request.endpoint;
        let trans_id = request.trans_id().to_owned();
        let said = request.for_people();
        let result = self.exchange(endpoint, self.seal(request), &said).await;
        match &result {
            Ok(answer) => {
                tracing::debug!(processor = "paygate", endpoint, trans_id, code = answer.code(), "answered");
            }
            Err(error) => {
                tracing::warn!(processor = "paygate", endpoint, trans_id, %error, "no usable answer");
            }
        }
        call.ended(
            endpoint,
            match &result {
                Ok(_) => End::Answered,
                Err(CallError::NotSent(_)) => End::NotSent,
                Err(CallError::Unknown(_)) => End::Unknown,
            },
        );
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
                return Err(CallError::Unknown(Remark::TooLarge.into()));
            }
        }
        Ok((response.status(), body))
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
