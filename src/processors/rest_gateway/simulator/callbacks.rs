//! Callbacks as the real thing makes them, and the ways in which they go astray.

use super::cents;
use super::desk::Desk;
use super::sums;
use super::words;
use super::world::{Payment, StoredToken};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sale,
    Capture,
    Reversal,
    Refund,
    Chargeback,
    Payout,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Sent as soon as it is made.
    #[default]
    Immediate,
    /// Kept until `deliver`: late, or never.
    Held,
    Lost,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Manner {
    pub delivery: Delivery,
    pub copies: u32,
    /// Signed with a key that is not the merchant's.
    pub forged: bool,
    /// Written in Latin-1, with `?` for what it has not.
    pub latin1: bool,
    /// The newest of those held goes first.
    pub newest_first: bool,
}

impl Default for Manner {
    fn default() -> Manner {
        Manner { delivery: Delivery::Immediate, copies: 1, forged: false, latin1: false, newest_first: false }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// Nought where it tells of no payment.
    pub payment: u64,
    pub url: String,
    pub body: Vec<u8>,
}

#[derive(Debug, Default)]
pub(super) struct Callbacks {
    pub manner: Manner,
    waiting: Vec<Callback>,
}

impl Callbacks {
    /// Everything that waits, in the order of delivery.
    pub fn take(&mut self) -> Vec<Callback> {
        let mut waiting = std::mem::take(&mut self.waiting);
        if self.manner.newest_first {
            waiting.reverse();
        }
        waiting
    }
}

impl Desk<'_> {
    /// `word` stands in for the long status where the real thing sends a word of its own.
    pub fn notify(&mut self, id: u64, kind: Kind, word: Option<&str>) {
        let switches = &self.world.switches;
        let wanted = match kind {
            Kind::Sale => switches.notify_sale,
            Kind::Capture => switches.notify_capture,
            Kind::Reversal => switches.notify_reversal,
            Kind::Refund => switches.notify_refund,
            Kind::Chargeback => switches.notify_chargeback,
            Kind::Payout => switches.notify_payout,
        };
        let Some(payment) = self.world.payment(&id.to_string()) else { return };
        if !wanted || payment.notify_url.is_empty() {
            return;
        }
        let (url, body) = (payment.notify_url.clone(), self.body(payment, word));
        let callbacks = &mut self.world.callbacks;
        if callbacks.manner.delivery == Delivery::Lost {
            return;
        }
        for _ in 0..callbacks.manner.copies {
            callbacks.waiting.push(Callback { payment: id, url: url.clone(), body: body.clone() });
        }
    }

    /// Tells of a card or account that was stored: signed over words that are the same for all of them.
    pub fn notify_registration(&mut self, token: &StoredToken, url: &str) {
        let manner = &self.world.callbacks.manner;
        if url.is_empty() || manner.delivery == Delivery::Lost {
            return;
        }
        let key = if manner.forged { "not-the-key" } else { self.key() };
        let checksum = sums::md5(format!("{}|{key}|success", self.world.setup.member_id));
        let card = token.card.as_ref();
        let body = json!({
            "resultCode": "00002",
            "resultDescription": "Registration successful",
            "timestamp": self.timestamp(),
            "firstName": token.first_name,
            "lastName": token.last_name,
            "status": "Y",
            "registrationId": token.registration,
            "firstSix": card.map(|card| card.bin.as_str()).unwrap_or_default(),
            "lastFour": card.map_or(token.account_end.as_str(), |card| card.last_four.as_str()),
            "cardType": token.brand,
            "customerId": token.customer,
            "checksum": checksum,
        });
        let body = body.to_string().into_bytes();
        for _ in 0..self.world.callbacks.manner.copies {
            self.world.callbacks.waiting.push(Callback {
                payment: 0,
                url: url.to_owned(),
                body: body.clone(),
            });
        }
    }

    fn body(&self, payment: &Payment, word: Option<&str>) -> Vec<u8> {
        let status = word.unwrap_or(&payment.status);
        let short = match word {
            Some("success" | "PAYOUTSUCCESSFUL") => "Y",
            Some("failed" | "PAYOUTFAILED") => "N",
            Some(_) | None => words::in_callback(&payment.status),
        };
        let (code, description) = words::result(&payment.status, short);
        let manner = &self.world.callbacks.manner;
        let key = if manner.forged { "not-the-key" } else { self.key() };
        let signed = cents::signed(payment.amount, &payment.currency);
        let checksum = sums::md5(format!("{}|{}|{signed}|{short}|{key}", payment.id, payment.reference));
        let card = payment.card.as_ref().filter(|_| self.world.switches.card_storage);
        let of_card =
            |part: fn(&super::world::StoredCard) -> &String| card.map(part).cloned().unwrap_or_default();
        let amount = cents::write(payment.amount);
        let text = json!({
            "paymentId": payment.id.to_string(),
            "status": status,
            "transactionStatus": short,
            "paymentBrand": payment.brand,
            "paymentMode": payment.mode,
            "firstName": payment.first_name,
            "lastName": payment.last_name,
            "amount": amount,
            "currency": payment.currency,
            "descriptor": "SHOP EU",
            "merchantTransactionId": payment.reference,
            "remark": payment.remark,
            "tmpl_amount": amount,
            "tmpl_currency": payment.currency,
            "checksum": checksum,
            "result": {"code": code, "description": description},
            "customer": {"email": payment.email, "id": ""},
            "card": {
                "bin": of_card(|card| &card.bin),
                "lastFourDigits": of_card(|card| &card.last_four),
                "last4Digits": of_card(|card| &card.last_four),
                "expiryMonth": of_card(|card| &card.month),
                "expiryYear": of_card(|card| &card.year),
            },
            "timestamp": self.timestamp(),
            "eci": "05",
            "bankReferenceId": "",
            "terminalId": payment.terminal,
        })
        .to_string();
        if manner.latin1 {
            return text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
        }
        text.into_bytes()
    }
}
