//! What must be given before a payout's money is released: marks, a second pair of eyes, limits.
//!
//! The marks are the cashier's four letters G, R, A and M. What each stands for in a house is the house's own matter;
//! here a mark is somebody's word that his part of the check is done. It is given for the amounts that he saw: an edit
//! takes all of them back.

use super::money::Money;
use super::people::person::is_same;
use super::people::{Person, Role};
use chrono::{DateTime, Duration, Utc};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Mark {
    G,
    R,
    A,
    M,
}

impl Mark {
    pub const ALL: [Mark; 4] = [Mark::G, Mark::R, Mark::A, Mark::M];

    pub fn letter(self) -> &'static str {
        match self {
            Mark::G => "G",
            Mark::R => "R",
            Mark::A => "A",
            Mark::M => "M",
        }
    }

    pub fn from_letter(letter: &str) -> Option<Mark> {
        Mark::ALL.into_iter().find(|mark| mark.letter().eq_ignore_ascii_case(letter))
    }
}

/// Letters in a row, for sentences: `G, R`.
pub fn letters(marks: &[Mark]) -> String {
    marks.iter().map(|mark| mark.letter()).collect::<Vec<_>>().join(", ")
}

/// What a front end asks for before money is released.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Approvals {
    /// The marks that must be there.
    pub marks: BTreeSet<Mark>,
    /// Above this amount, in minor units, nobody who prepared a payout releases it.
    pub four_eyes_above: Option<i64>,
    /// The most that a role releases or gives back at a time, in minor units; a role that is not here has no limit.
    pub limits: BTreeMap<Role, i64>,
    /// How long "being worked on by" holds without being renewed.
    pub claim: Duration,
}

impl Default for Approvals {
    fn default() -> Approvals {
        Approvals {
            marks: BTreeSet::new(),
            four_eyes_above: None,
            limits: BTreeMap::new(),
            claim: Duration::minutes(15),
        }
    }
}

impl Approvals {
    /// Whether anything is asked for at all: most calls of a cashier need not look further.
    pub fn ask_for_something(&self) -> bool {
        !self.marks.is_empty() || self.four_eyes_above.is_some()
    }

    pub fn need_four_eyes(&self, amount: Money) -> bool {
        self.four_eyes_above.is_some_and(|above| amount.minor() > above)
    }

    /// The most that a person may move at a front end by one of these roles. His highest limit counts, and none is the
    /// highest.
    pub fn most_of(&self, person: &Person, front_end: &str, by: impl Fn(Role) -> bool) -> Option<i64> {
        let roles = person.grants.roles_for(front_end).into_iter().filter(|role| by(*role));
        let mut limits: Vec<Option<i64>> = roles.map(|role| self.limits.get(&role).copied()).collect();
        limits.sort_by_key(|limit| limit.map_or((1, 0), |most| (0, most)));
        limits.pop().flatten()
    }
}

/// A mark that somebody gave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Given {
    pub mark: Mark,
    pub by: String,
    pub at: DateTime<Utc>,
}

/// Somebody works on a payout, for a while.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    pub by: String,
    pub until: DateTime<Utc>,
}

/// What people have done with a payout beside moving it.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Handling {
    pub marks: Vec<Given>,
    /// The last claim; it may be over.
    pub claim: Option<Claim>,
    /// Everybody who ever had a hand in it before its release: who marked, edited, authorized or claimed it.
    pub prepared_by: Vec<String>,
}

impl Handling {
    pub fn given(&self, mark: Mark) -> Option<&Given> {
        self.marks.iter().find(|given| given.mark == mark)
    }

    /// The marks that a front end asks for and nobody gave.
    pub fn missing(&self, approvals: &Approvals) -> Vec<Mark> {
        approvals.marks.iter().copied().filter(|mark| self.given(*mark).is_none()).collect()
    }

    pub fn was_prepared_by(&self, who: &str) -> bool {
        self.prepared_by.iter().any(|known| is_same(known, who))
    }

    pub fn claim_at(&self, now: DateTime<Utc>) -> Option<&Claim> {
        self.claim.as_ref().filter(|claim| claim.until > now)
    }
}
