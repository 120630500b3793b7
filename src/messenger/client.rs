//! One cashier's RejectPayout over HTTP: JSON, Basic authentication, and the signature of version 1.0.
//!
//! Nothing is repeated here, and no error holds an address, a login or a body: only its kind is told.

use super::settings::{Problem, Settings, Spelling};
use super::{Rejection, Said};
use crate::domain::remark::Remark;
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::time::Instant;

/// The longest answer that is read.
const MOST_BYTES: usize = 64 * 1024;
/// The longest description that a cashier's reply has room for.
const LONGEST_DESCRIPTION: usize = 256;

pub struct Client {
    http: reqwest::Client,
    url: String,
    user: String,
    password: SecretString,
    pass_code: SecretString,
    spelling: Spelling,
    version: String,
}

impl Client {
    /// Builds the connection; nothing is sent yet. Needs rustls' crypto provider to be installed.
    pub fn new(settings: &Settings) -> Result<Client, Vec<Problem>> {
        let problems = settings.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        let wrong = |key: &'static str, reason: String| vec![Problem { key, reason }];
        let mut http = reqwest::Client::builder()
            .https_only(!settings.allow_plain_http)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .connect_timeout(settings.connect_timeout())
            .timeout(settings.timeout())
            .pool_max_idle_per_host(0);
        if let Some(path) = &settings.ca_file {
            let pem = std::fs::read(path).map_err(|error| wrong("ca_file", error.to_string()))?;
            let bundle = reqwest::Certificate::from_pem_bundle(&pem);
            http = http
                .tls_certs_only(bundle.map_err(|_| wrong("ca_file", "holds no certificates".to_owned()))?);
        }
        Ok(Client {
            http: http.build().map_err(|_| wrong("url", "no HTTP client can be built".to_owned()))?,
            url: settings.url.clone(),
            user: settings.user.clone(),
            password: settings.password().map_err(|reason| wrong("password", reason))?,
            pass_code: settings.pass_code().map_err(|reason| wrong("pass_code", reason))?,
            spelling: settings.id_spelling,
            version: settings.version.clone(),
        })
    }

    /// Asks the cashier to end a payout.
    pub async fn reject(&self, rejection: &Rejection, now_seconds: i64) -> Said {
        let begun = Instant::now();
        let said = match self.post(self.request(rejection, now_seconds)).await {
            Ok(said) => said,
            Err(cause) => Said::Nothing { cause: cause.into() },
        };
        let duration_ms = begun.elapsed().as_millis() as u64;
        match &said {
            Said::Yes => {
                tracing::info!(payout.id = %rejection.payout, duration_ms, "the cashier ends a payout")
            }
            Said::No { status, .. } => {
                tracing::warn!(payout.id = %rejection.payout, status, duration_ms, "the cashier does not end a payout");
            }
            Said::Nothing { cause } => {
                tracing::warn!(payout.id = %rejection.payout, cause, duration_ms, "the cashier gave no answer");
            }
        }
        said
    }

    fn request(&self, rejection: &Rejection, now_seconds: i64) -> String {
        let timestamp = now_seconds.to_string();
        let payout = rejection.payout.to_string();
        let mut parameters = [
            (self.spelling.name(), payout.as_str()),
            ("frontend", rejection.front_end.as_str()),
            ("pp", rejection.processor.as_str()),
            ("timestamp", timestamp.as_str()),
            ("version", self.version.as_str()),
        ];
        parameters.sort_unstable();
        let signature = signature(&parameters, &self.pass_code);
        let mut body = Map::new();
        for (name, value) in parameters {
            body.insert(name.to_owned(), Value::from(value));
        }
        body.insert("timestamp".to_owned(), Value::from(now_seconds));
        body.insert("signature".to_owned(), Value::from(signature));
        Value::Object(body).to_string()
    }

    async fn post(&self, body: String) -> Result<Said, Remark> {
        let sent = self
            .http
            .post(&self.url)
            .basic_auth(&self.user, Some(self.password.expose_secret()))
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .body(body)
            .send()
            .await;
        let mut response = sent.map_err(|error| kind(&error))?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| kind(&error))? {
            if bytes.len() + chunk.len() > MOST_BYTES {
                return Err(Remark::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        read(status, &bytes)
    }
}

/// Over the values in the order of their names, then the pass code: SHA-256 in hex.
fn signature(parameters: &[(&str, &str)], pass_code: &SecretString) -> String {
    let mut digest = Sha256::new();
    for (_, value) in parameters {
        digest.update(value.as_bytes());
    }
    digest.update(pass_code.expose_secret().as_bytes());
    hex::encode(digest.finalize())
}

fn kind(error: &reqwest::Error) -> Remark {
    if error.is_timeout() {
        Remark::NoAnswer
    } else if error.is_connect() {
        Remark::NoConnection
    } else {
        Remark::ConnectionBroke
    }
}

/// Only an answer in the cashier's own words is one: an error page says nothing of the payout.
fn read(status: StatusCode, bytes: &[u8]) -> Result<Said, Remark> {
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return Err(Remark::LoginRefused);
    }
    if !status.is_success() {
        return Err(Remark::CashierHttpError);
    }
    let answer: Value = serde_json::from_slice(bytes).map_err(|_| Remark::NotJson)?;
    let field = |name: &str| {
        let fields = answer.as_object()?;
        fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    let code = field("status").and_then(|value| match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    });
    match code.ok_or(Remark::NoStatus)? {
        0 => Ok(Said::Yes),
        // A failure of the cashier's own side: it may yet do it.
        ..0 => Err(Remark::CashierFailed),
        status => {
            let text = field("description").and_then(Value::as_str).unwrap_or_default();
            let description = text.chars().filter(|c| !c.is_control()).take(LONGEST_DESCRIPTION).collect();
            Ok(Said::No { status, description })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::PayoutId;

    fn client(spelling: Spelling) -> Client {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let settings: Settings = serde_json::from_value(serde_json::json!({
            "url": "https://cashier.example/RejectPayout", "user": "agent", "password": "p",
            "pass_code": "WSPassCodeExample", "id_spelling": spelling.name(),
        }))
        .expect("settings");
        Client::new(&settings).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    #[test]
    fn the_signature_is_that_of_the_specification() {
        let parameters = [
            ("extpayoutid", "331311"),
            ("frontend", "Integration TEST USD"),
            ("pp", "Skrill"),
            ("timestamp", "1559825373"),
            ("version", "1.0"),
        ];
        let expected = "cf06e02530cdc387dfb08fcd1952741e44701eeda13640248e81786ee41e7176";
        assert_eq!(signature(&parameters, &SecretString::from("WSPassCodeExample")), expected);
    }

    /// The bytes that are signed, put together by hand: values in the order of their names.
    #[test]
    fn the_request_is_signed_over_its_values_in_the_order_of_their_names() {
        let rejection = Rejection {
            payout: PayoutId(331_311),
            front_end: "Integration TEST USD".to_owned(),
            processor: "Skrill".to_owned(),
        };
        for spelling in [Spelling::Together, Spelling::Apart] {
            let body: Value =
                serde_json::from_str(&client(spelling).request(&rejection, 1_559_825_373)).expect("JSON");
            let signed = format!(
                "{}Integration TEST USDSkrill15598253731.0WSPassCodeExample",
                body[spelling.name()].as_str().expect("the id")
            );
            assert_eq!(body["signature"], hex::encode(Sha256::digest(signed)), "{body}");
            assert_eq!(body["timestamp"], 1_559_825_373);
            assert_eq!(body["version"], "1.0");
            assert_eq!(body.as_object().map(Map::len), Some(6), "{body}");
            assert!(!body.to_string().contains("WSPassCodeExample"));
        }
    }

    #[test]
    fn answers_are_read_in_either_casing_and_nothing_else_is_an_answer() {
        let ok = StatusCode::OK;
        let yes = br#"{"status":0,"description":"Transaction complete: ExtPayoutID=752856","version":"1.0"}"#;
        assert_eq!(read(ok, yes), Ok(Said::Yes));
        assert_eq!(read(ok, br#"{"Status":"0"}"#), Ok(Said::Yes));
        let no = br#"{"Status":31,"Description":"is\nprocessed"}"#;
        let expected = Said::No { status: 31, description: "isprocessed".to_owned() };
        assert_eq!(read(ok, no), Ok(expected));
        for (status, body) in [
            (ok, "{\"status\":-1,\"description\":\"busy\"}"),
            (ok, "{\"status\":null}"),
            (ok, "{}"),
            (ok, "[0]"),
            (ok, "<html>0</html>"),
            (StatusCode::BAD_GATEWAY, "{\"status\":0}"),
            (StatusCode::UNAUTHORIZED, "{\"status\":0}"),
            (StatusCode::FOUND, ""),
        ] {
            assert!(read(status, body.as_bytes()).is_err(), "{status} {body}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_key() {
        let settings: Settings = serde_json::from_value(serde_json::json!({
            "url": "http://cashier.example/", "timeout_ms": 0,
        }))
        .expect("settings");
        let keys: Vec<&str> = settings.problems().iter().map(|problem| problem.key).collect();
        assert_eq!(keys, ["url", "user", "timeout_ms", "password", "pass_code"]);
    }
}
