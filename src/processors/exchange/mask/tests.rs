//! Nothing that could be a card's number comes out, whatever goes in; secrets don't under any of their names.

use super::*;
use proptest::prelude::*;

/// Card numbers by a way of its own: every stretch of digits, with what people put between groups taken out.
fn holds_a_card_number(text: &str) -> bool {
    let joined: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '+')).collect();
    [text.to_owned(), joined].iter().any(|text| {
        text.split(|c: char| !c.is_ascii_digit()).any(|run| {
            (12..=19).any(|length| {
                (0..=run.len().saturating_sub(length)).any(|from| {
                    run.len() >= from + length && {
                        let mut sum = 0;
                        for (place, byte) in run[from..from + length].bytes().rev().enumerate() {
                            let mut digit = u32::from(byte - b'0') << (place % 2);
                            if digit > 9 {
                                digit -= 9;
                            }
                            sum += digit;
                        }
                        sum % 10 == 0
                    }
                })
            })
        })
    })
}

/// A number of so many digits with its check digit.
fn number(mut digits: Vec<u8>) -> String {
    digits.push(0);
    let sum = |digits: &[u8]| -> u32 {
        let values = digits.iter().rev().enumerate().map(|(place, digit)| {
            let value = u32::from(*digit) << (place % 2);
            if value > 9 { value - 9 } else { value }
        });
        values.sum()
    };
    let missing = (10 - sum(&digits) % 10) % 10;
    let last = digits.len() - 1;
    digits[last] = missing as u8;
    digits.iter().map(|digit| char::from(b'0' + digit)).collect()
}

fn grouped(number: &str, group: usize, separator: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    digits.chunks(group).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join(separator)
}

#[test]
fn the_search_of_these_tests_finds_card_numbers() {
    for text in ["a4111111111111111b", "4111 1111-1111.1111", "x=4012888888881881&y", "94111111111111111"] {
        assert!(holds_a_card_number(text), "{text}");
    }
    assert!(!holds_a_card_number("411111111111111a1 4111"));
}

proptest! {
    #[test]
    fn no_card_number_comes_out(
        digits in proptest::collection::vec(0u8..10, 11..19),
        group in 1usize..8,
        separator in prop_oneof![Just(""), Just(" "), Just("-"), Just("."), Just("+"), Just(" - ")],
        before in "[ -~]{0,40}",
        after in "[ -~]{0,40}",
    ) {
        let written = grouped(&number(digits), group, separator);
        let text = masked(format!("{before}{written}{after}").as_bytes());
        prop_assert!(!holds_a_card_number(&text), "{text}");
    }

    #[test]
    fn no_card_number_comes_out_of_digits_and_signs(text in "[0-9 .+\\-]{0,200}") {
        let text = masked(text.as_bytes());
        prop_assert!(!holds_a_card_number(&text), "{text}");
    }

    #[test]
    fn no_card_number_comes_out_where_the_text_is_cut(
        digits in proptest::collection::vec(0u8..10, 11..19),
        before in MOST_BYTES - 30..MOST_BYTES + 5,
    ) {
        let body = format!("{}{}{}", "x".repeat(before), number(digits), "9".repeat(40));
        let text = masked(body.as_bytes());
        prop_assert!(!holds_a_card_number(&text), "{}", &text[MOST_BYTES - 60..]);
        prop_assert!(text.len() <= MOST_BYTES + "…cut".len());
    }

    #[test]
    fn any_bytes_are_borne(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let text = masked(&bytes);
        prop_assert!(!holds_a_card_number(&text));
        let _ = address(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_secret_does_not_come_out_under_any_of_its_names(
        value in "[A-Z]{3}[a-z]{8}",
        name in prop_oneof![
            Just("password"), Just("authentication.sKey"), Just("card.cvv"), Just("CCCVC"), Just("AuthToken"),
            Just("authentication.checksum"), Just("MAC"), Just("pin"), Just("urn:password"), Just("card.number"),
            Just("X-Signature"), Just("api_key"),
        ],
    ) {
        for body in [
            format!("a=1&{name}={value}&b=2"),
            format!("<x><{name}>{value}</{name}><b>2</b></x>"),
            format!("<x><{name} type=\"s\">{value}</{name}></x>"),
            format!("<x {name}=\"{value}\" b='2'/>"),
            format!("{{\"{name}\":\"{value}\",\"b\":2}}"),
            format!("{{ \"{name}\" : \"\\\"{value}\" , \"b\":2}}"),
            format!("{{\"{name}\":[\"{value}\"],\"b\":2}}"),
            format!("{{\"x\":\"{{\\\"{name}\\\":\\\"{value}\\\"}}\"}}"),
            format!("{name}: {value}\nb: 2"),
            format!("{name}={value}"),
        ] {
            let text = masked(body.as_bytes());
            prop_assert!(!text.contains(&value), "{body} became {text}");
            prop_assert!(text.contains("***"), "{text}");
        }
    }
}

#[test]
fn what_is_no_secret_stays_as_it_was() {
    for body in [
        "TransID=AT0AMP6V600041B&Amount=1465&Currency=EUR",
        "<mtid>DE0AMP6V600041B</mtid><amount>10.00</amount><resultCode>0</resultCode>",
        "{\"paymentId\":12345,\"status\":\"APPROVED\",\"amount\":\"10.00\"}",
        "",
    ] {
        assert_eq!(masked(body.as_bytes()), body);
    }
}

#[test]
fn ciphertext_is_cut_short_and_addresses_lose_what_is_not_for_all() {
    let body = format!("MerchantID=shop&Len=90&Data={}", "AB".repeat(90));
    assert_eq!(masked(body.as_bytes()), "MerchantID=shop&Len=90&Data=ABABABABABABABAB…");
    assert_eq!(
        address("https://user:pw@host.example:8443/a/4111111111111111/b?key=1#x"),
        "https://host.example:8443/a/************1111/b"
    );
    assert_eq!(
        masked(b"<pan>4111111111111111</pan><q>4111-1111-1111-1111</q>"),
        "<pan>***</pan><q>****-****-****-1111</q>"
    );
}

#[test]
fn a_large_body_is_kept_in_part() {
    let text = masked("é".repeat(100_000).as_bytes());
    assert!(text.len() <= MOST_BYTES + "…cut".len() && text.ends_with("…cut"));
}
