//! One deposit with everything that its page shows.

use super::deposits::{self, Line};
use super::payout::{Event, Fact, What, postings};
use super::{Sight, look, marks, time};
use crate::domain::customer::Customer;
use crate::domain::ids::{DepositId, path};
use crate::store::audit::{self};
use crate::store::connection::Connection;
use crate::store::customers::customer;
use crate::store::error::StoreError;
use crate::store::refunds::{self, Refund};
use crate::store::rows::{CustomerRow, DepositRow, NoticeRow, OutboxRow};
use crate::store::statement::Bind;

/// Everything of one deposit.
#[derive(Clone, Debug)]
pub struct One {
    pub line: Line,
    pub customer: Customer,
    /// Oldest first.
    pub refunds: Vec<Refund>,
    pub errands: Vec<super::errands::Line>,
    /// Oldest first.
    pub timeline: Vec<Event>,
    /// The trail is longer than the timeline shows.
    pub cut: bool,
}

const MOST_FACTS: i64 = 500;

pub fn one(connection: &mut Connection, sight: &Sight, id: DepositId) -> Result<Option<One>, StoreError> {
    look(connection, |connection| {
        let rows = connection.select::<DepositRow>("WHERE id = ?", &[Bind::Int(id.0)])?;
        let Some(row) = rows.into_iter().next().filter(|row| sight.sees(&row.front_end)) else {
            return Ok(None);
        };
        gather(connection, deposits::line(row)?).map(Some)
    })
}

fn gather(connection: &mut Connection, line: Line) -> Result<One, StoreError> {
    let id = line.deposit.id;
    let missing = || StoreError::Corrupt(format!("deposit {id}: its customer"));
    let customers = connection.select::<CustomerRow>("WHERE id = ?", &[Bind::Int(line.customer)])?;
    let customer = customer(customers.into_iter().next().ok_or_else(missing)?)?;
    let refunds = refunds::of_deposit(connection, id)?;
    let facts = audit::of_subject(connection, &id.to_string(), MOST_FACTS + 1)?;
    let cut = facts.len() as i64 > MOST_FACTS;

    let mut timeline = Vec::new();
    for row in facts.iter().take(MOST_FACTS as usize) {
        timeline.push(Event { at: time(row.at)?, what: What::Fact(Fact::of(row)) });
    }
    if let Some(reference) = &line.reference {
        let rest = "WHERE reference = ? ORDER BY id LIMIT 100";
        for row in connection.select::<NoticeRow>(rest, &[Bind::Text(reference)])? {
            let (account, summary) = (row.account, row.summary);
            let what = What::Notice { id: row.id, account, summary, deliveries: row.deliveries, body: None };
            timeline.push(Event { at: time(row.at)?, what });
        }
    }
    postings(connection, id.0, &mut timeline)?;
    timeline.sort_by_key(|event| event.at);
    let errands = errands(connection, id, &refunds)?;
    Ok(One { customer, refunds, errands, timeline, cut, line })
}

fn errands(
    connection: &mut Connection,
    id: DepositId,
    refunds: &[Refund],
) -> Result<Vec<super::errands::Line>, StoreError> {
    let settling = path(&[crate::store::outbox::Task::SettleDeposit.name(), &id.to_string()]);
    let refunding = refunds.iter().map(|refund| path(&["refund", &refund.id.to_string()]));
    let names: Vec<String> = std::iter::once(settling).chain(refunding).collect();
    let rest = format!("WHERE name IN ({}) ORDER BY id", marks(names.len()));
    let binds: Vec<Bind<'_>> = names.iter().map(|name| Bind::Text(name)).collect();
    let rows = connection.select_afresh::<OutboxRow>(&rest, &binds)?;
    rows.into_iter().map(super::errands::line).collect()
}
