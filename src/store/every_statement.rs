//! Every statement of which the engine puts its batches together on PostgreSQL, for those who look at their plans. The
//! list comes from the tables of the working set itself: a new table is on it by being one.

use super::error::StoreError;
use super::row::{Row, Written};
use super::rows::{AuditRow, EntryRow};
use super::set::{Table, TableVisitor, WorkingSet};
use super::texts::Part;

/// What each does, and its text with a `?` for every value.
pub fn of_the_engine() -> Vec<(String, String)> {
    let mut all = Statements::default();
    // The visitor below does not fail.
    let _ = WorkingSet::default().for_each_table(&mut all);
    all.insert::<EntryRow>();
    all.insert::<AuditRow>();
    all.0
}

#[derive(Default)]
struct Statements(Vec<(String, String)>);

impl Statements {
    fn add<R: Written>(&mut self, what: &str, text: String) {
        self.0.push((format!("{} {what}", R::TABLE), text));
    }

    /// A part of the statement that writes a whole set, for any number of rows, for one and for two. What is only looked
    /// at is counted, since a part that nobody reads is not run.
    fn part<R: Written>(&mut self, what: &str, part: &Part, read: &str) {
        let texts = [("", Some(part.set.as_str())), (", one", part.few(1)), (", two", part.few(2))];
        for (rows, text) in texts.into_iter().filter_map(|(rows, text)| Some((rows, text?))) {
            self.add::<R>(&format!("{what}{rows}"), format!("WITH {text} SELECT {read}"));
        }
    }

    fn insert<R: Written>(&mut self) {
        self.part::<R>("inserted", &R::texts().inserted, "1");
    }
}

impl<'a> TableVisitor<'a> for Statements {
    fn visit<R: Row>(&mut self, _table: &'a Table<R>) -> Result<(), StoreError> {
        let texts = R::texts();
        self.add::<R>("by id", texts.seen_by_id.clone());
        self.add::<R>("by name", texts.seen_by_name.clone());
        if R::LOCKED {
            self.add::<R>("held by id", texts.held_by_id.clone());
            self.add::<R>("held by name", texts.held_by_name.clone());
            self.part::<R>("as it was read", &texts.guarded, &texts.guarded.count);
        } else {
            self.part::<R>("as it is remembered", &texts.checked, &texts.checked.count);
        }
        self.insert::<R>();
        self.part::<R>("updated", &texts.updated, "1");
        Ok(())
    }
}
