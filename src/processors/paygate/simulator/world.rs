//! Everything the simulated platform knows: merchants, books, faults, letters to deliver.

use super::books::{Action, Books, Due, Payment, StoredCard};
use super::codec::{Filling, Keys, Params};
use super::delivery::Letter;
use super::faults::Faults;
use crate::clock::{Clock, Entropy};
use chrono::Duration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A merchant as the platform has set it up, with the switches that support would flip.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Merchant {
    pub id: String,
    #[serde(skip_serializing)]
    pub password: String,
    #[serde(skip_serializing)]
    pub mac_password: String,
    pub aes: bool,
    /// Payouts without an earlier payment.
    pub creditex: bool,
    pub direct: bool,
    pub stationary: bool,
    pub twint: bool,
    /// Amounts under 100.
    pub small_amounts: bool,
    /// Payments are booked at once and answered OK instead of AUTHORIZED.
    pub sale: bool,
    /// No payment is authorised for more, as a prepaid card that holds no more; the rest is not paid.
    pub authorizes_at_most: i64,
    /// The largest single payout in minor units.
    pub payout_limit: i64,
    /// Refuse an order number that was used before.
    pub unique_trans_id: bool,
    /// Refuse captures and credits under another order number than the payment's.
    pub same_trans_id: bool,
    /// The browser returns by POST instead of GET.
    pub return_by_post: bool,
    /// How answers are filled up, and whether names and order vary.
    pub filling: Filling,
    pub vary: bool,
}

impl Default for Merchant {
    fn default() -> Merchant {
        Merchant {
            id: "sandbox_shop".to_owned(),
            password: "sandbox-encryption".to_owned(),
            mac_password: "sandbox-mac-password-of-32-chars".to_owned(),
            aes: false,
            creditex: true,
            direct: true,
            stationary: true,
            twint: true,
            small_amounts: false,
            sale: false,
            authorizes_at_most: i64::MAX,
            payout_limit: 1_000_000_000,
            unique_trans_id: false,
            same_trans_id: false,
            return_by_post: false,
            filling: Filling::Spaces,
            vary: true,
        }
    }
}

/// A request that was taken in and is not decided.
pub struct Undecided {
    pub merchant: String,
    pub endpoint: String,
    pub trans_id: String,
    pub params: Params,
}

/// A customer in front of one of our pages, or a server in the middle of 3-D Secure.
#[derive(Clone)]
pub struct Session {
    pub merchant: String,
    pub endpoint: String,
    pub params: Params,
    pub card: Option<StoredCard>,
    pub direct: bool,
    pub done: bool,
}

pub struct World {
    pub clock: Clock,
    pub entropy: Entropy,
    pub merchants: BTreeMap<String, (Merchant, Arc<Keys>)>,
    pub books: Books,
    pub faults: Faults,
    pub letters: Vec<Letter>,
    pub undecided: Vec<Undecided>,
    pub sessions: BTreeMap<String, Session>,
    /// What the last payment from server to server said, by order number.
    pub asked: BTreeMap<String, Params>,
    pub base_url: String,
    /// Where banks are said to be instead of here.
    pub bank: Option<String>,
}

impl World {
    pub fn new(clock: Clock, entropy: Entropy, base_url: String) -> World {
        World {
            clock,
            entropy,
            merchants: BTreeMap::new(),
            books: Books::default(),
            faults: Faults::default(),
            letters: Vec::new(),
            undecided: Vec::new(),
            sessions: BTreeMap::new(),
            asked: BTreeMap::new(),
            base_url,
            bank: None,
        }
    }

    /// Sets a merchant up, or changes one. `false` if the password can't be a key.
    pub fn set_up(&mut self, merchant: Merchant) -> bool {
        let keys = Keys::new(merchant.password.as_bytes(), merchant.mac_password.as_bytes(), merchant.aes);
        let Some(keys) = keys else { return false };
        self.merchants.insert(merchant.id.clone(), (merchant, Arc::new(keys)));
        true
    }

    pub fn new_id(&self) -> String {
        self.entropy.hex(16)
    }

    /// The payment under an order number, opened when it is new.
    pub fn open_payment(&mut self, merchant: &str, params: &Params) -> &mut Payment {
        let pay_id = self.new_id();
        let key = (merchant.to_owned(), params.get("TransID").to_owned());
        self.books.payments.entry(key).or_insert_with(|| Payment {
            pay_id,
            trans_id: params.get("TransID").to_owned(),
            merchant: merchant.to_owned(),
            currency: params.get("Currency").to_owned(),
            asked: amount(params),
            authorized: 0,
            captured: 0,
            credited: 0,
            last_status: String::new(),
            last_xid: String::new(),
            ref_nr: params.get("RefNr").to_owned(),
            ordered: false,
            renewal_stopped: false,
            due: None,
            refundable_until: None,
            open_actions: 0,
        })
    }

    /// The pseudo number of a card: 0, twelve digits, the card's last three. Never one that passes as a card number.
    pub fn token_for(&mut self, card: &StoredCard) -> String {
        let known = self.books.cards.iter().find(|(_, stored)| stored.number == card.number);
        if let Some(token) = known.map(|(token, _)| token.clone()) {
            self.books.cards.insert(token.clone(), card.clone());
            return token;
        }
        let last: String = card.number.chars().skip(card.number.len().saturating_sub(3)).collect();
        loop {
            let token = format!("0{:012}{last:0>3}", self.entropy.next() % 1_000_000_000_000);
            if !check_digit_fits(&token) && !self.books.cards.contains_key(&token) {
                self.books.cards.insert(token.clone(), card.clone());
                return token;
            }
        }
    }

    /// Does what has come due by the clock: delayed captures, TWINT payers who closed the browser.
    pub fn tick(&mut self) {
        let now = self.clock.now();
        let due: Vec<_> = self
            .books
            .payments
            .iter()
            .filter_map(|(key, payment)| {
                payment.due.filter(|(at, _)| *at <= now).map(|(_, what)| (key.clone(), what))
            })
            .collect();
        for (key, what) in due {
            if let Some(payment) = self.books.payments.get_mut(&key) {
                payment.due = None;
            }
            // Nobody is in front of the browser any more, so the way back is not needed.
            match what {
                Due::Capture => self.capture_all(&key),
                Due::TwintConfirmed | Due::TwintAbandoned => {
                    let _ = self.finish_twint(&key.0, &key.1, what == Due::TwintConfirmed);
                }
            }
        }
    }

    pub fn remember(&mut self, action: Action) {
        self.books.actions.push(action);
    }

    pub fn refund_window(&self) -> Duration {
        Duration::days(180)
    }
}

pub fn amount(params: &Params) -> i64 {
    params.get("Amount").parse().unwrap_or(0)
}

/// The check digit rule of card numbers.
pub fn check_digit_fits(number: &str) -> bool {
    let mut sum = 0;
    for (place, digit) in number.chars().rev().filter_map(|c| c.to_digit(10)).enumerate() {
        sum += match (place % 2, digit) {
            (1, 5..) => digit * 2 - 9,
            (1, _) => digit * 2,
            _ => digit,
        };
    }
    sum % 10 == 0
}
