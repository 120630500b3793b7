//! The audit trail as people read it: newest first, by what was done, by whom, to what.

use super::payout::Fact;
use super::walk::{Condition, Narrowing, Walk};
use super::{Cursor, Page, Sight, look, time};
use crate::store::audit::AuditRow;
use crate::store::connection::Connection;
use crate::store::error::StoreError;
use crate::store::row::Written;
use crate::store::statement::{Afresh, Bind};
use chrono::{DateTime, Utc};

#[derive(Clone, Debug)]
pub struct Line {
    pub id: i64,
    /// The writer's lane and the row's number in it.
    pub lane: i64,
    pub seq: i64,
    pub hash: String,
    pub at: DateTime<Utc>,
    pub subject: String,
    pub front_end: String,
    pub pin: String,
    pub fact: Fact,
}

fn line(row: AuditRow) -> Result<Line, StoreError> {
    Ok(Line {
        fact: Fact::of(&row),
        at: time(row.at)?,
        id: row.id,
        lane: row.lane,
        seq: row.seq,
        hash: row.hash,
        subject: row.subject,
        front_end: row.front_end,
        pin: row.pin,
    })
}

#[derive(Clone, Debug)]
pub struct Filter {
    /// Rows of no front end, such as those about users, are only seen by who sees all.
    pub sight: Sight,
    pub subject: Option<String>,
    pub kinds: Vec<String>,
    pub who: Option<String>,
    pub request_id: Option<String>,
    /// Written at the first or later, and before the second.
    pub made: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
}

impl Filter {
    pub fn of(sight: Sight) -> Filter {
        Filter { sight, subject: None, kinds: Vec::new(), who: None, request_id: None, made: (None, None) }
    }
}

pub fn list(
    connection: &mut Connection,
    filter: &Filter,
    after: Option<Cursor>,
    most: i64,
) -> Result<Page<Line>, StoreError> {
    if filter.sight.is_blind() {
        return Ok(Page::empty());
    }
    let mut walk = Walk::new("audit p", after, most);
    if let Some(subject) = &filter.subject {
        let condition = Condition::text("p.subject = ?", subject);
        walk.narrow(Narrowing::along("audit p", "audit_by_subject", condition));
    }
    if let Some(condition) = filter.sight.condition("p.front_end") {
        walk.narrow(condition);
    }
    if !filter.kinds.is_empty() {
        walk.narrow(Condition::among("p.kind", &filter.kinds));
    }
    if let Some(who) = &filter.who {
        walk.narrow(Condition::text("p.who = ?", who));
    }
    if let Some(request_id) = &filter.request_id {
        walk.narrow(Condition::text("p.request_id = ?", request_id));
    }
    super::within(&mut walk, filter.made, "p.at");
    let columns: Vec<String> = AuditRow::COLUMNS.iter().map(|column| format!("p.{column}")).collect();
    let load = |connection: &mut Connection, sql: &str, binds: &[Bind<'_>]| {
        connection.load_cached::<Afresh, crate::store::audit::AuditSql, AuditRow>(sql, binds)
    };
    look(connection, |connection| walk.run_with(connection, &columns.join(", "), load, |row| row.id))?
        .map(line)
}
