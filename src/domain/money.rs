//! Money that cannot be confused: an integer number of the currency's smallest unit, and the currency.

use rust_decimal::Decimal;
use std::fmt;

/// An ISO 4217 currency and the number of decimals its amounts have (JPY 0, EUR 2, KWD 3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency {
    code: [u8; 3],
    decimals: u8,
}

impl Currency {
    /// Finds a currency by its three-letter code, in any case.
    pub fn find(code: &str) -> Option<Currency> {
        let upper: [u8; 3] = code.as_bytes().try_into().ok()?;
        let upper = upper.map(|letter| letter.to_ascii_uppercase());
        let iso = iso_currency::Currency::from_code(std::str::from_utf8(&upper).ok()?)?;
        // Currencies without a minor unit on paper (gold, test codes) are not money a cashier can pay.
        let decimals = iso.exponent()?;
        Some(Currency { code: upper, decimals: u8::try_from(decimals).ok()? })
    }

    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).unwrap_or("???")
    }

    pub fn decimals(&self) -> u32 {
        u32::from(self.decimals)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why a text or a calculation is not an amount. The texts complete a sentence that begins with a field's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("is not a plain decimal number such as 12.50 (no sign, exponent, separator or space)")]
    NotDecimal,
    #[error("has more decimals than {currency} allows ({})", .currency.decimals())]
    TooPrecise { currency: Currency },
    #[error("is not a whole number of minor units")]
    NotWhole,
    #[error("must be greater than zero")]
    NotPositive,
    #[error("is too large")]
    Overflow,
    #[error("mixes {left} and {right}")]
    MixedCurrencies { left: Currency, right: Currency },
}

/// The largest amount that is accepted from outside: 15 digits, far inside an `i64` and exact in every format.
const LARGEST_MINOR: i64 = 999_999_999_999_999;
/// As T-SQL's `money` prints: never more than four decimals.
const MOST_DECIMALS: usize = 4;

/// An amount in the smallest unit of its currency (cents for EUR, yen for JPY), which it never forgets.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    pub const fn from_minor(minor: i64, currency: Currency) -> Money {
        Money { minor, currency }
    }

    pub const fn zero(currency: Currency) -> Money {
        Money { minor: 0, currency }
    }

    /// Reads `12.50` exactly. No sign, exponent or separator; zeros beyond the currency's decimals are dropped,
    /// other digits there are refused.
    pub fn parse_major(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let amount = strict_decimal(text)?.normalize();
        if currency.decimals() < amount.scale() {
            return Err(MoneyError::TooPrecise { currency });
        }
        let scale = Decimal::from(10_i64.pow(currency.decimals()));
        let minor = amount.checked_mul(scale).ok_or(MoneyError::Overflow)?;
        Money::bounded(minor, currency)
    }

    /// Reads a whole number of minor units.
    pub fn parse_minor(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let amount = strict_decimal(text)?.normalize();
        if amount.scale() != 0 {
            return Err(MoneyError::NotWhole);
        }
        Money::bounded(amount, currency)
    }

    fn bounded(minor: Decimal, currency: Currency) -> Result<Money, MoneyError> {
        let minor = i64::try_from(minor).map_err(|_| MoneyError::Overflow)?;
        if minor > LARGEST_MINOR {
            return Err(MoneyError::Overflow);
        }
        Ok(Money { minor, currency })
    }

    pub fn minor(self) -> i64 {
        self.minor
    }

    pub fn currency(self) -> Currency {
        self.currency
    }

    pub fn is_zero(self) -> bool {
        self.minor == 0
    }

    pub fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// The amount itself, or the refusal of zero and less.
    pub fn positive(self) -> Result<Money, MoneyError> {
        if self.is_positive() { Ok(self) } else { Err(MoneyError::NotPositive) }
    }

    /// Fallible on purpose: there is no `impl Add`, so no sum can mix currencies unseen.
    pub fn plus(self, other: Money) -> Result<Money, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Money { minor, ..self })
    }

    pub fn minus(self, other: Money) -> Result<Money, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Money { minor, ..self })
    }

    pub fn negated(self) -> Money {
        Money { minor: -self.minor, ..self }
    }

    fn same_currency(self, other: Money) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::MixedCurrencies { left: self.currency, right: other.currency })
    }

    /// `120.00` for EUR, `120` for JPY; negative balances carry a minus sign.
    pub fn major(self) -> String {
        let decimals = self.currency.decimals() as usize;
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = self.minor.unsigned_abs().to_string();
        if decimals == 0 {
            return format!("{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = decimals + 1);
        let (whole, fraction) = padded.split_at(padded.len() - decimals);
        format!("{sign}{whole}.{fraction}")
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.major(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `digits[.digits]` and nothing else: rust_decimal by itself would take `1e3`, `1_000` and `.5`.
fn strict_decimal(text: &str) -> Result<Decimal, MoneyError> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || fraction.is_some_and(|f| !all_digits(f) || f.len() > MOST_DECIMALS) {
        return Err(MoneyError::NotDecimal);
    }
    if whole.len() > 20 {
        return Err(MoneyError::Overflow);
    }
    Decimal::from_str_exact(text).map_err(|_| MoneyError::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        Currency::find(code).expect("a currency")
    }

    #[test]
    fn decimals_follow_the_currency() {
        for (code, decimals) in [("EUR", 2), ("JPY", 0), ("KWD", 3), ("usd", 2)] {
            assert_eq!(currency(code).decimals(), decimals, "{code}");
        }
        assert_eq!(Currency::find("XXX"), None);
        assert_eq!(Currency::find("EURO"), None);
        assert_eq!(Currency::find("E€"), None);
    }

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        let eur = currency("EUR");
        let read = |text| Money::parse_major(text, eur).map(Money::minor);
        assert_eq!(read("12.50"), Ok(1250));
        assert_eq!(read("12.5"), Ok(1250));
        assert_eq!(read("12.5000"), Ok(1250));
        assert_eq!(read("0"), Ok(0));
        assert_eq!(read("007"), Ok(700));
        assert_eq!(read("9999999999999.99"), Ok(999_999_999_999_999));
        assert_eq!(read("10000000000000.00"), Err(MoneyError::Overflow));
        assert_eq!(read("12.505"), Err(MoneyError::TooPrecise { currency: eur }));
        for bad in [
            "", ".5", "5.", "1e3", "1_000", "1,000", "+1", "-1", " 1", "1 ", "NaN", "１", "0x1", "1.00000",
            "1.2.3",
        ] {
            assert_eq!(read(bad), Err(MoneyError::NotDecimal), "{bad:?}");
        }
        assert_eq!(Money::parse_major("5", currency("JPY")).map(Money::minor), Ok(5));
        assert_eq!(Money::parse_minor("5.00", eur).map(Money::minor), Ok(5));
        assert_eq!(Money::parse_minor("5.01", eur), Err(MoneyError::NotWhole));
    }

    proptest! {
        #[test]
        fn printing_and_reading_are_inverse(minor in 0..=LARGEST_MINOR, which in 0..3usize) {
            let money = Money::from_minor(minor, currency(["EUR", "JPY", "KWD"][which]));
            prop_assert_eq!(Money::parse_major(&money.major(), money.currency()), Ok(money));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = Money::parse_major(&text, currency("EUR"));
        }
    }
}
