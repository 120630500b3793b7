//! How a cashier proves who it is: every means that a front end has configured is demanded.
//!
//! Secrets are compared in constant time, all means are looked at before the verdict, and an unknown front end takes
//! the same way against secrets that nobody knows.

use super::wire::{Fields, canonical};
use hmac::digest::Digest;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::net::IpAddr;
use subtle::ConstantTimeEq;

/// The means of one front end.
#[derive(Clone, Default)]
pub struct Credentials {
    pub pass_code: Option<SecretString>,
    pub basic: Option<(String, SecretString)>,
    pub signature: Option<SecretString>,
    pub networks: Vec<IpNet>,
    /// SHA-256 fingerprints of client certificates, hex in small letters.
    pub certificates: Vec<String>,
}

/// What a request shows besides its fields.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// The value of the `Authorization` header.
    pub authorization: Option<String>,
    /// The caller's address, as far as it can be believed.
    pub address: Option<IpAddr>,
    /// The certificate's fingerprint, from a trusted proxy.
    pub certificate: Option<String>,
}

/// Names of the fields that hold the pass code. They are no part of a signature.
const PASS_CODE_FIELDS: [&str; 3] = ["WSPassCode", "SecurePassCode", "WSPassword"];

impl Credentials {
    pub fn is_empty(&self) -> bool {
        self.pass_code.is_none()
            && self.basic.is_none()
            && self.signature.is_none()
            && self.networks.is_empty()
            && self.certificates.is_empty()
    }

    /// What an unknown front end is compared with: a secret drawn at start that nobody has.
    pub fn nobodys(secret: SecretString) -> Credentials {
        Credentials { pass_code: Some(secret), ..Credentials::default() }
    }

    pub fn accept(&self, fields: &Fields, shown: &Shown) -> bool {
        let mut good = !self.is_empty();
        if let Some(expected) = &self.pass_code {
            let sent = PASS_CODE_FIELDS.iter().find_map(|name| fields.get(name)).unwrap_or_default();
            good &= same(sent, expected.expose_secret());
        }
        if let Some((user, password)) = &self.basic {
            let expected = format!("{user}:{}", password.expose_secret());
            let sent = shown.authorization.as_deref().and_then(basic).unwrap_or_default();
            good &= same(&sent, &expected);
        }
        if let Some(secret) = &self.signature {
            let sent = fields.get("signature").unwrap_or_default().to_ascii_lowercase();
            good &= same(&sent, &signature(fields, secret.expose_secret()));
        }
        if !self.networks.is_empty() {
            good &=
                shown.address.is_some_and(|address| self.networks.iter().any(|net| net.contains(&address)));
        }
        if !self.certificates.is_empty() {
            let sent = shown.certificate.as_deref().unwrap_or_default().to_ascii_lowercase().replace(':', "");
            good &= self.certificates.iter().fold(false, |found, known| found | same(&sent, known));
        }
        good
    }
}

/// Equal, in a time that tells nothing of how much of it is.
fn same(sent: &str, expected: &str) -> bool {
    // Hashing first makes the lengths alike.
    Sha256::digest(sent).ct_eq(&Sha256::digest(expected)).into()
}

/// `user:password` of a Basic header.
fn basic(header: &str) -> Option<String> {
    use base64::Engine;
    let (scheme, token) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(token.trim()).ok()?;
    String::from_utf8(bytes).ok()
}

/// The v1.0 signature: values in the order of their names as sent, then the secret, SHA-256 in hex.
fn signature(fields: &Fields, secret: &str) -> String {
    let unsigned = |name: &str| {
        let name = canonical(name);
        name == "signature" || PASS_CODE_FIELDS.iter().any(|field| canonical(field) == name)
    };
    let mut values: Vec<(&str, &str)> = fields.iter().filter(|(name, _)| !unsigned(name)).collect();
    values.sort_unstable_by(|left, right| left.0.as_bytes().cmp(right.0.as_bytes()));
    let mut digest = Sha256::new();
    for (_, value) in values {
        digest.update(value.as_bytes());
    }
    digest.update(secret.as_bytes());
    hex::encode(digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cashier::wire::decode;

    fn fields(form: &str) -> Fields {
        let form_type = Some("application/x-www-form-urlencoded");
        decode(form_type, None, Some("X"), form.as_bytes()).expect("a form").fields
    }

    fn secret(text: &str) -> Option<SecretString> {
        Some(SecretString::from(text.to_owned()))
    }

    #[test]
    fn the_signature_is_that_of_the_specification() {
        let form =
            "extpayoutid=331311&frontend=Integration+TEST+USD&pp=Skrill&timestamp=1559825373&version=1.0";
        let expected = "cf06e02530cdc387dfb08fcd1952741e44701eeda13640248e81786ee41e7176";
        assert_eq!(signature(&fields(form), "WSPassCodeExample"), expected);
        let signed = fields(&format!("{form}&signature={expected}&WSPassCode=x"));
        let credentials = Credentials { signature: secret("WSPassCodeExample"), ..Credentials::default() };
        assert!(credentials.accept(&signed, &Shown::default()));
        let credentials = Credentials { signature: secret("other"), ..Credentials::default() };
        assert!(!credentials.accept(&signed, &Shown::default()));
    }

    #[test]
    fn every_configured_means_is_demanded() {
        let credentials = Credentials {
            pass_code: secret("pass"),
            basic: secret("word").map(|word| ("user".to_owned(), word)),
            networks: vec!["10.0.0.0/8".parse().expect("a network")],
            certificates: vec!["ab12".to_owned()],
            signature: None,
        };
        let good = Shown {
            authorization: Some("Basic dXNlcjp3b3Jk".to_owned()),
            address: "10.1.2.3".parse().ok(),
            certificate: Some("AB:12".to_owned()),
        };
        assert!(credentials.accept(&fields("ws_pass_code=pass"), &good));
        assert!(credentials.accept(&fields("SecurePassCode=pass"), &good));
        assert!(!credentials.accept(&fields("WSPassCode=Pass"), &good));
        assert!(!credentials.accept(&fields("A=b"), &good));
        let elsewhere = Shown { address: "11.1.2.3".parse().ok(), ..good.clone() };
        assert!(!credentials.accept(&fields("WSPassCode=pass"), &elsewhere));
        let no_basic = Shown { authorization: None, ..good.clone() };
        assert!(!credentials.accept(&fields("WSPassCode=pass"), &no_basic));
        let other_certificate = Shown { certificate: Some("ab13".to_owned()), ..good };
        assert!(!credentials.accept(&fields("WSPassCode=pass"), &other_certificate));
    }

    #[test]
    fn nothing_configured_accepts_nobody() {
        assert!(!Credentials::default().accept(&fields("WSPassCode="), &Shown::default()));
    }
}
