//! The simulator's own books: every movement once, in the order it happened. Tests compare them with ours.

use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    Captured,
    Refunded,
    ChargedBack,
    PaidOut,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    pub payment: u64,
    pub reference: String,
    pub movement: Movement,
    /// Hundredths, for yen too.
    pub cents: i64,
    pub currency: String,
}

/// What moved in one currency, in hundredths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub captured: i64,
    pub refunded: i64,
    pub charged_back: i64,
    pub paid_out: i64,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Books {
    pub entries: Vec<Entry>,
}

impl Books {
    pub fn totals(&self, currency: &str) -> Totals {
        self.by_currency().get(currency).copied().unwrap_or_default()
    }

    pub fn by_currency(&self) -> BTreeMap<String, Totals> {
        let mut totals: BTreeMap<String, Totals> = BTreeMap::new();
        for entry in &self.entries {
            let total = totals.entry(entry.currency.clone()).or_default();
            match entry.movement {
                Movement::Captured => total.captured += entry.cents,
                Movement::Refunded => total.refunded += entry.cents,
                Movement::ChargedBack => total.charged_back += entry.cents,
                Movement::PaidOut => total.paid_out += entry.cents,
            }
        }
        totals
    }
}
