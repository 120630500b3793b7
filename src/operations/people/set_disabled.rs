//! Somebody is shut out, with all open sessions, or let in again. Nobody is ever deleted: the audit trail names people.

use super::{Denied, fact};
use crate::domain::deed::Deed;
use crate::operations::{Caller, OperationError};
use crate::store::people::{self, sessions};
use crate::store::{Tx, audit};

#[derive(Clone)]
pub struct Wish {
    pub name: String,
    pub disabled: bool,
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish, caller: &Caller) -> Result<Result<(), Denied>, OperationError> {
    let Some(mut account) = people::find(tx, &wish.name)? else { return Ok(Err(Denied::NoSuchPerson)) };
    if account.person.who() == caller.who {
        return Ok(Err(Denied::OneSelf));
    }
    account.person.disabled = wish.disabled;
    account.failures = 0;
    account.locked_until = None;
    people::update(tx, &account)?;
    if wish.disabled {
        sessions::end_all(tx, account.person.id, None)?;
    }
    let kind = if wish.disabled { Deed::PersonDisabled } else { Deed::PersonEnabled };
    audit::record(tx, fact(kind, &account.person, caller))?;
    Ok(Ok(()))
}
