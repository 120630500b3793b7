//! Ledger transactions: the list, and one with its entries.

use super::walk::{Condition, Walk};
use super::{Cursor, Page, Sight, look, time};
use crate::domain::money::Money;
use crate::store::connection::Connection;
use crate::store::customers::currency;
use crate::store::error::StoreError;
use crate::store::rows::LedgerTransactionRow;
use crate::store::statement::Bind;
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Text};

#[derive(Clone, Debug)]
pub struct Line {
    pub id: i64,
    pub kind: String,
    /// The payout, deposit or adjustment it belongs to.
    pub subject: String,
    pub front_end: String,
    pub at: DateTime<Utc>,
}

fn line(row: LedgerTransactionRow) -> Result<Line, StoreError> {
    let at = time(row.at)?;
    Ok(Line { id: row.id, kind: row.kind, subject: row.subject, front_end: row.front_end, at })
}

#[derive(Clone, Debug)]
pub struct Filter {
    pub sight: Sight,
    pub kinds: Vec<String>,
    /// Written at the first or later, and before the second.
    pub made: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
}

/// Newest first.
pub fn list(
    connection: &mut Connection,
    filter: &Filter,
    after: Option<Cursor>,
    most: i64,
) -> Result<Page<Line>, StoreError> {
    if filter.sight.is_blind() {
        return Ok(Page::empty());
    }
    let mut walk = Walk::new("ledger_transactions p", after, most);
    if let Some(condition) = filter.sight.condition("p.front_end") {
        walk.narrow(condition);
    }
    if !filter.kinds.is_empty() {
        walk.narrow(Condition::among("p.kind", &filter.kinds));
    }
    super::within(&mut walk, filter.made, "p.at");
    look(connection, |connection| walk.run::<LedgerTransactionRow>(connection))?.map(line)
}

/// One entry: an amount that went from one account to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub from: String,
    pub to: String,
    pub amount: Money,
}

#[derive(Clone, Debug)]
pub struct One {
    pub line: Line,
    pub entries: Vec<Entry>,
}

pub fn one(connection: &mut Connection, sight: &Sight, id: i64) -> Result<Option<One>, StoreError> {
    look(connection, |connection| {
        let rows = connection.select::<LedgerTransactionRow>("WHERE id = ?", &[Bind::Int(id)])?;
        let Some(row) = rows.into_iter().next().filter(|row| sight.sees(&row.front_end)) else {
            return Ok(None);
        };
        let sql = "SELECT f.path, g.path, e.amount, e.currency FROM ledger_entries e
            JOIN accounts f ON f.id = e.from_account
            JOIN accounts g ON g.id = e.to_account
            WHERE e.transaction_id = ? ORDER BY e.id";
        type Row = (String, String, i64, String);
        let entries: Vec<Row> = connection.load::<(Text, Text, BigInt, Text), Row>(sql, &[Bind::Int(id)])?;
        let entries = entries.into_iter().map(|(from, to, minor, code)| {
            Ok(Entry { from, to, amount: Money::from_minor(minor, currency(&code)?) })
        });
        let entries = entries.collect::<Result<_, StoreError>>()?;
        Ok(Some(One { line: line(row)?, entries }))
    })
}
