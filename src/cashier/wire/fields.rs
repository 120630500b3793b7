//! `Fields`: the parameters of one request, in the order and spelling in which they were sent.
//!
//! Lives here: what holds for a parameter in every encoding (lookup, duplicates, lengths, characters).
//! Does not: how an encoding writes them, or what they mean.

use super::error::{Problem, printable};
use std::fmt;

/// How many parameters one request may have.
pub(super) const MOST_FIELDS: usize = 200;
/// How many characters a parameter's name may have.
pub(super) const LONGEST_NAME: usize = 64;
/// How many characters a parameter's value may have.
pub(super) const LONGEST_VALUE: usize = 4096;

/// The parameters of one request, in order. Names are looked up regardless of case, `_` and `-`.
#[derive(Clone, Default)]
pub struct Fields {
    list: Vec<Field>,
}

#[derive(Clone)]
struct Field {
    name: String,
    /// The canonical name, kept because every lookup compares it.
    key: String,
    /// The exact text; empty means absent.
    value: String,
}

/// The form in which names of methods and parameters are compared: `Ext_Payout-ID` and `extpayoutid` are one name.
pub fn canonical(name: &str) -> String {
    let mut key = name.to_ascii_lowercase();
    key.retain(|c| !matches!(c, '_' | '-'));
    key
}

/// Whether a canonical name is that of another. Only ASCII changes case: no letter of another script may pass for one
/// of ours.
fn names(key: &str, name: &str) -> bool {
    let bytes = name.bytes().filter(|byte| !matches!(byte, b'_' | b'-'));
    key.bytes().eq(bytes.map(|byte| byte.to_ascii_lowercase()))
}

impl Fields {
    /// The value of a parameter. An empty string, JSON's null and `xsi:nil` mean that it is absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.find(name).map(|field| field.value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether a parameter was sent at all, be it empty.
    pub fn mentions(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Names and values as sent, in order; the value of an absent parameter is empty.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.list.iter().map(|field| (field.name.as_str(), field.value.as_str()))
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn find(&self, name: &str) -> Option<&Field> {
        self.list.iter().find(|field| field.name == name || names(&field.key, name))
    }

    /// Adds a parameter, if it keeps the rules that hold in every encoding.
    pub(super) fn push(&mut self, name: String, value: String) -> Result<(), Problem> {
        if MOST_FIELDS <= self.list.len() {
            return Err(Problem::malformed("the request has more than 200 fields"));
        }
        if longer_than(LONGEST_NAME, &name) {
            return Err(Problem::malformed("a field name is longer than 64 characters"));
        }
        if !name.chars().all(is_allowed) {
            return Err(Problem::malformed("a field name contains a control character"));
        }
        let key = canonical(&name);
        if key.is_empty() {
            return Err(Problem::malformed("a field has no name"));
        }
        if self.list.iter().any(|field| field.key == key) {
            return Err(Problem::field(&name, "is given twice"));
        }
        if longer_than(LONGEST_VALUE, &value) {
            return Err(Problem::field(&name, "is longer than 4096 characters"));
        }
        if !value.chars().all(is_allowed) {
            return Err(Problem::field(&name, "contains a control character"));
        }
        self.list.push(Field { name, key, value });
        Ok(())
    }
}

fn longer_than(limit: usize, text: &str) -> bool {
    limit < text.len() && limit < text.chars().count()
}

/// What every encoding can carry back. XML can't carry the two noncharacters, so no encoding brings them in.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\r' | '\n') || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'))
}

/// Two lists are the same if the same was sent, in the same order and spelling.
impl PartialEq for Fields {
    fn eq(&self, other: &Fields) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Fields {}

/// Names only: values are pass codes and personal data.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list.iter().map(|field| printable(&field.name))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Fields, Problem> {
        let mut fields = Fields::default();
        for (name, value) in pairs {
            fields.push((*name).to_owned(), (*value).to_owned())?;
        }
        Ok(fields)
    }

    #[test]
    fn lookup_ignores_case_underscores_and_hyphens() {
        let fields = with(&[("Ext_Payout-ID", "PO-1"), ("PIN", "Bigdaddy")]).unwrap();
        for name in ["ExtPayoutID", "ext_payout_id", "extpayoutid", "EXT-PAYOUT-ID"] {
            assert_eq!(fields.get(name), Some("PO-1"), "{name}");
        }
        assert_eq!(fields.get("ExtPayoutI"), None);
        assert_eq!(fields.get("ExtPayoutIDs"), None);
        assert_eq!(fields.iter().next(), Some(("Ext_Payout-ID", "PO-1")));
    }

    #[test]
    fn an_empty_value_is_absent_but_mentioned() {
        let fields = with(&[("Fee", ""), ("PP", " ")]).unwrap();
        assert_eq!(fields.get("Fee"), None);
        assert!(fields.mentions("fee"));
        assert!(!fields.mentions("Amount"));
        assert_eq!(fields.get("PP"), Some(" "));
        assert_eq!(fields.len(), 2);
    }

    #[test]
    fn a_second_spelling_of_a_name_is_a_duplicate_even_if_one_is_empty() {
        let problem = with(&[("ExtPayoutID", ""), ("ext_payout_id", "PO-1")]).unwrap_err();
        assert_eq!(problem, Problem { kind: Kind::Field, message: "ext_payout_id is given twice".into() });
    }

    #[test]
    fn letters_of_other_scripts_are_other_names() {
        // The Kelvin sign would become a plain `k` if all of Unicode changed case.
        let fields = with(&[("\u{212a}ey", "1"), ("key", "2")]).unwrap();
        assert_eq!(fields.get("key"), Some("2"));
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert!(with(&[("n", &"é".repeat(4096))]).is_ok());
        assert_eq!(
            with(&[("n", &"e".repeat(4097))]).unwrap_err().message,
            "n is longer than 4096 characters"
        );
        assert!(with(&[(&"é".repeat(64), "1")]).is_ok());
        assert!(with(&[(&"e".repeat(65), "1")]).is_err());
    }

    #[test]
    fn two_hundred_fields_and_no_more() {
        let names: Vec<String> = (0..201).map(|n| format!("f{n}")).collect();
        let pairs: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
        assert!(with(&pairs[..200]).is_ok());
        assert_eq!(with(&pairs).unwrap_err().kind, Kind::Malformed);
    }

    #[test]
    fn control_characters_are_refused_by_name() {
        for bad in ["\0", "a\u{1}", "\u{7f}", "\u{85}", "\u{ffff}"] {
            assert_eq!(with(&[("PIN", bad)]).unwrap_err().message, "PIN contains a control character");
            assert!(with(&[(bad, "1")]).is_err());
        }
        assert!(with(&[("Street", "a\tb\r\nc")]).is_ok());
    }

    #[test]
    fn a_field_needs_a_name() {
        assert!(with(&[("", "1")]).is_err());
        assert!(with(&[("_-", "1")]).is_err());
    }

    #[test]
    fn debug_shows_names_only() {
        let fields = with(&[("WSPassCode", "s3cret"), ("4111111111111111", "")]).unwrap();
        assert_eq!(format!("{fields:?}"), r#"["WSPassCode", "a field with an unusual name"]"#);
    }
}
