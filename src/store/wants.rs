//! What commands announce that they will read, so that a batch loads it all at once.
//!
//! Announcing is a matter of speed and of lock order, not of right and wrong: what nobody announced is read when an
//! operation asks for it.

use super::error::StoreError;
use super::rows::*;
use super::set::InSet;
use super::tx::Tx;
use super::{customers, ledger};
use crate::domain::ids::{DepositId, PayoutId};
use crate::domain::ledger::Account;
use std::collections::BTreeSet;

#[derive(Clone, Debug, Default)]
pub struct Wants {
    replies: BTreeSet<String>,
    customers: BTreeSet<String>,
    accounts: Vec<Account>,
    payouts: BTreeSet<i64>,
    deposits: BTreeSet<i64>,
    deposit_names: BTreeSet<String>,
}

impl Wants {
    pub fn nothing() -> Wants {
        Wants::default()
    }

    pub fn reply(mut self, name: String) -> Wants {
        self.replies.insert(name);
        self
    }

    pub fn customer(mut self, front_end: &str, pin: &str) -> Wants {
        self.customers.insert(customers::name(front_end, pin));
        self
    }

    pub fn account(mut self, account: Account) -> Wants {
        self.accounts.push(account);
        self
    }

    pub fn payout(mut self, id: PayoutId) -> Wants {
        self.payouts.insert(id.0);
        self
    }

    pub fn deposit(mut self, id: DepositId) -> Wants {
        self.deposits.insert(id.0);
        self
    }

    pub fn deposit_of(mut self, front_end: &str, trace_id: i64) -> Wants {
        self.deposit_names.insert(super::deposits::name(front_end, trace_id));
        self
    }

    pub(super) fn add(&mut self, other: &Wants) {
        self.replies.extend(other.replies.iter().cloned());
        self.customers.extend(other.customers.iter().cloned());
        self.accounts.extend(other.accounts.iter().cloned());
        self.payouts.extend(&other.payouts);
        self.deposits.extend(&other.deposits);
        self.deposit_names.extend(other.deposit_names.iter().cloned());
    }

    /// Reads it all, table by table in one order for every writer.
    pub(super) fn read(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let accounts: BTreeSet<String> =
            self.accounts.iter().map(|account| ledger::row_name(account, tx.lane)).collect();
        read::<ReplyRow>(tx, &BTreeSet::new(), &self.replies)?;
        read::<CustomerRow>(tx, &BTreeSet::new(), &self.customers)?;
        read::<PayoutRow>(tx, &self.payouts, &BTreeSet::new())?;
        read::<DepositRow>(tx, &self.deposits, &self.deposit_names)?;
        read::<AccountRow>(tx, &BTreeSet::new(), &accounts)
    }
}

fn read<R: InSet>(tx: &mut Tx<'_>, ids: &BTreeSet<i64>, names: &BTreeSet<String>) -> Result<(), StoreError> {
    if ids.is_empty() && names.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = ids.iter().copied().collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    tx.read::<R>(&ids, &names)
}
