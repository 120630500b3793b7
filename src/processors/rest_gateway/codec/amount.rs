//! Amounts as the gateway writes them: major units, two decimals, and yen without any.
//!
//! What can't be written exactly (a third decimal, more than twelve characters) is refused before it is sent.

use crate::domain::money::{Currency, Money, MoneyError};

/// The longest amount that every known installation takes.
const LONGEST: usize = 12;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    #[error("{0} can't be written with two decimals")]
    ThirdDecimal(Money),
    #[error("{0} is longer than this gateway takes")]
    TooLong(Money),
    #[error("an amount must be greater than zero")]
    NotPositive,
    #[error("the gateway's amount {0}")]
    Unreadable(#[from] MoneyError),
}

/// `50.00`, and `4800` for yen: the text that is both sent and signed.
pub fn write(money: Money) -> Result<String, AmountError> {
    if !money.is_positive() {
        return Err(AmountError::NotPositive);
    }
    let text = match money.currency().decimals() {
        0 if money.currency().code() == "JPY" => money.major(),
        0 => format!("{}.00", money.major()),
        1 => format!("{}0", money.major()),
        2 => money.major(),
        more => {
            let major = money.major();
            let (kept, cut) = major.split_at(major.len() - (more as usize - 2));
            if cut.bytes().any(|digit| digit != b'0') {
                return Err(AmountError::ThirdDecimal(money));
            }
            kept.to_owned()
        }
    };
    if text.len() > LONGEST {
        return Err(AmountError::TooLong(money));
    }
    Ok(text)
}

/// Reads an amount of an answer or a callback. `4800.00` is whole yen; `4800.50` is none.
pub fn read(text: &str, currency: Currency) -> Result<Money, AmountError> {
    Ok(Money::parse_major(text, currency)?)
}

/// The text a callback's checksum is made over: yen are signed as a whole number whatever the body says.
pub fn signed_in_callback(text: &str, currency: &str) -> String {
    if !currency.eq_ignore_ascii_case("JPY") {
        return text.to_owned();
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    match (whole.parse::<u64>(), fraction.bytes().next()) {
        (Ok(whole), Some(b'5'..=b'9')) => whole.saturating_add(1).to_string(),
        (Ok(whole), _) => whole.to_string(),
        // Not a number: signed as it stands, and then it does not verify.
        (Err(_), _) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, code: &str) -> Money {
        Money::from_minor(minor, Currency::find(code).expect("a currency"))
    }

    #[test]
    fn two_decimals_and_yen_without() {
        let written = |minor, code| write(money(minor, code));
        assert_eq!(written(5000, "EUR").as_deref(), Ok("50.00"));
        assert_eq!(written(5, "EUR").as_deref(), Ok("0.05"));
        assert_eq!(written(4800, "JPY").as_deref(), Ok("4800"));
        assert_eq!(written(4800, "KRW").as_deref(), Ok("4800.00"));
        assert_eq!(written(1230, "KWD").as_deref(), Ok("1.23"));
        assert_eq!(written(1234, "KWD"), Err(AmountError::ThirdDecimal(money(1234, "KWD"))));
        assert_eq!(written(0, "EUR"), Err(AmountError::NotPositive));
        assert_eq!(written(-5, "EUR"), Err(AmountError::NotPositive));
        assert_eq!(written(99_999_999_999, "EUR").as_deref(), Ok("999999999.99"));
        assert!(written(100_000_000_000, "EUR").is_err());
    }

    #[test]
    fn answers_are_read_exactly() {
        let read_as = |text, code| read(text, Currency::find(code).expect("a currency")).map(Money::minor);
        assert_eq!(read_as("50.00", "EUR"), Ok(5000));
        assert_eq!(read_as("4800.00", "JPY"), Ok(4800));
        assert_eq!(read_as("1.23", "KWD"), Ok(1230));
        for bad in ["4800.50", "-1", "1e3", "", "4,800"] {
            assert!(read_as(bad, "JPY").is_err(), "{bad}");
        }
    }

    #[test]
    fn yen_callbacks_are_signed_over_whole_numbers() {
        assert_eq!(signed_in_callback("4800.00", "JPY"), "4800");
        assert_eq!(signed_in_callback("4799.50", "jpy"), "4800");
        assert_eq!(signed_in_callback("4800", "JPY"), "4800");
        assert_eq!(signed_in_callback("50.00", "EUR"), "50.00");
        assert_eq!(signed_in_callback("a.b", "JPY"), "a.b");
    }
}
