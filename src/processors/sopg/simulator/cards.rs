//! The simulator's cards: the test PINs, their balances for this run, and a fixed table of rates.

use super::number::Cents;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub struct Card {
    pub serial: String,
    pub currency: &'static str,
    /// What can still be reserved.
    pub free: Cents,
    /// Reserved by dispositions and not debited.
    pub reserved: Cents,
    pub spent: Cents,
    pub issued: Cents,
    pub country: Option<&'static str>,
    pub password: Option<&'static str>,
    /// The error of every use, for cards that can't be used.
    pub refusal: Option<i32>,
}

impl Card {
    pub fn card_type(&self) -> String {
        format!("{}00002", self.country.unwrap_or_default())
    }
}

/// A fresh set of all test cards.
pub fn deck() -> BTreeMap<String, Card> {
    let card = |ending: u32, currency, amount: Cents, country| {
        let card = Card {
            serial: format!("{:016}", 1_200_000_000 + ending),
            currency,
            free: amount,
            reserved: 0,
            spent: 0,
            issued: amount,
            country,
            password: None,
            refusal: None,
        };
        (format!("{ending:016}"), card)
    };
    let austria = Some("AT");
    let mut deck = BTreeMap::from([
        // Hundredths of the unit.
        card(11, "EUR", 1_000, austria),
        card(12, "EUR", 2_500, austria),
        card(13, "EUR", 5_000, austria),
        card(14, "EUR", 10_000, austria),
        card(15, "EUR", 100_000, austria),
        card(21, "CHF", 5_000, None),
        card(22, "GBP", 5_000, None),
        card(91, "EUR", 2_500, austria),
        card(92, "EUR", 0, austria),
        card(93, "EUR", 2_500, Some("CH")),
        card(94, "EUR", 2_500, austria),
        card(95, "EUR", 2_500, austria),
    ]);
    for (ending, refusal) in [(91, 10013), (92, 10012), (94, 1026)] {
        if let Some(card) = deck.get_mut(&format!("{ending:016}")) {
            card.refusal = Some(refusal);
        }
    }
    if let Some(card) = deck.get_mut("0000000000000095") {
        card.password = Some("card-pw");
    }
    deck
}

/// Thousandths of a euro for one unit; a table, so that every run converts alike.
pub fn rate(currency: &str) -> Option<i64> {
    Some(match currency {
        "EUR" => 1000,
        "GBP" => 1170,
        "CHF" => 1050,
        "USD" => 920,
        "PLN" => 230,
        "CZK" => 40,
        "SEK" => 88,
        "DKK" => 134,
        "NOK" => 85,
        "RON" => 200,
        "ARS" => 1,
        _ => return None,
    })
}

/// What `amount` of one currency buys in another, rounded down.
pub fn convert_down(amount: Cents, from: &str, to: &str) -> Cents {
    if from == to {
        return amount;
    }
    match (rate(from), rate(to)) {
        (Some(from), Some(to)) => amount * from / to,
        (_, _) => 0,
    }
}

/// The same rounded up, for what a card has to give.
pub fn convert_up(amount: Cents, from: &str, to: &str) -> Cents {
    if from == to {
        return amount;
    }
    match (rate(from), rate(to)) {
        (Some(from), Some(to)) => (amount * from + to - 1) / to,
        (_, _) => 0,
    }
}
