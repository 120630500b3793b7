//! Amounts as people read them: digits in groups, as the language has them, and always with the currency.

use crate::domain::money::Money;

pub fn written(money: Money, language: &str) -> String {
    let major = money.major();
    let (sign, digits) = major.strip_prefix('-').map_or(("", major.as_str()), |digits| ("\u{2212}", digits));
    let (whole, fraction) =
        digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let (group, point) = if language == "de" { ('.', ',') } else { (',', '.') };
    let mut text = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(group);
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push(point);
        text.push_str(fraction);
    }
    // An amount and its currency stay on one line.
    format!("{text}\u{a0}{}", money.currency().code())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    #[test]
    fn amounts_are_grouped_as_the_language_has_them() {
        let money = |minor, code| Money::from_minor(minor, Currency::find(code).expect("a currency"));
        for (amount, english, german) in [
            (money(123_456_789, "EUR"), "1,234,567.89\u{a0}EUR", "1.234.567,89\u{a0}EUR"),
            (money(-100_000, "EUR"), "\u{2212}1,000.00\u{a0}EUR", "\u{2212}1.000,00\u{a0}EUR"),
            (money(5, "EUR"), "0.05\u{a0}EUR", "0,05\u{a0}EUR"),
            (money(1000, "JPY"), "1,000\u{a0}JPY", "1.000\u{a0}JPY"),
            (money(1, "KWD"), "0.001\u{a0}KWD", "0,001\u{a0}KWD"),
        ] {
            assert_eq!(written(amount, "en"), english);
            assert_eq!(written(amount, "de"), german);
        }
    }
}
