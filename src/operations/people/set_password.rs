//! A password is replaced. Every session ends, but for the one in which somebody changed his own.

use super::{Denied, fact};
use crate::domain::deed::Deed;
use crate::operations::{Caller, OperationError};
use crate::store::people::{self, sessions};
use crate::store::{Tx, audit};

#[derive(Clone)]
pub struct Wish {
    pub name: String,
    /// The new password's Argon2id hash.
    pub password: String,
    /// The hash that the old password was checked against; `None` where somebody else sets it.
    pub instead_of: Option<String>,
    /// The session that goes on.
    pub but_session: Option<String>,
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish, caller: &Caller) -> Result<Result<(), Denied>, OperationError> {
    let Some(mut account) = people::find(tx, &wish.name)? else { return Ok(Err(Denied::NoSuchPerson)) };
    if wish.instead_of.as_ref().is_some_and(|seen| *seen != account.password) {
        return Ok(Err(Denied::Wrong));
    }
    account.password.clone_from(&wish.password);
    account.password_at = tx.now_micros();
    account.failures = 0;
    account.locked_until = None;
    people::update(tx, &account)?;
    sessions::end_all(tx, account.person.id, wish.but_session.as_deref())?;
    audit::record(tx, fact(Deed::PersonPasswordSet, &account.person, caller))?;
    Ok(Ok(()))
}
