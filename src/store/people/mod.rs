//! People of the back office: the only module that reads or writes the `users` table.
//!
//! Lives here: queries, row ↔ domain conversion. Does not: what a password or a code is checked by (`backoffice`), or
//! what may happen to people (`operations::people`).

pub mod rows;
pub mod second_factors;
pub mod sessions;
pub mod views;

use super::connection::Connection;
use super::error::StoreError;
use super::statement::Bind;
use super::tx::Tx;
use crate::domain::people::{Grant, Grants, Person, Role};
use rows::UserRow;
use serde_json::{Value, json};

/// A person with what guards the sign-in.
#[derive(Clone)]
pub struct Account {
    pub person: Person,
    /// Argon2id with its parameters and its salt.
    pub password: String,
    /// Microseconds: sessions that are older are of no more use.
    pub password_at: i64,
    pub failures: i64,
    pub locked_until: Option<i64>,
}

pub fn find(tx: &mut Tx<'_>, name: &str) -> Result<Option<Account>, StoreError> {
    tx.find::<UserRow>(name)?.map(account).transpose()
}

pub fn find_id(tx: &mut Tx<'_>, id: i64) -> Result<Option<Account>, StoreError> {
    tx.find_id::<UserRow>(id)?.map(account).transpose()
}

/// Adds a person; the id of `person` is ignored and made here. The name must be free.
pub fn insert(tx: &mut Tx<'_>, person: &Person, password: &str) -> Result<i64, StoreError> {
    let id = tx.new_id()?;
    let now = tx.now_micros();
    let row = UserRow {
        id,
        name: person.name.clone(),
        version: 0,
        full_name: person.full_name.clone(),
        password: password.to_owned(),
        password_at: now,
        grants: written(&person.grants),
        disabled: person.disabled.into(),
        demo: person.demo.into(),
        failures: 0,
        locked_until: None,
        language: person.language.clone(),
        zone: person.zone.clone(),
        created_at: now,
        updated_at: now,
    };
    tx.insert(row)?;
    Ok(id)
}

/// Writes a person and what guards the sign-in. The name stays as it was.
pub fn update(tx: &mut Tx<'_>, account: &Account) -> Result<(), StoreError> {
    let missing = || StoreError::Corrupt(format!("{} is changed and not there", account.person.name));
    let mut row = tx.find_id::<UserRow>(account.person.id)?.ok_or_else(missing)?;
    row.full_name.clone_from(&account.person.full_name);
    row.password.clone_from(&account.password);
    row.password_at = account.password_at;
    row.grants = written(&account.person.grants);
    row.disabled = account.person.disabled.into();
    row.demo = account.person.demo.into();
    row.failures = account.failures;
    row.locked_until = account.locked_until;
    row.language.clone_from(&account.person.language);
    row.zone.clone_from(&account.person.zone);
    row.updated_at = tx.now_micros();
    tx.update(row)
}

/// When a password was set that is good for nothing but setting another one.
pub const INITIAL: i64 = 0;

impl Account {
    /// Whether the first thing to do is to set a password.
    pub fn has_initial_password(&self) -> bool {
        self.password_at == INITIAL
    }
}

/// Outside a unit of work.
pub fn find_now(connection: &mut Connection, name: &str) -> Result<Option<Account>, StoreError> {
    first(connection.select::<UserRow>("WHERE name = ?", &[Bind::Text(name)])?)
}

pub fn find_id_now(connection: &mut Connection, id: i64) -> Result<Option<Account>, StoreError> {
    first(connection.select::<UserRow>("WHERE id = ?", &[Bind::Int(id)])?)
}

/// Everybody, by name. A house has dozens of people, not thousands.
pub fn list(connection: &mut Connection) -> Result<Vec<Account>, StoreError> {
    connection.select::<UserRow>("ORDER BY name", &[])?.into_iter().map(account).collect()
}

fn first(rows: Vec<UserRow>) -> Result<Option<Account>, StoreError> {
    rows.into_iter().next().map(account).transpose()
}

fn account(row: UserRow) -> Result<Account, StoreError> {
    let grants = read(&row.grants)
        .ok_or_else(|| StoreError::Corrupt(format!("the grants of {} can't be read", row.name)))?;
    Ok(Account {
        person: Person {
            id: row.id,
            name: row.name,
            full_name: row.full_name,
            grants,
            disabled: row.disabled != 0,
            demo: row.demo != 0,
            language: row.language,
            zone: row.zone,
        },
        password: row.password,
        password_at: row.password_at,
        failures: row.failures,
        locked_until: row.locked_until,
    })
}

fn written(grants: &Grants) -> String {
    let grants =
        grants.iter().map(|grant| json!({ "role": grant.role.name(), "front_end": grant.front_end }));
    Value::Array(grants.collect()).to_string()
}

fn read(text: &str) -> Option<Grants> {
    let Value::Array(grants) = serde_json::from_str(text).ok()? else { return None };
    let grant = |value: &Value| {
        let role = Role::from_name(value.get("role")?.as_str()?)?;
        Some(Grant { role, front_end: value.get("front_end")?.as_str()?.to_owned() })
    };
    grants.iter().map(grant).collect::<Option<Vec<Grant>>>().map(Grants::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_come_back_as_they_were_written() {
        let grants = Grants::new([
            Grant { role: Role::Operator, front_end: "Shop \"EUR\"".to_owned() },
            Grant { role: Role::Viewer, front_end: "*".to_owned() },
        ]);
        assert_eq!(read(&written(&grants)), Some(grants));
        assert_eq!(
            read("[{\"role\":\"boss\",\"front_end\":\"*\"}]"),
            None,
            "what is not known is not left out"
        );
    }
}
