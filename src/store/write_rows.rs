//! Writing to SQLite: row by row with prepared statements, because a call costs nothing there.

use super::connection::Connection;
use super::error::StoreError;
use super::row::{Row, Written};
use super::set::{Table, TableVisitor, WorkingSet};
use super::statement::{Bind, ByType};
use super::texts::changed;
use std::marker::PhantomData;

pub fn write(connection: &mut Connection, set: &WorkingSet) -> Result<(), StoreError> {
    set.for_each_table(&mut RowWriter(connection))?;
    insert(connection, &set.entries)?;
    insert(connection, &set.facts)
}

struct RowWriter<'a>(&'a mut Connection);
struct Insert<R>(PhantomData<R>);
struct Update<R>(PhantomData<R>);

fn insert<'r, R: Written>(
    connection: &mut Connection,
    rows: impl IntoIterator<Item = &'r R>,
) -> Result<(), StoreError> {
    for row in rows {
        connection.execute_cached::<ByType<Insert<R>>>(&R::texts().insert, &row.cells())?;
    }
    Ok(())
}

impl<'a> TableVisitor<'a> for RowWriter<'_> {
    fn visit<R: Row>(&mut self, table: &'a Table<R>) -> Result<(), StoreError> {
        insert(self.0, table.new_rows())?;
        for row in table.changed_rows() {
            let texts = R::texts();
            let mut cells: Vec<Bind<'_>> = changed(texts, row.cells()).collect();
            cells.push(Bind::Int(row.id()));
            cells.push(Bind::Int(row.version() - 1));
            if self.0.execute_cached::<ByType<Update<R>>>(&texts.update, &cells)? != 1 {
                return Err(StoreError::Raced);
            }
        }
        Ok(())
    }
}
