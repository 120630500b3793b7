//! Somebody who works in the back office.

use super::Grants;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: i64,
    /// What is typed at the sign-in, and what the audit trail knows people by. Never changes.
    pub name: String,
    /// What colleagues read.
    pub full_name: String,
    pub grants: Grants,
    pub disabled: bool,
    /// Made by a sandbox, with a password that everybody knows: let in by a sandbox alone.
    pub demo: bool,
    /// `en`, `de`; empty: as the browser asks for.
    pub language: String,
    /// A name of the time-zone database; empty: UTC.
    pub zone: String,
}

impl Person {
    /// As whom the audit trail knows somebody.
    pub fn who(&self) -> String {
        format!("{OPERATOR}{}", self.name)
    }
}

/// What stands before a person's name where other callers are on record too.
pub const OPERATOR: &str = "operator/";

/// Whether two names on record are one person's, whatever door he came by: `operator/ann`, `cli/ann` and the `Ann` of a
/// cashier are taken to be the same, so that another door is no second pair of eyes.
pub fn is_same(one: &str, other: &str) -> bool {
    bare(one) == bare(other)
}

fn bare(who: &str) -> String {
    who.rsplit('/').next().unwrap_or_default().trim().to_lowercase()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("must have 2 to 40 characters")]
    Length,
    #[error("may only have a to z, 0 to 9, dot, dash and underscore, and begins with a letter")]
    Characters,
}

/// A name is what audit rows show for ever, so it holds nothing that could be mistaken for something else.
pub fn check_name(name: &str) -> Result<(), NameError> {
    if !(2..=40).contains(&name.chars().count()) {
        return Err(NameError::Length);
    }
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(fits) {
        return Err(NameError::Characters);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_one_at_every_door() {
        for (one, other, same) in [
            ("Ann", "ann", true),
            ("operator/ann", "ANN ", true),
            ("cli/ann", "operator/ann", true),
            ("ann", "anna", false),
            ("operator/ann", "operator", false),
        ] {
            assert_eq!(is_same(one, other), same, "{one} {other}");
        }
    }

    #[test]
    fn names_can_be_told_apart() {
        for good in ["olga", "olga.p-2", "a_b"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        assert_eq!(check_name("o"), Err(NameError::Length));
        assert_eq!(check_name(&"o".repeat(41)), Err(NameError::Length));
        for bad in ["Olga", "olga p", "олга", "2olga", ".olga", "ol/ga", "ol\u{202e}ga"] {
            assert_eq!(check_name(bad), Err(NameError::Characters), "{bad}");
        }
    }
}
