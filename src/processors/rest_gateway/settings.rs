//! One account at the gateway, as the configuration writes it.

use super::codec::request::Format;
use crate::domain::money::Currency;
use crate::processors::line;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `https://host/transactionServices/REST/v1`, without a slash at the end.
    pub base_url: String,
    /// `https://host/invoiceServices/REST/v1`; without it there is no payment page and there are no invoices.
    pub invoice_base_url: Option<String>,
    pub partner_id: String,
    pub member_id: String,
    pub username: String,
    /// Tells this installation's orders from those of another one of the same merchant.
    pub installation: Option<String>,
    #[serde(serialize_with = "crate::masked::secret")]
    pub secure_key: Option<SecretString>,
    pub secure_key_file: Option<PathBuf>,
    /// The terminal for currencies that `terminals` does not name.
    pub terminal_id: Option<String>,
    /// Terminals by currency.
    #[serde(default)]
    pub terminals: BTreeMap<String, String>,
    pub account_id: Option<String>,
    /// Loopback and plain HTTP are fine; nothing here is real.
    #[serde(default)]
    pub sandbox: bool,
    /// Card numbers may be typed at us and are passed on. Off: only the gateway's page and tokens.
    #[serde(default)]
    pub allow_pan: bool,
    #[serde(default)]
    pub request_format: Format,
    #[serde(default)]
    pub accept: Accept,
    /// Our payment methods by name: what they are called at the gateway.
    #[serde(default = "known_methods")]
    pub methods: BTreeMap<String, Method>,
    /// Result codes that mean "record not found" at this installation. Empty: any code of the family `9`.
    #[serde(default)]
    pub not_found_codes: Vec<String>,
    #[serde(default)]
    pub invoice_inquiry_checksum: InvoiceInquiryChecksum,
    #[serde(default = "two_days")]
    pub invoice_expiry_hours: u16,
    #[serde(default = "ten_seconds")]
    pub connect_timeout_ms: u64,
    /// For calls that move money.
    #[serde(default = "a_minute")]
    pub payment_timeout_ms: u64,
    /// For tokens, inquiries and lists.
    #[serde(default = "twenty_seconds")]
    pub read_timeout_ms: u64,
    /// How many calls are made, and when none is for a while.
    #[serde(default)]
    pub limits: line::Limits,
    /// A token is renewed when it has less than this left.
    #[serde(default = "five_minutes")]
    pub renew_before_s: u32,
    #[serde(default = "an_hour")]
    pub token_lifetime_s: u32,
    /// A charge or refund whose answer was lost, and that nothing shows, is taken for not made after this time.
    #[serde(default = "half_an_hour")]
    pub settle_minutes: u16,
    /// Certificates to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Accept {
    #[default]
    Json,
    Xml,
}

impl Accept {
    pub fn media_type(self) -> &'static str {
        match self {
            Accept::Json => "application/json",
            Accept::Xml => "application/xml",
        }
    }
}

/// `paymentMode` and `paymentBrand`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    pub mode: String,
    pub brand: String,
}

/// The gateway and the vendor's list disagree on the checksum of an invoice inquiry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceInquiryChecksum {
    #[default]
    MerchantInvoiceId,
    InvoiceId,
}

fn known_methods() -> BTreeMap<String, Method> {
    let known = [
        ("sofort", "NB", "SOFORT"),
        ("ideal", "NB", "IDEAL"),
        ("trustly", "NB", "TRUSTLY"),
        ("skrill", "EW", "SKRILL"),
        ("neteller", "EW", "NETELLER"),
        ("paysafecard", "PV", "PAYSAFECARD"),
    ];
    let method = |mode: &str, brand: &str| Method { mode: mode.to_owned(), brand: brand.to_owned() };
    known.into_iter().map(|(name, mode, brand)| (name.to_owned(), method(mode, brand))).collect()
}

fn two_days() -> u16 {
    48
}
fn ten_seconds() -> u64 {
    10_000
}
fn a_minute() -> u64 {
    60_000
}
fn twenty_seconds() -> u64 {
    20_000
}
fn five_minutes() -> u32 {
    300
}
fn an_hour() -> u32 {
    3_600
}
fn half_an_hour() -> u16 {
    30
}

/// An id of ours without its dash has 15 characters; with a member number of ten, two dashes and this, a reference has
/// the 35 that the gateway takes of an invoice's.
const LONGEST_INSTALLATION: usize = 8;

/// One thing wrong with the settings, with its key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} {problem}")]
pub struct SettingsError {
    pub key: &'static str,
    pub problem: String,
}

impl Settings {
    /// Everything that is wrong, so that a person can mend it in one go.
    pub fn problems(&self) -> Vec<SettingsError> {
        let mut problems = Vec::new();
        let mut add = |key, problem: &str| problems.push(SettingsError { key, problem: problem.to_owned() });
        for (key, url) in
            [("base_url", Some(&self.base_url)), ("invoice_base_url", self.invoice_base_url.as_ref())]
        {
            let Some(url) = url else { continue };
            match reqwest::Url::parse(url) {
                Ok(url) if url.query().is_some() || url.fragment().is_some() => {
                    add(key, "must not have a query")
                }
                Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                    add(key, "must not carry a user or a password");
                }
                Ok(url) if url.scheme() == "https" || (self.sandbox && url.scheme() == "http") => {}
                Ok(_) => add(key, "must begin with https:// (http:// is for the sandbox)"),
                Err(_) => add(key, "is not a URL"),
            }
        }
        let number = |text: &str| (1..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        for (key, text) in [("partner_id", &self.partner_id), ("member_id", &self.member_id)] {
            if !number(text) {
                add(key, "must be a number of up to ten digits");
            }
        }
        if self.terminal_id.iter().chain(self.terminals.values()).any(|terminal| !number(terminal)) {
            add("terminal_id", "must be a number of up to ten digits");
        }
        if self.terminals.keys().any(|code| Currency::find(code).is_none()) {
            add("terminals", "must be named by currencies");
        }
        if self.username.is_empty() || self.username.len() > 50 {
            add("username", "must have 1 to 50 characters");
        }
        let fits = |text: &str| {
            (1..=LONGEST_INSTALLATION).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        if self.installation.as_deref().is_some_and(|text| !fits(text)) {
            add("installation", "must have 1 to 8 letters or digits");
        }
        match (&self.secure_key, &self.secure_key_file) {
            (Some(_), Some(_)) => add("secure_key_file", "and secure_key exclude each other"),
            (None, None) => add("secure_key", "or secure_key_file is needed"),
            (Some(_), None) | (None, Some(_)) => {}
        }
        for (key, value) in [
            ("connect_timeout_ms", self.connect_timeout_ms),
            ("payment_timeout_ms", self.payment_timeout_ms),
            ("read_timeout_ms", self.read_timeout_ms),
            ("token_lifetime_s", u64::from(self.token_lifetime_s)),
        ] {
            if value == 0 {
                add(key, "must be greater than zero");
            }
        }
        if let Some(problem) = self.limits.problem() {
            add("limits", problem);
        }
        if self.renew_before_s >= self.token_lifetime_s {
            add("renew_before_s", "must be less than token_lifetime_s");
        }
        if !(1..=999).contains(&self.invoice_expiry_hours) {
            add("invoice_expiry_hours", "must be 1 to 999");
        }
        problems
    }

    /// The key itself, from wherever it is.
    pub fn load_key(&self) -> Result<SecretString, SettingsError> {
        let key = match (&self.secure_key, &self.secure_key_file) {
            (Some(key), _) => key.clone(),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path).map_err(|error| SettingsError {
                    key: "secure_key_file",
                    problem: format!("can't be read: {error}"),
                })?;
                SecretString::from(text.trim_end_matches(['\r', '\n']))
            }
            (None, None) => SecretString::from(""),
        };
        // With the key `null` a forged return and a real one would look the same.
        if matches!(key.expose_secret(), "" | "null") {
            return Err(SettingsError { key: "secure_key", problem: "is empty or the word null".to_owned() });
        }
        Ok(key)
    }

    /// What every merchantTransactionId begins with. The gateway looks one up among those of all its merchants, and only
    /// takes the newest: so ours carry our number, which no other merchant has, and the installation's name, where the
    /// merchant has several. What follows has a fixed length, so no two such names can meet.
    pub fn reference_prefix(&self) -> String {
        match &self.installation {
            Some(installation) => format!("{}-{installation}-", self.member_id),
            None => format!("{}-", self.member_id),
        }
    }

    pub fn terminal(&self, currency: Currency) -> Option<&str> {
        self.terminals.get(currency.code()).or(self.terminal_id.as_ref()).map(String::as_str)
    }

    /// The longest from the beginning of a charge until the gateway can have it: a token is fetched before, each try waits
    /// for its turn and has its time-outs, and a refused token makes it two.
    pub fn longest_charge(&self) -> chrono::Duration {
        let waiting = self.connect_timeout_ms.saturating_add(self.limits.queue_timeout_ms).saturating_mul(2);
        let once = waiting.saturating_add(self.read_timeout_ms).saturating_add(self.payment_timeout_ms);
        chrono::Duration::milliseconds(i64::try_from(once.saturating_mul(2)).unwrap_or(i64::MAX / 4))
    }

    pub fn payment_timeout(&self) -> Duration {
        Duration::from_millis(self.payment_timeout_ms)
    }

    pub fn read_timeout(&self) -> Duration {
        Duration::from_millis(self.read_timeout_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "base_url = 'https://gw.test/transactionServices/REST/v1'\npartner_id = '312'\nmember_id = '10519'\nusername = 'shop-eu'\nsecure_key = 'k9QmZ2vT7xLw4RbN'\n";

    fn read(text: &str) -> Settings {
        toml::from_str(text).expect("settings")
    }

    #[test]
    fn the_defaults_are_careful() {
        let settings = read(LEAST);
        assert_eq!(settings.problems(), []);
        assert!(!settings.allow_pan && !settings.sandbox);
        assert_eq!(settings.payment_timeout_ms, 60_000);
        assert_eq!(settings.methods["sofort"].brand, "SOFORT");
        assert!(!format!("{settings:?}").contains("k9Qm"));
    }

    #[test]
    fn references_carry_the_merchant_and_the_installation_and_fit() {
        let settings = read(LEAST);
        assert_eq!(settings.reference_prefix(), "10519-");
        let longest = Settings {
            member_id: "1234567890".to_owned(),
            installation: Some("backup02".to_owned()),
            ..settings.clone()
        };
        assert_eq!(longest.problems(), []);
        let id = crate::domain::ids::DepositId(i64::MAX).to_string().replace('-', "");
        let reference = format!("{}{id}", longest.reference_prefix());
        assert_eq!(reference.len(), 35);
        assert!(reference.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        for bad in ["", "toolong99", "a-b", "a b", "é"] {
            let settings = Settings { installation: Some(bad.to_owned()), ..settings.clone() };
            let keys: Vec<&str> = settings.problems().iter().map(|problem| problem.key).collect();
            assert_eq!(keys, ["installation"], "{bad}");
        }
    }

    #[test]
    fn every_key_is_explained_where_people_look_for_it() {
        let shown = serde_json::to_value(read(LEAST)).expect("JSON");
        let docs = include_str!("../../../docs/rest-gateway.md");
        let example = include_str!("../../../config.toml");
        for key in shown.as_object().expect("keys").keys() {
            assert!(docs.contains(&format!("`{key}`")), "docs/rest-gateway.md does not tell of {key}");
            assert!(
                example.lines().any(|line| line.contains(key.as_str())),
                "config.toml does not tell of {key}"
            );
        }
    }

    #[test]
    fn the_keys_of_the_example_are_understood_when_they_are_switched_on() {
        let example = include_str!("../../../config.toml");
        let (_, part) = example.split_once("[rest_gateway.rest]\n").expect("an account");
        let part = part.split("\n\n").next().expect("its keys").replace("\n# ", "\n");
        // The simulator has an address of its own.
        let settings = read(
            &part
                .replace("base_url = \"sandbox\"", "base_url = \"https://gw.test/REST/v1\"")
                .replace('…', "gw.test"),
        );
        assert_eq!(settings.problems(), []);
        assert_eq!(settings.installation.as_deref(), Some("north"));
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(toml::from_str::<Settings>(&format!("{LEAST}allow_pans = true")).is_err());
    }

    #[test]
    fn every_problem_is_named_by_its_key() {
        let text = "base_url = 'http://gw.test/x?y'\ninvoice_base_url = 'http://gw.test'\npartner_id = 'x'\nmember_id = ''\nusername = ''\nread_timeout_ms = 0\nrenew_before_s = 4000";
        let keys: Vec<&str> = read(text).problems().iter().map(|problem| problem.key).collect();
        let expected = [
            "base_url",
            "invoice_base_url",
            "partner_id",
            "member_id",
            "username",
            "secure_key",
            "read_timeout_ms",
            "renew_before_s",
        ];
        assert_eq!(keys, expected);
    }

    #[test]
    fn the_key_may_come_from_a_file_but_not_be_null() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "s3cret\n").expect("written");
        let text = LEAST.replace(
            "secure_key = 'k9QmZ2vT7xLw4RbN'",
            &format!("secure_key_file = '{}'", file.path().display()),
        );
        assert_eq!(read(&text).load_key().expect("a key").expose_secret(), "s3cret");
        std::fs::write(file.path(), "null").expect("written");
        assert!(read(&text).load_key().is_err());
    }
}
