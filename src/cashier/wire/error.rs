//! Why a request could not be read, in words that may be shown to a customer.
//!
//! A message names a field and a reason and never repeats a value: bodies hold pass codes.

use super::Encoding;

/// Which of the positive statuses a problem becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The body as a whole can't be read.
    Malformed,
    /// One field is at fault, and the message names it.
    Field,
}

/// A request that could not be read, and the encoding in which to say so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct WireError {
    /// By the declared type, else by the look of the body, else form: even a broken body is answered in kind.
    pub encoding: Encoding,
    pub kind: Kind,
    /// Safe to show, at most 256 characters.
    pub message: String,
}

impl WireError {
    pub(super) fn new(encoding: Encoding, problem: Problem) -> WireError {
        WireError { encoding, kind: problem.kind, message: problem.message }
    }

    /// For whoever stopped reading the body at [`LARGEST_BODY`](super::LARGEST_BODY); `beginning` is what was read.
    pub fn too_large(content_type: Option<&str>, soap_action: Option<&str>, beginning: &[u8]) -> WireError {
        let encoding = super::guess(content_type, soap_action, beginning);
        WireError::new(encoding, Problem::malformed("the request body is larger than 64 KiB"))
    }
}

/// A `WireError` before it is known how to answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub kind: Kind,
    pub message: String,
}

impl Problem {
    pub fn malformed(message: impl Into<String>) -> Problem {
        Problem { kind: Kind::Malformed, message: message.into() }
    }

    pub fn field(name: &str, reason: &str) -> Problem {
        Problem { kind: Kind::Field, message: format!("{} {reason}", printable(name)) }
    }
}

/// The name of a field if it looks like one. A name is chosen by the caller too: a body in the wrong encoding can turn
/// a secret or a card number into one.
pub(super) fn printable(name: &str) -> &str {
    const MOST_DIGITS: usize = 8;
    let looks_like_a_name = name.len() <= super::fields::LONGEST_NAME
        && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && name.chars().filter(char::is_ascii_digit).count() <= MOST_DIGITS;
    if looks_like_a_name { name } else { "a field with an unusual name" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_look_like_names_are_repeated() {
        for name in ["PIN", "ext_payout_id", "x-1", "_a.b"] {
            assert_eq!(printable(name), name);
        }
        for name in
            ["", "4111111111111111", "x4111111111111111", "a b", "{\"WSPassCode\":\"s3cret\"}", "é", "<b>"]
        {
            assert_eq!(printable(name), "a field with an unusual name");
        }
        assert_ne!(printable(&"a".repeat(64)), printable(&"a".repeat(65)));
    }
}
