//! People of the back office: what each of them may do, and for which front ends.

pub mod person;
pub mod right;
pub mod role;

pub use person::Person;
pub use right::Right;
pub use role::Role;

use std::collections::BTreeSet;
use std::fmt;

/// The name of a grant's reach when it is for every front end, also for those to come.
pub const ALL_FRONT_ENDS: &str = "*";

/// A role for one front end, or for all of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    pub role: Role,
    /// A front end's name, or `*`.
    pub front_end: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    #[error("`{0}` is not a role; there are {roles}", roles = Role::names())]
    Role(String),
    #[error("`{0}` names no front end: write ROLE=FRONT END, or ROLE=* for all")]
    FrontEnd(String),
}

impl Grant {
    /// Reads `operator=MyPhoneCards EUR` or `viewer=*`.
    pub fn parse(text: &str) -> Result<Grant, GrantError> {
        let (role, front_end) = text.split_once('=').ok_or_else(|| GrantError::FrontEnd(text.to_owned()))?;
        let front_end = front_end.trim();
        if front_end.is_empty() {
            return Err(GrantError::FrontEnd(text.to_owned()));
        }
        let role = Role::from_name(role.trim()).ok_or_else(|| GrantError::Role(role.trim().to_owned()))?;
        Ok(Grant { role, front_end: front_end.to_owned() })
    }

    fn reaches(&self, front_end: &str) -> bool {
        self.front_end == ALL_FRONT_ENDS || self.front_end == front_end
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.role.name(), self.front_end)
    }
}

/// Everything that somebody was granted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants(BTreeSet<Grant>);

/// The front ends within somebody's reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    All,
    /// These, which may be none.
    Only(BTreeSet<String>),
}

impl Reach {
    pub fn covers(&self, front_end: &str) -> bool {
        match self {
            Reach::All => true,
            Reach::Only(names) => names.contains(front_end),
        }
    }
}

impl Grants {
    pub fn new(grants: impl IntoIterator<Item = Grant>) -> Grants {
        Grants(grants.into_iter().collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a right is there for a front end.
    pub fn allow(&self, right: Right, front_end: &str) -> bool {
        self.0.iter().any(|grant| grant.role.has(right) && grant.reaches(front_end))
    }

    /// Whether a right is there for any front end at all.
    pub fn have(&self, right: Right) -> bool {
        self.0.iter().any(|grant| grant.role.has(right))
    }

    /// The front ends that a right is there for.
    pub fn reach(&self, right: Right) -> Reach {
        let fitting = || self.0.iter().filter(|grant| grant.role.has(right));
        if fitting().any(|grant| grant.front_end == ALL_FRONT_ENDS) {
            return Reach::All;
        }
        Reach::Only(fitting().map(|grant| grant.front_end.clone()).collect())
    }

    /// The roles that somebody has for a front end.
    pub fn roles_for(&self, front_end: &str) -> BTreeSet<Role> {
        self.0.iter().filter(|grant| grant.reaches(front_end)).map(|grant| grant.role).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(texts: &[&str]) -> Grants {
        Grants::new(texts.iter().map(|text| Grant::parse(text).expect("a grant")))
    }

    #[test]
    fn a_role_for_one_front_end_is_none_for_another() {
        let operator = grants(&["operator=Shop EUR", "viewer=Shop GBP"]);
        assert!(operator.allow(Right::PreparePayouts, "Shop EUR"));
        assert!(!operator.allow(Right::PreparePayouts, "Shop GBP"));
        assert!(operator.allow(Right::SeePayouts, "Shop GBP"));
        assert!(!operator.allow(Right::SeePayouts, "Shop"), "a name is no pattern");
        let reach = operator.reach(Right::SeePayouts);
        assert!(reach.covers("Shop EUR") && reach.covers("Shop GBP") && !reach.covers("*"));
        assert_eq!(operator.reach(Right::ManageUsers), Reach::Only(BTreeSet::new()));
    }

    #[test]
    fn a_star_reaches_every_front_end() {
        let auditor = grants(&["auditor=*", "viewer=Shop EUR"]);
        assert_eq!(auditor.reach(Right::SeePayouts), Reach::All);
        assert!(auditor.allow(Right::SeeAudit, "a shop of next year"));
        assert!(!auditor.have(Right::PreparePayouts));
    }

    #[test]
    fn grants_are_read_and_written_alike() {
        for text in ["operator=MyPhoneCards EUR", "viewer=*", "admin=a=b"] {
            assert_eq!(Grant::parse(text).expect("a grant").to_string(), text);
        }
        assert_eq!(Grant::parse("boss=*"), Err(GrantError::Role("boss".to_owned())));
        assert_eq!(Grant::parse("viewer"), Err(GrantError::FrontEnd("viewer".to_owned())));
        assert_eq!(Grant::parse("viewer= "), Err(GrantError::FrontEnd("viewer= ".to_owned())));
    }
}
