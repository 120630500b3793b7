//! Card numbers where none belongs: free text that people and cashiers write.
//!
//! A number counts as one when it has 12 to 19 digits, alone or in groups of three and more behind single blanks or
//! hyphens, begins as cards do, and passes the check digit. One in ten numbers passes by chance, so what is meant to be
//! an id is never judged by this.

const FEWEST: usize = 12;
const MOST: usize = 19;
/// Cards are printed in such groups, and telephone numbers and dates in shorter ones.
const SHORTEST_GROUP: usize = 3;

/// Whether a text holds what looks like a card number.
pub fn is_in(text: &str) -> bool {
    let mut groups: Vec<Vec<u8>> = vec![Vec::new()];
    let mut after_separator = false;
    let mut runs: Vec<Vec<Vec<u8>>> = Vec::new();
    for character in text.chars() {
        match character.to_digit(10) {
            Some(digit) => {
                if after_separator {
                    groups.push(Vec::new());
                }
                after_separator = false;
                if let Some(group) = groups.last_mut() {
                    group.push(digit as u8);
                }
            }
            None if matches!(character, ' ' | '-' | '\u{a0}') && !after_separator => after_separator = true,
            None => {
                after_separator = false;
                runs.push(std::mem::replace(&mut groups, vec![Vec::new()]));
            }
        }
    }
    runs.push(groups);
    runs.iter().any(|groups| holds_one(groups))
}

/// Any neighbouring groups that make a card number together.
fn holds_one(groups: &[Vec<u8>]) -> bool {
    (0..groups.len()).any(|first| {
        let mut digits: Vec<u8> = Vec::new();
        groups[first..].iter().take_while(|group| group.len() >= SHORTEST_GROUP).any(|group| {
            digits.extend(group);
            (FEWEST..=MOST).contains(&digits.len()) && begins_as_cards_do(&digits) && has_check_digit(&digits)
        })
    })
}

fn begins_as_cards_do(digits: &[u8]) -> bool {
    matches!(digits.first(), Some(2..=6))
}

/// The check digit of ISO/IEC 7812: from the right every second digit is doubled, and the sum ends in zero.
fn has_check_digit(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &digit)| {
            let digit = u32::from(digit);
            match place % 2 {
                0 => digit,
                _ if digit > 4 => 2 * digit - 9,
                _ => 2 * digit,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_found_however_they_are_written() {
        for text in [
            "4111111111111111",
            "his card is 4111 1111 1111 1111, he says",
            "4111-1111-1111-1111",
            "ref 12 4111 1111 1111 1111 x",
            "378282246310005",
            "(5555555555554444)",
            "4111\u{a0}1111\u{a0}1111\u{a0}1111",
        ] {
            assert!(is_in(text), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_let_be() {
        for text in [
            "",
            "4111111111111112",
            "1559825373",
            "order 756850 of 2026-11-25",
            "41111111111111111111111",
            "9111111111111110",
            "call +49 171 2345678",
            "**** 1111",
        ] {
            assert!(!is_in(text), "{text}");
        }
    }
}
