//! `Name=Value&Name=Value`: the text inside `Data`.
//!
//! Nothing in it is URL-encoded: `+` and `%` are ordinary characters of Base64 values, so nothing is decoded.

use std::fmt;
use zeroize::Zeroize;

/// Parameters as they were read: names without regard to case, the first of two equal names counts.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Splits at every `&`, then at the first `=` only. Segments without `=` are skipped.
    pub fn parse(text: &str) -> Fields {
        let pairs = text.split('&').filter_map(|segment| segment.split_once('='));
        Fields(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// Reads decrypted bytes: UTF-8 where they are, else ISO-8859-1, the platform's own character set.
    pub fn from_bytes(bytes: &[u8]) -> Fields {
        match std::str::from_utf8(bytes) {
            Ok(text) => Fields::parse(text),
            Err(_) => {
                let mut text: String = bytes.iter().copied().map(char::from).collect();
                let fields = Fields::parse(&text);
                text.zeroize();
                fields
            }
        }
    }

    pub fn from_pairs(pairs: Vec<(String, String)>) -> Fields {
        Fields(pairs)
    }

    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The value, or nothing at all: empty parameters and missing ones mean the same.
    pub fn text(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// A value that is there and not empty.
    pub fn present(&self, name: &str) -> Option<&str> {
        self.find(name).filter(|value| !value.is_empty())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Names only: values may be card numbers.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        for (_, value) in &mut self.0 {
            value.zeroize();
        }
    }
}
