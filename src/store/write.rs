//! Writing a whole working set: row by row on SQLite, where a call costs nothing, and as one set-based statement on
//! PostgreSQL, where a round trip does.

use super::audit;
use super::connection::Connection;
use super::error::StoreError;
use super::row::{Row, Stored};
use super::rows::{AuditRow, EntryRow};
use super::set::{Table, TableVisitor, WorkingSet};
use super::statement::Bind;

/// Writes what a batch made of the set. An update that no longer finds the version it was based on is a race.
pub fn write(connection: &mut Connection, set: &mut WorkingSet, lane: i64) -> Result<(), StoreError> {
    audit::chain(set, lane)?;
    if connection.is_postgres() { write_sets(connection, set) } else { write_rows(connection, set) }
}

fn entry_cells(entry: &EntryRow) -> Vec<Bind<'_>> {
    vec![
        entry.id.bind(),
        entry.transaction_id.bind(),
        entry.from_account.bind(),
        entry.to_account.bind(),
        entry.amount.bind(),
        entry.currency.bind(),
    ]
}

fn audit_cells(row: &AuditRow) -> Vec<Bind<'_>> {
    vec![
        row.id.bind(),
        row.lane.bind(),
        row.seq.bind(),
        row.hash.bind(),
        row.at.bind(),
        row.kind.bind(),
        row.subject.bind(),
        row.front_end.bind(),
        row.pin.bind(),
        row.who.bind(),
        row.why.bind(),
        row.from_state.bind(),
        row.to_state.bind(),
        row.request_id.bind(),
        row.detail.bind(),
    ]
}

// ---- SQLite: one prepared statement a table, run for each row.

struct RowWriter<'a>(&'a mut Connection);

fn write_rows(connection: &mut Connection, set: &WorkingSet) -> Result<(), StoreError> {
    set.for_each_table(&mut RowWriter(connection))?;
    let insert = insert_one("ledger_entries", &EntryRow::COLUMNS);
    for entry in &set.entries {
        connection.execute(&insert, &entry_cells(entry))?;
    }
    let insert = insert_one("audit", &AuditRow::COLUMNS);
    for row in &set.facts {
        connection.execute(&insert, &audit_cells(row))?;
    }
    Ok(())
}

fn insert_one(table: &str, columns: &[&str]) -> String {
    let marks = vec!["?"; columns.len()].join(", ");
    format!("INSERT INTO {table} ({}) VALUES ({marks})", columns.join(", "))
}

impl<'a> TableVisitor<'a> for RowWriter<'_> {
    fn visit<R: Row>(&mut self, table: &'a Table<R>) -> Result<(), StoreError> {
        let new = table.new_rows();
        if !new.is_empty() {
            let insert = insert_one(R::TABLE, R::COLUMNS);
            for row in new {
                self.0.execute(&insert, &row.cells())?;
            }
        }
        let changed = table.changed_rows();
        if !changed.is_empty() {
            // Id and name never change.
            let sets: Vec<String> = R::COLUMNS[2..].iter().map(|column| format!("{column} = ?")).collect();
            let update = format!("UPDATE {} SET {} WHERE id = ? AND version = ?", R::TABLE, sets.join(", "));
            for row in changed {
                let mut cells = row.cells();
                cells.drain(..2);
                cells.push(Bind::Int(row.id()));
                cells.push(Bind::Int(row.version() - 1));
                if self.0.execute(&update, &cells)? != 1 {
                    return Err(StoreError::Raced);
                }
            }
        }
        Ok(())
    }
}

// ---- PostgreSQL: one statement for everything, with arrays for the columns.

#[derive(Default)]
struct SetWriter<'a> {
    parts: Vec<String>,
    updates: Vec<String>,
    expected: i64,
    binds: Vec<Bind<'a>>,
}

fn write_sets(connection: &mut Connection, set: &WorkingSet) -> Result<(), StoreError> {
    let mut writer = SetWriter::default();
    set.for_each_table(&mut writer)?;
    writer.insert("ledger_entries", &EntryRow::COLUMNS, set.entries.iter().map(entry_cells).collect());
    writer.insert("audit", &AuditRow::COLUMNS, set.facts.iter().map(audit_cells).collect());
    writer.run(connection)
}

impl<'a> SetWriter<'a> {
    fn insert(&mut self, table: &str, columns: &[&str], rows: Vec<Vec<Bind<'a>>>) {
        if rows.is_empty() {
            return;
        }
        let unnest = self.unnest(rows);
        let columns = columns.join(", ");
        self.parts.push(format!("i_{table} AS (INSERT INTO {table} ({columns}) SELECT * FROM {unnest})"));
    }

    fn update(&mut self, table: &str, columns: &[&str], rows: Vec<Vec<Bind<'a>>>) {
        if rows.is_empty() {
            return;
        }
        self.expected += rows.len() as i64;
        let unnest = self.unnest(rows);
        // Id and name never change.
        let sets: Vec<String> = columns[2..].iter().map(|column| format!("{column} = v.{column}")).collect();
        self.parts.push(format!(
            "u_{table} AS (UPDATE {table} AS t SET {} FROM {unnest} AS v ({}) \
             WHERE t.id = v.id AND t.version = v.version - 1 RETURNING 1)",
            sets.join(", "),
            columns.join(", "),
        ));
        self.updates.push(format!("(SELECT count(*) FROM u_{table})"));
    }

    /// Turns rows into one array a column.
    fn unnest(&mut self, rows: Vec<Vec<Bind<'a>>>) -> String {
        let mut columns: Vec<Vec<Bind<'a>>> = Vec::new();
        for row in rows {
            columns.resize_with(row.len(), Vec::new);
            for (column, cell) in columns.iter_mut().zip(row) {
                column.push(cell);
            }
        }
        let mut marks = Vec::with_capacity(columns.len());
        for column in columns {
            let array = Bind::array(column);
            marks.push(format!("?::{}", array.array_type()));
            self.binds.push(array);
        }
        format!("unnest({})", marks.join(", "))
    }

    fn run(self, connection: &mut Connection) -> Result<(), StoreError> {
        if self.parts.is_empty() {
            return Ok(());
        }
        let counted = if self.updates.is_empty() { "0".to_owned() } else { self.updates.join(" + ") };
        let sql = format!("WITH {} SELECT ({counted})::bigint", self.parts.join(", "));
        let counts: Vec<i64> = connection.load::<diesel::sql_types::BigInt, i64>(&sql, &self.binds)?;
        if counts == [self.expected] { Ok(()) } else { Err(StoreError::Raced) }
    }
}

impl<'a> TableVisitor<'a> for SetWriter<'a> {
    fn visit<R: Row>(&mut self, table: &'a Table<R>) -> Result<(), StoreError> {
        self.insert(R::TABLE, R::COLUMNS, table.new_rows().into_iter().map(Row::cells).collect());
        self.update(R::TABLE, R::COLUMNS, table.changed_rows().into_iter().map(Row::cells).collect());
        Ok(())
    }
}
