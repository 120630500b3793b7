//! One-time codes of time (RFC 6238): HMAC-SHA-1, six digits, thirty seconds, which every authenticator program
//! speaks. One step to either side is taken, for clocks that differ.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// As RFC 4226 wants it: as long as the hash.
pub const SECRET_BYTES: usize = 20;
const STEP_SECONDS: i64 = 30;
const DIGITS: usize = 6;

/// The time step that a typed code belongs to, if it is a right one now.
pub fn step_of(secret: &[u8], typed: &str, now: DateTime<Utc>) -> Option<i64> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let current = now.timestamp().div_euclid(STEP_SECONDS);
    // All three are looked at, whichever fits.
    let fits = |step: &i64| bool::from(code(secret, *step).as_bytes().ct_eq(typed.as_bytes()));
    let steps: Vec<i64> = (current - 1..=current + 1).filter(fits).collect();
    steps.last().copied()
}

/// The code of a time step.
pub fn code(secret: &[u8], step: i64) -> String {
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret) else {
        // HMAC takes keys of any length; a code that nobody can type is the answer all the same.
        return String::new();
    };
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    // The last half byte says where to read (RFC 4226, 5.3).
    let at = usize::from(hash.last().copied().unwrap_or_default() & 0xf);
    let number = hash.iter().skip(at).take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    format!("{:0DIGITS$}", (number & 0x7fff_ffff) % 1_000_000)
}

/// The code that is right now.
pub fn code_now(secret: &[u8], now: DateTime<Utc>) -> String {
    code(secret, now.timestamp().div_euclid(STEP_SECONDS))
}

/// How authenticator programs take a secret (RFC 4648, without padding).
pub fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(LETTERS[(held >> bits & 31) as usize]));
        }
    }
    if bits > 0 {
        text.push(char::from(LETTERS[(held << (5 - bits) & 31) as usize]));
    }
    text
}

/// What an authenticator program reads from a picture or a link.
pub fn uri(issuer: &str, name: &str, secret: &[u8]) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let issuer = utf8_percent_encode(issuer, NON_ALPHANUMERIC);
    let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
    format!("otpauth://totp/{issuer}:{name}?secret={}&issuer={issuer}", base32(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    /// RFC 6238, appendix B, SHA-1: the last six of its eight digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(SECRET, seconds / 30), expected, "{seconds}");
        }
    }

    #[test]
    fn a_code_is_good_for_its_step_and_its_neighbours() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).expect("a time");
        assert_eq!(step_of(SECRET, "287082", at(59)), Some(1));
        assert_eq!(step_of(SECRET, "287 082", at(89)), Some(1), "as programs show it, a step late");
        assert_eq!(step_of(SECRET, "287082", at(0)), Some(1), "a step early");
        assert_eq!(step_of(SECRET, "287082", at(90)), None);
        for wrong in ["", "28708", "2870822", "287083", "x87082"] {
            assert_eq!(step_of(SECRET, wrong, at(59)), None, "{wrong}");
        }
    }

    #[test]
    fn secrets_are_written_as_programs_read_them() {
        assert_eq!(base32(b""), "");
        assert_eq!(base32(b"f"), "MY");
        assert_eq!(base32(b"foobar"), "MZXW6YTBOI");
        assert_eq!(
            uri("Tillgate", "olga.p", b"foobar"),
            "otpauth://totp/Tillgate:olga%2Ep?secret=MZXW6YTBOI&issuer=Tillgate"
        );
    }
}
