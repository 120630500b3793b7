//! `createDisposition`: reserve our transaction id and the amount before the customer goes to the panel.
//! Not idempotent: a second call under the same id is refused with 2001.

use super::client::{CallError, Client};
use super::envelope::{Request, Unwritable};
use super::retry::Operation;
use super::settings::{KycLevel, is_reference};
use crate::domain::money::Money;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Taken on the encoded text: three bytes for each of 255 characters.
const LONGEST_URL: usize = 765;
/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Whose cards may pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restriction {
    /// ISO 3166-1 alpha-2; one for each country.
    Country(String),
    MinAge(u8),
    MinKycLevel(KycLevel),
}

pub struct NewDisposition<'a> {
    pub mtid: &'a str,
    pub amount: Money,
    pub ok_url: &'a str,
    pub nok_url: &'a str,
    pub notify_url: &'a str,
    pub client_id: &'a str,
    pub client_ip: Option<&'a str>,
    pub restrictions: &'a [Restriction],
    pub shop_id: Option<&'a str>,
    pub shop_label: Option<&'a str>,
}

/// Creates the disposition and returns the merchant id that the panel wants to be told.
pub async fn send(client: &Client, new: &NewDisposition<'_>) -> Result<String, CallError> {
    let answer = client.call(request(client, new)?).await?;
    let mid = answer.word("mid").ok_or_else(|| CallError::Lost("created, but without a mid".to_owned()))?;
    Ok(mid.to_owned())
}

fn request(client: &Client, new: &NewDisposition<'_>) -> Result<Request, Unwritable> {
    let mut request = client
        .request(Operation::CreateDisposition)
        .text("mtid", mtid(new.mtid)?)
        .text("subId", client.sub_id())
        .amount("amount", new.amount)
        .text("currency", new.amount.currency().code())
        .text("okUrl", &encoded("okUrl", new.ok_url)?)
        .text("nokUrl", &encoded("nokUrl", new.nok_url)?)
        .text("merchantclientid", new.client_id)
        .text("pnUrl", &encoded("pnUrl", new.notify_url)?)
        .maybe("clientIp", new.client_ip);
    for restriction in new.restrictions {
        let (key, value) = match restriction {
            Restriction::Country(code) => ("COUNTRY", code.clone()),
            Restriction::MinAge(years) => ("MIN_AGE", years.to_string()),
            Restriction::MinKycLevel(level) => ("MIN_KYC_LEVEL", level.word().to_owned()),
        };
        request = request.group("dispositionRestrictions", |restriction| {
            restriction.text("key", key).text("value", &value)
        });
    }
    Ok(request.maybe("shopId", new.shop_id).maybe("shopLabel", new.shop_label))
}

/// Our reference, checked here because the gateway has no code of its own for forbidden characters.
pub(super) fn mtid(reference: &str) -> Result<&str, Unwritable> {
    if is_reference(reference) {
        return Ok(reference);
    }
    Err(Unwritable { field: "mtid", reason: "must be 1 to 60 letters, digits, - or _".to_owned() })
}

/// The whole address, percent-encoded once more; the gateway takes exactly this one layer off.
fn encoded(field: &'static str, url: &str) -> Result<String, Unwritable> {
    let absolute = reqwest::Url::parse(url).is_ok_and(|url| url.has_host());
    if !absolute {
        return Err(Unwritable { field, reason: "must be an absolute address".to_owned() });
    }
    let encoded = utf8_percent_encode(url, RESERVED).to_string();
    if encoded.len() > LONGEST_URL {
        return Err(Unwritable {
            field,
            reason: format!("is longer than {LONGEST_URL} characters when encoded"),
        });
    }
    Ok(encoded)
}

/// The customer's pseudonym at the gateway: stable, tells nothing about him, and differs between front ends.
pub fn client_id(key: &SecretString, front_end: &str, pin: &str) -> String {
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()) else {
        unreachable!("HMAC takes keys of any length")
    };
    let name = crate::domain::ids::path(&[front_end, pin]);
    let digest = mac.chain_update(name.as_bytes()).finalize().into_bytes();
    // Forty digits leave 160 bits and stay inside the gateway's fifty characters.
    hex::encode(&digest[..20])
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn new<'a>(restrictions: &'a [Restriction]) -> NewDisposition<'a> {
        NewDisposition {
            mtid: "ord-2024-000017",
            amount: samples::eur(2490),
            ok_url: "https://shop.example/pay/ok?mtid=ord-2024-000017",
            nok_url: "https://shop.example/pay/cancel?mtid=ord-2024-000017",
            notify_url: "https://shop.example/hooks/psc",
            client_id: "9f2b6c41d0",
            client_ip: Some("198.51.100.23"),
            restrictions,
            shop_id: Some("shop-01"),
            shop_label: Some("shop.example"),
        }
    }

    #[test]
    fn the_request_is_the_recorded_one() {
        let restrictions = [Restriction::Country("AT".to_owned()), Restriction::MinAge(18)];
        let request = request(&samples::client(), &new(&restrictions)).unwrap();
        samples::equals(request, include_str!("../../../tests/data/sopg/createDisposition.request.xml"));
    }

    #[test]
    fn addresses_are_encoded_as_a_whole_and_only_once_more() {
        let encoded_url = encoded("okUrl", "https://a.example/x?back=%2Fy&ü=1~").unwrap();
        assert_eq!(encoded_url, "https%3A%2F%2Fa.example%2Fx%3Fback%3D%252Fy%26%C3%BC%3D1~");
        assert!(encoded("okUrl", "/relative").is_err());
        assert!(encoded("okUrl", "mailto:a@b").is_err());
        assert!(encoded("okUrl", &format!("https://a.example/{}", "x".repeat(739))).is_ok());
        assert!(encoded("okUrl", &format!("https://a.example/{}", "x".repeat(740))).is_err());
    }

    #[test]
    fn a_bad_reference_never_leaves() {
        for bad in ["", "a b", "ä", "a/b", &"x".repeat(61)] {
            assert!(mtid(bad).is_err(), "{bad}");
        }
        assert!(mtid("DE-01H6ZKX8W3Q2M_x").is_ok());
    }

    #[test]
    fn a_pseudonym_is_stable_keyed_and_tells_nothing() {
        let key = SecretString::from("a key");
        let id = client_id(&key, "MyPhoneCards EUR", "Bigdaddy");
        assert_eq!(id, client_id(&key, "MyPhoneCards EUR", "Bigdaddy"));
        assert_eq!(id.len(), 40);
        assert_ne!(id, client_id(&key, "MyPhoneCards", "EUR/Bigdaddy"));
        assert_ne!(id, client_id(&SecretString::from("other"), "MyPhoneCards EUR", "Bigdaddy"));
    }
}
