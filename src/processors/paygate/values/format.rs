//! Paygate's notation for formats: `ans..64`, `n6`, `an..25`.

use super::BadValue;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alphabet {
    Letters,
    Digits,
    LettersAndDigits,
    DigitsAndSpecial,
    Any,
}

/// Which characters and how many. Always printable ASCII, and never the `&` that separates parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    alphabet: Alphabet,
    least: usize,
    most: usize,
}

pub const fn a(most: usize) -> Format {
    Format { alphabet: Alphabet::Letters, least: 1, most }
}

pub const fn n(most: usize) -> Format {
    Format { alphabet: Alphabet::Digits, least: 1, most }
}

pub const fn an(most: usize) -> Format {
    Format { alphabet: Alphabet::LettersAndDigits, least: 1, most }
}

pub const fn ns(most: usize) -> Format {
    Format { alphabet: Alphabet::DigitsAndSpecial, least: 1, most }
}

pub const fn ans(most: usize) -> Format {
    Format { alphabet: Alphabet::Any, least: 1, most }
}

impl Format {
    /// Exactly as long as it may be at most.
    pub const fn exactly(self) -> Format {
        Format { least: self.most, ..self }
    }

    pub const fn at_least(self, least: usize) -> Format {
        Format { least, ..self }
    }

    pub const fn most(self) -> usize {
        self.most
    }

    pub fn check(self, parameter: &str, value: &str) -> Result<(), BadValue> {
        let bad = |problem| Err(BadValue::new(parameter, self, problem));
        if value.bytes().any(|byte| !(0x20..0x7f).contains(&byte)) {
            return bad("has a character that is not printable ASCII");
        }
        if value.contains('&') {
            return bad("has an ampersand");
        }
        if value.len() > self.most {
            return bad("is too long");
        }
        if value.len() < self.least {
            return bad(if value.is_empty() { "is missing" } else { "is too short" });
        }
        if !value.bytes().all(|byte| self.alphabet.allows(byte)) {
            return bad("has a character that its format excludes");
        }
        Ok(())
    }
}

impl Alphabet {
    fn allows(self, byte: u8) -> bool {
        match self {
            Alphabet::Letters => byte.is_ascii_alphabetic(),
            Alphabet::Digits => byte.is_ascii_digit(),
            // The tables say `an` also for names and streets, which have spaces, dots and hyphens.
            Alphabet::LettersAndDigits => byte.is_ascii_alphanumeric() || b" .,-_'/+".contains(&byte),
            // RefNr is `ns` although letters occur in every sample.
            Alphabet::DigitsAndSpecial | Alphabet::Any => true,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = match self.alphabet {
            Alphabet::Letters => "a",
            Alphabet::Digits => "n",
            Alphabet::LettersAndDigits => "an",
            Alphabet::DigitsAndSpecial => "ns",
            Alphabet::Any => "ans",
        };
        match (self.least, self.most) {
            (least, most) if least == most => write!(f, "{letters}{most}"),
            (0 | 1, most) => write!(f, "{letters}..{most}"),
            (least, most) => write!(f, "{letters}{least}..{most}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_print_as_in_the_manual_and_name_what_does_not_fit() {
        let text =
            |format: Format, value: &str| format.check("TransID", value).expect_err("refused").to_string();
        assert_eq!(text(ans(64), &"x".repeat(65)), "TransID (ans..64) is too long");
        assert_eq!(text(ans(64), "a&b"), "TransID (ans..64) has an ampersand");
        assert_eq!(text(ans(64), "ü"), "TransID (ans..64) has a character that is not printable ASCII");
        assert_eq!(text(ans(64), "a\nb"), "TransID (ans..64) has a character that is not printable ASCII");
        assert_eq!(text(an(32).exactly(), "abc"), "TransID (an32) is too short");
        assert_eq!(text(n(19).at_least(12), "12a"), "TransID (n12..19) is too short");
        assert_eq!(text(n(3).exactly(), "12a"), "TransID (n3) has a character that its format excludes");
        assert_eq!(text(a(3).exactly(), ""), "TransID (a3) is missing");
        assert_eq!(ans(64).check("TransID", "PO-1 = fine?"), Ok(()));
    }
}
