//! The connection to the gateway of one account: posts an envelope, reads an answer, never repeats by itself.
//!
//! Not here: what an operation's fields are (one file each), and whether to call again (`retry`).

use super::codes;
use super::envelope::{self, Answer, Codes, ReadError, Request, Unwritable};
use super::retry::{self, Failure, Operation};
use super::settings::{AccountSettings, Brand, Problem};
use super::tree;
use crate::clock::Clock;
use crate::domain::remark::Remark;
use crate::processors::exchange::Note;
use crate::processors::line::{End, Line};
use reqwest::header::{CONTENT_TYPE, HeaderName};
use reqwest::{Certificate, Identity, StatusCode, redirect};
use secrecy::{ExposeSecret, SecretString};
use std::error::Error as _;
use std::path::Path;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How a call ended that brought no success. None of the texts holds a credential or a PIN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error("the request can't be written: {0}")]
    Unwritable(#[from] Unwritable),
    #[error("nothing was sent: {0}")]
    NotSent(String),
    #[error("no readable answer: {0}")]
    Lost(String),
    #[error("the gateway refuses our address (HTTP 403)")]
    Forbidden,
    #[error("the gateway calls our request wrong: {0}")]
    ClientFault(String),
    #[error("the gateway reports a fault: {0}")]
    ServerFault(String),
    #[error("result {}, {}", .0.result, codes::describe(.0.error))]
    Refused(Codes),
}

impl CallError {
    pub fn failure(&self) -> Failure {
        Failure::from(self)
    }

    /// The gateway's code, where it gave one.
    pub fn code(&self) -> String {
        match self {
            CallError::Refused(codes) => codes.error.to_string(),
            CallError::Unwritable(_) => "unwritable".to_owned(),
            CallError::NotSent(_) => Remark::NotSent.into(),
            CallError::Lost(_) => "lost".to_owned(),
            CallError::Forbidden => "403".to_owned(),
            CallError::ClientFault(_) => "client fault".to_owned(),
            CallError::ServerFault(_) => "server fault".to_owned(),
        }
    }
}

pub struct Client {
    http: reqwest::Client,
    endpoint: String,
    username: String,
    password: SecretString,
    sub_id: String,
    brand: Brand,
    line: Line,
}

/// The alert of a refusal that lies with us or with the contract.
const NEEDS_A_PERSON: &str = "sopg_needs_a_person";

impl Client {
    /// Builds the connection; nothing is sent yet. Needs rustls' crypto provider to be installed.
    pub fn new(settings: &AccountSettings, clock: Clock) -> Result<Client, Problem> {
        let mut http = reqwest::Client::builder()
            .https_only(!settings.allow_plain_http)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            // A connection that the gateway closed while it was idle would turn a debit that never left into one of
            // unknown outcome; a handshake is cheaper than that.
            .pool_max_idle_per_host(0)
            .connect_timeout(Duration::from_millis(settings.connect_timeout_ms))
            .timeout(Duration::from_millis(settings.timeout_ms));
        if let Some(path) = &settings.ca_file {
            let bundle = Certificate::from_pem_bundle(&file("ca_file", path)?);
            http = http.tls_certs_only(bundle.map_err(|error| Problem::new("ca_file", error))?);
        }
        if let Some(path) = &settings.client_certificate_file {
            let mut pem = file("client_certificate_file", path)?;
            if let Some(key) = &settings.client_key_file {
                pem.push(b'\n');
                pem.extend_from_slice(&file("client_key_file", key)?);
            }
            let identity = Identity::from_pem(&pem);
            http = http.identity(identity.map_err(|error| Problem::new("client_certificate_file", error))?);
        }
        let http = http.build().map_err(|error| Problem::new("endpoint", describe(error)))?;
        Ok(Client {
            http,
            endpoint: settings.endpoint.clone(),
            username: settings.username.clone(),
            password: settings.password()?,
            sub_id: settings.sub_id.clone(),
            brand: settings.brand,
            line: Line::new(super::ROOM, &settings.limits, clock),
        })
    }

    /// Begins a request: every operation takes user name and password first.
    pub fn request(&self, operation: Operation) -> Request {
        Request::new(operation.name())
            .text("username", &self.username)
            .text("password", self.password.expose_secret())
    }

    pub fn line(&self) -> &Line {
        &self.line
    }

    /// The reporting criterion, sent empty where none is agreed on.
    pub fn sub_id(&self) -> &str {
        &self.sub_id
    }

    /// Posts the request and reads the return element, whatever its codes say.
    pub async fn exchange(&self, request: Request) -> Result<(Answer, Codes), CallError> {
        let operation = request.operation();
        let body = request.finish()?;
        let call = self.line.call().await.map_err(|closed| CallError::NotSent(closed.to_string()))?;
        let begun = Instant::now();
        let note = Note::begin(operation, &self.endpoint, body.as_bytes());
        let ended = match self.post(body).await {
            Ok((status, bytes)) => {
                note.answered(status.as_u16(), &bytes);
                read(operation, status, &bytes)
            }
            Err(error) => {
                note.lost(&error.to_string());
                Err(error)
            }
        };
        call.ended(
            operation,
            match &ended {
                Ok(_) => End::Answered,
                Err(CallError::NotSent(_)) => End::NotSent,
                // A fault of the gateway's own, again and again, is no better than silence.
                Err(CallError::Lost(_) | CallError::ServerFault(_)) => End::Unknown,
                Err(
                    CallError::Unwritable(_)
                    | CallError::Forbidden
                    | CallError::ClientFault(_)
                    | CallError::Refused(_),
                ) => End::Answered,
            },
        );
        let ended = ended.map_err(|error| self.scrubbed(error));
        let duration_ms = begun.elapsed().as_millis() as u64;
        match &ended {
            Ok((_, codes)) => tracing::info!(
                operation,
                result_code = codes.result,
                error_code = codes.error,
                duration_ms,
                "the gateway answered"
            ),
            Err(error) => tracing::warn!(operation, %error, duration_ms, "the gateway did not answer"),
        }
        let failure = match &ended {
            Ok((_, codes)) => Failure::check(*codes).err(),
            Err(error) => Some(error.failure()),
        };
        if let Some(failure) = failure.filter(|failure| retry::needs_a_person(*failure)) {
            metrics::counter!("tillgate_alerts_total", "alert" => NEEDS_A_PERSON).increment(1);
            let (brand, username) = (self.brand.name(), &self.username);
            tracing::error!(
                operation,
                ?failure,
                brand,
                username,
                "the gateway will not take our calls; a person must look"
            );
        }
        ended
    }

    /// As [`Client::exchange`], where anything but success is an error.
    pub async fn call(&self, request: Request) -> Result<Answer, CallError> {
        let (answer, codes) = self.exchange(request).await?;
        if codes.ok() { Ok(answer) } else { Err(CallError::Refused(codes)) }
    }

    /// A fault's text may quote our request: the password and whatever could be a PIN are masked.
    fn scrubbed(&self, error: CallError) -> CallError {
        match error {
            CallError::ClientFault(text) => {
                CallError::ClientFault(scrub(&text, self.password.expose_secret()))
            }
            CallError::ServerFault(text) => {
                CallError::ServerFault(scrub(&text, self.password.expose_secret()))
            }
            CallError::Unwritable(_)
            | CallError::NotSent(_)
            | CallError::Lost(_)
            | CallError::Forbidden
            | CallError::Refused(_) => error,
        }
    }

    async fn post(&self, body: Zeroizing<String>) -> Result<(StatusCode, Vec<u8>), CallError> {
        let sent = self
            .http
            .post(&self.endpoint)
            .header(CONTENT_TYPE, "text/xml; charset=utf-8")
            .header(HeaderName::from_static("soapaction"), "\"\"")
            .body(body.as_bytes().to_vec())
            .send()
            .await;
        let mut response = sent.map_err(|error| match error.is_connect() || error.is_builder() {
            true => CallError::NotSent(describe(error)),
            false => CallError::Lost(describe(error)),
        })?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| CallError::Lost(describe(error)))? {
            if bytes.len() + chunk.len() > tree::LARGEST_DOCUMENT {
                return Err(CallError::Lost(Remark::TooLarge.into()));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok((response.status(), bytes))
    }
}

/// A SOAP body counts whatever the HTTP status is; without one the status decides what we don't know.
fn read(operation: &str, status: StatusCode, bytes: &[u8]) -> Result<(Answer, Codes), CallError> {
    let answer = envelope::read(operation, bytes).and_then(|answer| {
        let codes = answer.codes()?;
        Ok((answer, codes))
    });
    answer.map_err(|error| match error {
        ReadError::ClientFault(text) => CallError::ClientFault(text),
        ReadError::ServerFault(text) => CallError::ServerFault(text),
        ReadError::NotSoap(_) | ReadError::Missing(_) | ReadError::BadField(_) => {
            if status == StatusCode::FORBIDDEN {
                CallError::Forbidden
            } else {
                CallError::Lost(format!("HTTP {}: {error}", status.as_u16()))
            }
        }
    })
}

/// Shorter runs of digits are codes and amounts; a PIN has sixteen.
const SHORTEST_PIN: usize = 10;

fn scrub(text: &str, password: &str) -> String {
    let text = if password.is_empty() { text.to_owned() } else { text.replace(password, "***") };
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, digits) = rest.split_at(start);
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let (run, after) = digits.split_at(end);
        out.push_str(before);
        out.push_str(if run.len() < SHORTEST_PIN { run } else { "***" });
        rest = after;
    }
    out + rest
}

fn file(key: &'static str, path: &Path) -> Result<Vec<u8>, Problem> {
    std::fs::read(path).map_err(|error| Problem::new(key, format!("can't be read: {error}")))
}

/// The whole chain of causes, without the address.
fn describe(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: &str = include_str!("../../../tests/data/sopg/executeDebit.response.ok.xml");
    const FAULT: &str = include_str!("../../../tests/data/sopg/fault.server.xml");

    #[test]
    fn a_soap_body_counts_whatever_the_status_is() {
        for status in [200, 400, 401, 403, 500, 502] {
            let status = StatusCode::from_u16(status).unwrap();
            assert!(read("executeDebit", status, OK.as_bytes()).unwrap().1.ok());
            let fault = read("executeDebit", status, FAULT.as_bytes()).unwrap_err();
            assert_eq!(fault, CallError::ServerFault("Internal error".to_owned()));
        }
    }

    #[test]
    fn faults_that_quote_us_are_masked() {
        let said = "pin 0000000000000012 of s3cret-Pass over 24.90 (10013) is bad";
        assert_eq!(scrub(said, "s3cret-Pass"), "pin *** of *** over 24.90 (10013) is bad");
        assert_eq!(scrub("", ""), "");
    }

    #[test]
    fn a_page_is_forbidden_or_lost_and_never_more() {
        let page = b"<html><body>no</body></html>";
        assert_eq!(read("getMid", StatusCode::FORBIDDEN, page).unwrap_err(), CallError::Forbidden);
        for status in [StatusCode::OK, StatusCode::FOUND, StatusCode::BAD_GATEWAY, StatusCode::NOT_FOUND] {
            let error = read("getMid", status, page).unwrap_err();
            assert_eq!(error.failure(), Failure::Lost, "{status}");
        }
        let half = &OK.as_bytes()[..OK.len() / 2];
        assert_eq!(read("executeDebit", StatusCode::OK, half).unwrap_err().failure(), Failure::Lost);
    }
}
