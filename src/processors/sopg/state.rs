//! What the gateway says of a disposition: its state letter, its amount, its cards.

use super::amount;
use super::envelope::{Answer, ReadError};
use crate::domain::money::{Currency, Money};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// R: registered, the customer has not paid.
    Created,
    /// S: cards are assigned and the amount is reserved.
    Disposed,
    /// E: debited in part, open for more.
    Debited,
    /// O: closed by a debit.
    Consumed,
    /// L: the customer pressed cancel.
    Cancelled,
    /// X: a time window ran out.
    Expired,
    /// I: named by the vendor, never explained.
    Invalid,
    /// A letter nobody has told us about.
    Unheard(String),
}

impl State {
    pub fn read(letter: &str) -> State {
        match letter {
            "R" => State::Created,
            "S" => State::Disposed,
            "E" => State::Debited,
            "O" => State::Consumed,
            "L" => State::Cancelled,
            "X" => State::Expired,
            "I" => State::Invalid,
            other => State::Unheard(other.chars().take(8).collect()),
        }
    }

    pub fn letter(&self) -> &str {
        match self {
            State::Created => "R",
            State::Disposed => "S",
            State::Debited => "E",
            State::Consumed => "O",
            State::Cancelled => "L",
            State::Expired => "X",
            State::Invalid => "I",
            State::Unheard(letter) => letter,
        }
    }
}

/// A disposition as the gateway knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposition {
    pub state: State,
    /// The disposition's own amount; after a partial debit the rest that is still open.
    pub amount: Money,
    pub cards: Vec<Card>,
}

/// A card that paid. Amount and currency may be the card's own, so they are never added up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Text, because leading zeros count.
    pub serial: String,
    pub currency: Option<String>,
    pub amount: String,
    pub card_type: Option<String>,
}

/// Reads the fields that both state queries share.
pub fn read(answer: &Answer) -> Result<Disposition, ReadError> {
    let missing = |field: &str| ReadError::Missing(field.to_owned());
    let letter = answer.word("dispositionState").ok_or_else(|| missing("dispositionState"))?;
    let code = answer.word("currency").ok_or_else(|| missing("currency"))?;
    let currency = Currency::find(code).ok_or(ReadError::BadField("currency"))?;
    let text = answer.word("amount").ok_or_else(|| missing("amount"))?;
    let amount = amount::read(text, currency).map_err(|_| ReadError::BadField("amount"))?;
    let cards = cards(answer.text("serialNumbers").unwrap_or_default());
    Ok(Disposition { state: State::read(letter), amount, cards })
}

/// Cards come as `serial;amount` or as `serial;currency;amount;type;`, up to ten of them, the last `;` optional.
pub fn cards(text: &str) -> Vec<Card> {
    let mut tokens: Vec<&str> = text.trim().split(';').map(str::trim).collect();
    while tokens.last().is_some_and(|token| token.is_empty()) {
        tokens.pop();
    }
    let is_currency = |token: &&str| token.len() == 3 && token.bytes().all(|byte| byte.is_ascii_alphabetic());
    let own = |token: Option<&&str>| token.map(|token| (*token).to_owned());
    if tokens.get(1).is_some_and(is_currency) {
        let card = |group: &[&str]| Card {
            serial: own(group.first()).unwrap_or_default(),
            currency: own(group.get(1)),
            amount: own(group.get(2)).unwrap_or_default(),
            card_type: own(group.get(3)),
        };
        return tokens.chunks(4).map(card).collect();
    }
    let card = |pair: &[&str]| Card {
        serial: own(pair.first()).unwrap_or_default(),
        currency: None,
        amount: own(pair.get(1)).unwrap_or_default(),
        card_type: None,
    };
    tokens.chunks(2).map(card).collect()
}

#[cfg(test)]
mod tests {
    use super::super::envelope;
    use super::*;

    fn sample(name: &str, operation: &str) -> Disposition {
        let path = format!("{}/tests/data/sopg/{operation}.response.{name}.xml", env!("CARGO_MANIFEST_DIR"));
        read(&envelope::read(operation, &std::fs::read(path).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn the_recorded_states_are_read() {
        let created = sample("R", "getSerialNumbers");
        assert_eq!(
            (created.state, created.amount.to_string(), created.cards.len()),
            (State::Created, "24.90 EUR".into(), 0)
        );
        let two = sample("S_four_fields_two_cards", "getSerialNumbers");
        assert_eq!(two.state, State::Disposed);
        assert_eq!(two.cards[1].serial, "0000000001300000");
        assert_eq!(two.cards[1].currency.as_deref(), Some("EUR"));
        let pair = sample("S_two_fields", "getSerialNumbers");
        assert_eq!((pair.cards.len(), pair.cards[0].amount.as_str()), (1, "24.90"));
        assert_eq!(sample("O", "getSerialNumbers").state, State::Consumed);
        let part = sample("E", "getDispositionRawState");
        assert_eq!((part.state, part.amount.minor()), (State::Debited, 1490));
    }

    #[test]
    fn letters_are_one_to_one_and_others_are_kept_as_unheard() {
        for letter in ["R", "S", "E", "O", "L", "X", "I", "D", "C", "r", ""] {
            assert_eq!(State::read(letter).letter(), letter);
        }
        assert_eq!(State::read("D"), State::Unheard("D".to_owned()));
    }

    #[test]
    fn card_lists_of_any_length_and_ending_are_read() {
        assert_eq!(cards(""), []);
        assert_eq!(cards(";;"), []);
        assert_eq!(cards("1;EUR;2.00;AT00002;2;CHF;3.00;00002").len(), 2);
        assert_eq!(cards("1;2.00;2;3.00;")[1].amount, "3.00");
        assert_eq!(cards("1;EUR;2.00;;2;EUR;1.00;")[1].serial, "2");
        assert_eq!(cards("1")[0].serial, "1");
    }
}
