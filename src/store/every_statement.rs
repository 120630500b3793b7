//! Every statement of which the engine puts its batches together on PostgreSQL, for those who look at their plans. The
//! list comes from the tables of the working set itself: a new table is on it by being one.

use super::error::StoreError;
use super::row::{Row, Written};
use super::rows::{AuditRow, EntryRow};
use super::set::{Table, TableVisitor, WorkingSet};

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

    /// A part of the statement that writes a whole set.
    fn part<R: Written>(&mut self, what: &str, text: &str) {
        self.add::<R>(what, format!("WITH {text} SELECT 1"));
    }

    fn insert<R: Written>(&mut self) {
        self.part::<R>("inserted", &R::texts().insert_set);
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
            // As it is counted, since a part that nobody reads is not run.
            let guard = format!("WITH {} SELECT count(*) FROM g_{}", texts.guard_set, R::TABLE);
            self.add::<R>("as it was read", guard);
        } else {
            let check = format!("WITH {} SELECT count(*) FROM c_{}", texts.check_set, R::TABLE);
            self.add::<R>("as it is remembered", check);
        }
        self.insert::<R>();
        self.part::<R>("updated", &texts.update_set);
        Ok(())
    }
}
