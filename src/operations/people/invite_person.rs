//! An administrator lets somebody new in, with a password that is good for nothing but setting another one.

use super::{Denied, add_person};
use crate::domain::people::Person;
use crate::operations::{Caller, OperationError};
use crate::store::{StoreError, Tx, people};

pub use add_person::Wish;

pub fn run(tx: &mut Tx<'_>, wish: &Wish, caller: &Caller) -> Result<Result<Person, Denied>, OperationError> {
    let added = add_person::run(tx, wish, caller)?;
    if let Ok(person) = &added {
        let missing = || StoreError::Corrupt(format!("{} was added and is not there", person.name));
        let mut account = people::find(tx, &person.name)?.ok_or_else(missing)?;
        account.password_at = people::INITIAL;
        people::update(tx, &account)?;
    }
    Ok(added)
}
