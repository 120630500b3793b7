//! Somebody's roles are replaced by others. They count from the next request on.

use super::{Denied, fact, told};
use crate::domain::deed::Deed;
use crate::domain::people::Grants;
use crate::operations::{Caller, OperationError};
use crate::store::{Tx, audit, people};

#[derive(Clone)]
pub struct Wish {
    pub name: String,
    pub grants: Grants,
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish, caller: &Caller) -> Result<Result<(), Denied>, OperationError> {
    let Some(mut account) = people::find(tx, &wish.name)? else { return Ok(Err(Denied::NoSuchPerson)) };
    if account.person.who() == caller.who {
        return Ok(Err(Denied::OneSelf));
    }
    let from = told(&account.person);
    account.person.grants = wish.grants.clone();
    people::update(tx, &account)?;
    let changed = fact(Deed::PersonGrantsSet, &account.person, caller);
    audit::record(tx, audit::Fact { from, to: told(&account.person), ..changed })?;
    Ok(Ok(()))
}
