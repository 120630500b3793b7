//! How one front end's cashier is reached.

use crate::masked;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where RejectPayout is.
    pub url: String,
    /// HTTP Basic: the login of the agent's calls.
    #[serde(default)]
    pub user: String,
    #[serde(default, serialize_with = "masked::secret")]
    pub password: Option<SecretString>,
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// The WSPassCode, which signs.
    #[serde(default, serialize_with = "masked::secret")]
    pub pass_code: Option<SecretString>,
    #[serde(default)]
    pub pass_code_file: Option<PathBuf>,
    /// How the payout's id is spelled: cashiers' documents show both ways.
    #[serde(default)]
    pub id_spelling: Spelling,
    #[serde(default = "version")]
    pub version: String,
    #[serde(default = "connect_timeout_ms")]
    pub connect_timeout_ms: u64,
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
    /// Certificates that are trusted instead of the public ones.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Without TLS, on the merchant's own network.
    #[serde(default)]
    pub allow_plain_http: bool,
}

#[derive(Clone, Copy, Default, Deserialize, Serialize, PartialEq, Eq, Debug)]
pub enum Spelling {
    #[default]
    #[serde(rename = "extpayoutid")]
    Together,
    #[serde(rename = "ext_payout_id")]
    Apart,
}

impl Spelling {
    pub fn name(self) -> &'static str {
        match self {
            Spelling::Together => "extpayoutid",
            Spelling::Apart => "ext_payout_id",
        }
    }
}

fn version() -> String {
    "1.0".to_owned()
}
fn connect_timeout_ms() -> u64 {
    5_000
}
fn timeout_ms() -> u64 {
    20_000
}

/// Something wrong with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub key: &'static str,
    pub reason: String,
}

impl Settings {
    /// Everything that is wrong; files are looked into.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key, reason: &str| problems.push(Problem { key, reason: reason.to_owned() });
        match reqwest::Url::parse(&self.url) {
            Ok(url) if url.scheme() == "https" && url.host().is_some() => {}
            Ok(url) if url.scheme() == "http" && url.host().is_some() && self.allow_plain_http => {}
            Ok(url) if url.scheme() == "http" => wrong("url", "is plain HTTP; allow_plain_http allows it"),
            Ok(_) | Err(_) => wrong("url", "is not an https address"),
        }
        if self.user.is_empty() || self.user.contains(':') {
            wrong("user", "must be there, without a colon");
        }
        if self.version.is_empty() {
            wrong("version", "must not be empty");
        }
        if self.connect_timeout_ms == 0 || self.timeout_ms == 0 {
            wrong("timeout_ms", "must be greater than zero");
        }
        for (key, secret) in [("password", self.password()), ("pass_code", self.pass_code())] {
            if let Err(reason) = secret {
                problems.push(Problem { key, reason });
            }
        }
        problems
    }

    pub fn password(&self) -> Result<SecretString, String> {
        secret(&self.password, self.password_file.as_deref())
    }

    pub fn pass_code(&self) -> Result<SecretString, String> {
        secret(&self.pass_code, self.pass_code_file.as_deref())
    }

    pub fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }

    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}

fn secret(value: &Option<SecretString>, file: Option<&Path>) -> Result<SecretString, String> {
    let secret = match (value, file) {
        (Some(_), Some(_)) => return Err("is given both directly and as a file".to_owned()),
        (Some(value), None) => value.clone(),
        (None, Some(file)) => {
            let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
            SecretString::from(text.trim_end_matches(['\r', '\n']).to_owned())
        }
        (None, None) => return Err("is missing".to_owned()),
    };
    if secret.expose_secret().is_empty() {
        return Err("must not be empty".to_owned());
    }
    Ok(secret)
}
