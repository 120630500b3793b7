//! For people who debug an integration: open, seal and sign by hand. Card numbers are masked unless asked for.

use super::codec::{Cipher, CodecError, MacKey};
use super::values::card::{mask_numbers, passes_luhn};
use crate::clock::Entropy;
use base64::Engine;

/// Which cipher the key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Blowfish,
    Aes,
}

fn cipher(kind: Kind, key: &[u8]) -> Result<Cipher, CodecError> {
    match kind {
        Kind::Blowfish => Cipher::blowfish(key),
        Kind::Aes => Cipher::aes(key),
    }
}

/// The plain bytes as they are, or with card numbers and check values hidden.
pub fn open(kind: Kind, key: &[u8], len: usize, data: &str, show_card: bool) -> Result<Vec<u8>, CodecError> {
    let plain = cipher(kind, key)?.open(len, data)?;
    Ok(if show_card { plain.to_vec() } else { hide(&plain) })
}

/// `Len=…&Data=…` of a plain text.
pub fn seal(kind: Kind, key: &[u8], text: &[u8], entropy: &Entropy) -> Result<String, CodecError> {
    let sealed = cipher(kind, key)?.seal(text, entropy);
    Ok(format!("Len={}&Data={}", sealed.len, sealed.data))
}

/// The MAC of a text, in hex.
pub fn mac(key: &[u8], text: &str) -> String {
    MacKey::new(key).sign(text)
}

/// Parameters whose whole value is secret, whatever it looks like.
const SECRET: &[&str] = &["CCCVC", "CVC", "Track2", "Track3", "Cccvc"];
const NUMBERS: &[&str] = &["CCNr", "PCNr", "CardNumber"];

/// Byte by byte, so that text that is not UTF-8 comes out as it is.
fn hide(plain: &[u8]) -> Vec<u8> {
    let segments = plain.split(|&byte| byte == b'&').map(|segment| {
        let Some(equals) = segment.iter().position(|&byte| byte == b'=') else { return hide_bytes(segment) };
        let (name, value) = (&segment[..equals], &segment[equals + 1..]);
        let is = |known: &&str| known.as_bytes().eq_ignore_ascii_case(name);
        let shown = if SECRET.iter().any(&is) {
            b"***".to_vec()
        } else if NUMBERS.iter().any(is) {
            hide_all_but_four(value)
        } else {
            hide_in_json(value).unwrap_or_else(|| hide_bytes(value))
        };
        [name, b"=", &shown].concat()
    });
    segments.collect::<Vec<_>>().join(&b'&')
}

fn hide_all_but_four(value: &[u8]) -> Vec<u8> {
    let shown = value.len().saturating_sub(4);
    value.iter().enumerate().map(|(at, &byte)| if at < shown { b'*' } else { byte }).collect()
}

/// Every run of digits that could be a card number.
fn hide_bytes(bytes: &[u8]) -> Vec<u8> {
    let text: String = bytes.iter().copied().map(char::from).collect();
    mask_numbers(&text).chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()
}

/// A Base64 object with a card in it is shown as JSON, its number and check value hidden.
fn hide_in_json(value: &[u8]) -> Option<Vec<u8>> {
    let json = base64::engine::general_purpose::STANDARD.decode(value).ok()?;
    let mut object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&json).ok()?;
    let mut hidden = false;
    for (name, value) in &mut object {
        let Some(text) = value.as_str() else { continue };
        let secret = name == "securityCode";
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        if secret || (digits && (12..=19).contains(&text.len()) && (name == "number" || passes_luhn(text))) {
            let shown = if secret { b"***".to_vec() } else { hide_all_but_four(text.as_bytes()) };
            *value = String::from_utf8_lossy(&shown).into_owned().into();
            hidden = true;
        }
    }
    // Without a card the value stays as it was sent.
    if hidden { serde_json::to_vec(&object).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"r5Tn8Wq2Zb6Yk3Hd";

    fn shown(text: &[u8], show_card: bool) -> Vec<u8> {
        let line = seal(Kind::Blowfish, KEY, text, &Entropy::seeded(1)).unwrap();
        let data = line.split("Data=").nth(1).unwrap();
        open(Kind::Blowfish, KEY, text.len(), data, show_card).unwrap()
    }

    #[test]
    fn cards_are_hidden_wherever_they_stand_unless_asked_for() {
        let object = r#"{"number":"4111111111111111","securityCode":"123","brand":"VISA"}"#;
        let object = base64::engine::general_purpose::STANDARD.encode(object);
        let text = format!(
            "TransID=T-1&ccnr=4111111111111111&CCCVC=123&card={object}&OrderDesc=4111111111111111 K\u{f6}ln"
        );
        let shown_text = String::from_utf8(shown(text.as_bytes(), false)).unwrap();
        assert_eq!(
            shown_text,
            "TransID=T-1&ccnr=************1111&CCCVC=***&card={\"number\":\"************1111\",\"securityCode\":\"***\",\"brand\":\"VISA\"}&OrderDesc=************1111 K\u{f6}ln"
        );
        assert_eq!(shown(text.as_bytes(), true), text.as_bytes());
        assert_eq!(shown(b"OrderDesc=K\xf6ln", false), b"OrderDesc=K\xf6ln");
    }

    #[test]
    fn a_mac_is_the_published_one() {
        assert_eq!(
            mac(b"mySecret", "**YourMerchantID*1234*EUR").to_uppercase(),
            "1427748D983478080F22BE0878BD99AF7BE3E1C4B19C07AFD1B372BA552ADC08"
        );
    }
}
