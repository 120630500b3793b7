//! Loading rows by id or by name into the working set: one statement for whatever a batch needs on PostgreSQL, where
//! a round trip costs, and one prepared statement for each key on SQLite, where it does not.

use super::connection::Connection;
use super::error::StoreError;
use super::row::Row;
use super::set::{InSet, WorkingSet};
use super::statement::{Bind, ByType};
use std::marker::PhantomData;

/// Rows of several tables that are asked for together. The order of asking is the order of the locks.
pub(super) struct Loading<'a> {
    /// Whether the rows of locked tables are held to the end of the transaction.
    hold: bool,
    parts: Vec<&'static str>,
    binds: Vec<Bind<'a>>,
    takers: Vec<(&'static str, Taker)>,
}

type Texts = Vec<Option<String>>;
/// Puts a row into its table of the set.
type Taker = fn(&mut WorkingSet, Texts) -> Result<(), StoreError>;

impl<'a> Loading<'a> {
    pub fn new(hold: bool) -> Loading<'a> {
        Loading { hold, parts: Vec::new(), binds: Vec::new(), takers: Vec::new() }
    }

    pub fn ask<R: InSet>(&mut self, ids: &[i64], names: Vec<&'a str>) {
        let texts = R::texts();
        let hold = self.hold && R::LOCKED;
        if !ids.is_empty() {
            self.parts.push(if hold { &texts.held_by_id } else { &texts.seen_by_id });
            self.binds.push(Bind::Ints(ids.to_vec()));
        }
        if !names.is_empty() {
            self.parts.push(if hold { &texts.held_by_name } else { &texts.seen_by_name });
            self.binds.push(Bind::Texts(names));
        }
        self.takers.push((R::TABLE, take::<R>));
    }

    pub fn run(self, connection: &mut Connection, set: &mut WorkingSet) -> Result<(), StoreError> {
        if self.parts.is_empty() {
            return Ok(());
        }
        let sql = self.parts.join(" UNION ALL ");
        for (table, texts) in connection.load_texts(&sql, &self.binds)? {
            let taker = self.takers.iter().find(|(name, _)| *name == table);
            let (_, take) = taker.ok_or_else(|| StoreError::Corrupt(format!("a row of `{table}`")))?;
            take(set, texts)?;
        }
        Ok(())
    }
}

fn take<R: InSet>(set: &mut WorkingSet, texts: Texts) -> Result<(), StoreError> {
    let row = R::from_texts(texts);
    let row = row.ok_or_else(|| StoreError::Corrupt(format!("a row of {} can't be read", R::TABLE)))?;
    R::table(set).learn(row);
    Ok(())
}

struct Id<R>(PhantomData<R>);
struct Name<R>(PhantomData<R>);

/// The same from SQLite, key by key.
pub(super) fn one_by_one<R: InSet>(
    connection: &mut Connection,
    set: &mut WorkingSet,
    ids: &[i64],
    names: &[&str],
) -> Result<(), StoreError> {
    let table = R::table(set);
    let texts = R::texts();
    let mut learn = |rows: Vec<R>| rows.into_iter().for_each(|row| table.learn(row));
    for &id in ids {
        learn(<R as Row>::load::<ByType<Id<R>>>(connection, &texts.select_by_id, &[Bind::Int(id)])?);
    }
    for &name in names {
        learn(<R as Row>::load::<ByType<Name<R>>>(connection, &texts.select_by_name, &[Bind::Text(name)])?);
    }
    Ok(())
}
