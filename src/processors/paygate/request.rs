//! The parameters of one call, checked one by one, then signed and sealed.

use super::codec::mac::OfRequest;
use super::settings::{Account, Settings};
use super::values::{self, BadValue, Format, amount, ascii, format, reference};
use crate::clock::Entropy;
use crate::domain::money::Money;
use base64::Engine;
use serde::Serialize;
use std::fmt;
use zeroize::Zeroizing;

/// One call before it is sealed. Its text is wiped when it is dropped and never printed.
pub struct Request {
    pub endpoint: &'static str,
    text: Zeroizing<String>,
    trans_id: String,
    pay_id: String,
    amount: String,
    currency: String,
}

/// What goes over the wire in clear: MerchantID, Len, Data.
pub type Sealed = Vec<(String, String)>;

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {})", self.endpoint, self.trans_id)
    }
}

impl Request {
    pub fn new(endpoint: &'static str, settings: &Settings, trans_id: &str) -> Result<Request, BadValue> {
        let mut request = Request {
            endpoint,
            text: Zeroizing::new(String::with_capacity(1024)),
            trans_id: reference::trans_id(trans_id)?.to_owned(),
            pay_id: String::new(),
            amount: String::new(),
            currency: String::new(),
        };
        request.put("MerchantID", format::ans(30), &settings.merchant_id)?;
        request.put("TransID", format::ans(64), trans_id)?;
        Ok(request)
    }

    pub fn trans_id(&self) -> &str {
        &self.trans_id
    }

    /// Adds a parameter whose value must already be what the platform expects.
    pub fn put(&mut self, name: &str, format: Format, value: &str) -> Result<(), BadValue> {
        format.check(name, value)?;
        self.append(name, value);
        Ok(())
    }

    pub fn put_some(&mut self, name: &str, format: Format, value: Option<&str>) -> Result<(), BadValue> {
        match value.filter(|value| !value.is_empty()) {
            Some(value) => self.put(name, format, value),
            None => Ok(()),
        }
    }

    /// Adds a text that people wrote, in ASCII.
    pub fn words(&mut self, name: &str, format: Format, value: &str) -> Result<(), BadValue> {
        let ascii = ascii::transliterate(value)
            .ok_or_else(|| BadValue::new(name, format, "has a character without an ASCII form"))?;
        self.put(name, format, &ascii)
    }

    pub fn words_some(&mut self, name: &str, format: Format, value: Option<&str>) -> Result<(), BadValue> {
        match value.filter(|value| !value.is_empty()) {
            Some(value) => self.words(name, format, value),
            None => Ok(()),
        }
    }

    /// Adds Base64 of a JSON object.
    pub fn json(&mut self, name: &str, value: &impl Serialize) -> Result<(), BadValue> {
        let json =
            serde_json::to_vec(value).map_err(|_| BadValue::new(name, "JSON", "can't be written as JSON"))?;
        let json = Zeroizing::new(json);
        let encoded = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(&*json));
        self.append(name, &encoded);
        Ok(())
    }

    /// Adds a JSON object that comes as text, after a look whether it is one.
    pub fn json_text(&mut self, name: &str, text: &str) -> Result<(), BadValue> {
        let value: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).map_err(|_| BadValue::new(name, "JSON", "is no JSON object"))?;
        self.json(name, &value)
    }

    pub fn money(&mut self, amount: Money, settings: &Settings) -> Result<(), BadValue> {
        if amount.minor() < settings.minimum_amount {
            return Err(BadValue::new("Amount", format::n(10), "is below the account's minimum"));
        }
        self.amount = amount::write(amount, &settings.digits)?;
        self.currency = amount.currency().code().to_owned();
        let (amount, currency) = (self.amount.clone(), self.currency.clone());
        self.put("Amount", format::n(10), &amount)?;
        self.put("Currency", format::a(3).exactly(), &currency)
    }

    pub fn pay_id(&mut self, pay_id: &str) -> Result<(), BadValue> {
        self.pay_id = reference::pay_id(pay_id)?.to_owned();
        self.put("PayID", format::an(32).exactly(), pay_id)
    }

    pub fn req_id(&mut self, req_id: &str) -> Result<(), BadValue> {
        self.put("ReqID", format::ans(32), req_id)
    }

    /// A return or notification address: no query, and port 443 unless the account is the sandbox's.
    pub fn url(&mut self, name: &str, url: &str, settings: &Settings) -> Result<(), BadValue> {
        let format = format::ans(256);
        if settings.https_only && !url.starts_with("https://") {
            return Err(BadValue::new(name, format, "does not begin with https://"));
        }
        if url.contains(['?', '#', '=']) {
            return Err(BadValue::new(name, format, "has a query"));
        }
        self.put(name, format, url)
    }

    /// What people may see of it: these parameters and no others.
    pub fn for_people(&self) -> String {
        const SHOWN: [&str; 8] =
            ["TransID", "ReqID", "PayID", "RefNr", "Amount", "Currency", "Capture", "CCBrand"];
        let pairs = self.text.split('&').filter_map(|pair| pair.split_once('='));
        let shown = pairs.filter(|(name, _)| SHOWN.contains(name));
        shown.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("\n")
    }

    fn append(&mut self, name: &str, value: &str) {
        // Growing would leave a copy of the old text behind, so it is done by hand and wiped.
        if self.text.capacity() - self.text.len() < name.len() + value.len() + 2 {
            let mut larger = Zeroizing::new(String::with_capacity(2 * (self.text.len() + value.len()) + 256));
            larger.push_str(&self.text);
            self.text = larger;
        }
        if !self.text.is_empty() {
            self.text.push('&');
        }
        self.text.push_str(name);
        self.text.push('=');
        self.text.push_str(value);
    }

    /// Adds the MAC and encrypts.
    pub fn seal(mut self, account: &Account, entropy: &Entropy) -> Sealed {
        let covered = OfRequest {
            pay_id: &self.pay_id,
            trans_id: &self.trans_id,
            merchant_id: &account.merchant_id,
            amount: &self.amount,
            currency: &self.currency,
        };
        let mac = account.mac.sign(&covered.text());
        self.append("MAC", &mac);
        let sealed = account.cipher.seal(self.text.as_bytes(), entropy);
        vec![
            ("MerchantID".to_owned(), account.merchant_id.clone()),
            ("Len".to_owned(), sealed.len.to_string()),
            ("Data".to_owned(), sealed.data),
        ]
    }
}

/// What `order_text` becomes for one reference.
pub fn order_text(settings: &Settings, reference: &str) -> String {
    settings.order_text.replace("{reference}", reference)
}

/// The brand in the platform's spelling, or a refusal.
pub fn brand(text: &str) -> Result<&'static str, BadValue> {
    let unknown = || BadValue::new("CCBrand", format::a(22), "is no brand of the platform");
    values::brand::spell(text).ok_or_else(unknown)
}
