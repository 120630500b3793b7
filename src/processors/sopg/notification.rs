//! Payment notifications (pnUrl). They are not signed, so they are hints: the sender's address is checked where the
//! account lists senders, and whatever a notice says, the caller looks its reference up and asks the gateway.

use super::processor::Processor;
use super::settings::is_reference;
use super::state;
use crate::processors::{Notice, NoticeError, NoticeReader, RawNotice};
use sha2::{Digest, Sha256};

/// Far above ten cards of four fields.
const LARGEST_NOTICE: usize = 16 * 1024;
const ASSIGNED: &str = "ASSIGN_CARDS";

/// The fields that count, whichever form they came in.
#[derive(Default)]
struct News {
    mtid: String,
    event: String,
    cards: Vec<String>,
}

impl NoticeReader for Processor {
    fn read(&self, raw: &RawNotice) -> Result<Notice, NoticeError> {
        let listed = |peer| self.senders.iter().any(|network| network.contains(&peer));
        if !self.senders.is_empty() && !raw.peer.is_some_and(listed) {
            return Err(NoticeError::Forged("its sender is not on the account's list".to_owned()));
        }
        read(raw)
    }
}

/// Reads a notice without asking who sent it.
pub fn read(raw: &RawNotice) -> Result<Notice, NoticeError> {
    if raw.body.len() + raw.query.len() > LARGEST_NOTICE {
        return Err(unreadable("too large"));
    }
    let json = raw.content_type.trim_start().to_ascii_lowercase().starts_with("application/json");
    let news = if json { from_json(&raw.body)? } else { from_form(raw) };
    if news.event != ASSIGNED {
        return Err(unreadable("eventType is not ASSIGN_CARDS"));
    }
    if !is_reference(&news.mtid) {
        return Err(unreadable("mtid is missing or malformed"));
    }
    // The cards are part of the key, so that an invented notice can't take the place of the true one.
    let mut digest = Sha256::new();
    for part in [&news.mtid, &news.event].into_iter().chain(&news.cards) {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    let count = news.cards.len();
    Ok(Notice {
        key: format!("sopg/{}/{}", news.mtid, &hex::encode(digest.finalize())[..32]),
        summary: format!(
            "{ASSIGNED} for {} with {count} card{}",
            news.mtid,
            if count == 1 { "" } else { "s" }
        ),
        // A deposit whose first name was taken is known there by this one.
        processor_reference: Some(news.mtid.clone()),
        reference: news.mtid,
        opened: String::new(),
        instrument: None,
        told: Default::default(),
    })
}

/// Form fields in the body; in the query only where the body has none of them. The merchant's own query of pnUrl
/// stands there too, so foreign fields are passed over.
fn from_form(raw: &RawNotice) -> News {
    let field = |name: &str| {
        let in_body = form_urlencoded::parse(&raw.body);
        let in_query = form_urlencoded::parse(raw.query.as_bytes());
        let mut all = in_body.chain(in_query);
        all.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let cards = state::cards(&field("serialNumbers"));
    let line = |card: state::Card| {
        let (currency, kind) = (card.currency.unwrap_or_default(), card.card_type.unwrap_or_default());
        format!("{};{currency};{};{kind}", card.serial, card.amount)
    };
    News { mtid: field("mtid"), event: field("eventType"), cards: cards.into_iter().map(line).collect() }
}

/// The form that some merchants agree on: `{eventType, data: {payment_id, card_details: […]}}`.
fn from_json(body: &[u8]) -> Result<News, NoticeError> {
    let value: serde_json::Value = serde_json::from_slice(body).map_err(|_| unreadable("not JSON"))?;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let data = &value["data"];
    let cards = data["card_details"].as_array().map(Vec::as_slice).unwrap_or_default();
    let cards = cards.iter().map(serde_json::Value::to_string).collect();
    Ok(News { mtid: text(&data["payment_id"]), event: text(&value["eventType"]), cards })
}

fn unreadable(reason: &str) -> NoticeError {
    NoticeError::Unreadable(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::settings;
    use super::*;

    const ONE: &str = include_str!("../../../tests/data/sopg/pn.one_card.body.txt");
    const TWO: &str = include_str!("../../../tests/data/sopg/pn.two_cards.body.txt");
    const OTHER: &str = include_str!("../../../tests/data/sopg/pn.no_country_other_currency.body.txt");

    fn notice(body: &str) -> RawNotice {
        RawNotice {
            method: "POST".to_owned(),
            query: "shop=1".to_owned(),
            content_type: "application/x-www-form-urlencoded".to_owned(),
            body: body.as_bytes().to_vec(),
            peer: Some("18.197.120.90".parse().unwrap()),
        }
    }

    #[test]
    fn the_recorded_notices_are_read_and_tell_no_serial() {
        for (body, reference, cards) in [
            (ONE, "ord-2024-000017", "1 card"),
            (TWO, "ord-2024-000017", "2 cards"),
            (OTHER, "ord-2024-000018", "1 card"),
        ] {
            let read = read(&notice(body)).unwrap();
            assert_eq!(read.reference, reference);
            assert_eq!(read.summary, format!("ASSIGN_CARDS for {reference} with {cards}"));
            assert!(!format!("{read:?}").contains("00000000012"));
        }
    }

    #[test]
    fn every_delivery_of_the_same_news_has_the_same_key_and_other_news_another() {
        let key = |raw: &RawNotice| read(raw).unwrap().key;
        let one = key(&notice(ONE));
        // The last separator is sometimes missing, the order of fields is nobody's promise, and the query is a refuge.
        assert_eq!(one, key(&notice(ONE.trim().strip_suffix("%3B").unwrap())));
        let mut fields: Vec<&str> = ONE.trim().split('&').collect();
        fields.reverse();
        assert_eq!(one, key(&notice(&fields.join("&"))));
        let in_query = RawNotice { query: format!("shop=1&{}", ONE.trim()), body: Vec::new(), ..notice("") };
        assert_eq!(one, key(&in_query));
        assert_ne!(one, key(&notice(TWO)));
        assert_ne!(one, key(&notice("mtid=ord-2024-000017&eventType=ASSIGN_CARDS")));
    }

    #[test]
    fn what_is_no_notice_is_refused() {
        for body in [
            "",
            "mtid=a",
            "mtid=a&eventType=OTHER",
            "eventType=ASSIGN_CARDS",
            "mtid=a%20b&eventType=ASSIGN_CARDS",
        ] {
            assert!(matches!(read(&notice(body)), Err(NoticeError::Unreadable(_))), "{body}");
        }
        assert!(read(&notice(&"x".repeat(LARGEST_NOTICE))).is_err());
    }

    #[test]
    fn the_json_form_is_read_too() {
        let body = r#"{"timestamp":1,"eventType":"ASSIGN_CARDS","version":"1","data":{"mid":"1","payment_id":"ord-1",
            "card_details":[{"serial":"1","currency":"EUR","amount":"1.00","type":"00002","country":"AT"}]}}"#;
        let raw = RawNotice { content_type: "application/json; charset=utf-8".to_owned(), ..notice(body) };
        assert_eq!(read(&raw).unwrap().reference, "ord-1");
    }

    #[test]
    fn only_listed_senders_are_heard_where_there_is_a_list() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut account = settings::tests::account();
        assert!(
            Processor::connect(&account, crate::clock::Clock::system())
                .unwrap()
                .read(&RawNotice { peer: None, ..notice(ONE) })
                .is_ok()
        );
        account.notice_senders = vec!["18.197.120.90".to_owned(), "10.0.0.0/8".to_owned()];
        let processor = Processor::connect(&account, crate::clock::Clock::system()).unwrap();
        for (peer, heard) in [
            (Some("18.197.120.90"), true),
            (Some("10.9.9.9"), true),
            (Some("18.197.120.91"), false),
            (None, false),
        ] {
            let peer = peer.map(|peer| peer.parse().unwrap());
            let read = processor.read(&RawNotice { peer, ..notice(ONE) });
            assert_eq!(read.is_ok(), heard, "{peer:?}");
            assert!(heard || matches!(read, Err(NoticeError::Forged(_))));
        }
    }
}
