//! Where requests are worked on: the world, the time, and what every operation needs of them.

use super::books::{Entry, Movement};
use super::incoming::Incoming;
use super::outgoing::Tree;
use super::sums;
use super::world::{Payment, World};
use crate::clock::Entropy;
use chrono::{DateTime, Utc};

pub(super) struct Desk<'a> {
    pub world: &'a mut World,
    pub now: DateTime<Utc>,
    pub entropy: &'a Entropy,
    /// The address of the pages, without a slash at the end.
    pub base: &'a str,
}

pub(super) enum Reply {
    /// JSON or XML, as the caller accepts.
    Tree(Tree),
    /// Operations that only know JSON.
    Json(Tree),
    /// It was done and nothing is answered.
    Silence,
    /// It was done and the server broke.
    Crash,
}

/// One or several refusals, joined as the real thing joins them.
pub(super) fn refuse(errors: &[(&str, &str)]) -> Tree {
    let join = |part: fn(&(&str, &str)) -> String| errors.iter().map(part).collect::<Vec<_>>().join(" | ");
    let code = join(|error| error.0.to_owned());
    Tree::group().text("paymentId", "-").result(&code, &join(|error| error.1.to_owned()))
}

impl Desk<'_> {
    pub fn timestamp(&self) -> String {
        self.now.format("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// The name the gateway gives to payments that bring none.
    pub fn stamp(&self) -> String {
        self.now.format("%y%m%d%H%M%S").to_string()
    }

    pub fn refuse(&self, code: &str, description: &str) -> Reply {
        Reply::Tree(refuse(&[(code, description)]).text("timestamp", self.timestamp()))
    }

    pub fn key(&self) -> &str {
        &self.world.setup.secure_key
    }

    /// Member and checksum; `text` is what stands before, between and behind them for this operation.
    pub fn check(&self, request: &Incoming, text: String) -> Result<(), Reply> {
        if request.get("authentication.memberId") != self.world.setup.member_id {
            return Err(self.refuse("30001", "Invalid memberId"));
        }
        if !sums::fits(text, request.get("authentication.checksum")) {
            return Err(self.refuse("20001", "Checksum mismatch"));
        }
        if !self.world.switches.active {
            return Err(self.refuse("20003", "Merchant is not active"));
        }
        Ok(())
    }

    pub fn member_and_key(&self) -> String {
        format!("{}|{}", self.world.setup.member_id, self.world.setup.secure_key)
    }

    pub fn next_payment_id(&self) -> u64 {
        620_417 + self.world.payments.len() as u64
    }

    pub fn book(&mut self, payment: &Payment, movement: Movement, cents: i64) {
        self.world.books.entries.push(Entry {
            payment: payment.id,
            reference: payment.reference.clone(),
            movement,
            cents,
            currency: payment.currency.clone(),
        });
    }

    pub fn capture(&mut self, id: u64, cents: i64) {
        self.world.change(id, |payment| {
            payment.status = "capturesuccess".to_owned();
            payment.captured = cents;
        });
        if let Some(payment) = self.world.payment(&id.to_string()).cloned() {
            self.book(&payment, Movement::Captured, cents);
        }
    }

    /// A payment that the acquirer approved: reserved or taken, as it was asked for.
    pub fn approve(&mut self, id: u64) {
        let Some(payment) = self.world.payment(&id.to_string()).cloned() else { return };
        self.world.change(id, |payment| payment.remark = "Approved".to_owned());
        if payment.kind == "PA" {
            self.world.change(id, |payment| payment.status = "authsuccessful".to_owned());
        } else {
            self.capture(id, payment.amount);
        }
        if let Some(invoice) = payment.invoice {
            for row in self.world.invoices.iter_mut().filter(|row| row.id == invoice) {
                row.state = "processed".to_owned();
                row.payment = Some(id);
            }
        }
    }

    pub fn set_status(&mut self, id: u64, status: &str, remark: &str) {
        self.world.change(id, |payment| {
            payment.status = status.to_owned();
            payment.remark = remark.to_owned();
        });
    }
}

/// `card` as answers show it; all members empty where nothing may be shown.
pub(super) fn card_tree(payment: &Payment, shown: bool) -> Tree {
    let card = payment.card.as_ref().filter(|_| shown);
    let text = |part: fn(&super::world::StoredCard) -> &String| card.map(part).cloned().unwrap_or_default();
    Tree::group()
        .text("bin", text(|card| &card.bin))
        .text("last4Digits", text(|card| &card.last_four))
        .text("lastFourDigits", text(|card| &card.last_four))
        .text("holder", text(|card| &card.holder))
        .text("expiryMonth", text(|card| &card.month))
        .text("expiryYear", text(|card| &card.year))
}
