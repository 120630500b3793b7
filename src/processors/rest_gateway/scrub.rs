//! What of the gateway's own words may be logged or shown: short, one line, and without anything like a card number.

/// The longest text kept from an answer.
const LONGEST: usize = 200;
/// Card numbers have twelve to nineteen digits.
const SHORTEST_CARD: usize = 12;

pub fn scrub(text: &str) -> String {
    let mut clean = String::new();
    let mut digits = String::new();
    for c in text.chars().filter(|c| !c.is_control()).take(LONGEST) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        flush(&mut clean, &mut digits);
        clean.push(c);
    }
    flush(&mut clean, &mut digits);
    clean.trim().to_owned()
}

fn flush(clean: &mut String, digits: &mut String) {
    if digits.len() < SHORTEST_CARD {
        clean.push_str(digits);
    } else {
        clean.push('…');
    }
    digits.clear();
}

#[cfg(test)]
mod tests {
    use super::scrub;

    #[test]
    fn card_numbers_and_line_breaks_go() {
        assert_eq!(scrub("card 4000000000000051 is\r\nbad"), "card … isbad");
        assert_eq!(scrub("payment 620417 not found"), "payment 620417 not found");
        assert_eq!(scrub(&"x".repeat(500)).len(), 200);
    }
}
