//! Customers: found by PIN or address, listed, and one with what he owns.

use super::walk::{Branch, Condition, Narrowing, Path, Walk};
use super::{Cursor, Page, Sight, front_ends, look, marks, time};
use crate::domain::customer::{Customer, Instrument};
use crate::domain::ids::path;
use crate::domain::ledger::Account;
use crate::domain::money::Money;
use crate::store::connection::Connection;
use crate::store::customers::{customer, instrument};
use crate::store::error::StoreError;
use crate::store::ledger;
use crate::store::rows::{CustomerRow, InstrumentRow};
use crate::store::statement::Bind;
use chrono::{DateTime, Utc};

/// A customer as a list shows him.
#[derive(Clone, Debug)]
pub struct Line {
    pub customer: Customer,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

fn line(row: CustomerRow) -> Result<Line, StoreError> {
    let (created_at, updated_at) = (time(row.created_at)?, time(row.updated_at)?);
    Ok(Line { customer: customer(row)?, created_at, updated_at })
}

/// The customers in sight, those who came last first.
pub fn list(
    connection: &mut Connection,
    sight: &Sight,
    after: Option<Cursor>,
    most: i64,
) -> Result<Page<Line>, StoreError> {
    if sight.is_blind() {
        return Ok(Page::empty());
    }
    let mut walk = Walk::new("customers p", after, most);
    if let (Some(condition), Sight::Only(names)) = (sight.condition("p.front_end"), sight) {
        let branch = |name: &String| Branch {
            index: "customers_by_front_end",
            condition: Condition::text("p.front_end = ?", name),
        };
        let branches = names.iter().map(branch).collect();
        let path = Path { table: "customers p", key: "p.id", join: "", branches };
        walk.narrow(Narrowing { condition, path: Some(path) });
    }
    look(connection, |connection| walk.run::<CustomerRow>(connection))?.map(line)
}

/// The most customers that a search gives.
const MOST_FOUND: usize = 50;

/// Customers whose PIN begins with the text, or whose e-mail address it is.
pub fn search(connection: &mut Connection, sight: &Sight, text: &str) -> Result<Vec<Line>, StoreError> {
    let text = text.trim();
    if text.is_empty() || sight.is_blind() {
        return Ok(Vec::new());
    }
    look(connection, |connection| {
        let mut rows: Vec<CustomerRow> = Vec::new();
        for front_end in front_ends(connection, sight)? {
            let from = path(&[&front_end, text]);
            // Names are compared byte by byte; this is behind every name that begins like that.
            let until = format!("{from}\u{10FFFF}");
            let rest = "WHERE name >= ? AND name < ? ORDER BY name LIMIT ?";
            let binds = [Bind::Text(&from), Bind::Text(&until), Bind::Int(MOST_FOUND as i64)];
            rows.extend(connection.select::<CustomerRow>(rest, &binds)?);
        }
        if text.contains('@') {
            let rest = "WHERE lower(email) = ? AND email IS NOT NULL ORDER BY id LIMIT ?";
            let address = text.to_lowercase();
            let binds = [Bind::Text(&address), Bind::Int(MOST_FOUND as i64)];
            rows.extend(connection.select::<CustomerRow>(rest, &binds)?);
        }
        let mut seen = Vec::new();
        let mut ids = Vec::new();
        for row in rows {
            if sight.sees(&row.front_end) && !ids.contains(&row.id) && seen.len() < MOST_FOUND {
                ids.push(row.id);
                seen.push(line(row)?);
            }
        }
        Ok(seen)
    })
}

/// One customer with what he owns and what payouts of his can go to.
#[derive(Clone, Debug)]
pub struct One {
    pub line: Line,
    pub balance: Money,
    /// Masked, the one used last first.
    pub instruments: Vec<Instrument>,
}

pub fn one(
    connection: &mut Connection,
    sight: &Sight,
    front_end: &str,
    pin: &str,
) -> Result<Option<One>, StoreError> {
    if !sight.sees(front_end) {
        return Ok(None);
    }
    let name = path(&[front_end, pin]);
    look(connection, |connection| {
        let rows = connection.select::<CustomerRow>("WHERE name = ?", &[Bind::Text(&name)])?;
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        let line = line(row)?;
        let account = Account::customer(front_end, pin, line.customer.currency);
        let balance = ledger::balance_now(connection, &account)?;
        let rest = "WHERE customer_id = ? ORDER BY updated_at DESC, id DESC LIMIT 20";
        let rows = connection.select::<InstrumentRow>(rest, &[Bind::Int(line.customer.id)])?;
        let instruments = rows.into_iter().map(instrument).collect();
        Ok(Some(One { line, balance, instruments }))
    })
}

/// The customers with these ids, for lists that name them.
pub fn with_ids(connection: &mut Connection, ids: &[i64]) -> Result<Vec<Line>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rest = format!("WHERE id IN ({})", marks(ids.len()));
    let binds: Vec<Bind<'_>> = ids.iter().map(|&id| Bind::Int(id)).collect();
    look(connection, |connection| connection.select_afresh::<CustomerRow>(&rest, &binds))?
        .into_iter()
        .map(line)
        .collect()
}
