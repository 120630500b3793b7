//! Parts of a disposition: what was debited before, and what became of a part of unknown outcome.

use super::deposit::CAPTURED_MINOR;
use super::state::{Disposition, State};
use crate::domain::money::Money;
use crate::processors::DepositOrder;

/// What became of a part whose debit had no answer.
pub enum Part {
    Taken,
    NotTaken,
    Untold,
}

/// How much of the order was captured in earlier parts.
pub fn captured_before(order: &DepositOrder) -> Money {
    let minor = order.extra.get(CAPTURED_MINOR).and_then(|text| text.parse().ok()).unwrap_or(0);
    Money::from_minor(minor, order.amount.currency())
}

/// What was open before this part, as our own row tells it.
pub fn open_before(order: &DepositOrder) -> Money {
    order.amount.minus(captured_before(order)).unwrap_or(order.amount)
}

/// The first part shows in the state. Later ones show only in the open rest, which not every gateway is sure to tell:
/// one that goes on telling the whole amount tells nothing.
pub fn part(order: &DepositOrder, before: Money, amount: Money, there: &Disposition) -> Part {
    if captured_before(order).is_zero() {
        return if there.state == State::Debited { Part::Taken } else { Part::NotTaken };
    }
    match before.minus(amount) {
        Ok(rest) if rest == there.amount => Part::Taken,
        Ok(_) if before == there.amount && before != order.amount => Part::NotTaken,
        Ok(_) | Err(_) => Part::Untold,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::eur;
    use super::*;
    use crate::processors::Capture;

    fn order(captured: i64) -> DepositOrder {
        let extra = [(CAPTURED_MINOR.to_owned(), captured.to_string())];
        DepositOrder {
            deposit: crate::domain::ids::DepositId(1),
            reference: "DE-1".to_owned(),
            processor_reference: None,
            amount: eur(2490),
            front_end: String::new(),
            pin: String::new(),
            customer: Default::default(),
            method: String::new(),
            language: String::new(),
            capture: Capture::Manual,
            urls: crate::processors::ReturnUrls {
                success: String::new(),
                failure: String::new(),
                back: String::new(),
                notify: String::new(),
            },
            instrument: None,
            extra: extra.into(),
        }
    }

    /// `+` taken, `-` not taken, `?` untold; a part of 10.00, of 24.90.
    #[test]
    fn a_part_without_an_answer_is_taken_only_if_state_or_rest_say_so() {
        let sign = |captured, letter: &str, open| {
            let there = Disposition { state: State::read(letter), amount: eur(open), cards: Vec::new() };
            let order = order(captured);
            match part(&order, open_before(&order), eur(1000), &there) {
                Part::Taken => '+',
                Part::NotTaken => '-',
                Part::Untold => '?',
            }
        };
        // The first part shows in the state, whichever amount the gateway tells.
        assert_eq!(["S", "E"].map(|letter| sign(0, letter, 2490)), ['-', '+']);
        assert_eq!(sign(0, "E", 1490), '+');
        // A second one shows in the open rest, if the gateway tells that.
        assert_eq!([1990, 990, 1490, 2490].map(|open| sign(500, "E", open)), ['-', '+', '?', '?']);
    }
}
