//! Somebody chooses how pages are shown to him. It changes nothing for anybody else and leaves no trace.

use super::Denied;
use crate::operations::OperationError;
use crate::store::{Tx, people};

#[derive(Clone)]
pub struct Wish {
    pub user_id: i64,
    pub language: String,
    pub zone: String,
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish) -> Result<Result<(), Denied>, OperationError> {
    let Some(mut account) = people::find_id(tx, wish.user_id)? else { return Ok(Err(Denied::NoSuchPerson)) };
    account.person.language.clone_from(&wish.language);
    account.person.zone.clone_from(&wish.zone);
    people::update(tx, &account)?;
    Ok(Ok(()))
}
