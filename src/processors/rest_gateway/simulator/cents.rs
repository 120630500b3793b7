//! Amounts inside the simulator: hundredths of whatever currency, as the real thing stores them, yen included.

/// `50.00`; yen also without a fraction, and with no other than `.00`.
pub(super) fn read(text: &str, currency: &str) -> Option<i64> {
    if text.len() > 12 {
        return None;
    }
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, fraction),
        None if currency == "JPY" => (text, "00"),
        None => return None,
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.len() > 10 || fraction.len() != 2 {
        return None;
    }
    if currency == "JPY" && fraction != "00" {
        return None;
    }
    let cents = whole.parse::<i64>().ok()? * 100 + fraction.parse::<i64>().ok()?;
    (cents > 0).then_some(cents)
}

pub(super) fn write(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The amount a callback is signed over.
pub(super) fn signed(cents: i64, currency: &str) -> String {
    if currency == "JPY" { ((cents + 50) / 100).to_string() } else { write(cents) }
}
