//! The ledger's accounts, and the statement of one: its entries, newest first, with what it held after each.

use super::walk::{Branch, Condition, Narrowing, Path, Value, Walk};
use super::{Cursor, Page, Sight, look, marks, time};
use crate::domain::ids::path;
use crate::domain::ledger::AccountKind;
use crate::domain::money::Money;
use crate::store::connection::Connection;
use crate::store::customers::currency;
use crate::store::error::StoreError;
use crate::store::rows::AccountRow;
use crate::store::statement::{Afresh, Bind};
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Text};

/// An account with its balance, in however many rows it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `customer/front end/PIN`, `processor/name/currency`, …
    pub path: String,
    pub kind: String,
    pub balance: Money,
}

/// Whether somebody may see an account: a front end's own by its front end, the processors' only who sees all.
fn sees(sight: &Sight, kind: &str, account: &str) -> bool {
    let Sight::Only(names) = sight else { return true };
    if kind == AccountKind::Processor.name() || kind == AccountKind::Suspense.name() {
        return false;
    }
    let owner = account.split('/').nth(1).unwrap_or_default();
    names.iter().any(|name| path(&[name]) == owner)
}

/// The house's accounts: transit, fees, adjustments, processors and suspense, by kind and name. They are few.
pub fn house(connection: &mut Connection, sight: &Sight) -> Result<Vec<Line>, StoreError> {
    let kinds = [
        AccountKind::PayoutsInTransit,
        AccountKind::Fees,
        AccountKind::Adjustments,
        AccountKind::Processor,
        AccountKind::Suspense,
    ];
    let sql = format!(
        "SELECT kind, path, currency, CAST(SUM(balance) AS BIGINT) FROM accounts WHERE kind IN ({})
         GROUP BY kind, path, currency ORDER BY kind, path",
        kinds.map(|kind| format!("'{}'", kind.name())).join(", ")
    );
    type Account = (String, String, String, i64);
    let rows: Vec<Account> =
        look(connection, |connection| connection.load::<(Text, Text, Text, BigInt), Account>(&sql, &[]))?;
    let mut lines = Vec::new();
    for (kind, path, code, minor) in rows {
        if sees(sight, &kind, &path) {
            lines.push(Line { balance: Money::from_minor(minor, currency(&code)?), path, kind });
        }
    }
    Ok(lines)
}

/// The customers' accounts, the one that was opened last first.
pub fn of_customers(
    connection: &mut Connection,
    sight: &Sight,
    after: Option<Cursor>,
    most: i64,
) -> Result<Page<Line>, StoreError> {
    if sight.is_blind() {
        return Ok(Page::empty());
    }
    let mut walk = Walk::new("accounts p", after, most);
    let condition = Condition::new("p.kind = 'customer'", Vec::new());
    let branches = vec![Branch { index: "accounts_by_kind", condition: condition.clone() }];
    let by_kind = Path { table: "accounts p", key: "p.id", join: "", branches };
    walk.narrow(Narrowing { condition, path: Some(by_kind) });
    if let Sight::Only(names) = sight {
        // The name of an account begins with its owner.
        let begins: Vec<String> =
            names.iter().map(|_| "substr(p.path, 1, length(?)) = ?".to_owned()).collect();
        let owners = names.iter().map(|name| format!("customer/{}/", path(&[name])));
        let values = owners.flat_map(|owner| [Value::Text(owner.clone()), Value::Text(owner)]);
        walk.narrow(Condition::new(format!("({})", begins.join(" OR ")), values.collect()));
    }
    look(connection, |connection| walk.run::<AccountRow>(connection))?.map(|row| {
        let balance = Money::from_minor(row.balance, currency(&row.currency)?);
        Ok(Line { path: row.path, kind: row.kind, balance })
    })
}

/// One entry of an account's statement.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: i64,
    /// Our ledger transaction, `payout_debited` and so on.
    pub transaction: i64,
    pub kind: String,
    /// The payout, deposit or adjustment it belongs to.
    pub subject: String,
    pub at: DateTime<Utc>,
    /// The account on the other side.
    pub other: String,
    /// What the balance changed by.
    pub amount: Money,
    /// What the account held after it. `None` for an account that is kept in several rows, whose entries have no one
    /// order.
    pub after: Option<Money>,
}

/// Where a page of a statement ended: the entry, and what the account held before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementCursor {
    pub id: Cursor,
    pub before: i64,
}

#[derive(Clone, Debug)]
pub struct Statement {
    pub account: Line,
    pub entries: Vec<Entry>,
    pub next: Option<StatementCursor>,
}

/// A page of an account's entries, newest first. `None` when there is no such account or it may not be seen.
pub fn statement(
    connection: &mut Connection,
    sight: &Sight,
    account: &str,
    after: Option<StatementCursor>,
    most: i64,
) -> Result<Option<Statement>, StoreError> {
    let most = most.clamp(1, super::MOST_ROWS);
    look(connection, |connection| {
        let rows = connection.select::<AccountRow>("WHERE path = ? ORDER BY id", &[Bind::Text(account)])?;
        let Some(first) = rows.first() else { return Ok(None) };
        if !sees(sight, &first.kind, &first.path) {
            return Ok(None);
        }
        let currency = currency(&first.currency)?;
        let total: i64 = rows.iter().map(|row| row.balance).sum();
        let line = Line {
            path: first.path.clone(),
            kind: first.kind.clone(),
            balance: Money::from_minor(total, currency),
        };
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let mut found = entries(connection, &ids, after.map_or(i64::MAX, |cursor| cursor.id), most + 1)?;
        let more = found.len() as i64 > most;
        found.truncate(most as usize);
        let ordered = ids.len() == 1;
        let mut held = after.map_or(total, |cursor| cursor.before);
        let mut listed = Vec::with_capacity(found.len());
        for found in found {
            let minor = if ids.contains(&found.to) { found.amount } else { -found.amount };
            listed.push(Entry {
                id: found.id,
                transaction: found.transaction,
                kind: found.kind,
                subject: found.subject,
                at: time(found.at)?,
                other: if minor > 0 { found.from_path } else { found.to_path },
                amount: Money::from_minor(minor, currency),
                after: ordered.then(|| Money::from_minor(held, currency)),
            });
            held -= minor;
        }
        let next = listed.last().filter(|_| more).map(|last| StatementCursor { id: last.id, before: held });
        Ok(Some(Statement { account: line, entries: listed, next }))
    })
}

struct Found {
    id: i64,
    transaction: i64,
    to: i64,
    amount: i64,
    kind: String,
    subject: String,
    at: i64,
    from_path: String,
    to_path: String,
}

/// The latest entries of the rows of an account before an id: each side of each row is a run of an index.
fn entries(
    connection: &mut Connection,
    accounts: &[i64],
    before: i64,
    most: i64,
) -> Result<Vec<Found>, StoreError> {
    let mut branches = Vec::new();
    let mut binds = Vec::new();
    for account in accounts {
        for side in ["from_account", "to_account"] {
            branches.push(format!(
                "SELECT id FROM (SELECT id FROM ledger_entries WHERE {side} = ? AND id < ?
                 ORDER BY id DESC LIMIT {most}) b{}",
                branches.len()
            ));
            binds.extend([Bind::Int(*account), Bind::Int(before)]);
        }
    }
    let sql =
        format!("SELECT DISTINCT id FROM ({}) u ORDER BY id DESC LIMIT {most}", branches.join(" UNION ALL "));
    let ids = connection.load_cached::<Afresh, BigInt, i64>(&sql, &binds)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT e.id, e.transaction_id, e.to_account, e.amount, t.kind, t.subject, t.at, f.path, g.path
         FROM ledger_entries e
         JOIN ledger_transactions t ON t.id = e.transaction_id
         JOIN accounts f ON f.id = e.from_account
         JOIN accounts g ON g.id = e.to_account
         WHERE e.id IN ({}) ORDER BY e.id DESC",
        marks(ids.len())
    );
    type Row = (i64, i64, i64, i64, String, String, i64, String, String);
    type Sql = (BigInt, BigInt, BigInt, BigInt, Text, Text, BigInt, Text, Text);
    let binds: Vec<Bind<'_>> = ids.into_iter().map(Bind::Int).collect();
    let rows: Vec<Row> = connection.load_cached::<Afresh, Sql, Row>(&sql, &binds)?;
    let found =
        rows.into_iter().map(|(id, transaction, to, amount, kind, subject, at, from_path, to_path)| Found {
            id,
            transaction,
            to,
            amount,
            kind,
            subject,
            at,
            from_path,
            to_path,
        });
    Ok(found.collect())
}
