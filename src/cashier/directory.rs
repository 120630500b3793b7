//! The front ends as this door knows them: their rules, how they prove who they are, how they spell things.

use super::credentials::Credentials;
use super::wire::Casing;
use crate::domain::money::{Currency, Money, MoneyError};
use crate::domain::payout::status::PayoutStatus;
use crate::operations::Rules;
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

/// One front end at the cashier's door.
#[derive(Clone)]
pub struct Door {
    pub rules: Rules,
    pub credentials: Credentials,
    pub casing: Casing,
    pub unit: Unit,
    /// Letters of UpdatePayout's statuses, in capitals.
    pub letters: HashMap<String, PayoutStatus>,
    /// Methods beyond the documented ones, in canonical spelling.
    pub extensions: Vec<String>,
}

/// Whether amounts on the wire are `120.00` or `12000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Major,
    Minor,
}

impl Door {
    pub fn currency(&self) -> Currency {
        self.rules.front_end.currency
    }

    pub fn read_amount(&self, text: &str) -> Result<Money, MoneyError> {
        match self.unit {
            Unit::Major => Money::parse_major(text, self.currency()),
            Unit::Minor => Money::parse_minor(text, self.currency()),
        }
    }

    pub fn write_amount(&self, amount: Money) -> String {
        match self.unit {
            Unit::Major => amount.major(),
            Unit::Minor => amount.minor().to_string(),
        }
    }

    /// Reads a status by its letter or as a whole word.
    pub fn read_status(&self, text: &str) -> Option<PayoutStatus> {
        self.letters.get(&text.to_uppercase()).copied().or_else(|| PayoutStatus::from_word(text))
    }
}

/// All front ends, and who stands in for an unknown one.
pub struct FrontEnds {
    doors: HashMap<String, Arc<Door>>,
    nobody: Credentials,
}

impl FrontEnds {
    pub fn new(doors: impl IntoIterator<Item = Door>, nobody: Credentials) -> FrontEnds {
        let doors =
            doors.into_iter().map(|door| (door.rules.front_end.name.clone(), Arc::new(door))).collect();
        FrontEnds { doors, nobody }
    }

    pub fn find(&self, name: &str) -> Option<&Arc<Door>> {
        self.doors.get(name)
    }

    pub fn all(&self) -> impl Iterator<Item = &Arc<Door>> {
        self.doors.values()
    }

    /// What an unknown front end's secret is compared with.
    pub fn nobody(&self) -> &Credentials {
        &self.nobody
    }
}

/// The front ends in force. A reload puts new ones in their place at once; calls under way keep the ones they had.
#[derive(Clone)]
pub struct Directory(Arc<RwLock<Arc<FrontEnds>>>);

impl Directory {
    pub fn new(front_ends: FrontEnds) -> Directory {
        Directory(Arc::new(RwLock::new(Arc::new(front_ends))))
    }

    pub fn now(&self) -> Arc<FrontEnds> {
        self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    pub fn replace(&self, front_ends: FrontEnds) {
        *self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Arc::new(front_ends);
    }
}

/// The documented letters; only `Y` is confirmed, so a front end may have others.
pub fn default_letters() -> HashMap<String, PayoutStatus> {
    use PayoutStatus::*;
    let letters = [
        ("R", Requested),
        ("A", Authorized),
        ("I", InProgress),
        ("Y", Approved),
        ("X", Rejected),
        ("C", Cancelled),
    ];
    letters.into_iter().map(|(letter, status)| (letter.to_owned(), status)).collect()
}
