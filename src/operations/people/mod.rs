//! What can happen to people of the back office and their sessions. Passwords and codes are checked outside, because
//! that takes long and needs keys; here is what follows from it, with its trace in the audit trail.

pub mod add_person;
pub mod invite_person;
pub mod mistype_password;
pub mod reset_password;
pub mod save_view;
pub mod second_factor;
pub mod set_disabled;
pub mod set_grants;
pub mod set_password;
pub mod set_preferences;
pub mod sign_in;
pub mod sign_out;

use super::Caller;
use crate::domain::deed::Deed;
use crate::domain::people::Person;
use crate::domain::people::person::{NameError, OPERATOR};
use crate::store::audit::{self, Fact};
use crate::store::{StoreError, Tx};

/// Why something was not done to a person. Safe to show to whoever may manage people; the sign-in tells nobody which.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("there is nobody of this name")]
    NoSuchPerson,
    #[error("the name {0}")]
    BadName(NameError),
    #[error("somebody has this name already")]
    NameTaken,
    #[error("people can't do this to themselves")]
    OneSelf,
    /// Whoever has both halves of a sign-in in his hands could sign in as somebody else.
    #[error(
        "whoever gave the password does not reset the second factor, nor the other way round; another administrator does"
    )]
    OtherHalf,
    #[error("a second factor is set up already; an administrator can reset it")]
    HasSecondFactor,
    /// Name, password or code: whoever tries is not told which, nor whether trying pauses.
    #[error("signing in did not work")]
    Wrong,
}

/// A fact about somebody.
fn fact(kind: Deed, person: &Person, caller: &Caller) -> Fact {
    Fact { who: caller.who.clone(), request_id: caller.request_id.clone(), ..Fact::of(kind, subject(person)) }
}

/// Whether the last of these things was done to somebody by this caller, if he is one of our people. The command line is
/// for who owns the machine.
fn did_last(tx: &mut Tx<'_>, person: &Person, deeds: &[Deed], caller: &Caller) -> Result<bool, StoreError> {
    let last = audit::latest_of(tx, &subject(person), deeds)?;
    Ok(last.is_some_and(|row| row.who == caller.who && caller.who.starts_with(OPERATOR)))
}

fn subject(person: &Person) -> String {
    format!("person/{}", person.name)
}

/// The grants of somebody in words, in one order.
fn told(person: &Person) -> String {
    person.grants.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
