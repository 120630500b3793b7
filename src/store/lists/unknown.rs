//! What nobody knows the outcome of yet: attempts, refunds, and calls about deposits. All of it holds money or a
//! promise, and waits for an inquiry or for two people.

use super::errands::Count;
use super::payouts::{self, Filter, Line};
use super::{Cursor, Page, Sight, deposits, look, time};
use crate::domain::ids::DepositId;
use crate::domain::payout::attempt::AttemptState;
use crate::store::attempts::{self, Attempt};
use crate::store::connection::Connection;
use crate::store::error::StoreError;
use crate::store::refunds::{Refund, refund};
use crate::store::rows::{AttemptRow, DepositRow, RefundRow};
use crate::store::statement::{Afresh, Bind};
use chrono::{DateTime, Utc};
use diesel::sql_types::BigInt;

/// A payout with the attempt whose outcome is not known.
#[derive(Clone, Debug)]
pub struct OfPayout {
    pub line: Line,
    pub attempt: Attempt,
    pub since: DateTime<Utc>,
}

/// Payouts whose money may have left, the oldest first.
pub fn attempts(
    connection: &mut Connection,
    sight: &Sight,
    after: Option<Cursor>,
    most: i64,
) -> Result<Page<OfPayout>, StoreError> {
    let filter = Filter {
        attempts: vec![AttemptState::Sending, AttemptState::Unknown],
        oldest_first: true,
        ..Filter::of(sight.clone())
    };
    let page = payouts::list(connection, &filter, after, most)?;
    let ids: Vec<i64> = page.rows.iter().map(|line| line.payout.id.0).collect();
    let mut latest: Vec<AttemptRow> = Vec::new();
    if !ids.is_empty() {
        let rest = format!("WHERE payout_id IN ({}) ORDER BY payout_id, number", super::marks(ids.len()));
        let binds: Vec<Bind<'_>> = ids.into_iter().map(Bind::Int).collect();
        latest = look(connection, |connection| connection.select_afresh::<AttemptRow>(&rest, &binds))?;
    }
    let (next, searching) = (page.next, page.searching);
    let mut rows = Vec::with_capacity(page.rows.len());
    for line in page.rows {
        // Written between the two reads, it may be settled by now: then it is not shown.
        let of_it = latest.iter().rev().find(|row| row.payout_id == line.payout.id.0);
        if let Some(row) = of_it {
            let since = time(row.sent_at.unwrap_or(row.updated_at))?;
            rows.push(OfPayout { line, attempt: attempts::attempt(row.clone())?, since });
        }
    }
    rows.retain(|row| row.attempt.state.holds_the_money());
    Ok(Page { rows, next, searching })
}

/// A refund whose outcome is not known, with its deposit.
#[derive(Clone, Debug)]
pub struct OfRefund {
    pub refund: Refund,
    pub deposit: deposits::Line,
}

const MOST: i64 = 500;

/// Refunds that may have been paid back, the oldest first.
pub fn refunds(connection: &mut Connection, sight: &Sight) -> Result<Vec<OfRefund>, StoreError> {
    look(connection, |connection| {
        let rest = "WHERE state IN ('Sending', 'Unknown') AND (state = 'Planned' OR state = 'Sending' OR state = 'Unknown')
            ORDER BY id LIMIT ?";
        let mut found = Vec::new();
        for row in connection.select::<RefundRow>(rest, &[Bind::Int(MOST)])? {
            let rows = connection.select::<DepositRow>("WHERE id = ?", &[Bind::Int(row.deposit_id)])?;
            let id = DepositId(row.deposit_id);
            let missing = || StoreError::Corrupt(format!("a refund's deposit {id}"));
            let deposit = rows.into_iter().next().ok_or_else(missing)?;
            if sight.sees(&deposit.front_end) {
                found.push(OfRefund { refund: refund(row)?, deposit: deposits::line(deposit)? });
            }
        }
        Ok(found)
    })
}

/// Deposits and charges of which a call was sent and its answer is not known, the oldest first.
pub fn deposits(connection: &mut Connection, sight: &Sight) -> Result<Vec<deposits::Line>, StoreError> {
    look(connection, |connection| {
        let rest =
            "WHERE run_by_us = 1 AND (status = 'Pending' OR status = 'Authorized' OR status = 'Settling')
            AND attempted IS NOT NULL ORDER BY id LIMIT ?";
        let rows = connection.select::<DepositRow>(rest, &[Bind::Int(MOST)])?;
        rows.into_iter().filter(|row| sight.sees(&row.front_end)).map(deposits::line).collect()
    })
}

/// How many payouts have an attempt whose outcome is not known, counted up to a limit.
pub fn count(connection: &mut Connection, sight: &Sight) -> Result<Count, StoreError> {
    let state = "state IN ('Sending', 'Unknown')";
    let limit = MOST_COUNTED + 1;
    let mut binds = Vec::new();
    let among = match sight {
        Sight::All => String::new(),
        Sight::Only(names) if names.is_empty() => return Ok(Count::default()),
        Sight::Only(names) => {
            binds.extend(names.iter().map(|name| Bind::Text(name)));
            format!("AND p.front_end IN ({})", super::marks(names.len()))
        }
    };
    let sql = format!(
        "SELECT COUNT(*) FROM (SELECT 1 FROM (SELECT payout_id FROM payout_attempts
             WHERE {state} AND {} LIMIT {limit}) unsettled
             JOIN payouts p ON p.id = unsettled.payout_id {among}) c",
        attempts::INDEXED
    );
    let counts = look(connection, |connection| connection.load_cached::<Afresh, BigInt, i64>(&sql, &binds))?;
    Ok(Count::up_to(counts.first().copied().unwrap_or(0), MOST_COUNTED))
}

const MOST_COUNTED: i64 = 10_000;
