//! Reads what Paygate sends to URLNotify, and what a browser brings back to URLSuccess and URLFailure.
//!
//! The MAC covers neither amount nor currency, and the same text can be sent again or to another address. So a
//! notice only ever says "ask about this order", and its key is the same wherever and however often it arrives.

use super::Paygate;
use super::answer::for_people;
use super::codec::{Envelope, Fields, mac::OfResult};
use super::codes::{self, Status, Verdict};
use super::settings::Account;
use super::values::{brand, card, reference};
use super::{server_payment, three_ds};
use crate::domain::customer::Instrument;
use crate::processors::{Notice, NoticeError, NoticeReader, RawNotice};
use base64::Engine;
use sha2::{Digest, Sha256};

impl NoticeReader for Paygate {
    fn read(&self, raw: &RawNotice) -> Result<Notice, NoticeError> {
        read(self.client().account(), raw)
    }
}

pub fn read(account: &Account, raw: &RawNotice) -> Result<Notice, NoticeError> {
    let fields = open(account, raw)?;
    let merchant = fields.present("MID").or_else(|| fields.present("MerchantID"));
    if merchant.is_some_and(|merchant| merchant.trim() != account.merchant_id) {
        return Err(NoticeError::Forged("it is for another merchant".to_owned()));
    }
    let covered = OfResult {
        pay_id: fields.text("PayID"),
        trans_id: fields.text("TransID"),
        merchant_id: &account.merchant_id,
        // The authentication notification has no status; its MAC covers an empty one.
        status: fields.text("Status"),
        code: fields.text("Code"),
    };
    match fields.present("MAC") {
        None => return Err(NoticeError::Forged("it has no MAC".to_owned())),
        Some(mac) if account.mac.verify(&covered.text(), mac) => {}
        Some(_) => return Err(NoticeError::Forged("its MAC is wrong".to_owned())),
    }
    let trans_id = reference::trans_id(fields.text("TransID"))
        .map_err(|bad| NoticeError::Unreadable(bad.to_string()))?
        .to_owned();
    let verdict = codes::verdict(fields.text("Code").trim(), Status::read(fields.text("Status")));
    let instrument = if verdict == Verdict::Success { instrument(&fields) } else { None };
    let mut told = three_ds::challenge(&fields);
    if let Some(instrument) = &instrument {
        told.extend(server_payment::on_file(instrument, &fields));
    }
    Ok(Notice {
        key: key(&fields),
        summary: summary(&fields),
        opened: for_people(&fields),
        processor_reference: fields.present("PayID").map(str::to_owned),
        instrument,
        told,
        reference: trans_id,
    })
}

/// By POST in the body, by GET in the query.
fn open(account: &Account, raw: &RawNotice) -> Result<Fields, NoticeError> {
    let unreadable = |error: super::codec::CodecError| NoticeError::Unreadable(error.to_string());
    let in_body = raw.method.eq_ignore_ascii_case("POST") && !raw.body.is_empty();
    let text: &[u8] = if in_body { &raw.body } else { raw.query.as_bytes() };
    let (fields, _) =
        Envelope::of_form(text).and_then(|envelope| envelope.open(&account.cipher)).map_err(unreadable)?;
    Ok(fields)
}

/// The news itself, without delivery: order, payment, action, status and code.
fn key(fields: &Fields) -> String {
    let parts =
        ["TransID", "PayID", "XID", "Status", "Code"].map(|name| fields.text(name).to_ascii_lowercase());
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let digest = Sha256::digest(crate::domain::ids::path(&parts).as_bytes());
    format!("paygate-{}", hex::encode(&digest[..16]))
}

fn summary(fields: &Fields) -> String {
    let word = |name| -> String {
        fields.text(name).chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(32).collect()
    };
    let code = word("Code");
    let meaning = codes::describe(&code);
    let status = word("Status");
    let status = if status.is_empty() { "authentication".to_owned() } else { status };
    // For people who ask the acquirer or the bank about it: by what they know the payment and the account behind its
    // card, and American Express's words on address and check value.
    let checks = [
        ("ApprovalCode", "approval"),
        ("PAR", "account reference"),
        ("CodeExt", "acquirer's code"),
        ("Match", "address check"),
        ("cvcmatch", "check value"),
    ];
    let checks = checks.map(|(name, what)| (what, word(name)));
    let checks = checks.iter().filter(|(_, said)| !said.is_empty());
    let checks: String = checks.map(|(what, said)| format!(", {what} {said}")).collect();
    format!("{status}, code {code} ({meaning}), PayID {}{checks}", word("PayID"))
}

/// The pseudo card number with brand and expiry, from the card object or from the older plain parameters.
fn instrument(fields: &Fields) -> Option<Instrument> {
    let object = card_object(fields.text("card"));
    let in_object = |name: &str| object.get(name).and_then(|value| value.as_str()).map(str::to_owned);
    let number = in_object("number").unwrap_or_default();
    let token = [fields.text("PCNr"), number.as_str(), fields.text("CCNr")]
        .into_iter()
        .map(str::trim)
        .find(|number| card::is_pcnr(number))?
        .to_owned();
    let expiry = in_object("expiryDate").or_else(|| fields.present("CCExpiry").map(str::to_owned))?;
    card::expiry("CCExpiry", &expiry).ok()?;
    let named = in_object("brand").or_else(|| fields.present("CCBrand").map(str::to_owned))?;
    let shown = [number.as_str(), fields.text("maskedpan")]
        .into_iter()
        .find(|number| number.contains(['*', 'X', 'x']));
    Some(Instrument {
        issuer: super::ROOM.to_owned(),
        masked: card::masked(shown.unwrap_or(&token)),
        token,
        brand: brand::spell(&named)?.to_owned(),
        expiry,
    })
}

fn card_object(encoded: &str) -> serde_json::Map<String, serde_json::Value> {
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded.trim());
    decoded.ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Entropy;
    use crate::processors::paygate::codec::{Cipher, MacKey};

    fn account() -> Account {
        Account {
            merchant_id: "shop".to_owned(),
            cipher: Cipher::blowfish(b"r5Tn8Wq2Zb6Yk3Hd").unwrap(),
            mac: MacKey::new(b"mac"),
        }
    }

    const PAY_ID: &str = "3f1c9a7e5b2d4860a1c3e5f70819b2d4";

    fn text(status: &str, code: &str, more: &str) -> String {
        let mac = account().mac.sign(&format!("{PAY_ID}*DE-1*shop*{status}*{code}")).to_uppercase();
        format!("mid=shop&PayID={PAY_ID}&XID=1&TransID=DE-1&Status={status}&Code={code}&Mac={mac}{more}")
    }

    fn post(text: &str) -> RawNotice {
        let sealed = account().cipher.seal(text.as_bytes(), &Entropy::seeded(1));
        RawNotice {
            method: "POST".to_owned(),
            query: String::new(),
            content_type: "application/x-www-form-urlencoded; charset=iso-8859-1".to_owned(),
            body: format!("Len={}&Data={}&Custom=&Code=00000000", sealed.len, sealed.data.to_uppercase())
                .into(),
            peer: None,
        }
    }

    fn get(raw: &RawNotice) -> RawNotice {
        let query = String::from_utf8(raw.body.clone()).unwrap();
        RawNotice { method: "GET".to_owned(), query, body: Vec::new(), ..raw.clone() }
    }

    #[test]
    fn a_notice_has_one_key_however_it_arrives() {
        let card = base64::engine::general_purpose::STANDARD
            .encode(r#"{"number":"400001******0001","expiryDate":"203012","brand":"Visa"}"#);
        let raw = post(&text("AUTHORIZED", "00000000", &format!("&PCNr=0123456789012001&card={card}")));
        let notice = read(&account(), &raw).expect("a notice");
        assert_eq!(notice, read(&account(), &get(&raw)).expect("the same"));
        assert_eq!(
            (notice.reference.as_str(), notice.processor_reference.as_deref()),
            ("DE-1", Some(PAY_ID))
        );
        let instrument = notice.instrument.expect("a stored card");
        assert_eq!(instrument.token, "0123456789012001");
        assert_eq!(instrument.masked, "**** 0001");
        assert_eq!((instrument.brand.as_str(), instrument.expiry.as_str()), ("VISA", "203012"));
        assert!(!notice.summary.contains("0123456789012001"));
    }

    #[test]
    fn a_failure_brings_no_card_and_has_another_key() {
        let card = "&PCNr=0123456789012001&CCBrand=VISA&CCExpiry=203012";
        let good = read(&account(), &post(&text("OK", "00000000", card))).unwrap();
        let bad = read(&account(), &post(&text("FAILED", "22060305", card))).unwrap();
        assert!(good.instrument.is_some() && bad.instrument.is_none());
        assert_ne!(good.key, bad.key);
        assert!(bad.summary.contains("refused by the authorisation system"), "{}", bad.summary);
    }

    #[test]
    fn american_express_tells_people_of_its_checks() {
        let more = "&CodeExt=000&Match=Y&cvcmatch=M&ApprovalCode=123456&PAR=Q1HJZ28RKA1EBL470G9XYG90R5D3E";
        let notice = read(&account(), &post(&text("OK", "00000000", more))).unwrap();
        let told = "approval 123456, account reference Q1HJZ28RKA1EBL470G9XYG90R5D3E, acquirer's code 000, \
                    address check Y, check value M";
        assert!(notice.summary.ends_with(told), "{}", notice.summary);
    }

    #[test]
    fn a_real_card_number_is_never_taken_for_a_token() {
        let card = "&PCNr=4111111111111111&CCBrand=VISA&CCExpiry=203012";
        assert_eq!(read(&account(), &post(&text("OK", "00000000", card))).unwrap().instrument, None);
    }

    #[test]
    fn forged_and_broken_notices_are_told_apart() {
        let good = text("OK", "00000000", "");
        let forged = |text: &str| matches!(read(&account(), &post(text)), Err(NoticeError::Forged(_)));
        assert!(forged(&good.replace("Status=OK", "Status=AUTHORIZED")));
        assert!(forged(&good.replace("TransID=DE-1", "TransID=DE-2")));
        assert!(forged(&good.replace("mid=shop", "mid=other")));
        assert!(forged("PayID=1&TransID=DE-1&Status=OK&Code=00000000"));
        let unreadable = RawNotice { body: b"Len=5&Data=zz".to_vec(), ..post(&good) };
        assert!(matches!(read(&account(), &unreadable), Err(NoticeError::Unreadable(_))));
        // The clear Code beside Data is not even looked at.
        let clear = RawNotice { body: b"TransID=DE-1&Status=OK&Code=00000000".to_vec(), ..post(&good) };
        assert!(matches!(read(&account(), &clear), Err(NoticeError::Forged(_))));
    }
}
