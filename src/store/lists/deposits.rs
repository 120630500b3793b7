//! The list of deposits.

use super::walk::{Branch, Condition, Narrowing, Path, Value, Walk};
use super::{Cursor, Page, Sight, look, time, within};
use crate::domain::deposit::Deposit;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::money::Currency;
use crate::store::connection::Connection;
use crate::store::deposits::deposit;
use crate::store::error::StoreError;
use crate::store::rows::DepositRow;
use chrono::{DateTime, Utc};

/// A deposit as a list shows it.
#[derive(Clone, Debug)]
pub struct Line {
    pub deposit: Deposit,
    /// The row's id of the customer.
    pub customer: i64,
    /// Opened by us at a processor, rather than run by the cashier.
    pub run_by_us: bool,
    /// The processor account of one that we run.
    pub account: Option<String>,
    /// Our order id at the processor, and the processor's own.
    pub reference: Option<String>,
    pub processor_reference: Option<String>,
    /// A call that is under way or whose answer is not known: debit, capture, cancel.
    pub attempted: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

pub(super) fn line(row: DepositRow) -> Result<Line, StoreError> {
    Ok(Line {
        customer: row.customer_id,
        run_by_us: row.run_by_us != 0,
        account: row.account.clone(),
        reference: row.reference.clone(),
        processor_reference: row.processor_reference.clone(),
        attempted: row.attempted.clone(),
        created_at: time(row.created_at)?,
        updated_at: time(row.updated_at)?,
        deposit: deposit(row)?,
    })
}

/// What a list is narrowed to. An empty list of values narrows nothing.
#[derive(Clone, Debug)]
pub struct Filter {
    pub sight: Sight,
    pub statuses: Vec<DepositStatus>,
    /// The platform's names.
    pub processors: Vec<String>,
    pub run_by_us: Option<bool>,
    pub currency: Option<Currency>,
    /// Minor units, both ends included.
    pub amount: (Option<i64>, Option<i64>),
    /// Made at the first or later, and before the second.
    pub made: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    /// The row's id of the customer.
    pub customer: Option<i64>,
    pub oldest_first: bool,
}

impl Filter {
    pub fn of(sight: Sight) -> Filter {
        Filter {
            sight,
            statuses: Vec::new(),
            processors: Vec::new(),
            run_by_us: None,
            currency: None,
            amount: (None, None),
            made: (None, None),
            customer: None,
            oldest_first: false,
        }
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
    let mut walk = Walk::new("deposits p", after, most);
    walk.newest_first = !filter.oldest_first;
    if let Some(condition) = filter.sight.condition("p.front_end") {
        let path = match &filter.sight {
            Sight::Only(names) => path(names.iter().map(|name| {
                let condition = Condition::text("p.front_end = ?", name);
                Branch { index: "deposits_by_front_end", condition }
            })),
            Sight::All => None,
        };
        walk.narrow(Narrowing { condition, path });
    }
    if !filter.statuses.is_empty() {
        let names: Vec<&str> = filter.statuses.iter().map(|status| status.name()).collect();
        let condition = Condition::among_names("p.status", &names);
        // Together with `run_by_us` the open ones have an index.
        let path = if filter.run_by_us == Some(true) { unsettled(&filter.statuses) } else { None };
        walk.narrow(Narrowing { condition, path });
    }
    if let Some(by_us) = filter.run_by_us {
        walk.narrow(Condition::new(format!("p.run_by_us = {}", i64::from(by_us)), Vec::new()));
    }
    if !filter.processors.is_empty() {
        walk.narrow(Condition::among("p.processor", &filter.processors));
    }
    if let Some(customer) = filter.customer {
        let condition = Condition::new("p.customer_id = ?", vec![Value::Int(customer)]);
        let branch = Branch { index: "deposits_by_customer", condition: condition.clone() };
        walk.narrow(Narrowing { condition, path: path(std::iter::once(branch)) });
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
    look(connection, |connection| walk.run::<DepositRow>(connection))?.map(line)
}

/// More branches than this cost more than they spare.
const MOST_BRANCHES: usize = 32;

fn path(branches: impl Iterator<Item = Branch>) -> Option<Path> {
    let branches: Vec<Branch> = branches.collect();
    let few = branches.len() <= MOST_BRANCHES;
    few.then_some(Path { table: "deposits p", key: "p.id", join: "", branches })
}

fn unsettled(statuses: &[DepositStatus]) -> Option<Path> {
    use DepositStatus::*;
    let open = [Pending, Authorized, Settling];
    if !statuses.iter().all(|status| open.contains(status)) {
        return None;
    }
    path(statuses.iter().map(|status| {
        let sql = format!("p.status = '{}' AND p.run_by_us = 1", status.name());
        let condition = Condition::new(sql, Vec::new());
        Branch { index: "deposits_unsettled", condition }
    }))
}
