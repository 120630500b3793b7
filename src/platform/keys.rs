//! The API keys of the merchant's back end, and what each may act on.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

#[derive(Clone)]
pub struct Key {
    pub name: String,
    pub secret: SecretString,
    /// Front ends it may act on; `*` for all.
    pub front_ends: Vec<String>,
}

impl Key {
    pub fn may_act_on(&self, front_end: &str) -> bool {
        self.front_ends.iter().any(|allowed| allowed == "*" || allowed == front_end)
    }
}

#[derive(Clone, Default)]
pub struct Keys(Vec<Key>);

impl Keys {
    pub fn new(keys: impl IntoIterator<Item = Key>) -> Keys {
        Keys(keys.into_iter().collect())
    }

    /// The key behind a bearer token; every key is compared, each in constant time.
    pub fn find(&self, token: &str) -> Option<&Key> {
        let sent = Sha256::digest(token);
        let mut found = None;
        for key in &self.0 {
            let same: bool = sent.ct_eq(&Sha256::digest(key.secret.expose_secret())).into();
            if same {
                found = Some(key);
            }
        }
        found
    }
}
