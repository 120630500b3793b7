//! What processors told us: the list. Which notice belongs to what is told by its reference.

use super::walk::{Condition, Walk};
use super::{Cursor, Page, look, time};
use crate::store::connection::Connection;
use crate::store::error::StoreError;
use crate::store::rows::NoticeRow;
use crate::store::statement::Bind;
use chrono::{DateTime, Utc};

#[derive(Clone, Debug)]
pub struct Line {
    pub id: i64,
    pub account: String,
    /// Our order id at the processor.
    pub reference: String,
    /// Made by the processor's room, without secrets.
    pub summary: String,
    /// How often it came.
    pub deliveries: i64,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub account: Option<String>,
    pub reference: Option<String>,
    /// Received at the first or later, and before the second.
    pub made: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
}

/// Newest first. Notices belong to no front end until their reference says so: only who sees all may see them all.
pub fn list(
    connection: &mut Connection,
    filter: &Filter,
    after: Option<Cursor>,
    most: i64,
) -> Result<Page<Line>, StoreError> {
    let mut walk = Walk::new("notices p", after, most);
    if let Some(account) = &filter.account {
        walk.narrow(Condition::text("p.account = ?", account));
    }
    if let Some(reference) = &filter.reference {
        walk.narrow(super::walk::Narrowing::along(
            "notices p",
            "notices_by_reference",
            Condition::text("p.reference = ?", reference),
        ));
    }
    super::within(&mut walk, filter.made, "p.at");
    look(connection, |connection| walk.run::<NoticeRow>(connection))?.map(line)
}

/// One of them.
pub fn one(connection: &mut Connection, id: i64) -> Result<Option<Line>, StoreError> {
    let rows = connection.select::<NoticeRow>("WHERE id = ?", &[Bind::Int(id)])?;
    rows.into_iter().next().map(line).transpose()
}

fn line(row: NoticeRow) -> Result<Line, StoreError> {
    Ok(Line {
        id: row.id,
        account: row.account,
        reference: row.reference,
        summary: row.summary,
        deliveries: row.deliveries,
        at: time(row.at)?,
    })
}
