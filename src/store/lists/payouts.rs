//! The list of payouts: filters, cursor, and the export of everything that a filter finds.

use super::walk::{BUDGET, Branch, Condition, Narrowing, Path, Value, Walk};
use super::{Cursor, Page, Sight, hops, look, time, within};
use crate::domain::debit::DebitState;
use crate::domain::money::Currency;
use crate::domain::payout::Payout;
use crate::domain::payout::attempt::AttemptState;
use crate::domain::payout::status::PayoutStatus;
use crate::store::connection::Connection;
use crate::store::error::StoreError;
use crate::store::payouts::payout;
use crate::store::rows::PayoutRow;
use chrono::{DateTime, Utc};

/// A payout as a list shows it.
#[derive(Clone, Debug)]
pub struct Line {
    pub payout: Payout,
    /// Counts the writes: who acts on what he saw says which one it was.
    pub version: i64,
    /// The row's id of the customer.
    pub customer: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

pub(super) fn line(row: PayoutRow) -> Result<Line, StoreError> {
    Ok(Line {
        version: row.version,
        customer: row.customer_id,
        created_at: time(row.created_at)?,
        updated_at: time(row.updated_at)?,
        payout: payout(row)?,
    })
}

/// What a list is narrowed to. An empty list of values narrows nothing.
#[derive(Clone, Debug)]
pub struct Filter {
    pub sight: Sight,
    pub statuses: Vec<PayoutStatus>,
    /// The processor that carries it out or, where none is chosen yet, that was asked for; the platform's name.
    pub processors: Vec<String>,
    pub currency: Option<Currency>,
    /// Minor units, both ends included.
    pub amount: (Option<i64>, Option<i64>),
    pub debits: Vec<DebitState>,
    pub attempts: Vec<AttemptState>,
    /// Made at the first or later, and before the second. An age is a moment before which a payout was made.
    pub made: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    /// The row's id of the customer.
    pub customer: Option<i64>,
    /// The one that waits longest stands first.
    pub oldest_first: bool,
}

impl Filter {
    pub fn of(sight: Sight) -> Filter {
        Filter {
            sight,
            statuses: Vec::new(),
            processors: Vec::new(),
            currency: None,
            amount: (None, None),
            debits: Vec::new(),
            attempts: Vec::new(),
            made: (None, None),
            customer: None,
            oldest_first: false,
        }
    }
}

/// A page of the payouts that fit a filter.
pub fn list(
    connection: &mut Connection,
    filter: &Filter,
    after: Option<Cursor>,
    most: i64,
) -> Result<Page<Line>, StoreError> {
    list_within(connection, filter, after, most, BUDGET)
}

/// The same with another budget of rows that may be read and compared.
pub fn list_within(
    connection: &mut Connection,
    filter: &Filter,
    after: Option<Cursor>,
    most: i64,
    budget: i64,
) -> Result<Page<Line>, StoreError> {
    let Some(mut walk) = walk(filter, after, most) else { return Ok(Page::empty()) };
    walk.budget = budget.max(1);
    look(connection, |connection| walk.run::<PayoutRow>(connection))?.map(line)
}

/// The processors that any payout goes by, for a choice: found by hops along their index, one for each.
pub fn processors(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    hops(connection, "payouts", "COALESCE(used_processor, asked_processor)")
}

/// All payouts that fit a filter, a page at a time: however many they are, one page is in memory, and the connection
/// is free between two pages. Rows that are written meanwhile neither repeat nor hide others, for ids never change.
pub struct Export {
    filter: Filter,
    after: Option<Cursor>,
    ended: bool,
}

impl Export {
    pub fn of(filter: Filter) -> Export {
        Export { filter, after: None, ended: false }
    }

    /// The next rows; `None` at the end. A page may be empty while the search goes on.
    pub fn next(&mut self, connection: &mut Connection) -> Result<Option<Vec<Line>>, StoreError> {
        if self.ended {
            return Ok(None);
        }
        let Some(mut walk) = walk(&self.filter, self.after, 1) else { return Ok(None) };
        walk.most = EXPORT_ROWS;
        let page = look(connection, |connection| walk.run::<PayoutRow>(connection))?.map(line)?;
        self.after = page.next;
        self.ended = page.next.is_none();
        Ok(Some(page.rows))
    }
}

const EXPORT_ROWS: i64 = 1_000;

/// `None` when nothing can fit.
fn walk(filter: &Filter, after: Option<Cursor>, most: i64) -> Option<Walk> {
    if filter.sight.is_blind() {
        return None;
    }
    let mut walk = Walk::new("payouts p", after, most);
    walk.newest_first = !filter.oldest_first;
    if let Some(condition) = filter.sight.condition("p.front_end") {
        walk.narrow(Narrowing { condition, path: front_end_path(&filter.sight) });
    }
    let statuses = statuses(filter);
    if statuses.is_empty() {
        return None;
    }
    if statuses.len() < PayoutStatus::ALL.len() {
        let names: Vec<&str> = statuses.iter().map(|status| status.name()).collect();
        walk.narrow(Narrowing {
            condition: Condition::among_names("p.status", &names),
            path: status_path(&statuses),
        });
    }
    if !filter.debits.is_empty() {
        let names: Vec<&str> = filter.debits.iter().map(|state| state.name()).collect();
        walk.narrow(Condition::among_names("p.debit_state", &names));
    }
    if !filter.attempts.is_empty() {
        let names: Vec<&str> = filter.attempts.iter().map(|state| state.name()).collect();
        walk.narrow(Narrowing {
            condition: Condition::among_names("p.attempt_state", &names),
            path: attempt_path(&filter.attempts),
        });
    }
    if !filter.processors.is_empty() {
        walk.narrow(Narrowing {
            condition: Condition::among(PROCESSOR, &filter.processors),
            path: Some(along("payouts_by_processor", PROCESSOR, &filter.processors)),
        });
    }
    if let Some(customer) = filter.customer {
        let condition = Condition::new("p.customer_id = ?", vec![Value::Int(customer)]);
        let branch = Branch { index: "payouts_by_customer", condition: condition.clone() };
        walk.narrow(Narrowing { condition, path: Some(payouts_path(vec![branch])) });
    }
    if let Some(currency) = filter.currency {
        walk.narrow(Condition::text("p.currency = ?", currency.code()));
    }
    if let Some(least) = filter.amount.0 {
        walk.narrow(Condition::new("p.amount >= ?", vec![Value::Int(least)]));
    }
    if let Some(most) = filter.amount.1 {
        walk.narrow(Condition::new("p.amount <= ?", vec![Value::Int(most)]));
    }
    within(&mut walk, filter.made, "p.created_at");
    Some(walk)
}

/// The statuses that can fit: those that were asked for and those that the debit states leave over.
fn statuses(filter: &Filter) -> Vec<PayoutStatus> {
    let asked = |status: &PayoutStatus| filter.statuses.is_empty() || filter.statuses.contains(status);
    let left = |status: &PayoutStatus| {
        filter.debits.is_empty() || filter.debits.iter().any(|&debit| may_stand_with(debit, *status))
    };
    PayoutStatus::ALL.into_iter().filter(|status| asked(status) && left(status)).collect()
}

/// Which statuses a debit state is ever seen with. `ledger check` proves it on the data.
fn may_stand_with(debit: DebitState, status: PayoutStatus) -> bool {
    use PayoutStatus::*;
    match (debit, status) {
        (DebitState::NotTaken | DebitState::Taken, Requested | Authorized | InProgress)
        | (DebitState::Taken, Approved)
        | (DebitState::NotTaken | DebitState::Released, Rejected | Cancelled)
        | (DebitState::GivenBack, Reversed) => true,
        (DebitState::Released | DebitState::GivenBack, Requested | Authorized | InProgress)
        | (DebitState::NotTaken | DebitState::Released | DebitState::GivenBack, Approved)
        | (DebitState::Taken | DebitState::GivenBack, Rejected | Cancelled)
        | (DebitState::NotTaken | DebitState::Taken | DebitState::Released, Reversed) => false,
    }
}

/// The processor that a payout goes by, as the index has it.
const PROCESSOR: &str = "COALESCE(p.used_processor, p.asked_processor)";

/// More values than this are walked without their index: each would be a branch of its own.
const MOST_BRANCHES: usize = 32;

fn payouts_path(branches: Vec<Branch>) -> Path {
    Path { table: "payouts p", key: "p.id", join: "", branches }
}

fn along(index: &'static str, column: &str, values: &[String]) -> Path {
    let branch =
        |value: &String| Branch { index, condition: Condition::text(format!("{column} = ?"), value) };
    payouts_path(values.iter().map(branch).collect())
}

fn front_end_path(sight: &Sight) -> Option<Path> {
    match sight {
        Sight::Only(names) if names.len() <= MOST_BRANCHES => {
            Some(along("payouts_by_front_end", "p.front_end", names))
        }
        Sight::Only(_) | Sight::All => None,
    }
}

/// Approved payouts are most of all payouts, so no index is kept of them.
fn status_path(statuses: &[PayoutStatus]) -> Option<Path> {
    let branch = |status: &PayoutStatus| {
        let index = match status {
            PayoutStatus::Requested | PayoutStatus::Authorized | PayoutStatus::InProgress => "payouts_open",
            PayoutStatus::Rejected | PayoutStatus::Cancelled | PayoutStatus::Reversed => "payouts_ended",
            PayoutStatus::Approved => return None,
        };
        let condition = Condition::new(format!("p.status = '{}'", status.name()), Vec::new());
        Some(Branch { index, condition })
    };
    Some(payouts_path(statuses.iter().map(branch).collect::<Option<_>>()?))
}

/// Attempts that succeeded are most of all attempts, so no index is kept of them.
fn attempt_path(states: &[AttemptState]) -> Option<Path> {
    let kept = [AttemptState::Planned, AttemptState::Sending, AttemptState::Refused, AttemptState::Unknown];
    let branch = |state: &AttemptState| {
        let condition = Condition::new(format!("a.state = '{}'", state.name()), Vec::new());
        kept.contains(state).then_some(Branch { index: "payout_attempts_by_state", condition })
    };
    Some(Path {
        table: "payout_attempts a",
        key: "a.payout_id",
        // Only the latest attempt counts.
        join: "JOIN payouts p ON p.id = a.payout_id AND p.attempt_id = a.id",
        branches: states.iter().map(branch).collect::<Option<_>>()?,
    })
}
