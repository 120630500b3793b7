//! Somebody new is let into the back office.

use super::{Denied, fact, told};
use crate::domain::deed::Deed;
use crate::domain::people::Person;
use crate::domain::people::person::check_name;
use crate::operations::{Caller, OperationError};
use crate::store::{Tx, audit, people};

#[derive(Clone)]
pub struct Wish {
    /// The id is made here.
    pub person: Person,
    /// The password's Argon2id hash.
    pub password: String,
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish, caller: &Caller) -> Result<Result<Person, Denied>, OperationError> {
    if let Err(error) = check_name(&wish.person.name) {
        return Ok(Err(Denied::BadName(error)));
    }
    if people::find(tx, &wish.person.name)?.is_some() {
        return Ok(Err(Denied::NameTaken));
    }
    let id = people::insert(tx, &wish.person, &wish.password)?;
    let person = Person { id, ..wish.person.clone() };
    let added = audit::Fact { to: told(&person), ..fact(Deed::PersonAdded, &person, caller) };
    audit::record(tx, added)?;
    Ok(Ok(person))
}
