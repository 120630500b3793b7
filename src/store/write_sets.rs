//! Writing to PostgreSQL: one statement for everything, with an array for each column, or, for a command that is alone,
//! with a value for each cell.
//!
//! The statement counts what it found. When a row is no longer as it was read, it fails as a whole, so it is safe
//! outside a transaction block too: it is one.

use super::bell::{RING, RUNG};
use super::connection::Connection;
use super::error::StoreError;
use super::row::{Row, Written};
use super::set::{Table, TableVisitor, WorkingSet};
use super::statement::Bind;
use super::texts::{Part, changed};
use diesel::sql_types::BigInt;

#[derive(Default)]
struct SetWriter<'a> {
    /// Whether one command wrote it all.
    alone: bool,
    parts: Vec<&'static str>,
    /// What counts the rows of the parts that must find all of them.
    counted: Vec<&'static str>,
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
    /// Adds a part; whether it takes the cells of its rows one by one, and not an array for each column.
    fn add(&mut self, part: &'static Part, rows: usize) -> bool {
        let few = part.few(rows).filter(|_| self.alone);
        self.parts.push(few.unwrap_or(&part.set));
        few.is_some()
    }

    fn insert<R: Written>(&mut self, rows: &[&'a R]) {
        if rows.is_empty() {
            return;
        }
        self.runs = true;
        if self.add(&R::texts().inserted, rows.len()) {
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
        if self.add(&texts.updated, rows.len()) {
            for row in rows {
                self.binds.push(Bind::Int(row.id()));
                self.binds.extend(changed(texts, row.cells()));
            }
        } else {
            self.binds.push(Bind::Ints(rows.iter().map(|row| row.id()).collect()));
            self.binds.extend(changed(texts, R::arrays(rows)));
        }
        self.expect(&texts.updated.count, rows.len());
    }

    /// Rows that were decided by and not changed must be as they were: held, when this batch read them, or compared,
    /// when they were only remembered.
    fn versions<R: Row>(&mut self, part: &'static Part, rows: &[&'a R]) {
        if rows.is_empty() {
            return;
        }
        if self.add(part, rows.len()) {
            self.binds.extend(rows.iter().flat_map(|row| [Bind::Int(row.id()), Bind::Int(row.version())]));
        } else {
            self.binds.push(Bind::Ints(rows.iter().map(|row| row.id()).collect()));
            self.binds.push(Bind::Ints(rows.iter().map(|row| row.version()).collect()));
        }
        self.expect(&part.count, rows.len());
    }

    /// Counted, since a part that nobody reads is not run.
    fn ring(&mut self) {
        self.parts.push(RING);
        self.expect(RUNG, 1);
    }

    fn expect(&mut self, count: &'static str, rows: usize) {
        self.expected += rows as i64;
        self.counted.push(count);
    }

    fn run(mut self, connection: &mut Connection) -> Result<(), StoreError> {
        if !self.runs {
            return Ok(());
        }
        self.counted.push("0");
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
            self.versions(&R::texts().guarded, &table.untouched_rows());
        } else {
            self.versions(&R::texts().checked, &remembered);
        }
        self.update(&table.changed_rows());
        // By name, so that two writers who insert the same names wait for each other in one order.
        let mut new = table.new_rows();
        new.sort_unstable_by(|one, other| one.name().cmp(other.name()));
        self.insert(&new);
        Ok(())
    }
}
