//! Amounts: whole numbers of the smallest unit, at most ten digits.

use super::{BadValue, format};
use crate::domain::money::{Currency, Money};
use std::collections::BTreeMap;

/// Currencies that the platform counts in other units than ISO 4217 does, by configuration.
pub type Digits = BTreeMap<String, u32>;

/// Our amount as Paygate writes it; refused where its units can't hold the amount exactly.
pub fn write(amount: Money, digits: &Digits) -> Result<String, BadValue> {
    let bad = |problem| BadValue::new("Amount", format::n(10), problem);
    if !amount.is_positive() {
        return Err(bad("is not greater than zero"));
    }
    let (ours, theirs) = decimals(amount.currency(), digits);
    let units = if theirs >= ours {
        amount.minor().checked_mul(10_i64.pow(theirs - ours))
    } else {
        let divisor = 10_i64.pow(ours - theirs);
        (amount.minor() % divisor == 0).then(|| amount.minor() / divisor)
    };
    let text = units.ok_or_else(|| bad("is not a whole number of the platform's units"))?.to_string();
    format::n(10).check("Amount", &text)?;
    Ok(text)
}

/// The platform's amount in our minor units. Empty means none; `None` means that it can't be read exactly.
pub fn read(text: &str, currency: Currency, digits: &Digits) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    if text.len() > 15 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let units: i64 = text.parse().ok()?;
    let (ours, theirs) = decimals(currency, digits);
    if ours >= theirs {
        return units.checked_mul(10_i64.pow(ours - theirs));
    }
    let divisor = 10_i64.pow(theirs - ours);
    (units % divisor == 0).then(|| units / divisor)
}

fn decimals(currency: Currency, digits: &Digits) -> (u32, u32) {
    let ours = currency.decimals();
    (ours, digits.get(currency.code()).copied().unwrap_or(ours).min(6))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, code: &str) -> Money {
        Money::from_minor(minor, Currency::find(code).expect("a currency"))
    }

    #[test]
    fn minor_units_go_out_and_come_back_or_are_refused() {
        let digits = Digits::from([("JPY".to_owned(), 2), ("KWD".to_owned(), 2)]);
        for (amount, wire) in [
            (money(1095, "EUR"), "1095"),
            (money(5, "JPY"), "500"),
            (money(12340, "KWD"), "1234"),
            (money(9_999_999_999, "EUR"), "9999999999"),
        ] {
            assert_eq!(write(amount, &digits).as_deref(), Ok(wire));
            assert_eq!(read(wire, amount.currency(), &digits), Some(amount.minor()));
        }
        for amount in [money(12345, "KWD"), money(10_000_000_000, "EUR"), money(0, "EUR"), money(-1, "EUR")] {
            assert!(write(amount, &digits).is_err(), "{amount}");
        }
        let eur = money(1, "EUR").currency();
        for unreadable in ["1.5", "-1", " 1", "1e3", "9999999999999999"] {
            assert_eq!(read(unreadable, eur, &digits), None, "{unreadable}");
        }
        assert_eq!(read("150", money(1, "JPY").currency(), &digits), None);
        assert_eq!(read("", eur, &digits), Some(0));
    }
}
