//! The SQL about one table, put together once from its columns.

use super::row::Written;

/// Every text that the engine needs about a table.
pub struct Texts {
    /// `SELECT columns FROM table`, open for a condition.
    pub select: String,
    pub select_by_id: String,
    pub select_by_name: String,
    /// Several rows by name or by id on PostgreSQL, each as one array of texts; the first with their locks.
    pub held_by_name: String,
    pub held_by_id: String,
    pub seen_by_name: String,
    pub seen_by_id: String,
    /// One row.
    pub insert: String,
    /// One row, when its version is still the one before.
    pub update: String,
    /// Whether an update writes the column, by its place. The id, the name and what else is fixed it does not.
    pub changes: Vec<bool>,
    pub inserted: Part,
    /// Rows whose versions are still the ones before.
    pub updated: Part,
    /// Rows that must be as they were read: holds them to the end of the unit of work.
    pub guarded: Part,
    /// Rows that must be as they are remembered, without a hold.
    pub checked: Part,
}

/// How many rows of a table are worth a text of their own when a command is alone. A connection keeps each such text
/// prepared, and there are as many as commands write sets of different sizes.
const MOST_FEW: usize = 4;

/// A part of the one statement that writes a batch on PostgreSQL.
pub struct Part {
    /// For any number of rows: one array a column.
    pub set: String,
    /// For one row, two, and so on, each with values of its own: quicker to run.
    few: [String; MOST_FEW],
    /// How many rows the part found.
    pub count: String,
}

impl Part {
    fn new(name: String, before: String, arrays: &[&str], after: &str) -> Part {
        let listed: Vec<String> = arrays.iter().map(|array| format!("?::{array}")).collect();
        let marks = listed.join(", ");
        let row = format!("({})", marks.replace("[]", ""));
        let part = |rows: String| format!("{name} AS ({before} ({rows}) {after})");
        Part {
            set: part(format!("SELECT * FROM unnest({marks})")),
            few: std::array::from_fn(|more| {
                part(format!("VALUES {}", vec![row.as_str(); more + 1].join(", ")))
            }),
            count: format!("(SELECT count(*) FROM {name})"),
        }
    }

    /// For so many rows, if that is few.
    pub fn few(&self, rows: usize) -> Option<&str> {
        self.few.get(rows.checked_sub(1)?).map(String::as_str)
    }
}

impl Texts {
    pub fn of<R: Written + ?Sized>() -> Texts {
        let table = R::TABLE;
        let columns = R::COLUMNS.join(", ");
        let marks = vec!["?"; R::COLUMNS.len()].join(", ");
        let select = format!("SELECT {columns} FROM {table}");
        let texts: Vec<String> = R::COLUMNS.iter().map(|column| format!("{column}::text")).collect();
        let texts = texts.join(", ");
        let seen = |condition: &str| {
            format!("SELECT '{table}'::text, ARRAY[{texts}] FROM {table} WHERE {condition}")
        };
        // In the order of the ids, which is the order in which every writer takes its locks.
        let held = |condition: &str| {
            let rows = format!("SELECT {columns} FROM {table} WHERE {condition} ORDER BY id FOR UPDATE");
            format!("SELECT '{table}'::text, ARRAY[{texts}] FROM ({rows}) {table}")
        };
        let changing = |column: &&str| !["id", "name"].contains(column) && !R::FIXED.contains(column);
        let listed = |form: &dyn Fn(&&str) -> String| -> String {
            R::COLUMNS.iter().filter(|column| changing(column)).map(form).collect::<Vec<_>>().join(", ")
        };
        let (sets, moved) = (listed(&|column| format!("{column} = ?")), listed(&|column| column.to_string()));
        let moves = listed(&|column| format!("{column} = v.{column}"));
        let columns_and_arrays = R::COLUMNS.iter().zip(R::ARRAYS);
        let moved_arrays = columns_and_arrays.filter(|(column, _)| changing(column)).map(|(_, array)| *array);
        let moved_arrays: Vec<&str> = ["bigint[]"].into_iter().chain(moved_arrays).collect();
        let versions = ["bigint[]"; 2];
        Texts {
            select_by_id: format!("{select} WHERE id = ?"),
            select_by_name: format!("{select} WHERE name = ?"),
            select,
            held_by_name: held("name = ANY(?)"),
            held_by_id: held("id = ANY(?)"),
            seen_by_name: seen("name = ANY(?)"),
            seen_by_id: seen("id = ANY(?)"),
            insert: format!("INSERT INTO {table} ({columns}) VALUES ({marks})"),
            update: format!("UPDATE {table} SET {sets} WHERE id = ? AND version = ?"),
            changes: R::COLUMNS.iter().map(changing).collect(),
            inserted: Part::new(
                format!("i_{table}"),
                format!("INSERT INTO {table} ({columns})"),
                R::ARRAYS,
                "",
            ),
            updated: Part::new(
                format!("u_{table}"),
                format!("UPDATE {table} AS t SET {moves} FROM"),
                &moved_arrays,
                &format!("AS v (id, {moved}) WHERE t.id = v.id AND t.version = v.version - 1 RETURNING 1"),
            ),
            guarded: Part::new(
                format!("g_{table}"),
                format!("SELECT 1 FROM {table} AS t JOIN"),
                &versions,
                "AS v (id, version) ON t.id = v.id AND t.version = v.version FOR SHARE OF t",
            ),
            checked: Part::new(
                format!("c_{table}"),
                format!("SELECT 1 FROM {table} AS t JOIN"),
                &versions,
                "AS v (id, version) ON t.id = v.id AND t.version = v.version",
            ),
        }
    }
}

/// The values that an update writes, of those of all columns.
pub fn changed<T>(texts: &Texts, cells: Vec<T>) -> impl Iterator<Item = T> {
    cells.into_iter().zip(&texts.changes).filter_map(|(cell, changes)| changes.then_some(cell))
}

#[cfg(test)]
mod tests {
    use crate::store::row::Written;
    use crate::store::rows::AccountRow;

    /// A balance is written for every payout: nothing may be looked up or indexed anew for it.
    #[test]
    fn an_update_names_what_can_change_and_no_more() {
        let update = &AccountRow::texts().update;
        assert_eq!(update, "UPDATE accounts SET version = ?, balance = ? WHERE id = ? AND version = ?");
    }
}
