//! The simulator's own reading and printing of `xsd:double` amounts, in hundredths.

use rust_decimal::Decimal;

/// An amount in hundredths of its currency's unit.
pub type Cents = i64;

/// What a request's amount is, once it is known to be a double.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    Cents(Cents),
    Negative,
    TooManyDecimals,
    TooLarge,
}

/// Whether the schema would take it; NaN and infinities are doubles, too, but no amounts.
pub fn is_double(word: &str) -> bool {
    split(word).is_some()
}

pub fn read(word: &str) -> Amount {
    let Some((mantissa, exponent)) = split(word) else { return Amount::TooLarge };
    let Ok(mut value) = Decimal::from_str_exact(&mantissa) else { return Amount::TooLarge };
    for _ in 0..exponent.unsigned_abs().min(60) {
        let moved = if exponent > 0 {
            value.checked_mul(Decimal::TEN)
        } else {
            // Dividing by ten is exact as long as the digits fit; what underflows is no amount either.
            value.checked_div(Decimal::TEN)
        };
        let Some(moved) = moved else { return Amount::TooLarge };
        value = moved;
    }
    if value.is_sign_negative() && !value.is_zero() {
        return Amount::Negative;
    }
    let value = value.normalize();
    if value.scale() > 2 {
        return Amount::TooManyDecimals;
    }
    match value.checked_mul(Decimal::ONE_HUNDRED).map(|cents| i64::try_from(cents.normalize())) {
        Some(Ok(cents)) => Amount::Cents(cents),
        Some(Err(_)) | None => Amount::TooLarge,
    }
}

/// Mantissa as `digits.digits` with its sign, and the exponent.
fn split(word: &str) -> Option<(String, i32)> {
    let (mantissa, exponent) = match word.find(['e', 'E']) {
        Some(at) => (&word[..at], word[at + 1..].parse::<i32>().ok()?),
        None => (word, 0),
    };
    let negative = mantissa.starts_with('-');
    let unsigned = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (whole, part) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if whole.len() + part.len() == 0 || !digits(whole) || !digits(part) {
        return None;
    }
    let sign = if negative { "-" } else { "" };
    Some((format!("{sign}0{whole}.{part}0"), exponent))
}

/// As Java prints a double: the shortest form with at least one decimal, and `1.0E7` from ten million on.
pub fn print(cents: Cents) -> String {
    let digits = format!("{:03}", cents.unsigned_abs());
    let (whole, part) = digits.split_at(digits.len() - 2);
    let sign = if cents < 0 { "-" } else { "" };
    if whole.len() > 7 {
        let (first, rest) = digits.split_at(1);
        let rest = rest.trim_end_matches('0');
        let rest = if rest.is_empty() { "0" } else { rest };
        return format!("{sign}{first}.{rest}E{}", whole.len() - 1);
    }
    match part.strip_suffix('0') {
        Some(tenth) => format!("{sign}{whole}.{tenth}"),
        None => format!("{sign}{whole}.{part}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_read_and_printed_as_java_would() {
        for (word, cents) in
            [("10", 1000), ("10.", 1000), ("1.0E1", 1000), (".5", 50), ("1000e-2", 1000), ("24.900", 2490)]
        {
            assert_eq!(read(word), Amount::Cents(cents), "{word}");
        }
        assert_eq!(read("-1"), Amount::Negative);
        assert_eq!(read("0.001"), Amount::TooManyDecimals);
        assert_eq!(read("1e40"), Amount::TooLarge);
        for bad in ["", ".", "NaN", "INF", "1,0", "x", "1e", "1 0", "--1"] {
            assert!(!is_double(bad), "{bad}");
        }
        for (cents, text) in [
            (0, "0.0"),
            (5, "0.05"),
            (2490, "24.9"),
            (1000, "10.0"),
            (1465, "14.65"),
            (999_999_999, "9999999.99"),
            (1_000_000_000, "1.0E7"),
            (1_234_567_890, "1.23456789E7"),
            (-10, "-0.1"),
        ] {
            assert_eq!(print(cents), text);
        }
    }
}
