//! Amounts at SOPG's edge: `xsd:double` texts on the wire, exact minor units inside, never a binary float between.
//!
//! We send two decimals always. We read the whole lexical space of `xsd:double` (`10`, `10.`, `.5`, `1.0E1`), because
//! the gateway prints doubles as its platform likes to, and refuse what two decimals or the currency can't hold.

use crate::domain::money::{Currency, Money};

/// SOPG's amounts have two decimals, whatever the currency.
const DECIMALS: u32 = 2;
/// No exponent of an honest amount comes near this; a larger one is a mistake or an attack on our memory.
const LARGEST_EXPONENT: i32 = 30;
const LONGEST_TEXT: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    #[error("is not a decimal number")]
    NotANumber,
    #[error("has more decimals than two or than its currency allows")]
    TooPrecise,
    #[error("must not be negative")]
    Negative,
    #[error("is too large")]
    TooLarge,
}

/// `24.90`; a yen amount is `100.00`, and a dinar amount with a third decimal is refused.
pub fn write(money: Money) -> Result<String, AmountError> {
    let minor = u64::try_from(money.minor()).map_err(|_| AmountError::Negative)?;
    let cents = rescale(u128::from(minor), money.currency().decimals(), DECIMALS)?;
    Ok(format!("{}.{:02}", cents / 100, cents % 100))
}

/// Reads an `xsd:double` text as an amount of `currency`. Negative zero is zero; other negatives are refused.
pub fn read(text: &str, currency: Currency) -> Result<Money, AmountError> {
    let (negative, digits, exponent) = scan(text.trim_matches([' ', '\t', '\r', '\n']))?;
    let mut value: u128 = 0;
    for digit in digits {
        value = value
            .checked_mul(10)
            .and_then(|v| v.checked_add(u128::from(digit)))
            .ok_or(AmountError::TooLarge)?;
    }
    if negative && value != 0 {
        return Err(AmountError::Negative);
    }
    // More than two significant decimals are refused even where the currency has three.
    let cents = shift(value, exponent + 2)?;
    let minor = rescale(cents, DECIMALS, currency.decimals())?;
    let minor = i64::try_from(minor).map_err(|_| AmountError::TooLarge)?;
    Ok(Money::from_minor(minor, currency))
}

/// Splits a number into its sign, its digits without the point, and the power of ten they are to be multiplied by.
fn scan(text: &str) -> Result<(bool, Vec<u8>, i32), AmountError> {
    if text.len() > LONGEST_TEXT {
        return Err(AmountError::TooLarge);
    }
    let (negative, text) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, whole(exponent)?),
        None => (text, 0),
    };
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: Vec<u8> = before.bytes().chain(after.bytes()).map(|byte| byte.wrapping_sub(b'0')).collect();
    if digits.is_empty() || digits.iter().any(|&digit| digit > 9) {
        return Err(AmountError::NotANumber);
    }
    // Trailing zeros carry no precision: `10.0000` is an exact amount.
    let decimals = i32::try_from(after.len()).map_err(|_| AmountError::TooLarge)?;
    Ok((negative, digits, exponent - decimals))
}

fn whole(text: &str) -> Result<i32, AmountError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AmountError::NotANumber);
    }
    let exponent: i32 = text.parse().map_err(|_| AmountError::TooLarge)?;
    if exponent.abs() > LARGEST_EXPONENT {
        return Err(AmountError::TooLarge);
    }
    Ok(exponent)
}

fn rescale(value: u128, from: u32, to: u32) -> Result<u128, AmountError> {
    // Both are single digits, so the difference fits.
    shift(value, to as i32 - from as i32)
}

/// Multiplies by a power of ten, exactly or not at all.
fn shift(value: u128, power: i32) -> Result<u128, AmountError> {
    if value == 0 {
        return Ok(0);
    }
    let factor = 10_u128.checked_pow(power.unsigned_abs());
    if power >= 0 {
        return factor.and_then(|factor| value.checked_mul(factor)).ok_or(AmountError::TooLarge);
    }
    match factor {
        Some(factor) if value.is_multiple_of(factor) => Ok(value / factor),
        _ => Err(AmountError::TooPrecise),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        Currency::find(code).unwrap()
    }

    #[test]
    fn every_spelling_of_a_double_is_read_exactly() {
        let read = |text| read(text, currency("EUR")).map(Money::minor);
        for (text, minor) in [
            ("10", 1000),
            ("10.", 1000),
            ("10.0", 1000),
            ("10.00", 1000),
            ("10.0000", 1000),
            ("1.0E1", 1000),
            ("1e1", 1000),
            ("1000e-2", 1000),
            (".5", 50),
            ("+24.9", 2490),
            (" 14.65\n", 1465),
            ("0.0", 0),
            ("-0.0", 0),
            ("0e30", 0),
            ("007", 700),
        ] {
            assert_eq!(read(text), Ok(minor), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_exact_amount_is_refused() {
        let eur = currency("EUR");
        for text in [
            "", " ", ".", "-", "e1", "1e", "1e+", "NaN", "INF", "-INF", "1,0", "1.2.3", "0x1", "1 0", "١",
            "1e1.0",
        ] {
            assert_eq!(read(text, eur), Err(AmountError::NotANumber), "{text:?}");
        }
        assert_eq!(read("10.001", eur), Err(AmountError::TooPrecise));
        assert_eq!(read("1e-3", eur), Err(AmountError::TooPrecise));
        assert_eq!(read("24.899999999999999", eur), Err(AmountError::TooPrecise));
        assert_eq!(read("-1", eur), Err(AmountError::Negative));
        for text in ["1e99", "1e30", "99999999999999999999", &"1".repeat(100)] {
            assert_eq!(read(text, eur), Err(AmountError::TooLarge), "{text:?}");
        }
        assert_eq!(read("100.5", currency("JPY")), Err(AmountError::TooPrecise));
        assert_eq!(read("1.001", currency("KWD")), Err(AmountError::TooPrecise));
    }

    #[test]
    fn two_decimals_are_written_or_nothing() {
        let write = |minor, code| write(Money::from_minor(minor, currency(code)));
        assert_eq!(write(2490, "EUR").as_deref(), Ok("24.90"));
        assert_eq!(write(0, "EUR").as_deref(), Ok("0.00"));
        assert_eq!(write(5, "EUR").as_deref(), Ok("0.05"));
        assert_eq!(write(100, "JPY").as_deref(), Ok("100.00"));
        assert_eq!(write(1230, "KWD").as_deref(), Ok("1.23"));
        assert_eq!(write(1234, "KWD"), Err(AmountError::TooPrecise));
        assert_eq!(write(-1, "EUR"), Err(AmountError::Negative));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(minor in 0..=999_999_999_999_999_i64) {
            let money = Money::from_minor(minor, currency("EUR"));
            prop_assert_eq!(read(&write(money).unwrap(), money.currency()), Ok(money));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-+0-9.eE ]{0,80}") {
            let _ = read(&text, currency("KWD"));
        }
    }
}
