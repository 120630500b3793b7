//! Callbacks and browser returns: whose they are and whether they are signed. Nothing else of them is believed.
//!
//! The signature covers payment, reference, amount and the short status, but not the long status, the currency or the
//! result, and `Y` stands for refunds and chargebacks too. So whoever reads a notice asks the gateway before he acts.

use super::checksum::{Signed, Signer};
use super::codec::amount;
use super::codec::answer::{self, Node};
use super::gateway::RestGateway;
use super::scrub::scrub;
use crate::domain::ids;
use crate::processors::{Notice, NoticeError, NoticeReader, RawNotice};
use sha2::{Digest, Sha256};

impl NoticeReader for RestGateway {
    fn read(&self, raw: &RawNotice) -> Result<Notice, NoticeError> {
        understood(raw, self.client().signer())
    }
}

fn understood(raw: &RawNotice, signer: &Signer) -> Result<Notice, NoticeError> {
    let (kind, news) = news(raw)?;
    match (kind, news.text("paymentId"), news.text("registrationId")) {
        (Kind::Callback, None, Some(registration)) => read_registration(registration, &news, signer),
        (Kind::Callback | Kind::Return, _, _) => read(kind, &news, signer),
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Callback,
    Return,
}

/// A callback is one JSON object; a return is a form or, where the browser came by GET, a query.
fn news(raw: &RawNotice) -> Result<(Kind, Node), NoticeError> {
    let unreadable = |error: &dyn std::fmt::Display| NoticeError::Unreadable(error.to_string());
    if raw.method.eq_ignore_ascii_case("GET") {
        return Ok((Kind::Return, form(raw.query.as_bytes()).map_err(|error| unreadable(&error))?));
    }
    let first = raw.body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'{') {
        let node = answer::read(&raw.body).map_err(|error| unreadable(&error))?;
        return Ok((Kind::Callback, node));
    }
    Ok((Kind::Return, form(&raw.body).map_err(|error| unreadable(&error))?))
}

fn form(bytes: &[u8]) -> Result<Node, &'static str> {
    if bytes.len() > answer::MOST_BYTES {
        return Err("it is too large");
    }
    let pairs = form_urlencoded::parse(bytes).filter(|(_, value)| !value.is_empty());
    Ok(Node::Group(pairs.map(|(name, value)| (name.into_owned(), Node::Text(value.into_owned()))).collect()))
}

fn read(kind: Kind, news: &Node, signer: &Signer) -> Result<Notice, NoticeError> {
    let text = |names: &[&str]| names.iter().find_map(|name| news.text(name));
    let missing = |what: &str| NoticeError::Unreadable(format!("it has no {what}"));
    let payment = text(&["paymentId", "trackingid"]).ok_or_else(|| missing("paymentId"))?;
    let reference =
        text(&["merchantTransactionId", "desc"]).ok_or_else(|| missing("merchantTransactionId"))?;
    let sum = news.text("amount").ok_or_else(|| missing("amount"))?;
    let currency = news.text("currency").unwrap_or_default();
    let (long, short) = match kind {
        Kind::Callback => (news.text("status"), news.text("transactionStatus")),
        // In a return `status` is the short word.
        Kind::Return => (None, news.text("status")),
    };
    let short = short.ok_or_else(|| missing("status"))?;
    let checksum =
        news.text("checksum").ok_or_else(|| NoticeError::Forged("it has no checksum".to_owned()))?;
    let whole = amount::signed_in_callback(sum, currency);
    let over = |amount| Signed::Callback { payment, reference, amount, status: short };
    // Yen are signed as whole numbers, or as they stand by installations that don't round.
    let signed =
        |signer: &Signer| signer.verifies(over(&whole), checksum) || signer.verifies(over(sum), checksum);
    if !signed(signer) {
        let why = if signed(&signer.with_null_key()) {
            "it is signed with the word null"
        } else {
            "the checksum is wrong"
        };
        return Err(NoticeError::Forged(why.to_owned()));
    }
    let word = long.unwrap_or_default().to_ascii_lowercase();
    let name = match kind {
        Kind::Callback => "callback",
        Kind::Return => "return",
    };
    Ok(Notice {
        reference: reference.to_owned(),
        processor_reference: Some(payment.to_owned()),
        key: ids::path(&[name, payment, &word, short]),
        summary: scrub(&format!("{name}: {word} ({short}), {sum} {currency}")),
        opened: String::new(),
        instrument: None,
        told: Default::default(),
    })
}

/// What notices of stored cards and accounts are kept under: no order of ours has this name.
pub const REGISTRATION: &str = "registration";

/// News of a stored card or account. Its checksum is the same for every registration of a merchant, so it proves nothing,
/// and it does not say whose the card is. It is therefore kept for people and nothing follows from it: a token is
/// attached to a customer only out of the answer to our own call, and what the gateway really holds is in its list.
fn read_registration(registration: &str, news: &Node, signer: &Signer) -> Result<Notice, NoticeError> {
    let text = |name| news.text(name).unwrap_or_default();
    let status = text("status");
    let word = if status.eq_ignore_ascii_case("Y") { "success" } else { "failed" };
    if !signer.verifies(Signed::RegistrationCallback { status: word }, text("checksum")) {
        return Err(NoticeError::Forged(format!("the checksum is not that of a registration's {word}")));
    }
    // A token pays, so only what tells it from others is kept.
    let mark = hex::encode(&Sha256::digest(registration.as_bytes())[..8]);
    let summary =
        format!("registration: {word}, {} **** {}, not confirmed", text("cardType"), text("lastFour"));
    Ok(Notice {
        reference: REGISTRATION.to_owned(),
        processor_reference: None,
        key: ids::path(&[REGISTRATION, &mark, word]),
        summary: scrub(&summary),
        opened: String::new(),
        instrument: None,
        told: Default::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    const CALLBACK: &str = r#"{"paymentId":"620417","status":"capturesuccess","transactionStatus":"Y","amount":"50.00","currency":"EUR","merchantTransactionId":"ord-20240117-000431","checksum":"f37fab1bc1dd334c17bf2b2225ef7089","result":{"code":"00001"},"bankReferenceId":""}"#;

    fn signer() -> Signer {
        Signer::new("10519", SecretString::from("k9QmZ2vT7xLw4RbN8sYpD3hJ6fGcA1eU"))
    }

    fn raw(method: &str, query: &str, body: &[u8]) -> RawNotice {
        RawNotice {
            method: method.to_owned(),
            query: query.to_owned(),
            content_type: String::new(),
            body: body.to_vec(),
            peer: None,
        }
    }

    fn understood(raw: &RawNotice) -> Result<Notice, NoticeError> {
        super::understood(raw, &signer())
    }

    #[test]
    fn news_of_a_stored_card_attach_nothing_and_hold_no_token() {
        let token = "Tq7LmW2xZ9vKr4NbY1sHd8GfJ3cPaE6u";
        let told = |status: &str, word: &str| {
            let checksum = signer().sign(Signed::RegistrationCallback { status: word });
            let body = format!(
                r#"{{"resultCode":"00002","status":"{status}","registrationId":"{token}","lastFour":"0051","cardType":"VISA","checksum":"{checksum}"}}"#
            );
            understood(&raw("POST", "", body.as_bytes()))
        };
        let notice = told("Y", "success").expect("authentic");
        assert_eq!((notice.reference.as_str(), &notice.instrument), ("registration", &None));
        assert_eq!(notice.processor_reference, None);
        assert!(notice.summary.contains("VISA **** 0051"), "{}", notice.summary);
        assert!(!format!("{notice:?}").contains(token));
        assert_eq!(
            told("N", "failed").map(|notice| notice.key != told("Y", "success").expect("one").key),
            Ok(true)
        );
        // The word that is signed must be the one that is told.
        assert!(matches!(told("Y", "failed"), Err(NoticeError::Forged(_))));
        assert!(matches!(told("N", "success"), Err(NoticeError::Forged(_))));
    }

    #[test]
    fn the_recorded_callback_is_read() {
        let notice = understood(&raw("POST", "", CALLBACK.as_bytes())).expect("authentic");
        assert_eq!(notice.reference, "ord-20240117-000431");
        assert_eq!(notice.processor_reference.as_deref(), Some("620417"));
        assert_eq!(notice.key, "callback/620417/capturesuccess/Y");
    }

    #[test]
    fn a_changed_signed_value_is_forged() {
        for (from, to) in [("50.00", "500.00"), ("\"Y\"", "\"N\""), ("620417", "620418"), ("f37f", "f37e")] {
            let body = CALLBACK.replace(from, to);
            assert!(
                matches!(understood(&raw("POST", "", body.as_bytes())), Err(NoticeError::Forged(_))),
                "{to}"
            );
        }
        let bare = CALLBACK.replace("checksum", "check");
        assert!(matches!(understood(&raw("POST", "", bare.as_bytes())), Err(NoticeError::Forged(_))));
    }

    #[test]
    fn returns_come_as_form_or_query() {
        let checksum =
            signer().sign(Signed::Callback { payment: "7", reference: "r-1", amount: "5.00", status: "Y" });
        let form = format!("trackingid=7&desc=r-1&status=Y&amount=5.00&currency=EUR&checksum={checksum}");
        let posted = understood(&raw("POST", "", form.as_bytes())).expect("authentic");
        let gotten = understood(&raw("GET", &form, b"")).expect("authentic");
        assert_eq!(posted, gotten);
        assert_eq!(posted.key, "return/7//Y");
    }

    #[test]
    fn the_literal_null_key_is_refused_by_name() {
        let null = signer().with_null_key();
        let checksum =
            null.sign(Signed::Callback { payment: "7", reference: "r-1", amount: "5.00", status: "C" });
        let form = format!("trackingid=7&desc=r-1&status=C&amount=5.00&checksum={checksum}");
        let refused = understood(&raw("POST", "", form.as_bytes()));
        assert_eq!(refused, Err(NoticeError::Forged("it is signed with the word null".to_owned())));
    }

    #[test]
    fn yen_are_verified_as_whole_numbers_or_as_they_stand() {
        for signed in ["4800", "4800.00"] {
            let over = Signed::Callback { payment: "7", reference: "r-1", amount: signed, status: "Y" };
            let body = format!(
                r#"{{"paymentId":"7","merchantTransactionId":"r-1","amount":"4800.00","currency":"JPY","transactionStatus":"Y","status":"capturesuccess","checksum":"{}"}}"#,
                signer().sign(over)
            );
            assert!(understood(&raw("POST", "", body.as_bytes())).is_ok(), "{signed}");
        }
    }

    #[test]
    fn latin_1_does_not_matter() {
        let mut body = CALLBACK.replace("\"bankReferenceId\":\"\"", "\"firstName\":\"Ren?\"").into_bytes();
        let at = body.iter().position(|&byte| byte == b'?').expect("a place");
        body[at] = 0xe9;
        assert!(understood(&raw("POST", "", &body)).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200), query in "\\PC*") {
            let _ = understood(&raw("POST", "", &body));
            let _ = understood(&raw("GET", &query, b""));
        }
    }
}
