//! The one place where what goes over the wire becomes fit to be kept and shown: secrets by their names, ciphertext cut
//! short, numbers that could be a card's by their check digit, all of it bounded in size.

/// What is kept of one body.
pub const MOST_BYTES: usize = 8 * 1024;
/// What is looked at of one body.
const MOST_LOOKED_AT: usize = 64 * 1024;
/// So much of a ciphertext is left, to tell one from another.
const LEFT_OF_CIPHERTEXT: usize = 16;
const HIDDEN: &str = "***";

/// A body as it may be kept.
pub fn masked(body: &[u8]) -> String {
    let looked_at = &body[..body.len().min(MOST_LOOKED_AT)];
    let mut text = named(&String::from_utf8_lossy(looked_at));
    let cut = body.len() > looked_at.len() || text.len() > MOST_BYTES;
    if text.len() > MOST_BYTES {
        text.truncate(text.floor_char_boundary(MOST_BYTES));
    }
    // After the cut, which may have made a number of another length; digits become as many stars.
    let mut text = numbers(&text);
    if cut {
        text.push_str("…cut");
    }
    text
}

/// An address without its user, query and fragment, and without what could be a card's number.
pub fn address(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let (scheme, rest) = url[..end].split_once("://").unwrap_or(("", &url[..end]));
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit('@').next().unwrap_or(host);
    masked(format!("{scheme}://{host}{path}").as_bytes())
}

/// How a value is written behind its name.
#[derive(Clone, Copy)]
enum Ends {
    /// `name=value&`, or a value in quotes.
    Form,
    /// `<name>value</name>`
    Tag,
    /// `"name": "value"`
    Json,
}

/// Hides the values of secret names, however the body is written.
fn named(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_alphanumeric()) {
        let name_end = rest[start..].find(|c| !is_of_name(c)).map_or(rest.len(), |end| start + end);
        let (before, name) = (&rest[..start], &rest[start..name_end]);
        out.push_str(before);
        out.push_str(name);
        let behind = &rest[name_end..];
        rest = behind;
        let Some(what) = Secret::of(name) else { continue };
        let Some((gap, ends)) = value_behind(before, name, behind) else { continue };
        let value = value_of(&behind[gap..], ends);
        // What is called data and has parts is no ciphertext: its parts are looked at.
        if what == Secret::Ciphertext && behind[gap..].starts_with(['{', '[']) {
            continue;
        }
        out.push_str(&behind[..gap]);
        what.hide(&behind[gap..gap + value], &mut out);
        rest = &behind[gap + value..];
    }
    out.push_str(rest);
    out
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | ':' | '[' | ']')
}

/// Where the value of a name begins, if what follows the name is one.
fn value_behind(before: &str, name: &str, behind: &str) -> Option<(usize, Ends)> {
    let spaces = |text: &str| text.len() - text.trim_start().len();
    // `name: value`; a colon within a name parts a tag from its namespace.
    if name.ends_with(':') {
        return Some((spaces(behind), Ends::Form));
    }
    if let Some(quoted) = behind.strip_prefix("\\\"").or_else(|| behind.strip_prefix(['"', '\''])) {
        let quote = behind.len() - quoted.len();
        let colon = quote + spaces(quoted);
        let value = behind[colon..].strip_prefix(':')?;
        return Some((colon + 1 + spaces(value), Ends::Json));
    }
    let equals = spaces(behind);
    if let Some(value) = behind[equals..].strip_prefix('=') {
        return Some((equals + 1 + spaces(value), Ends::Form));
    }
    if before.ends_with('<') {
        let end = behind.find('>')?;
        return (!behind[..end].ends_with('/')).then_some((end + 1, Ends::Tag));
    }
    None
}

/// How long the value is.
fn value_of(text: &str, ends: Ends) -> usize {
    let found = |at: Option<usize>| at.unwrap_or(text.len());
    match ends {
        Ends::Tag => found(text.find('<')),
        Ends::Form if !text.starts_with(['"', '\'']) => found(text.find(['&', '\n', '\r', '<', '>'])),
        Ends::Form | Ends::Json => match text.chars().next() {
            Some(quote @ ('"' | '\'')) => 1 + closing(&text[1..], quote),
            // JSON within JSON.
            Some('\\') => found(text[1..].find(['\\', '}']).map(|at| at + 1)),
            // A list or an object ends where it closes; without a closing sign all the rest is of it.
            Some('[') => found(text.find(']')),
            Some('{') => found(text.find('}')),
            Some(_) | None => found(text.find([',', '}', ']', '\n'])),
        },
    }
}

fn closing(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            c if c == quote && !escaped => return at,
            _ => escaped = false,
        }
    }
    text.len()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Secret {
    Whole,
    Ciphertext,
}

impl Secret {
    fn of(name: &str) -> Option<Secret> {
        let last = name.rsplit(['.', ':', '[']).find(|part| !part.is_empty() && *part != "]").unwrap_or(name);
        let last: String = last.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        if last == "data" {
            return Some(Secret::Ciphertext);
        }
        const EXACTLY: &[&str] = &[
            "pin",
            "pins",
            "pan",
            "mac",
            "number",
            "card",
            "ccnr",
            "pcnr",
            "iban",
            "bic",
            "key",
            "skey",
            "sign",
            "hash",
            "hmac",
            "authorization",
            "auth",
            "cavv",
            "xid",
            "code3d",
            "account",
            "accountnumber",
            "registrationid",
            "serial",
            "serialnumbers",
        ];
        const HOLDING: &[&str] = &[
            "password",
            "passwd",
            "passphrase",
            "secret",
            "cvc",
            "cvv",
            "cvn",
            "checksum",
            "signature",
            "token",
            "track",
            "cardnumber",
            "cardno",
            "cardcode",
            "securitycode",
            "apikey",
            "privatekey",
            "credential",
        ];
        let secret = EXACTLY.contains(&last.as_str()) || HOLDING.iter().any(|word| last.contains(word));
        secret.then_some(Secret::Whole)
    }

    fn hide(self, value: &str, out: &mut String) {
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let plain = value.trim_start_matches(['"', '\'']);
        if plain.trim().is_empty() {
            out.push_str(value);
            return;
        }
        out.extend(quote);
        match self {
            Secret::Whole => out.push_str(HIDDEN),
            Secret::Ciphertext if plain.chars().count() <= LEFT_OF_CIPHERTEXT => out.push_str(plain),
            Secret::Ciphertext => {
                out.extend(plain.chars().take(LEFT_OF_CIPHERTEXT));
                out.push('…');
            }
        }
    }
}

const FEWEST_DIGITS: usize = 12;
const MOST_DIGITS: usize = 19;
/// Digits belong together over any number of the signs that people put between groups, and over so many others that
/// are no letters.
const WIDEST_GAP: usize = 3;

/// Hides every number that could be a card's, however its digits are grouped: all but the last four.
fn numbers(text: &str) -> String {
    // A coded blank parts two groups, and the same three signs may also be a sign and two digits.
    hide_numbers(&hide_numbers(text, true), false)
}

fn hide_numbers(text: &str, decode: bool) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut chain: Vec<usize> = Vec::new();
    let mut gap = 0;
    let mut skip = 0;
    for (at, c) in text.char_indices() {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        if c.is_ascii_digit() {
            chain.push(at);
            gap = 0;
            continue;
        }
        // A blank or a hyphen in an address or a form.
        let coded =
            decode && ["%20", "%2D", "%2d", "%2B", "%2E"].iter().any(|coded| text[at..].starts_with(coded));
        if coded {
            skip = 2;
        }
        gap += usize::from(!matches!(c, ' ' | '-' | '.' | '+'));
        if (c.is_alphanumeric() && !coded) || gap > WIDEST_GAP {
            hide(&mut bytes, &chain);
            chain.clear();
        }
    }
    hide(&mut bytes, &chain);
    // Stars have taken the places of digits, byte for byte.
    String::from_utf8(bytes).unwrap_or_default()
}

fn hide(bytes: &mut [u8], chain: &[usize]) {
    let digits: Vec<u32> = chain.iter().map(|at| u32::from(bytes[*at] - b'0')).collect();
    let holds_one = (FEWEST_DIGITS..=MOST_DIGITS).any(|length| digits.windows(length).any(passes_luhn));
    if holds_one {
        let shown = chain.len().saturating_sub(4);
        chain[..shown].iter().for_each(|at| bytes[*at] = b'*');
    }
}

/// From the right every second digit is doubled, and the sum ends in zero.
fn passes_luhn(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { *digit } else { doubled(*digit) })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests;
