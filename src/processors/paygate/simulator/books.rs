//! What the simulated platform really did: payments, single actions, pseudo card numbers, and money that moved.

use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;

/// Everything under one order number of one merchant.
#[derive(Clone, Debug, Serialize)]
pub struct Payment {
    pub pay_id: String,
    pub trans_id: String,
    pub merchant: String,
    pub currency: String,
    /// What the payer agreed to, before it is authorised.
    pub asked: i64,
    pub authorized: i64,
    pub captured: i64,
    pub credited: i64,
    pub last_status: String,
    pub last_xid: String,
    pub ref_nr: String,
    /// TxType=Order, and the payer agreed.
    pub ordered: bool,
    pub renewal_stopped: bool,
    /// When a delayed capture or a payer who closed the browser comes due.
    pub due: Option<(DateTime<Utc>, Due)>,
    pub refundable_until: Option<DateTime<Utc>>,
    /// Set while an action runs that the platform has not decided.
    pub open_actions: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Due {
    Capture,
    TwintConfirmed,
    TwintAbandoned,
}

/// Money that really moved, or was held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Movement {
    pub at: DateTime<Utc>,
    pub trans_id: String,
    pub kind: Moved,
    pub minor: i64,
    pub currency: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Moved {
    Authorization,
    Capture,
    Credit,
    /// `creditex`: a payout without an earlier payment.
    Payout,
    Reversal,
}

/// One action under a ReqID.
#[derive(Clone, Debug)]
pub struct Action {
    pub req_id: String,
    pub endpoint: String,
    pub trans_id: String,
    pub merchant: String,
    pub minor: i64,
    /// The answer, once it is final.
    pub answer: Option<Vec<(String, String)>>,
}

/// A card behind a pseudo card number.
#[derive(Clone, Debug)]
pub struct StoredCard {
    pub number: String,
    pub expiry: String,
    pub brand: String,
}

#[derive(Default)]
pub struct Books {
    /// By merchant and order number.
    pub payments: BTreeMap<(String, String), Payment>,
    pub movements: Vec<Movement>,
    pub actions: Vec<Action>,
    pub cards: BTreeMap<String, StoredCard>,
}

impl Books {
    pub fn payment(&mut self, merchant: &str, trans_id: &str) -> Option<&mut Payment> {
        self.payments.get_mut(&(merchant.to_owned(), trans_id.to_owned()))
    }

    /// Looks a payment up by PayID, or by order number where there is none.
    pub fn find(&mut self, merchant: &str, pay_id: &str, trans_id: &str) -> Option<&mut Payment> {
        if pay_id.is_empty() {
            return self.payment(merchant, trans_id);
        }
        self.payments.values_mut().find(|p| p.merchant == merchant && p.pay_id.eq_ignore_ascii_case(pay_id))
    }

    pub fn record(&mut self, at: DateTime<Utc>, kind: Moved, payment: &Payment, minor: i64) {
        self.movements.push(Movement {
            at,
            trans_id: payment.trans_id.clone(),
            kind,
            minor,
            currency: payment.currency.clone(),
        });
    }

    /// The sum of one kind of movement for one order.
    pub fn sum(&self, trans_id: &str, kind: Moved) -> i64 {
        let of_order = self.movements.iter().filter(|m| m.trans_id == trans_id && m.kind == kind);
        of_order.map(|m| m.minor).sum()
    }

    /// The final answer of an earlier action with this ReqID, if there is one.
    pub fn final_answer(
        &self,
        merchant: &str,
        endpoint: &str,
        req_id: &str,
    ) -> Option<Vec<(String, String)>> {
        if req_id.is_empty() {
            return None;
        }
        let same = |a: &&Action| a.merchant == merchant && a.endpoint == endpoint && a.req_id == req_id;
        self.actions.iter().filter(same).find_map(|action| action.answer.clone())
    }
}
