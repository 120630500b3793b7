//! The MAC of requests and results: HMAC-SHA256 over five values joined by stars, in hex.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// The MAC password of one merchant account.
#[derive(Clone)]
pub struct MacKey(Hmac<Sha256>);

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(...)")
    }
}

/// What a request's MAC covers. Parts that the call does not have are empty, their stars stay.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfRequest<'a> {
    pub pay_id: &'a str,
    pub trans_id: &'a str,
    pub merchant_id: &'a str,
    pub amount: &'a str,
    pub currency: &'a str,
}

/// What a result's MAC covers. Amount and currency are not protected by it.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfResult<'a> {
    pub pay_id: &'a str,
    pub trans_id: &'a str,
    /// The configured one: the payload does not carry it reliably.
    pub merchant_id: &'a str,
    pub status: &'a str,
    pub code: &'a str,
}

impl OfRequest<'_> {
    pub fn text(&self) -> String {
        [self.pay_id, self.trans_id, self.merchant_id, self.amount, self.currency].join("*")
    }
}

impl OfResult<'_> {
    pub fn text(&self) -> String {
        [self.pay_id, self.trans_id, self.merchant_id, self.status, self.code].join("*")
    }
}

impl MacKey {
    pub fn new(password: &[u8]) -> MacKey {
        // HMAC hashes long keys and fills short ones, so every length is a key.
        MacKey(Hmac::new_from_slice(password).expect("HMAC takes keys of any length"))
    }

    /// The MAC in lower-case hex, as most senders write it.
    pub fn sign(&self, text: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(text.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }

    /// Compares in constant time, hex in either case, padding after the value ignored.
    pub fn verify(&self, text: &str, given: &str) -> bool {
        let Ok(given) = hex::decode(given.trim_end_matches([' ', '\0'])) else { return false };
        let mut mac = self.0.clone();
        mac.update(text.as_bytes());
        mac.verify_slice(&given).is_ok()
    }
}
