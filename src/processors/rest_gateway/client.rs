//! HTTP to the gateway: tokens, timeouts, and what a lost answer means.
//!
//! Nothing is repeated here but a call that the gateway turned away for its token. Redirects, proxies and the HTTP
//! library's own retries are off: a payment must go where it was sent, and once.

use super::checksum::{Signed, Signer};
use super::codec::answer::{self, Node, ResultCodes};
use super::codec::request::Request;
use super::settings::{Settings, SettingsError};
use super::token::TokenCache;
use super::trouble::Trouble;
use crate::clock::Clock;
use crate::domain::remark::Remark;
use crate::processors::Health;
use crate::processors::exchange::Note;
use crate::processors::line::{End, Line};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// What stays as it is in a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("ca_file can't be used")]
    Certificates(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("no HTTP client can be built")]
    Http(#[source] reqwest::Error),
}

pub struct Client {
    http: reqwest::Client,
    settings: Settings,
    signer: Signer,
    key: SecretString,
    clock: Clock,
    payments: TokenCache,
    invoices: TokenCache,
    /// Each service may be there without the other.
    payments_line: Line,
    invoices_line: Line,
}

/// The two services of the gateway. Each has its own address and its own tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    Payments,
    Invoices,
}

/// Whether a call may be made twice without harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    Question,
    Order,
}

/// One call: the path below the service's address, and what is sent.
#[derive(Debug)]
pub struct Call<'a> {
    pub service: Service,
    pub path: &'a [&'a str],
    pub nature: Nature,
    pub request: Request,
}

/// What came back: an answer, or that the token was not accepted.
enum Reply {
    Answer(Node),
    /// `untouched`: the gateway checks the token before anything else, so this call did nothing.
    TokenRefused {
        untouched: bool,
    },
}

impl Client {
    pub fn new(settings: Settings, clock: Clock) -> Result<Client, BuildError> {
        if let Some(problem) = settings.problems().into_iter().next() {
            return Err(problem.into());
        }
        let key = settings.load_key()?;
        let cache = || TokenCache::new(settings.token_lifetime_s, settings.renew_before_s, clock.clone());
        let line = || Line::new(super::ISSUER, &settings.limits, clock.clone());
        Ok(Client {
            http: http(&settings)?,
            signer: Signer::new(&settings.member_id, key.clone()),
            key,
            payments: cache(),
            invoices: cache(),
            payments_line: line(),
            invoices_line: line(),
            clock,
            settings,
        })
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether each service is called.
    pub fn health(&self) -> Health {
        match (self.payments_line.health(), self.invoices_line.health()) {
            (Health::Calls, Health::Calls) => Health::Calls,
            (Health::LeftAlone, _) | (_, Health::LeftAlone) => Health::LeftAlone,
        }
    }

    fn line(&self, service: Service) -> &Line {
        match service {
            Service::Payments => &self.payments_line,
            Service::Invoices => &self.invoices_line,
        }
    }

    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    pub fn request(&self, signed: Signed<'_>) -> Request {
        Request::signed(&self.settings.member_id, &self.signer, signed)
    }

    /// Makes a call with a token. A refused token is renewed once; the call is repeated only if it did nothing, or
    /// can do no harm.
    pub async fn call(&self, call: Call<'_>) -> Result<Node, Trouble> {
        let token = self.token(call.service).await?;
        let untouched = match self.send(&call, Some(&token)).await? {
            Reply::Answer(answer) => return Ok(answer),
            Reply::TokenRefused { untouched } => untouched,
        };
        self.cache(call.service).forget(&token).await;
        if !untouched && call.nature == Nature::Order {
            return Err(Trouble::Unknown("the gateway turned the order away in an unknown way".to_owned()));
        }
        let token = self.token(call.service).await?;
        match self.send(&call, Some(&token)).await? {
            Reply::Answer(answer) => Ok(answer),
            Reply::TokenRefused { untouched: true } => {
                Err(Trouble::NotSent("the gateway refuses a fresh token".to_owned()))
            }
            Reply::TokenRefused { untouched: false } => {
                Err(Trouble::Unknown("the gateway turned the call away twice".to_owned()))
            }
        }
    }

    fn cache(&self, service: Service) -> &TokenCache {
        match service {
            Service::Payments => &self.payments,
            Service::Invoices => &self.invoices,
        }
    }

    /// Without a token nothing of the order itself leaves us, so every failure here is `NotSent`.
    async fn token(&self, service: Service) -> Result<SecretString, Trouble> {
        let fetched = self.cache(service).token(async || self.fetch_token(service).await).await;
        fetched.map_err(Trouble::NotSent)
    }

    async fn fetch_token(&self, service: Service) -> Result<SecretString, String> {
        let request = Request::new()
            .with("authentication.partnerId", &self.settings.partner_id)
            .with("merchant.username", &self.settings.username)
            .with("authentication.sKey", self.key.expose_secret());
        let call = Call { service, path: &["authToken"], nature: Nature::Question, request };
        let answer = match self.send(&call, None).await {
            Ok(Reply::Answer(answer)) => answer,
            Ok(Reply::TokenRefused { .. }) => {
                return Err("the gateway gives no token to this account".to_owned());
            }
            Err(trouble) => return Err(format!("no token: {trouble}")),
        };
        match answer.text("AuthToken").or_else(|| answer.text("authToken")) {
            Some(token) if ResultCodes::of(&answer).is("200") => Ok(SecretString::from(token)),
            Some(_) | None => Err(format!("no token: {}", Trouble::rejected(&ResultCodes::of(&answer)))),
        }
    }

    async fn send(&self, call: &Call<'_>, token: Option<&SecretString>) -> Result<Reply, Trouble> {
        let url = self.url(call)?;
        let turn =
            self.line(call.service).call().await.map_err(|closed| Trouble::NotSent(closed.to_string()))?;
        let name = call.path.first().copied().unwrap_or_default();
        let reply = self.exchange(call, name, url, token).await;
        turn.ended(
            name,
            match &reply {
                Ok(_) | Err(Trouble::Rejected { .. }) => End::Answered,
                Err(Trouble::NotSent(_)) => End::NotSent,
                Err(Trouble::Unknown(_)) => End::Unknown,
            },
        );
        reply
    }

    async fn exchange(
        &self,
        call: &Call<'_>,
        name: &str,
        url: String,
        token: Option<&SecretString>,
    ) -> Result<Reply, Trouble> {
        let format = self.settings.request_format;
        let written = call.request.write(format);
        let note = Note::begin(name, &url, &written);
        let mut request = self
            .http
            .post(url)
            .timeout(self.timeout(call.nature))
            .header("Content-Type", format.content_type())
            .header("Accept", self.settings.accept.media_type())
            .body(written);
        if let Some(token) = token {
            request = request.header("AuthToken", token.expose_secret());
        }
        let received = async {
            let response = request.send().await.map_err(trouble)?;
            let status = response.status();
            // Of what is no success nothing is believed but its status.
            let body = if status.is_success() { read_body(response).await? } else { Vec::new() };
            Ok::<_, Trouble>((status, body))
        };
        let (status, body) = match received.await {
            Ok((status, body)) => {
                note.answered(status.as_u16(), &body);
                (status, body)
            }
            Err(trouble) => {
                note.lost(&trouble.to_string());
                return Err(trouble);
            }
        };
        if status == StatusCode::UNAUTHORIZED {
            return Ok(Reply::TokenRefused { untouched: true });
        }
        if status == StatusCode::FORBIDDEN {
            return Ok(Reply::TokenRefused { untouched: false });
        }
        if !status.is_success() {
            return Err(Trouble::Unknown(format!("the gateway answered with HTTP {}", status.as_u16())));
        }
        let answer = answer::read(&body).map_err(|error| Trouble::Unknown(error.to_string()))?;
        Ok(understand(answer))
    }

    fn url(&self, call: &Call<'_>) -> Result<String, Trouble> {
        let base = match call.service {
            Service::Payments => Some(&self.settings.base_url),
            Service::Invoices => self.settings.invoice_base_url.as_ref(),
        };
        let base = base.ok_or_else(|| Trouble::unfit("no invoice_base_url is configured"))?;
        let mut url = base.trim_end_matches('/').to_owned();
        for segment in call.path {
            // A dot segment would be folded away and the call would go elsewhere.
            if matches!(*segment, "" | "." | "..") {
                return Err(Trouble::unfit("an id is empty or only dots"));
            }
            url.push('/');
            url.extend(utf8_percent_encode(segment, SEGMENT));
        }
        Ok(url)
    }

    fn timeout(&self, nature: Nature) -> Duration {
        match nature {
            Nature::Question => self.settings.read_timeout(),
            Nature::Order => self.settings.payment_timeout(),
        }
    }
}

/// A refused token comes as HTTP 200 with a body; `401` is written before any processing and without a payment.
fn understand(answer: Node) -> Reply {
    let result = ResultCodes::of(&answer);
    let no_payment = matches!(answer.text("paymentId"), None | Some("-"));
    if result.is("401") {
        return Reply::TokenRefused { untouched: no_payment };
    }
    if result.is("403") {
        return Reply::TokenRefused { untouched: false };
    }
    Reply::Answer(answer)
}

async fn read_body(mut response: reqwest::Response) -> Result<Vec<u8>, Trouble> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(trouble)? {
        if body.len() + chunk.len() > answer::MOST_BYTES {
            return Err(Trouble::Unknown(Remark::TooLarge.into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Could not connect: nothing was sent. Anything later: nobody knows. The error's own text may hold the address, and
/// an address may hold a token, so only its kind is told.
fn trouble(error: reqwest::Error) -> Trouble {
    if error.is_connect() || error.is_builder() {
        return Trouble::NotSent(Remark::NoConnectionThere.into());
    }
    let what = if error.is_timeout() { Remark::NoAnswerAfterSent } else { Remark::BrokeAfterSent };
    Trouble::Unknown(what.into())
}

fn http(settings: &Settings) -> Result<reqwest::Client, BuildError> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .retry(reqwest::retry::never())
        .referer(false)
        .https_only(!settings.sandbox)
        .connect_timeout(Duration::from_millis(settings.connect_timeout_ms))
        // A connection that the gateway closed while it was idle would turn an order that never left into one of
        // unknown outcome; a handshake is cheaper than that.
        .pool_max_idle_per_host(0);
    if let Some(path) = &settings.ca_file {
        let pem = std::fs::read(path).map_err(|error| BuildError::Certificates(error.into()))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem);
        builder =
            builder.tls_certs_only(certificates.map_err(|error| BuildError::Certificates(error.into()))?);
    }
    builder.build().map_err(BuildError::Http)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_401_without_a_payment_has_done_nothing() {
        let untouched = |body: &str| match understand(answer::read(body.as_bytes()).expect("readable")) {
            Reply::Answer(_) => None,
            Reply::TokenRefused { untouched } => Some(untouched),
        };
        assert_eq!(untouched(r#"{"result":{"code":"401"}}"#), Some(true));
        assert_eq!(untouched(r#"{"paymentId":"-","result":{"code":"401"}}"#), Some(true));
        assert_eq!(untouched(r#"{"statusInvoiceResult":{"code":"401"}}"#), Some(true));
        // Whatever this is, a payment was made.
        assert_eq!(untouched(r#"{"paymentId":"620417","result":{"code":"401"}}"#), Some(false));
        assert_eq!(untouched(r#"{"result":{"code":"403"}}"#), Some(false));
        for other in ["4010", "401 | 20001", "00401", "00001"] {
            assert_eq!(untouched(&format!(r#"{{"result":{{"code":"{other}"}}}}"#)), None, "{other}");
        }
    }
}
