//! The invariants behind the promises, proved on a live database.

use super::connection::Connection;
use super::error::StoreError;
use diesel::sql_types::{BigInt, Text};

/// What a check found.
#[derive(Debug, Default)]
pub struct Checked {
    pub checks: Vec<Check>,
    /// Payouts whose outcome must be inquired: after a restore these are the ones to look at first.
    pub to_inquire: Vec<String>,
}

#[derive(Debug)]
pub struct Check {
    /// The invariant as a sentence.
    pub what: &'static str,
    /// The breaches, the first few.
    pub breaches: Vec<String>,
}

impl Checked {
    pub fn is_sound(&self) -> bool {
        self.checks.iter().all(|check| check.breaches.is_empty())
    }
}

/// Each invariant with the query that finds its breaches: a text a row.
const INVARIANTS: [(&str, &str); 13] = [
    (
        "every balance equals the sum of its entries",
        "SELECT a.name FROM accounts a
         LEFT JOIN (SELECT account, SUM(amount) AS total FROM (
             SELECT from_account AS account, -amount AS amount FROM ledger_entries
             UNION ALL SELECT to_account, amount FROM ledger_entries) s GROUP BY account) t ON t.account = a.id
         WHERE a.balance <> COALESCE(t.total, 0)",
    ),
    (
        "all balances of a currency sum to zero",
        "SELECT currency FROM accounts GROUP BY currency HAVING SUM(balance) <> 0",
    ),
    (
        "every entry belongs to a ledger transaction and to two accounts in its currency",
        "SELECT CAST(e.id AS TEXT) FROM ledger_entries e
         LEFT JOIN accounts f ON f.id = e.from_account AND f.currency = e.currency
         LEFT JOIN accounts t ON t.id = e.to_account AND t.currency = e.currency
         LEFT JOIN ledger_transactions l ON l.id = e.transaction_id
         WHERE f.id IS NULL OR t.id IS NULL OR l.id IS NULL",
    ),
    (
        "every ledger transaction has entries",
        "SELECT t.name FROM ledger_transactions t
         WHERE NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.transaction_id = t.id)",
    ),
    (
        "money in transit is exactly that of debited, unsettled payouts",
        "SELECT 'payouts in transit of ' || p.front_end FROM (
             SELECT front_end, SUM(CASE WHEN debit_state = 'Taken' AND status IN ('Requested', 'Authorized', 'InProgress')
                 THEN debit_amount ELSE 0 END) AS held FROM payouts GROUP BY front_end) p
         LEFT JOIN (SELECT t.front_end, SUM(CASE WHEN g.kind = 'payouts_in_transit' THEN e.amount ELSE 0 END)
                 - SUM(CASE WHEN f.kind = 'payouts_in_transit' THEN e.amount ELSE 0 END) AS held
             FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
             JOIN accounts f ON f.id = e.from_account JOIN accounts g ON g.id = e.to_account
             GROUP BY t.front_end) l ON l.front_end = p.front_end
         WHERE p.held <> COALESCE(l.held, 0)",
    ),
    (
        "a payout is debited once and its debit is what the ledger says",
        "SELECT CAST(p.id AS TEXT) FROM payouts p
         LEFT JOIN (SELECT t.subject_id, SUM(e.amount) AS total FROM ledger_transactions t
             JOIN ledger_entries e ON e.transaction_id = t.id WHERE t.kind = 'payout_debited' GROUP BY t.subject_id) l
           ON l.subject_id = p.id
         WHERE (CASE WHEN p.debit_state = 'NotTaken' THEN 0 ELSE p.debit_amount + p.debit_fee END) <> COALESCE(l.total, 0)",
    ),
    (
        "an ended payout holds no money",
        "SELECT CAST(id AS TEXT) FROM payouts
         WHERE (status IN ('Rejected', 'Cancelled') AND debit_state = 'Taken')
            OR (status = 'Reversed' AND debit_state <> 'GivenBack')
            OR (status = 'Approved' AND debit_state <> 'Taken')",
    ),
    (
        "no payout has two attempts that may have paid",
        "SELECT CAST(payout_id AS TEXT) FROM payout_attempts
         WHERE state IN ('Sending', 'Succeeded', 'Unknown') GROUP BY payout_id HAVING COUNT(*) > 1",
    ),
    (
        "a payout with an attempt that may have paid is neither rejected nor cancelled",
        "SELECT CAST(p.id AS TEXT) FROM payouts p JOIN payout_attempts a ON a.payout_id = p.id
         WHERE p.status IN ('Rejected', 'Cancelled') AND a.state IN ('Sending', 'Succeeded', 'Unknown')",
    ),
    (
        "a credited deposit is credited once, with its amount",
        "SELECT CAST(d.id AS TEXT) FROM deposits d
         LEFT JOIN (SELECT t.subject_id, SUM(e.amount) AS total FROM ledger_transactions t
             JOIN ledger_entries e ON e.transaction_id = t.id WHERE t.kind = 'deposit_credited' GROUP BY t.subject_id) l
           ON l.subject_id = d.id
         WHERE d.captured <> COALESCE(l.total, 0)",
    ),
    (
        "what a deposit gave back is what the ledger says, and no more than it brought",
        "SELECT CAST(d.id AS TEXT) FROM deposits d
         LEFT JOIN (SELECT t.subject_id, SUM(CASE WHEN t.kind = 'deposit_refunded' THEN e.amount ELSE -e.amount END) AS total
             FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
             WHERE t.kind IN ('deposit_refunded', 'deposit_refund_returned') GROUP BY t.subject_id) l
           ON l.subject_id = d.id
         WHERE d.refunded <> COALESCE(l.total, 0) OR d.refunded > d.captured",
    ),
    (
        "a deposit's refunds that were not refused add up to what it gave back",
        "SELECT CAST(d.id AS TEXT) FROM deposits d
         LEFT JOIN (SELECT deposit_id, SUM(amount) AS total FROM refunds WHERE state <> 'Refused' GROUP BY deposit_id) r
           ON r.deposit_id = d.id
         WHERE d.refunded <> COALESCE(r.total, 0)",
    ),
    (
        "a customer's account is in the customer's currency",
        "SELECT c.name FROM customers c JOIN accounts a ON a.path = 'customer/' || c.name WHERE a.currency <> c.currency",
    ),
];

const MOST_BREACHES: &str = " LIMIT 20";

/// All of it at one moment: a live database goes on meanwhile.
pub fn run(connection: &mut Connection) -> Result<Checked, StoreError> {
    connection.snapshot(at_one_moment)
}

fn at_one_moment(connection: &mut Connection) -> Result<Checked, StoreError> {
    let mut checked = Checked::default();
    for (what, sql) in INVARIANTS {
        let breaches = connection.load::<Text, String>(&format!("{sql}{MOST_BREACHES}"), &[])?;
        checked.checks.push(Check { what, breaches });
    }
    let sql =
        "SELECT payout_id FROM payout_attempts WHERE state IN ('Sending', 'Unknown') ORDER BY payout_id";
    let ids: Vec<i64> = connection.load::<BigInt, i64>(sql, &[])?;
    checked.to_inquire = ids.iter().map(|&id| crate::domain::ids::PayoutId(id).to_string()).collect();
    Ok(checked)
}
