//! An administrator gives somebody else a password that is good for nothing but setting another one. Every session ends.

use super::{Denied, did_last, set_password};
use crate::domain::deed::Deed;
use crate::operations::{Caller, OperationError};
use crate::store::people::second_factors;
use crate::store::{StoreError, Tx, people};

#[derive(Clone)]
pub struct Wish {
    pub name: String,
    /// The new password's Argon2id hash.
    pub password: String,
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish, caller: &Caller) -> Result<Result<(), Denied>, OperationError> {
    let Some(account) = people::find(tx, &wish.name)? else { return Ok(Err(Denied::NoSuchPerson)) };
    if account.person.who() == caller.who {
        return Ok(Err(Denied::OneSelf));
    }
    // Until its owner has set one up, the second factor is his who had it reset.
    let factor = [Deed::PersonSecondFactorReset, Deed::PersonSecondFactorSetUp];
    if second_factors::find(tx, account.person.id)?.is_none_or(|factor| !factor.confirmed)
        && did_last(tx, &account.person, &factor, caller)?
    {
        return Ok(Err(Denied::OtherHalf));
    }
    let set = set_password::Wish {
        name: wish.name.clone(),
        password: wish.password.clone(),
        instead_of: None,
        but_session: None,
    };
    if let Err(denied) = set_password::run(tx, &set, caller)? {
        return Ok(Err(denied));
    }
    let missing = || StoreError::Corrupt(format!("{} has a new password and is not there", wish.name));
    let mut account = people::find(tx, &wish.name)?.ok_or_else(missing)?;
    account.password_at = people::INITIAL;
    people::update(tx, &account)?;
    Ok(Ok(()))
}
