//! Secrets of second factors at rest: AES-256-GCM under a key that is not in the database, bound to whose they are, so
//! that nobody's can be put in another's place.

use crate::clock::Entropy;
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Seals and opens. Cheap to clone.
#[derive(Clone)]
pub struct Seal(Aes256Gcm);

const NONCE_BYTES: usize = 12;
/// What the key is for, so that the same text elsewhere makes another key.
const PURPOSE: &[u8] = b"tillgate: secrets of second factors";

impl Seal {
    /// Makes the key from the configuration's text.
    pub fn new(key: &SecretString) -> Option<Seal> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.expose_secret().as_bytes()).ok()?;
        mac.update(PURPOSE);
        Aes256Gcm::new_from_slice(&mac.finalize().into_bytes()).ok().map(Seal)
    }

    pub fn seal(&self, entropy: &Entropy, user_id: i64, secret: &[u8]) -> Option<String> {
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce);
        let payload = Payload { msg: secret, aad: &user_id.to_be_bytes() };
        let sealed = self.0.encrypt(&Nonce::from(nonce), payload).ok()?;
        Some(hex::encode(nonce) + &hex::encode(sealed))
    }

    /// `None` when it was sealed under another key, for somebody else, or was changed.
    pub fn open(&self, user_id: i64, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = hex::decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
        let payload = Payload { msg: sealed, aad: &user_id.to_be_bytes() };
        self.0.decrypt(&Nonce::from(nonce), payload).ok().map(Zeroizing::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(key: &str) -> Seal {
        Seal::new(&SecretString::from(key.to_owned())).expect("a key")
    }

    #[test]
    fn what_is_sealed_opens_for_its_owner_under_its_key_alone() {
        let entropy = Entropy::seeded(1);
        let sealed = seal("a key").seal(&entropy, 7, b"secret").expect("sealed");
        assert!(!sealed.contains(&hex::encode("secret")));
        assert_eq!(seal("a key").open(7, &sealed).as_deref().map(Vec::as_slice), Some(&b"secret"[..]));
        assert_eq!(seal("a key").open(8, &sealed), None, "somebody else's");
        assert_eq!(seal("another").open(7, &sealed), None, "another key");
        let changed = if sealed.ends_with('0') { "1" } else { "0" };
        assert_eq!(seal("a key").open(7, &(sealed[..sealed.len() - 1].to_owned() + changed)), None);
        assert_ne!(seal("a key").seal(&entropy, 7, b"secret"), Some(sealed), "never the same twice");
    }
}
