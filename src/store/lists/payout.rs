//! One payout with everything that its page shows, and one timeline of all that happened to it.

use super::payouts::{self, Line};
use super::{Sight, look, marks, time};
use crate::domain::customer::{Customer, Instrument};
use crate::domain::ids::{PayoutId, path};
use crate::domain::ledger::Account;
use crate::domain::money::Money;
use crate::domain::payout::status::PayoutStatus;
use crate::store::attempts::{self, Attempt};
use crate::store::audit::{self, AuditRow};
use crate::store::connection::Connection;
use crate::store::customers::{customer, instrument};
use crate::store::error::StoreError;
use crate::store::exchanges::Exchange;
use crate::store::ledger;
use crate::store::outbox::Task;
use crate::store::rows::{CustomerRow, InstrumentRow, NoticeRow, OutboxRow, PayoutRow, ReplyRow};
use crate::store::statement::Bind;
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Text};
use serde_json::Value;
use std::collections::BTreeMap;

/// Everything of one payout.
#[derive(Clone, Debug)]
pub struct One {
    pub line: Line,
    pub customer: Customer,
    /// What the customer owns now.
    pub balance: Money,
    /// Oldest first.
    pub attempts: Vec<Attempt>,
    /// The stored instrument that it was sent to, or would be: masked.
    pub instrument: Option<Instrument>,
    /// What is still to be done outside for it.
    pub errands: Vec<super::errands::Line>,
    /// Oldest first.
    pub timeline: Vec<Event>,
    /// The trail is longer than the timeline shows.
    pub cut: bool,
}

/// Something that happened, whoever did it.
#[derive(Clone, Debug)]
pub struct Event {
    pub at: DateTime<Utc>,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    /// A call of the cashier that was answered for good, and the answer.
    Call { method: &'static str, refused: Option<String>, description: String },
    /// A line of the audit trail: what the cashier, an operator, a worker or a processor changed.
    Fact(Fact),
    /// An attempt was planned.
    Planned { number: i64, route: String, account: String, reference: String },
    /// A processor told us something of it. Its body is put there for those who may see it.
    Notice { id: i64, account: String, summary: String, deliveries: i64, body: Option<String> },
    /// Money moved in the ledger: each account with what its balance changed by.
    Posting { kind: String, lines: Vec<(String, Money)> },
    /// We called a processor. Put among the others for those who may see it.
    Exchange(Box<Exchange>),
}

/// Puts exchanges among what else happened.
pub fn with_exchanges(timeline: &mut Vec<Event>, exchanges: Vec<Exchange>) {
    let events = exchanges.into_iter().map(|one| Event { at: one.at, what: What::Exchange(Box::new(one)) });
    timeline.extend(events);
    timeline.sort_by_key(|event| event.at);
}

/// The notices among what happened.
pub fn notices_of(timeline: &[Event]) -> Vec<i64> {
    let ids = timeline.iter().filter_map(|event| match &event.what {
        What::Notice { id, .. } => Some(*id),
        _ => None,
    });
    ids.collect()
}

/// Puts bodies to the notices that they came with.
pub fn with_bodies(timeline: &mut [Event], mut bodies: BTreeMap<i64, String>) {
    for event in timeline {
        if let What::Notice { id, body, .. } = &mut event.what {
            *body = bodies.remove(id);
        }
    }
}

/// What the audit trail says of one step.
#[derive(Clone, Debug)]
pub struct Fact {
    /// `payout.created`, `payout.attempt`, `call.refused`, …
    pub kind: String,
    pub who: String,
    pub why: String,
    pub from: String,
    pub to: String,
    pub request_id: String,
    pub detail: Value,
}

impl Fact {
    pub(super) fn of(row: &AuditRow) -> Fact {
        Fact {
            kind: row.kind.clone(),
            who: row.who.clone(),
            why: row.why.clone(),
            from: row.from_state.clone(),
            to: row.to_state.clone(),
            request_id: row.request_id.clone(),
            // A detail that can't be read is shown as it is.
            detail: serde_json::from_str(&row.detail).unwrap_or_else(|_| Value::String(row.detail.clone())),
        }
    }
}

/// The most lines of the trail that one page shows.
const MOST_FACTS: i64 = 500;

pub fn one(connection: &mut Connection, sight: &Sight, id: PayoutId) -> Result<Option<One>, StoreError> {
    look(connection, |connection| {
        let rows = connection.select::<PayoutRow>("WHERE id = ?", &[Bind::Int(id.0)])?;
        let Some(row) = rows.into_iter().next().filter(|row| sight.sees(&row.front_end)) else {
            return Ok(None);
        };
        let line = payouts::line(row)?;
        gather(connection, line).map(Some)
    })
}

fn gather(connection: &mut Connection, line: Line) -> Result<One, StoreError> {
    let payout = &line.payout;
    let subject = payout.id.to_string();
    let missing = || StoreError::Corrupt(format!("payout {subject}: its customer"));
    let customers = connection.select::<CustomerRow>("WHERE id = ?", &[Bind::Int(line.customer)])?;
    let customer = customer(customers.into_iter().next().ok_or_else(missing)?)?;
    let account = Account::customer(&payout.front_end, &payout.pin, customer.currency);
    let balance = ledger::balance_now(connection, &account)?;
    let attempts = attempts::of_payout(connection, payout.id)?;
    let facts = audit::of_subject(connection, &subject, MOST_FACTS + 1)?;
    let cut = facts.len() as i64 > MOST_FACTS;

    let mut timeline = Vec::new();
    for row in facts.iter().take(MOST_FACTS as usize) {
        timeline.push(Event { at: time(row.at)?, what: What::Fact(Fact::of(row)) });
    }
    calls(connection, &line, &mut timeline)?;
    notices(connection, &attempts, &mut timeline)?;
    postings(connection, payout.id.0, &mut timeline)?;
    let errands = errands(connection, &subject, &attempts, &mut timeline)?;
    // What happened at the same moment stays in the order above: first what was done, then what came of it.
    timeline.sort_by_key(|event| event.at);
    let instrument = instrument_of(connection, line.customer, &attempts)?;
    Ok(One { customer, balance, instrument, errands, timeline, cut, attempts, line })
}

/// The cashier's calls whose answers are kept: the one that made it and the updates.
fn calls(connection: &mut Connection, line: &Line, timeline: &mut Vec<Event>) -> Result<(), StoreError> {
    let payout = &line.payout;
    let create = path(&[&payout.front_end, "CreatePayout", &payout.trace_id.to_string()]);
    let updates = PayoutStatus::ALL
        .iter()
        .map(|status| path(&[&payout.front_end, "UpdatePayout", &format!("{}/{status}", payout.id)]));
    let names: Vec<String> = std::iter::once(create.clone()).chain(updates).collect();
    let rest = format!("WHERE name IN ({}) ORDER BY id", marks(names.len()));
    let binds: Vec<Bind<'_>> = names.iter().map(|name| Bind::Text(name)).collect();
    for row in connection.select::<ReplyRow>(&rest, &binds)? {
        let answer: Value = serde_json::from_str(&row.reply).unwrap_or_default();
        let text = |key: &str| answer.get(key).and_then(Value::as_str).map(str::to_owned);
        timeline.push(Event {
            at: time(row.at)?,
            what: What::Call {
                method: if row.name == create { "CreatePayout" } else { "UpdatePayout" },
                refused: text("refused"),
                description: text("description").unwrap_or_default(),
            },
        });
    }
    Ok(())
}

fn notices(
    connection: &mut Connection,
    attempts: &[Attempt],
    timeline: &mut Vec<Event>,
) -> Result<(), StoreError> {
    for attempt in attempts {
        // Where no account gave it a name of its own, its processor knows it by its id in letters and digits alone.
        let rest = "WHERE reference IN (?, ?) ORDER BY id LIMIT 100";
        let bare = attempt.id.bare();
        for row in
            connection.select::<NoticeRow>(rest, &[Bind::Text(&attempt.reference), Bind::Text(&bare)])?
        {
            let (account, summary) = (row.account, row.summary);
            let what = What::Notice { id: row.id, account, summary, deliveries: row.deliveries, body: None };
            timeline.push(Event { at: time(row.at)?, what });
        }
    }
    Ok(())
}

/// The ledger transactions of a payout or a deposit, each with what it changed.
pub(super) fn postings(
    connection: &mut Connection,
    subject_id: i64,
    timeline: &mut Vec<Event>,
) -> Result<(), StoreError> {
    let sql = "SELECT t.id, t.at, t.kind, f.path, g.path, e.amount, e.currency
        FROM ledger_transactions t
        JOIN ledger_entries e ON e.transaction_id = t.id
        JOIN accounts f ON f.id = e.from_account
        JOIN accounts g ON g.id = e.to_account
        WHERE t.subject_id = ? ORDER BY t.id, e.id";
    type Entry = (i64, i64, String, String, String, i64, String);
    type Sql = (BigInt, BigInt, Text, Text, Text, BigInt, Text);
    let mut last = None;
    for (id, at, kind, from, to, minor, code) in
        connection.load::<Sql, Entry>(sql, &[Bind::Int(subject_id)])?
    {
        let currency = crate::store::customers::currency(&code)?;
        if last != Some(id) {
            last = Some(id);
            timeline.push(Event { at: time(at)?, what: What::Posting { kind, lines: Vec::new() } });
        }
        let Some(Event { what: What::Posting { lines, .. }, .. }) = timeline.last_mut() else { continue };
        for (account, minor) in [(from, -minor), (to, minor)] {
            match lines.iter_mut().find(|(known, _)| *known == account) {
                Some((_, money)) => *money = Money::from_minor(money.minor() + minor, currency),
                None => lines.push((account, Money::from_minor(minor, currency))),
            }
        }
    }
    Ok(())
}

/// Errands of the payout and of its attempts, and when each attempt was planned.
fn errands(
    connection: &mut Connection,
    subject: &str,
    attempts: &[Attempt],
    timeline: &mut Vec<Event>,
) -> Result<Vec<super::errands::Line>, StoreError> {
    let mut names: Vec<String> = vec![path(&[Task::TellCashier.name(), subject])];
    for attempt in attempts {
        names.push(path(&[Task::PayOut.name(), &attempt.id.to_string()]));
        let sql = "SELECT created_at FROM payout_attempts WHERE id = ?";
        for at in connection.load::<BigInt, i64>(sql, &[Bind::Int(attempt.id.0)])? {
            let what = What::Planned {
                number: attempt.number,
                route: attempt.route.clone(),
                account: attempt.account.clone(),
                reference: attempt.reference.clone(),
            };
            timeline.push(Event { at: time(at)?, what });
        }
    }
    let rest = format!("WHERE name IN ({}) ORDER BY id", marks(names.len()));
    let binds: Vec<Bind<'_>> = names.iter().map(|name| Bind::Text(name)).collect();
    let rows = connection.select_afresh::<OutboxRow>(&rest, &binds)?;
    rows.into_iter().map(super::errands::line).collect()
}

/// The instrument that the last attempt was fixed to; where none is fixed, the one that would be taken now.
fn instrument_of(
    connection: &mut Connection,
    customer: i64,
    attempts: &[Attempt],
) -> Result<Option<Instrument>, StoreError> {
    if let Some(id) = attempts.last().and_then(|attempt| attempt.terms.instrument) {
        return crate::store::customers::find_instrument(connection, id);
    }
    let rest = "WHERE customer_id = ? ORDER BY updated_at DESC, id DESC LIMIT 1";
    let rows = connection.select::<InstrumentRow>(rest, &[Bind::Int(customer)])?;
    Ok(rows.into_iter().next().map(instrument))
}
