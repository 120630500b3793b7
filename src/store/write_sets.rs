//! Writing to PostgreSQL: one statement for everything, with an array for each column, or, for a command that is alone,
//! with a value for each cell.
//!
//! The statement counts what it found. When a row is no longer as it was read, it fails as a whole, so it is safe
//! outside a transaction block too: it is one.

use super::bell::RING;
use super::connection::Connection;
use super::error::StoreError;
use super::row::{Row, Written};
use super::set::{Table, TableVisitor, WorkingSet};
use super::statement::Bind;
use super::texts::{Part, changed};
use diesel::sql_types::BigInt;
use std::borrow::Cow;

/// How many rows of a table are worth a text of their own when a command is alone. A connection keeps each such text
/// prepared, and there are as many as commands write sets of different sizes.
const MOST_FEW: usize = 4;

#[derive(Default)]
struct SetWriter<'a> {
    /// Whether one command wrote it all.
    alone: bool,
    parts: Vec<Cow<'static, str>>,
    /// The parts that must find all their rows.
    counted: Vec<String>,
    expected: i64,
    binds: Vec<Bind<'a>>,
    /// Whether there is anything to write, or to compare that was not read in this batch.
    runs: bool,
}

/// `rings`: the workers of other nodes are told that there is an errand.
pub fn write(
    connection: &mut Connection,
    set: &WorkingSet,
    alone: bool,
    rings: bool,
) -> Result<(), StoreError> {
    let mut writer = SetWriter { alone, ..SetWriter::default() };
    set.for_each_table(&mut writer)?;
    writer.insert(&set.entries.iter().collect::<Vec<_>>());
    writer.insert(&set.facts.iter().collect::<Vec<_>>());
    if rings {
        writer.ring();
    }
    writer.run(connection)
}

impl<'a> SetWriter<'a> {
    fn few(&self, rows: usize) -> bool {
        self.alone && rows <= MOST_FEW
    }

    fn add(&mut self, part: &'static Part, rows: usize) {
        let few = self.few(rows);
        self.parts.push(if few { Cow::Owned(part.few(rows)) } else { Cow::Borrowed(&part.set) });
    }

    fn insert<R: Written>(&mut self, rows: &[&'a R]) {
        if rows.is_empty() {
            return;
        }
        self.runs = true;
        self.add(&R::texts().inserted, rows.len());
        if self.few(rows.len()) {
            self.binds.extend(rows.iter().flat_map(|row| row.cells()));
        } else {
            self.binds.extend(R::arrays(rows));
        }
    }

    fn update<R: Row>(&mut self, rows: &[&'a R]) {
        if rows.is_empty() {
            return;
        }
        self.runs = true;
        let texts = R::texts();
        self.add(&texts.updated, rows.len());
        if self.few(rows.len()) {
            for row in rows {
                self.binds.push(Bind::Int(row.id()));
                self.binds.extend(changed(texts, row.cells()));
            }
        } else {
            self.binds.push(Bind::Ints(rows.iter().map(|row| row.id()).collect()));
            self.binds.extend(changed(texts, R::arrays(rows)));
        }
        self.expect("u_", R::TABLE, rows.len());
    }

    /// What was read and decided by, and not changed, must still be so.
    fn guard<R: Row>(&mut self, rows: &[&'a R]) {
        if !rows.is_empty() {
            self.add(&R::texts().guarded, rows.len());
            self.versions(rows);
            self.expect("g_", R::TABLE, rows.len());
        }
    }

    /// What was remembered and decided by must be as the memory says.
    fn check<R: Row>(&mut self, rows: &[&'a R]) {
        if !rows.is_empty() {
            self.add(&R::texts().checked, rows.len());
            self.versions(rows);
            self.expect("c_", R::TABLE, rows.len());
        }
    }

    fn versions<R: Row>(&mut self, rows: &[&'a R]) {
        if self.few(rows.len()) {
            self.binds.extend(rows.iter().flat_map(|row| [Bind::Int(row.id()), Bind::Int(row.version())]));
        } else {
            self.binds.push(Bind::Ints(rows.iter().map(|row| row.id()).collect()));
            self.binds.push(Bind::Ints(rows.iter().map(|row| row.version()).collect()));
        }
    }

    /// Counted, since a part that nobody reads is not run.
    fn ring(&mut self) {
        self.parts.push(Cow::Borrowed(RING));
        self.expect("n_", "errands", 1);
    }

    fn expect(&mut self, kind: &str, table: &str, rows: usize) {
        self.expected += rows as i64;
        self.counted.push(format!("(SELECT count(*) FROM {kind}{table})"));
    }

    fn run(mut self, connection: &mut Connection) -> Result<(), StoreError> {
        if !self.runs {
            return Ok(());
        }
        self.counted.push("0".to_owned());
        let sql = format!(
            "WITH {} SELECT CASE WHEN {} = ? THEN 0 ELSE tillgate_raced() END",
            self.parts.join(", "),
            self.counted.join(" + ")
        );
        self.binds.push(Bind::Int(self.expected));
        connection.load::<BigInt, i64>(&sql, &self.binds).map(drop)
    }
}

impl<'a> TableVisitor<'a> for SetWriter<'a> {
    fn visit<R: Row>(&mut self, table: &'a Table<R>) -> Result<(), StoreError> {
        let remembered = table.remembered_rows();
        self.runs |= !remembered.is_empty();
        if R::LOCKED {
            self.guard(&table.untouched_rows());
        } else {
            self.check(&remembered);
        }
        self.update(&table.changed_rows());
        // By name, so that two writers who insert the same names wait for each other in one order.
        let mut new = table.new_rows();
        new.sort_unstable_by(|one, other| one.name().cmp(other.name()));
        self.insert(&new);
        Ok(())
    }
}
