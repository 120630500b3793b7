//! Walks along indexes, in the order of the keys, behind a cursor, with a budget.
//!
//! Every condition that an index serves offers a path to the rows. A walk goes forward in windows: for each path it
//! looks where its next so many entries end (in the index alone), and takes the path that comes furthest, which is
//! the sparsest one there. Only that window's rows are read and compared with the other conditions. So a page of a
//! rare value costs little wherever it is rare, without anything being known of the data beforehand, and a condition
//! that no index serves ends at the budget: the page then says how far it came, and its cursor goes on from there.

use crate::store::connection::Connection;
use crate::store::error::StoreError;
use crate::store::row::Row;
use crate::store::statement::{Afresh, Bind};
use diesel::sql_types::BigInt;

/// Where a page ends and the next one begins.
pub type Cursor = i64;

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// Behind it there may be more.
    pub next: Option<Cursor>,
    /// The page is not full although there may be more: the budget was spent, and the search goes on behind `next`.
    pub searching: bool,
}

impl<T> Page<T> {
    pub fn empty() -> Page<T> {
        Page { rows: Vec::new(), next: None, searching: false }
    }

    pub fn map<U>(self, each: impl FnMut(T) -> Result<U, StoreError>) -> Result<Page<U>, StoreError> {
        let rows = self.rows.into_iter().map(each).collect::<Result<_, _>>()?;
        Ok(Page { rows, next: self.next, searching: self.searching })
    }
}

/// A value that a condition holds.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Int(i64),
    Text(String),
}

impl Value {
    pub fn bind(&self) -> Bind<'_> {
        match self {
            Value::Int(number) => Bind::Int(*number),
            Value::Text(text) => Bind::Text(text),
        }
    }
}

/// A condition with its values, which stand in it as `?`.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub sql: String,
    pub values: Vec<Value>,
}

impl Condition {
    pub fn new(sql: impl Into<String>, values: Vec<Value>) -> Condition {
        Condition { sql: sql.into(), values }
    }

    pub fn text(sql: impl Into<String>, value: &str) -> Condition {
        Condition::new(sql, vec![Value::Text(value.to_owned())])
    }

    /// The column holds one of the texts; none of them is no row.
    pub fn among(column: &str, texts: &[String]) -> Condition {
        if texts.is_empty() {
            return Condition::new("1 = 0", Vec::new());
        }
        let values = texts.iter().cloned().map(Value::Text).collect();
        Condition::new(format!("{column} IN ({})", super::marks(texts.len())), values)
    }

    /// The same for names of our own, which are written out: the planner knows them when it chooses an index.
    pub fn among_names(column: &str, names: &[&'static str]) -> Condition {
        let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
        Condition::new(format!("{column} IN ({})", quoted.join(", ")), Vec::new())
    }
}

/// One stretch of an index on which the keys stand in order.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub index: &'static str,
    pub condition: Condition,
}

/// A way to the rows: its branches together hold every row that fits its condition.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// The table that is walked, with its alias.
    pub table: &'static str,
    /// The column that the walk is ordered by: the id of the rows.
    pub key: &'static str,
    /// How the rows are reached from that table, when it is another one.
    pub join: &'static str,
    pub branches: Vec<Branch>,
}

/// What rows must fit, and the path that some index offers for it.
#[derive(Clone, Debug)]
pub(super) struct Narrowing {
    pub condition: Condition,
    pub path: Option<Path>,
}

impl From<Condition> for Narrowing {
    fn from(condition: Condition) -> Narrowing {
        Narrowing { condition, path: None }
    }
}

impl Narrowing {
    /// To a condition that one stretch of an index is exactly made of.
    pub fn along(table: &'static str, index: &'static str, condition: Condition) -> Narrowing {
        let branches = vec![Branch { index, condition: condition.clone() }];
        Narrowing { condition, path: Some(Path { table, key: "p.id", join: "", branches }) }
    }
}

/// A walk through one table for rows that fit every narrowing. The table's alias is `p`.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    /// The table with its alias.
    pub table: &'static str,
    pub narrowings: Vec<Narrowing>,
    pub newest_first: bool,
    /// The ids that come into question: from the first, up to but without the second.
    pub ids: (i64, i64),
    /// Where the page before ended.
    pub after: Option<Cursor>,
    pub most: i64,
    /// How many rows may be read and compared for one page.
    pub budget: i64,
}

/// How many rows one page of a list may cost. At a microsecond or two each that is far below what a person notices.
pub const BUDGET: i64 = 200_000;

const FIRST_WINDOW: i64 = 250;
const WINDOW_GROWS: i64 = 4;

impl Walk {
    pub fn new(table: &'static str, after: Option<Cursor>, most: i64) -> Walk {
        Walk {
            table,
            narrowings: Vec::new(),
            newest_first: true,
            ids: (0, i64::MAX),
            after,
            most: most.clamp(1, super::MOST_ROWS),
            budget: BUDGET,
        }
    }

    pub fn narrow(&mut self, narrowing: impl Into<Narrowing>) {
        self.narrowings.push(narrowing.into());
    }

    pub fn run<R: Row>(&self, connection: &mut Connection) -> Result<Page<R>, StoreError> {
        let columns: Vec<String> = R::COLUMNS.iter().map(|column| format!("p.{column}")).collect();
        let columns = columns.join(", ");
        self.run_with(connection, &columns, R::load::<Afresh>, R::id)
    }

    /// The same for columns that are no whole row of a table.
    pub fn run_with<R>(
        &self,
        connection: &mut Connection,
        columns: &str,
        load: impl Fn(&mut Connection, &str, &[Bind<'_>]) -> Result<Vec<R>, StoreError>,
        id: impl Fn(&R) -> i64,
    ) -> Result<Page<R>, StoreError> {
        let mut paths: Vec<(Path, Vec<&Condition>)> = Vec::new();
        for (place, narrowing) in self.narrowings.iter().enumerate() {
            if let Some(path) = &narrowing.path {
                paths.push((path.clone(), self.conditions_but(Some(place))));
            }
        }
        if paths.is_empty() {
            paths.push((self.along_ids(), self.conditions_but(None)));
        }
        let mut page = Page::empty();
        let mut stretch = self.stretch();
        // One path and nothing else to fit: its first rows are the page, and there is nothing to look for.
        let at_once = matches!(paths.as_slice(), [(_, rest)] if rest.is_empty());
        let (mut window, mut spent) = (FIRST_WINDOW.max(self.most + 1), 0);
        while stretch.0 < stretch.1 {
            let size = window.min(self.budget - spent);
            let end = if at_once { None } else { self.furthest(connection, &mut paths, stretch, size)? };
            let part = self.part(stretch, end);
            let wanted = self.most + 1 - page.rows.len() as i64;
            // The path that came furthest stands first.
            let (path, rest) = &paths[0];
            let (sql, values) = self.select(path, rest, columns, part, wanted, connection.is_postgres());
            page.rows.extend(load(connection, &sql, &super::binds(&values))?);
            if page.rows.len() as i64 > self.most {
                page.rows.truncate(self.most as usize);
                page.next = page.rows.last().map(&id);
                return Ok(page);
            }
            let Some(end) = end else { return Ok(page) };
            spent += size;
            window *= WINDOW_GROWS;
            if spent >= self.budget {
                page.next = Some(end);
                page.searching = true;
                return Ok(page);
            }
            stretch = if self.newest_first { (stretch.0, end) } else { (end + 1, stretch.1) };
        }
        Ok(page)
    }

    fn conditions_but(&self, place: Option<usize>) -> Vec<&Condition> {
        let others = self.narrowings.iter().enumerate().filter(|(at, _)| Some(*at) != place);
        others.map(|(_, narrowing)| &narrowing.condition).collect()
    }

    fn along_ids(&self) -> Path {
        let branch = Branch { index: "", condition: Condition::new("1 = 1", Vec::new()) };
        Path { table: self.table, key: "p.id", join: "", branches: vec![branch] }
    }

    /// The ids that are left: from the first, up to but without the second.
    fn stretch(&self) -> (i64, i64) {
        let (first, end) = self.ids;
        match (self.after, self.newest_first) {
            (None, _) => (first, end),
            (Some(after), true) => (first, end.min(after)),
            (Some(after), false) => (first.max(after.saturating_add(1)), end),
        }
    }

    /// The part of the stretch up to and with an id.
    fn part(&self, stretch: (i64, i64), end: Option<i64>) -> (i64, i64) {
        match (end, self.newest_first) {
            (None, _) => stretch,
            (Some(end), true) => (end, stretch.1),
            (Some(end), false) => (stretch.0, end + 1),
        }
    }

    /// Puts the path first whose next `size` entries come furthest, and says how far that is; `None` when a path has
    /// fewer entries left.
    fn furthest(
        &self,
        connection: &mut Connection,
        paths: &mut [(Path, Vec<&Condition>)],
        stretch: (i64, i64),
        size: i64,
    ) -> Result<Option<i64>, StoreError> {
        let mut best: Option<(usize, i64)> = None;
        for (place, (path, _)) in paths.iter().enumerate() {
            let (sql, values) = self.end_of(path, stretch, size, connection.is_postgres());
            let ends = connection.load_afresh::<BigInt, i64>(&sql, &super::binds(&values))?;
            let Some(&end) = ends.first() else {
                paths.swap(0, place);
                return Ok(None);
            };
            let further =
                best.is_none_or(|(_, known)| if self.newest_first { end < known } else { end > known });
            if further {
                best = Some((place, end));
            }
        }
        if let Some((place, _)) = best {
            paths.swap(0, place);
        }
        Ok(best.map(|(_, end)| end))
    }

    /// The statement that tells the key of a path's `size`th entry, from its indexes alone.
    fn end_of(&self, path: &Path, stretch: (i64, i64), size: i64, postgres: bool) -> (String, Vec<Value>) {
        let (key, order) = (path.key, self.order());
        let mut values = Vec::new();
        let mut branches = Vec::new();
        for (number, branch) in path.branches.iter().enumerate() {
            let from = indexed(path.table, branch.index, postgres);
            branches.push(format!(
                "SELECT k FROM (SELECT {key} AS k FROM {from} WHERE {} AND {key} >= ? AND {key} < ?
                 ORDER BY {key} {order} LIMIT {size}) b{number}",
                branch.condition.sql
            ));
            values.extend(branch.condition.values.iter().cloned());
            values.extend([Value::Int(stretch.0), Value::Int(stretch.1)]);
        }
        let branches = branches.join(" UNION ALL ");
        (format!("SELECT k FROM ({branches}) u ORDER BY k {order} LIMIT 1 OFFSET {}", size - 1), values)
    }

    /// The statement for the rows of a part of the ids.
    fn select(
        &self,
        path: &Path,
        rest: &[&Condition],
        columns: &str,
        part: (i64, i64),
        wanted: i64,
        postgres: bool,
    ) -> (String, Vec<Value>) {
        let (key, order) = (path.key, self.order());
        let mut values = Vec::new();
        let mut branches = Vec::new();
        let others: String = rest.iter().map(|condition| format!(" AND {}", condition.sql)).collect();
        for (number, branch) in path.branches.iter().enumerate() {
            let from = indexed(path.table, branch.index, postgres);
            branches.push(format!(
                "SELECT * FROM (SELECT {columns} FROM {from} {} WHERE {} AND {key} >= ? AND {key} < ?{others}
                 ORDER BY {key} {order} LIMIT {wanted}) b{number}",
                path.join, branch.condition.sql
            ));
            values.extend(branch.condition.values.iter().cloned());
            values.extend([Value::Int(part.0), Value::Int(part.1)]);
            values.extend(rest.iter().flat_map(|condition| condition.values.iter().cloned()));
        }
        let branches = branches.join(" UNION ALL ");
        (format!("SELECT * FROM ({branches}) u ORDER BY id {order} LIMIT {wanted}"), values)
    }

    fn order(&self) -> &'static str {
        if self.newest_first { "DESC" } else { "ASC" }
    }
}

/// SQLite knows little of how values are spread and is told which index to take; PostgreSQL finds out by itself.
pub(super) fn indexed(table: &str, index: &str, postgres: bool) -> String {
    match (postgres, index) {
        (true, _) => table.to_owned(),
        (false, "") => format!("{table} NOT INDEXED"),
        (false, index) => format!("{table} INDEXED BY {index}"),
    }
}
