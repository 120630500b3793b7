//! One merchant account at Paygate, as the configuration describes it.

use super::codec::{Cipher, CodecError, MacKey};
use super::policy::ThreeDsPolicy;
use super::values::{self, BadValue, amount::Digits};
use crate::processors::line;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The account, its secrets, and how we talk to it. Unknown keys are refused.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Test and live are told apart by the merchant id, not by the address.
    #[serde(default = "default_base_url")]
    pub base_url: String,
    pub merchant_id: String,
    /// 16 characters or more for Blowfish; 16, 24 or 32 for AES.
    #[serde(serialize_with = "crate::masked::secret")]
    pub encryption_key: Option<SecretString>,
    pub encryption_key_file: Option<PathBuf>,
    #[serde(serialize_with = "crate::masked::secret")]
    pub mac_key: Option<SecretString>,
    pub mac_key_file: Option<PathBuf>,
    #[serde(default)]
    pub cipher: CipherName,
    /// Off only for the sandbox on this machine.
    #[serde(default = "yes")]
    pub https_only: bool,
    /// Demand a MAC in server answers too. The platform sends none by default; one that is there is always checked.
    #[serde(default)]
    pub answer_mac: bool,
    #[serde(default)]
    pub limits: Limits,
    /// The smallest amount in minor units; below 100 only after activation at the platform.
    #[serde(default = "default_minimum")]
    pub minimum_amount: i64,
    /// Decimals of currencies that the platform counts in other units than ISO 4217.
    #[serde(default)]
    pub digits: Digits,
    /// Who settles the cards; decides on RefNr's format and the extra parameters.
    #[serde(default)]
    pub acquirer: Acquirer,
    /// Text on the order; `{reference}` stands for our reference.
    #[serde(default = "default_order_text")]
    pub order_text: String,
    /// Up to 22 characters on the customer's statement.
    pub billing_descriptor: Option<String>,
    #[serde(default)]
    pub page: Page,
    #[serde(default)]
    pub creditex: Creditex,
    #[serde(default)]
    pub twint: Twint,
    /// Lets `direct` and `stationary` take card numbers. That puts the merchant into PCI scope.
    #[serde(default)]
    pub allow_pan: bool,
    /// Lets ChargeStored charge stored cards without the customer, by their pseudo numbers.
    #[serde(default)]
    pub charge_stored: bool,
    /// Fixed extra parameters of payments by card, for example CAPN's `ContractID`. What a deposit says wins, and the
    /// customer's record fills in the rest.
    #[serde(default)]
    pub payment_extra: BTreeMap<String, String>,
    /// What is wished of the bank's authentication; the cashier may say otherwise for one deposit.
    pub three_ds_policy: Option<ThreeDsPolicy>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CipherName {
    #[default]
    Blowfish,
    Aes,
}

/// Time-outs, rate and breaker of one account.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    pub connect_timeout_ms: u64,
    pub read_timeout_ms: u64,
    pub total_timeout_ms: u64,
    /// How long a call may wait for its turn before it is given up unsent.
    pub queue_timeout_ms: u64,
    pub concurrent: usize,
    pub per_second: u32,
    /// So many failures in a row open the breaker.
    pub breaker_failures: u32,
    pub breaker_open_ms: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        let line = line::Limits::default();
        Limits {
            connect_timeout_ms: 5_000,
            read_timeout_ms: 45_000,
            total_timeout_ms: 60_000,
            queue_timeout_ms: line.queue_timeout_ms,
            concurrent: line.concurrent,
            per_second: line.per_second,
            breaker_failures: line.breaker_failures,
            breaker_open_ms: line.breaker_open_ms,
        }
    }
}

impl Limits {
    /// Those of the line, without the time-outs of a call.
    pub fn of_line(&self) -> line::Limits {
        line::Limits {
            queue_timeout_ms: self.queue_timeout_ms,
            concurrent: self.concurrent,
            per_second: self.per_second,
            breaker_failures: self.breaker_failures,
            breaker_open_ms: self.breaker_open_ms,
        }
    }
}

/// The hosted form: how it is reached and what it looks like.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Page {
    pub open_by: OpenBy,
    /// An own layout that was uploaded at the platform.
    pub template: Option<String>,
    /// Background, BGColor, BGImage, FFace, FSize, FColor, Center, CCard, Year, twidth, theight, CustomField1..9.
    pub layout: BTreeMap<String, String>,
    /// Brands to offer.
    pub brands: Vec<String>,
    /// Begin with TxType=Order and authorise afterwards.
    pub order: bool,
    /// `paynow`: our own page holds the form and the browser posts the card straight to the platform.
    pub paynow: bool,
    /// Minutes until the form expires.
    pub expires_minutes: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenBy {
    #[default]
    Redirect,
    Form,
}

/// Payouts to a stored card.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Creditex {
    pub card_as: CardAs,
    /// Marks payouts of winnings (Omnipay), together with `payment_add_data`.
    pub winnings: bool,
    pub payment_add_data: Option<super::payment_add_data::PaymentAddData>,
    /// Fixed extra parameters, for example `CustomerID`. The customer's record fills in the rest.
    pub extra: BTreeMap<String, String>,
}

/// How the stored card is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CardAs {
    /// CCNr, CCExpiry, CCBrand.
    #[default]
    Fields,
    /// The card object of 3-D Secure 2, with MsgVer 2.0.
    Json,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Twint {
    /// The platform books TWINT payments by itself; else we capture what the customer confirmed.
    pub sale: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Acquirer {
    #[default]
    Other,
    CardComplete,
    Omnipay,
    Rbi,
    Cofidis,
    Clearhaus,
    MasaPay,
    Capn,
    Credorax,
    Ecpcc,
    Kalixa,
    Vantiv,
    Wirecard,
    SafeCharge,
}

fn default_base_url() -> String {
    "https://www.computop-paygate.com/".to_owned()
}

fn yes() -> bool {
    true
}

fn default_minimum() -> i64 {
    100
}

fn default_order_text() -> String {
    "{reference}".to_owned()
}

/// What is wrong with an account's settings; the text begins with the key.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{0}: is missing; set it or {0}_file")]
    Missing(&'static str),
    #[error("{0}: is set twice, once here and once as {0}_file")]
    Twice(&'static str),
    #[error("{key}_file: can't be read: {source}")]
    File { key: &'static str, source: std::io::Error },
    #[error("encryption_key: {0}")]
    Key(#[from] CodecError),
    #[error("encryption_key: has fewer than 16 characters, which some platforms fill up differently")]
    ShortKey,
    #[error("{key}: {problem}")]
    Value { key: &'static str, problem: String },
}

/// The keyed account, built once: everything that turns parameters into bytes and back.
#[derive(Clone, Debug)]
pub struct Account {
    pub merchant_id: String,
    pub cipher: Cipher,
    pub mac: MacKey,
}

const CLEAR_LAYOUT: &[&str] = &[
    "Background",
    "BGColor",
    "BGImage",
    "FFace",
    "FSize",
    "FColor",
    "Center",
    "CCard",
    "Year",
    "twidth",
    "theight",
];

impl Settings {
    /// Reads the secrets and schedules the keys.
    pub fn account(&self) -> Result<Account, SettingsError> {
        values::format::ans(30).check("merchant_id", &self.merchant_id).map_err(value("merchant_id"))?;
        let key = secret("encryption_key", &self.encryption_key, &self.encryption_key_file)?;
        let mac = secret("mac_key", &self.mac_key, &self.mac_key_file)?;
        let key = key.expose_secret().as_bytes();
        if key.len() < 16 {
            return Err(SettingsError::ShortKey);
        }
        let cipher = match self.cipher {
            CipherName::Blowfish => Cipher::blowfish(key)?,
            CipherName::Aes => Cipher::aes(key)?,
        };
        let mac = MacKey::new(mac.expose_secret().as_bytes());
        Ok(Account { merchant_id: self.merchant_id.clone(), cipher, mac })
    }

    /// Everything about the settings that can be wrong before a call is made.
    pub fn check(&self) -> Result<(), SettingsError> {
        self.account()?;
        let wrong = |key, problem: &str| Err(SettingsError::Value { key, problem: problem.to_owned() });
        if self.https_only && !self.base_url.starts_with("https://") {
            return wrong("base_url", "must begin with https://");
        }
        if self.minimum_amount < 1 {
            return wrong("minimum_amount", "must be at least 1");
        }
        if let Some(problem) = self.limits.of_line().problem() {
            return wrong("limits", problem);
        }
        if let Some(text) = &self.billing_descriptor {
            values::format::ans(22).check("billing_descriptor", text).map_err(value("billing_descriptor"))?;
        }
        for name in self.page.layout.keys() {
            let custom =
                name.strip_prefix("CustomField").is_some_and(|n| matches!(n.as_bytes(), [b'1'..=b'9']));
            if !custom && !CLEAR_LAYOUT.contains(&name.as_str()) {
                return wrong("page.layout", &format!("{name} is no layout parameter"));
            }
        }
        if let Some(brand) = self.page.brands.iter().find(|brand| values::brand::spell(brand).is_none()) {
            return wrong("page.brands", &format!("{brand} is no brand of the platform"));
        }
        if let Some(problem) = self.three_ds_policy.as_ref().and_then(ThreeDsPolicy::problem) {
            return wrong("three_ds_policy", problem);
        }
        if let Some(data) = &self.creditex.payment_add_data {
            data.check().map_err(value("creditex.payment_add_data"))?;
        }
        Ok(())
    }

    /// An endpoint's address.
    pub fn url(&self, endpoint: &str) -> String {
        format!("{}/{endpoint}", self.base_url.trim_end_matches('/'))
    }
}

fn value(key: &'static str) -> impl Fn(BadValue) -> SettingsError {
    move |bad| SettingsError::Value { key, problem: bad.to_string() }
}

fn secret(
    key: &'static str,
    inline: &Option<SecretString>,
    file: &Option<PathBuf>,
) -> Result<SecretString, SettingsError> {
    let secret = match (inline, file) {
        (Some(_), Some(_)) => return Err(SettingsError::Twice(key)),
        (Some(secret), None) => secret.clone(),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(path).map_err(|source| SettingsError::File { key, source })?;
            SecretString::from(text.trim_end_matches(['\r', '\n']).to_owned())
        }
        (None, None) => return Err(SettingsError::Missing(key)),
    };
    if secret.expose_secret().is_empty() { Err(SettingsError::Missing(key)) } else { Ok(secret) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "merchant_id = 'shop'\nencryption_key = 'r5Tn8Wq2Zb6Yk3Hd'\nmac_key = 'secret'\n";

    fn read(more: &str) -> Result<Settings, toml::de::Error> {
        toml::from_str(&format!("{LEAST}{more}"))
    }

    #[test]
    fn an_account_needs_an_id_and_two_secrets_and_hides_them() {
        let settings = read("").expect("settings");
        settings.check().expect("sound");
        let printed = format!("{settings:?} {:?}", settings.account().expect("an account"));
        assert!(!printed.contains("r5Tn8Wq2Zb6Yk3Hd") && !printed.contains("\"secret\""), "{printed}");
    }

    #[test]
    fn unknown_keys_and_unsound_values_are_refused_by_name() {
        assert!(read("merchant = 'x'").is_err());
        for (more, key) in [
            ("base_url = 'http://localhost/'", "base_url"),
            ("minimum_amount = 0", "minimum_amount"),
            ("limits.concurrent = 0", "limits"),
            ("billing_descriptor = 'more than twenty-two characters'", "billing_descriptor"),
            ("page.layout.Evil = 'x'", "page.layout"),
            ("page.brands = ['Visa', 'Gold']", "page.brands"),
            ("creditex.payment_add_data.senderData.srcOfFunds = '99'", "creditex.payment_add_data"),
            (
                "three_ds_policy.threeDSExemption = { exemptionReason = 'lowValue', merchantFraudRate = 0 }",
                "three_ds_policy",
            ),
            ("mac_key_file = '/nowhere'", "mac_key"),
        ] {
            let error = read(more).expect(more).check().expect_err(more).to_string();
            assert!(error.starts_with(key), "{more}: {error}");
        }
        let short: Settings =
            toml::from_str("merchant_id = 'shop'\nencryption_key = 'short'\nmac_key = 's'").unwrap();
        assert!(matches!(short.check(), Err(SettingsError::ShortKey)));
    }
}
