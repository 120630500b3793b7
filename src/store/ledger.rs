//! The ledger's accounts, transactions and entries.
//!
//! A customer's account is one row. A house account (transit, fees, processors) is kept in one row for each writer,
//! so that writers on any number of nodes never wait for each other; its balance is the sum of its rows.

use super::connection::Connection;
use super::error::StoreError;
use super::rows::{AccountRow, EntryRow, LedgerTransactionRow};
use super::statement::Bind;
use super::tx::Tx;
use crate::domain::ids::{DepositId, PayoutId, path};
use crate::domain::ledger::{Account, AccountKind, Transaction};
use crate::domain::money::{Currency, Money};
use diesel::sql_types::{BigInt, Text};

fn stripe(kind: AccountKind, lane: i64) -> i64 {
    match kind {
        AccountKind::Customer => 0,
        AccountKind::PayoutsInTransit
        | AccountKind::Fees
        | AccountKind::Processor
        | AccountKind::Adjustments
        | AccountKind::Suspense => lane,
    }
}

pub(super) fn row_name(account: &Account, lane: i64) -> String {
    format!("{}#{}", account.name, stripe(account.kind, lane))
}

/// What a customer's account holds, under its lock. An account that was never used holds nothing.
pub fn balance(tx: &mut Tx<'_>, account: &Account) -> Result<Money, StoreError> {
    let name = row_name(account, tx.lane);
    let minor = tx.find::<AccountRow>(&name)?.map_or(0, |row| row.balance);
    Ok(Money::from_minor(minor, account.currency))
}

/// Writes a transaction down and moves the kept balances with it.
pub fn post(tx: &mut Tx<'_>, transaction: &Transaction) -> Result<(), StoreError> {
    if transaction.entries().is_empty() {
        return Ok(());
    }
    let id = tx.new_id()?;
    tx.insert(LedgerTransactionRow {
        id,
        name: path(&[&transaction.subject, transaction.kind.name()]),
        version: 0,
        kind: transaction.kind.name().to_owned(),
        subject: transaction.subject.clone(),
        subject_id: subject_id(&transaction.subject),
        front_end: transaction.front_end.clone(),
        at: tx.now_micros(),
    })?;
    for entry in transaction.entries() {
        let minor = entry.amount().minor();
        let from_account = change(tx, entry.from(), -minor)?;
        let to_account = change(tx, entry.to(), minor)?;
        let entry = EntryRow {
            id: tx.new_id()?,
            transaction_id: id,
            from_account,
            to_account,
            amount: minor,
            currency: entry.amount().currency().code().to_owned(),
        };
        tx.set.entries.push(entry);
    }
    Ok(())
}

/// The row's id behind a payout's or a deposit's outside spelling.
pub(super) fn subject_id(subject: &str) -> Option<i64> {
    // A part of a deposit, or a refund of it, is named behind a slash.
    let subject = subject.split('/').next().unwrap_or(subject);
    let payout = PayoutId::parse(subject).map(|id| id.0);
    payout.or_else(|| DepositId::parse(subject).map(|id| id.0))
}

fn change(tx: &mut Tx<'_>, account: &Account, by: i64) -> Result<i64, StoreError> {
    let name = row_name(account, tx.lane);
    if let Some(mut row) = tx.find::<AccountRow>(&name)? {
        let overflow = || StoreError::Corrupt(format!("the balance of {} would overflow", row.path));
        row.balance = row.balance.checked_add(by).ok_or_else(overflow)?;
        let id = row.id;
        tx.update(row)?;
        return Ok(id);
    }
    let row = AccountRow {
        id: tx.new_id()?,
        name,
        version: 0,
        path: account.name.clone(),
        stripe: stripe(account.kind, tx.lane),
        kind: account.kind.name().to_owned(),
        currency: account.currency.code().to_owned(),
        balance: by,
    };
    let id = row.id;
    tx.insert(row)?;
    Ok(id)
}

/// A customer's balance, outside a unit of work.
pub fn balance_now(connection: &mut Connection, account: &Account) -> Result<Money, StoreError> {
    let sql = "SELECT CAST(COALESCE(SUM(balance), 0) AS BIGINT) FROM accounts WHERE path = ?";
    let sums: Vec<i64> = connection.load::<BigInt, i64>(sql, &[Bind::Text(&account.name)])?;
    Ok(Money::from_minor(sums.first().copied().unwrap_or(0), account.currency))
}

/// The accounts of one kind and currency together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    pub kind: String,
    pub accounts: i64,
    pub balance: Money,
}

/// Every kind of account by currency. A house account counts once, in however many rows it is kept.
pub fn trial_balance(connection: &mut Connection) -> Result<Vec<Sum>, StoreError> {
    let sql = "SELECT kind, currency, COUNT(DISTINCT path), CAST(SUM(balance) AS BIGINT) FROM accounts
        GROUP BY kind, currency ORDER BY currency, kind";
    type Line = (String, String, i64, i64);
    let lines: Vec<Line> = connection.load::<(Text, Text, BigInt, BigInt), Line>(sql, &[])?;
    let sums = lines.into_iter().map(|(kind, code, accounts, minor)| {
        let currency = super::customers::currency(&code)?;
        Ok(Sum { kind, accounts, balance: Money::from_minor(minor, currency) })
    });
    sums.collect()
}

/// One line of a subject's postings: what an account's balance changed by, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    pub kind: String,
    pub account: String,
    pub amount: Money,
}

/// The postings of a payout or deposit, account by account within each ledger transaction.
pub fn postings_of(connection: &mut Connection, subject: &str) -> Result<Vec<Posting>, StoreError> {
    let sql = "SELECT t.kind, f.path, g.path, e.amount, e.currency
        FROM ledger_transactions t
        JOIN ledger_entries e ON e.transaction_id = t.id
        JOIN accounts f ON f.id = e.from_account
        JOIN accounts g ON g.id = e.to_account
        WHERE t.subject_id = ? ORDER BY t.id, e.id";
    let Some(id) = subject_id(subject) else { return Ok(Vec::new()) };
    type Line = (String, String, String, i64, String);
    let rows: Vec<Line> = connection.load::<(Text, Text, Text, BigInt, Text), Line>(sql, &[Bind::Int(id)])?;
    let mut postings: Vec<Posting> = Vec::new();
    for (kind, from, to, minor, currency) in rows {
        let currency = Currency::find(&currency)
            .ok_or_else(|| StoreError::Corrupt(format!("`{currency}` is not a currency")))?;
        for (account, minor) in [(from, -minor), (to, minor)] {
            let known =
                postings.iter_mut().find(|posting| posting.kind == kind && posting.account == account);
            match known {
                Some(posting) => {
                    posting.amount = Money::from_minor(posting.amount.minor() + minor, currency);
                }
                None => postings.push(Posting {
                    kind: kind.clone(),
                    account,
                    amount: Money::from_minor(minor, currency),
                }),
            }
        }
    }
    Ok(postings)
}
