//! Pseudo card numbers, expiry dates, and card numbers that live only as long as a call.

use super::{BadValue, format};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;

/// A pseudo card number (PCNr): sixteen digits, the first 0, the last three as on the card. No card begins so.
pub fn is_pcnr(text: &str) -> bool {
    text.len() == 16 && text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The PCNr, or a refusal that keeps real card numbers from ever being sent from our books.
pub fn pcnr(text: &str) -> Result<&str, BadValue> {
    let problem = "is no pseudo card number: 16 digits, the first of them 0";
    if is_pcnr(text) { Ok(text) } else { Err(BadValue::new("CCNr", "n16", problem)) }
}

/// An expiry date `YYYYMM`.
pub fn expiry<'a>(parameter: &str, text: &'a str) -> Result<&'a str, BadValue> {
    let format = format::n(6).exactly();
    format.check(parameter, text)?;
    let (year, month) = text.split_at(4);
    let fits = ("2000".."2100").contains(&year) && ("01"..="12").contains(&month);
    if fits { Ok(text) } else { Err(BadValue::new(parameter, format, "is no month written YYYYMM")) }
}

/// For people: `**** 0001` if four digits are known, `**** *001` from a PCNr, whose last three are the card's.
pub fn masked(number: &str) -> String {
    let tail: String = number.chars().rev().take_while(char::is_ascii_digit).take(4).collect();
    let tail: String = tail.chars().rev().collect();
    if is_pcnr(number) || tail.len() == 3 {
        return format!("**** *{}", &tail[tail.len() - 3..]);
    }
    if tail.len() < 4 { "****".to_owned() } else { format!("**** {tail}") }
}

/// A real card, in memory only. Its texts are wiped when it is dropped, and it prints nothing of itself.
pub struct PanCard {
    pub number: SecretString,
    pub security_code: Option<SecretString>,
    pub expiry: String,
    pub brand: String,
    pub holder: String,
}

impl fmt::Debug for PanCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PanCard(...)")
    }
}

impl PanCard {
    /// The number, at least 12 digits (or a PCNr), with a right check digit.
    pub fn checked_number(&self, most: usize) -> Result<&str, BadValue> {
        let number = self.number.expose_secret();
        let format = format::n(most).at_least(12);
        format.check("CCNr", number)?;
        if !is_pcnr(number) && !passes_luhn(number) {
            return Err(BadValue::new("CCNr", format, "has a wrong check digit"));
        }
        Ok(number)
    }

    pub fn checked_code(&self) -> Result<Option<&str>, BadValue> {
        let Some(code) = &self.security_code else { return Ok(None) };
        format::n(4).at_least(3).check("CCCVC", code.expose_secret())?;
        Ok(Some(code.expose_secret()))
    }
}

pub fn passes_luhn(number: &str) -> bool {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            let doubled = if place % 2 == 1 { digit * 2 } else { digit };
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    number.bytes().all(|byte| byte.is_ascii_digit()) && sum.is_multiple_of(10)
}

/// Hides every run of 12 to 19 digits that could be a card number, for texts that people look at.
pub fn mask_numbers(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut digits = String::new();
    let flush = |digits: &mut String, shown: &mut String| {
        if (12..=19).contains(&digits.len()) && passes_luhn(digits) {
            shown.push_str(&"*".repeat(digits.len() - 4));
            shown.push_str(&digits[digits.len() - 4..]);
        } else {
            shown.push_str(digits);
        }
        digits.clear();
    };
    for character in text.chars() {
        if character.is_ascii_digit() {
            digits.push(character);
        } else {
            flush(&mut digits, &mut shown);
            shown.push(character);
        }
    }
    flush(&mut digits, &mut shown);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_card_numbers_are_no_tokens() {
        assert!(pcnr("0123456789012001").is_ok());
        for bad in ["4111111111111111", "012345678901200", "01234567890120011", "0123 56789012001", ""] {
            let error = pcnr(bad).expect_err("refused");
            assert!(bad.is_empty() || !error.to_string().contains(bad));
        }
    }

    #[test]
    fn dates_are_months_and_masks_show_at_most_four_digits() {
        assert_eq!(expiry("CCExpiry", "203012"), Ok("203012"));
        for bad in ["203013", "203000", "1230", "12/2030", "199912"] {
            assert!(expiry("CCExpiry", bad).is_err(), "{bad}");
        }
        assert_eq!(masked("0123456789012001"), "**** *001");
        assert_eq!(masked("400001******0001"), "**** 0001");
        assert_eq!(masked("none"), "****");
        assert_eq!(mask_numbers("CCNr=4111111111111111&Amount=4200"), "CCNr=************1111&Amount=4200");
        assert_eq!(mask_numbers("4111111111111112"), "4111111111111112");
    }

    #[test]
    fn a_card_prints_nothing_of_itself() {
        let card = PanCard {
            number: SecretString::from("4111111111111111"),
            security_code: Some(SecretString::from("123")),
            expiry: "203012".to_owned(),
            brand: "VISA".to_owned(),
            holder: "Big Daddy".to_owned(),
        };
        assert_eq!(format!("{card:?}"), "PanCard(...)");
        assert!(card.checked_number(19).is_ok() && card.checked_code() == Ok(Some("123")));
    }
}
