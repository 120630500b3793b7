//! What an operator says about our SOPG accounts: `[sopg.accounts.NAME]` in the configuration.
//!
//! paysafecard and Cash-Ticket are the same client with their own credentials, merchant ids and panel address, so
//! each gets an account of its own. A client certificate (`client_certificate_file`, one PEM file with certificate
//! chain and key, or with `client_key_file` beside it) is shown on the TLS connection when the vendor asks for one;
//! `ca_file` replaces the system's roots by the authorities in that PEM file.

use super::limits::{self, Limit, LimitSettings};
use crate::domain::money::Currency;
use crate::processors::line;
use ipnet::IpNet;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(default)]
    pub accounts: BTreeMap<String, AccountSettings>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Brand {
    Paysafecard,
    CashTicket,
}

impl Brand {
    pub fn name(self) -> &'static str {
        match self {
            Brand::Paysafecard => "paysafecard",
            Brand::CashTicket => "Cash-Ticket",
        }
    }

    /// The currencies the brand is sold in.
    pub fn currencies(self) -> &'static [&'static str] {
        match self {
            Brand::Paysafecard => {
                &["ARS", "CHF", "CZK", "DKK", "EUR", "GBP", "NOK", "PLN", "RON", "SEK", "USD"]
            }
            Brand::CashTicket => &["CHF", "CZK", "DKK", "EUR", "GBP", "PLN", "SEK", "USD"],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum KycLevel {
    Simple,
    Full,
}

impl KycLevel {
    pub fn word(self) -> &'static str {
        match self {
            KycLevel::Simple => "SIMPLE",
            KycLevel::Full => "FULL",
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSettings {
    pub brand: Brand,
    /// `https://soa.paysafecard.com/psc/services/PscService` for both brands, live.
    pub endpoint: String,
    /// Where the customer enters PINs; each brand has its own.
    pub panel: String,
    pub username: String,
    #[serde(serialize_with = "crate::masked::secret")]
    pub password: Option<SecretString>,
    pub password_file: Option<PathBuf>,
    /// Keys the pseudonym of a customer, so that no PIN leaves the house. Never change it: the gateway ties
    /// accounts to pseudonyms.
    #[serde(serialize_with = "crate::masked::secret")]
    pub client_id_key: Option<SecretString>,
    pub client_id_key_file: Option<PathBuf>,
    /// The reporting criterion, empty unless the vendor agreed on one.
    #[serde(default)]
    pub sub_id: String,
    /// The currencies this account has a merchant id for.
    pub currencies: BTreeMap<String, LimitSettings>,
    pub shop_id: Option<String>,
    pub shop_label: Option<String>,
    /// Only cards of these countries (ISO 3166-1 alpha-2).
    #[serde(default)]
    pub countries: Vec<String>,
    pub min_age: Option<u8>,
    pub min_kyc_level: Option<KycLevel>,
    /// Debits in parts, `close=0`, where the vendor enabled them.
    #[serde(default)]
    pub partial_debits: bool,
    /// `modifyDispositionValue`, where the vendor enabled it.
    #[serde(default)]
    pub modify: bool,
    #[serde(default = "utc")]
    pub utc_offset: String,
    /// Whether a payout whose id is already used there, after a validation that passed, counts as paid when the
    /// totals can hold it. That is likely and no proof, so unless it is switched on people decide.
    #[serde(default)]
    pub used_payout_id_is_paid: bool,
    /// Addresses or networks notifications may come from; empty: not checked.
    #[serde(default)]
    pub notice_senders: Vec<String>,
    /// How many calls are made, and when none is for a while.
    #[serde(default)]
    pub limits: line::Limits,
    #[serde(default = "ten_seconds")]
    pub connect_timeout_ms: u64,
    #[serde(default = "thirty_seconds")]
    pub timeout_ms: u64,
    /// How long to wait before asking after an answer that was lost, again and again.
    #[serde(default = "one_two_four")]
    pub ask_again_after_ms: Vec<u64>,
    pub client_certificate_file: Option<PathBuf>,
    pub client_key_file: Option<PathBuf>,
    pub ca_file: Option<PathBuf>,
    /// For the simulator on loopback only.
    #[serde(default)]
    pub allow_plain_http: bool,
}

fn utc() -> String {
    "+00:00".to_owned()
}

fn ten_seconds() -> u64 {
    10_000
}

fn thirty_seconds() -> u64 {
    30_000
}

fn one_two_four() -> Vec<u64> {
    vec![1_000, 2_000, 4_000]
}

/// What is wrong with an account, by key, without any secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} {reason}")]
pub struct Problem {
    pub key: &'static str,
    pub reason: String,
}

impl Problem {
    pub fn new(key: &'static str, reason: impl ToString) -> Problem {
        Problem { key, reason: reason.to_string() }
    }
}

impl AccountSettings {
    /// Everything that can be checked without calling the gateway.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut check = |key, fine: bool, reason: &str| {
            if !fine {
                problems.push(Problem::new(key, reason));
            }
        };
        for (key, url) in [("endpoint", &self.endpoint), ("panel", &self.panel)] {
            let safe = url.starts_with("https://") || (self.allow_plain_http && url.starts_with("http://"));
            check(key, safe && reqwest::Url::parse(url).is_ok(), "must be an https address");
        }
        check("username", !self.username.is_empty(), "must not be empty");
        check("sub_id", self.sub_id.len() <= 8, "must have at most 8 characters");
        for (key, value) in [("shop_id", &self.shop_id), ("shop_label", &self.shop_label)] {
            let length = value.as_deref().unwrap_or_default().chars().count();
            check(key, length <= 60, "must have at most 60 characters");
        }
        let shop_id = self.shop_id.as_deref().unwrap_or("-");
        check("shop_id", is_reference(shop_id), "may hold only letters, digits, - and _");
        for country in &self.countries {
            let fine = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
            check("countries", fine, "must be two capital letters each");
        }
        check("min_age", self.min_age != Some(0), "must be above zero");
        check("utc_offset", is_utc_offset(&self.utc_offset), "must look like +01:00");
        check("timeout_ms", self.timeout_ms > 0 && self.connect_timeout_ms > 0, "must be above zero");
        let line = self.limits.problem();
        check("limits", line.is_none(), line.unwrap_or_default());
        let lone_key = self.client_key_file.is_some() && self.client_certificate_file.is_none();
        check("client_key_file", !lone_key, "needs client_certificate_file beside it");
        problems.extend(self.limits().err());
        problems.extend(self.senders().err());
        problems.extend(self.password().err());
        problems.extend(self.client_id_key().err());
        problems
    }

    /// What is taken in each currency.
    pub fn limits(&self) -> Result<BTreeMap<Currency, Limit>, Problem> {
        limits::read(self.brand, &self.currencies)
    }

    pub fn senders(&self) -> Result<Vec<IpNet>, Problem> {
        let read = |text: &String| match text.parse::<IpNet>() {
            Ok(network) => Ok(network),
            Err(_) => text.parse::<std::net::IpAddr>().map(IpNet::from),
        };
        let senders: Result<_, _> = self.notice_senders.iter().map(read).collect();
        senders.map_err(|_| Problem::new("notice_senders", "must be addresses or networks"))
    }

    pub fn password(&self) -> Result<SecretString, Problem> {
        secret("password", self.password.as_ref(), self.password_file.as_deref())
    }

    pub fn client_id_key(&self) -> Result<SecretString, Problem> {
        secret("client_id_key", self.client_id_key.as_ref(), self.client_id_key_file.as_deref())
    }
}

/// A secret from its key or from the file named beside it; exactly one of the two.
fn secret(
    key: &'static str,
    inline: Option<&SecretString>,
    file: Option<&Path>,
) -> Result<SecretString, Problem> {
    use secrecy::ExposeSecret;
    let secret = match (inline, file) {
        (Some(secret), None) => secret.clone(),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(path);
            let text =
                text.map_err(|error| Problem::new(key, format!("can't be read from its file: {error}")))?;
            SecretString::from(text.trim_end_matches(['\r', '\n']).to_owned())
        }
        (None, None) => return Err(Problem::new(key, "is missing; set it or its _file")),
        (Some(_), Some(_)) => return Err(Problem::new(key, "and its _file must not both be set")),
    };
    if secret.expose_secret().is_empty() {
        return Err(Problem::new(key, "must not be empty"));
    }
    Ok(secret)
}

/// The character set of transaction, refund, payout and shop ids.
pub fn is_reference(text: &str) -> bool {
    (1..=60).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The contract's own pattern, with its odd minutes: `[+-][0-1][0-9]:[0-4][0-5]`.
fn is_utc_offset(text: &str) -> bool {
    let &[sign, tens, ones, colon, minute_tens, minute_ones] = text.as_bytes() else { return false };
    let within = |byte: u8, last: u8| (b'0'..=last).contains(&byte);
    (sign == b'+' || sign == b'-')
        && within(tens, b'1')
        && within(ones, b'9')
        && colon == b':'
        && within(minute_tens, b'4')
        && within(minute_ones, b'5')
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A valid account, for the tests of this room.
    pub fn account() -> AccountSettings {
        let text = r#"
            brand = "paysafecard"
            endpoint = "https://soa.test/psc/services/PscService"
            panel = "https://customer.test/psccustomer/GetCustomerPanelServlet"
            username = "psc_example_shop_test"
            password = "example-password"
            client_id_key = "a key"
            [currencies]
            EUR = { most = "1000.00" }
            GBP = { least = "1.00", most = "850.00" }
        "#;
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_minimal_account_is_complete_and_keeps_its_secrets() {
        let account = account();
        assert_eq!(account.problems(), []);
        let shown = format!("{account:?}");
        assert!(!shown.contains("example-password") && !shown.contains("a key"), "{shown}");
        let eur = Currency::find("EUR").unwrap();
        let limit = account.limits().unwrap()[&eur];
        assert_eq!((limit.least.minor(), limit.most.minor()), (1, 100_000));
    }

    #[test]
    fn each_mistake_is_named_by_its_key() {
        let mut bad = account();
        bad.endpoint = "http://soa.test/".to_owned();
        bad.panel = "nowhere".to_owned();
        bad.sub_id = "ninechars".to_owned();
        bad.shop_id = Some("a b".to_owned());
        bad.countries = vec!["at".to_owned()];
        bad.min_age = Some(0);
        bad.limits.concurrent = 0;
        bad.utc_offset = "+05:50".to_owned();
        bad.currencies.insert("NOK".to_owned(), LimitSettings { most: Some("-1".to_owned()), least: None });
        bad.notice_senders = vec!["everywhere".to_owned()];
        bad.password = None;
        bad.client_id_key_file = Some(PathBuf::from("/dev/null"));
        let keys: Vec<&str> = bad.problems().iter().map(|problem| problem.key).collect();
        let expected = [
            "endpoint",
            "panel",
            "sub_id",
            "shop_id",
            "countries",
            "min_age",
            "utc_offset",
            "limits",
            "currencies",
            "notice_senders",
            "password",
            "client_id_key",
        ];
        assert_eq!(keys, expected);
    }

    #[test]
    fn the_manuals_example_is_an_account() {
        let manual = include_str!("../../../docs/sopg.md");
        let example = manual.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let example = example.replace("[sopg.accounts", "[accounts").replace("\"…\"", "\"user\"");
        let mut settings: Settings = toml::from_str(&example).unwrap();
        let account = settings.accounts.get_mut("paysafecard").unwrap();
        let keys: Vec<&str> = account.problems().iter().map(|problem| problem.key).collect();
        assert_eq!(keys, ["password", "client_id_key"], "only the secret files are not there");
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(toml::from_str::<Settings>("[accounts.a]\nbrand='paysafecard'\npasword='x'").is_err());
    }
}
