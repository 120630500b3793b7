//! Somebody who is signed in typed a wrong old password for a new one. It counts as a wrong sign-in does, or whoever
//! finds an open session could try for ever.

use super::Denied;
use super::sign_in::{LockOut, count_failure};
use crate::operations::{Caller, OperationError};
use crate::store::{Tx, people};

#[derive(Clone)]
pub struct Wish {
    pub name: String,
    pub lock_out: LockOut,
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish, caller: &Caller) -> Result<Result<(), Denied>, OperationError> {
    let Some(account) = people::find(tx, &wish.name)? else { return Ok(Err(Denied::NoSuchPerson)) };
    if account.locked_until.is_none_or(|until| tx.now_micros() >= until) {
        count_failure(tx, account, wish.lock_out, caller)?;
    }
    Ok(Ok(()))
}
