//! Looking for payouts and deposits by any id that somebody may hold in hand.
//!
//! What a text could be is tried in turn: our own ids, the cashier's TraceID, a processor's ids, our request's id, a
//! customer's PIN. Every try is a look-up in an index.

use super::payouts::{self, Line};
use super::{Sight, deposits, front_ends, hops, look, marks};
use crate::domain::ids::{AttemptId, DepositId, PayoutId, path};
use crate::store::connection::Connection;
use crate::store::error::StoreError;
use crate::store::rows::{CustomerRow, DepositRow, PayoutRow};
use crate::store::statement::Bind;
use diesel::sql_types::BigInt;

/// As what the text was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// Our own id: ExtPayoutID or ExtDepositID.
    OwnId,
    TraceId,
    TransactionId,
    /// A processor's id, ours at the processor, or the key of our request.
    ProcessorId,
    Pin,
}

#[derive(Clone, Debug)]
pub struct Found<T> {
    pub by: By,
    pub row: T,
}

/// The most that one search gives; who needs more takes a filter.
const MOST: usize = 50;
const MOST_OF_ONE_KIND: i64 = 20;

pub fn payouts(
    connection: &mut Connection,
    sight: &Sight,
    text: &str,
) -> Result<Vec<Found<Line>>, StoreError> {
    let text = text.trim();
    if text.is_empty() || sight.is_blind() {
        return Ok(Vec::new());
    }
    look(connection, |connection| {
        let mut hits = Hits::default();
        let upper = text.to_uppercase();
        if let Some(id) = PayoutId::parse(&upper) {
            hits.add(By::OwnId, payout_rows(connection, "WHERE id = ?", &[Bind::Int(id.0)])?);
        }
        let names = trace_names(connection, sight, text)?;
        if !names.is_empty() {
            let rest = format!("WHERE name IN ({})", marks(names.len()));
            hits.add(By::TraceId, payout_rows(connection, &rest, &texts(&names))?);
        }
        let rest = "WHERE transaction_id = ? ORDER BY id DESC LIMIT ?";
        let binds = [Bind::Text(text), Bind::Int(MOST_OF_ONE_KIND)];
        hits.add(By::TransactionId, payout_rows(connection, rest, &binds)?);
        // As we write it, or as a processor got it, behind the beginning of its account.
        let attempt = AttemptId::parse(&upper).or_else(|| AttemptId::at_end_of(&upper));
        let ids = attempts_of(connection, text, attempt)?;
        if !ids.is_empty() {
            let rest = format!("WHERE id IN ({}) ORDER BY id DESC", marks(ids.len()));
            let binds: Vec<Bind<'_>> = ids.into_iter().map(Bind::Int).collect();
            hits.add(By::ProcessorId, payout_rows(connection, &rest, &binds)?);
        }
        for customer in customers_with(connection, sight, text)? {
            let rest = "WHERE customer_id = ? ORDER BY id DESC LIMIT ?";
            let binds = [Bind::Int(customer), Bind::Int(MOST_OF_ONE_KIND)];
            hits.add(By::Pin, payout_rows(connection, rest, &binds)?);
        }
        hits.seen(sight, |row| (row.id, &row.front_end), payouts::line)
    })
}

pub fn deposits(
    connection: &mut Connection,
    sight: &Sight,
    text: &str,
) -> Result<Vec<Found<deposits::Line>>, StoreError> {
    let text = text.trim();
    if text.is_empty() || sight.is_blind() {
        return Ok(Vec::new());
    }
    look(connection, |connection| {
        let mut hits = Hits::default();
        if let Some(id) = DepositId::parse(&text.to_uppercase()) {
            hits.add(By::OwnId, deposit_rows(connection, "WHERE id = ?", &[Bind::Int(id.0)])?);
        }
        let names = trace_names(connection, sight, text)?;
        if !names.is_empty() {
            let rest = format!("WHERE name IN ({})", marks(names.len()));
            hits.add(By::TraceId, deposit_rows(connection, &rest, &texts(&names))?);
        }
        let rest = "WHERE transaction_id = ? ORDER BY id DESC LIMIT ?";
        let binds = [Bind::Text(text), Bind::Int(MOST_OF_ONE_KIND)];
        hits.add(By::TransactionId, deposit_rows(connection, rest, &binds)?);
        hits.add(By::ProcessorId, deposit_rows(connection, "WHERE reference = ?", &[Bind::Text(text)])?);
        // A processor's id is unique at its account; the accounts are few.
        for account in hops(connection, "deposits", "account")? {
            let rest = "WHERE account = ? AND processor_reference = ?";
            let binds = [Bind::Text(&account), Bind::Text(text)];
            hits.add(By::ProcessorId, deposit_rows(connection, rest, &binds)?);
        }
        for customer in customers_with(connection, sight, text)? {
            let rest = "WHERE customer_id = ? ORDER BY id DESC LIMIT ?";
            let binds = [Bind::Int(customer), Bind::Int(MOST_OF_ONE_KIND)];
            hits.add(By::Pin, deposit_rows(connection, rest, &binds)?);
        }
        hits.seen(sight, |row| (row.id, &row.front_end), deposits::line)
    })
}

/// What was found, each row once, as the first thing that it was found by.
struct Hits<R> {
    found: Vec<Found<R>>,
}

impl<R> Default for Hits<R> {
    fn default() -> Hits<R> {
        Hits { found: Vec::new() }
    }
}

impl<R> Hits<R> {
    fn add(&mut self, by: By, rows: Vec<R>) {
        self.found.extend(rows.into_iter().map(|row| Found { by, row }));
    }

    /// The rows that may be seen, as lists show them.
    fn seen<T>(
        self,
        sight: &Sight,
        of: impl Fn(&R) -> (i64, &String),
        line: impl Fn(R) -> Result<T, StoreError>,
    ) -> Result<Vec<Found<T>>, StoreError> {
        let mut ids = Vec::new();
        let mut seen = Vec::new();
        for Found { by, row } in self.found {
            let (id, front_end) = of(&row);
            if sight.sees(front_end) && !ids.contains(&id) && seen.len() < MOST {
                ids.push(id);
                seen.push(Found { by, row: line(row)? });
            }
        }
        Ok(seen)
    }
}

fn payout_rows(
    connection: &mut Connection,
    rest: &str,
    binds: &[Bind<'_>],
) -> Result<Vec<PayoutRow>, StoreError> {
    connection.select_afresh::<PayoutRow>(rest, binds)
}

fn deposit_rows(
    connection: &mut Connection,
    rest: &str,
    binds: &[Bind<'_>],
) -> Result<Vec<DepositRow>, StoreError> {
    connection.select_afresh::<DepositRow>(rest, binds)
}

/// The names that a TraceID makes with every front end in sight.
fn trace_names(connection: &mut Connection, sight: &Sight, text: &str) -> Result<Vec<String>, StoreError> {
    let Ok(trace_id) = text.parse::<i64>() else { return Ok(Vec::new()) };
    let front_ends = front_ends(connection, sight)?;
    Ok(front_ends.iter().map(|front_end| path(&[front_end, &trace_id.to_string()])).collect())
}

/// The payouts of attempts that are known by a text.
fn attempts_of(
    connection: &mut Connection,
    text: &str,
    own: Option<AttemptId>,
) -> Result<Vec<i64>, StoreError> {
    let mut ids = Vec::new();
    if let Some(id) = own {
        let sql = "SELECT payout_id FROM payout_attempts WHERE id = ?";
        ids.extend(connection.load::<BigInt, i64>(sql, &[Bind::Int(id.0)])?);
    }
    for column in ["processor_reference", "request_id", "reference"] {
        let sql =
            format!("SELECT payout_id FROM payout_attempts WHERE {column} = ? LIMIT {MOST_OF_ONE_KIND}");
        ids.extend(connection.load::<BigInt, i64>(&sql, &[Bind::Text(text)])?);
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// The customers who go by a PIN, at every front end in sight.
fn customers_with(connection: &mut Connection, sight: &Sight, pin: &str) -> Result<Vec<i64>, StoreError> {
    let front_ends = front_ends(connection, sight)?;
    let names: Vec<String> = front_ends.iter().map(|front_end| path(&[front_end, pin])).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let rest = format!("WHERE name IN ({})", marks(names.len()));
    let rows = connection.select_afresh::<CustomerRow>(&rest, &texts(&names))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

fn texts(texts: &[String]) -> Vec<Bind<'_>> {
    texts.iter().map(|text| Bind::Text(text)).collect()
}
