//! What commands announce that they will read, so that a batch loads it all at once.
//!
//! Announcing is a matter of speed and of lock order, not of right and wrong: what nobody announced is read when an
//! operation asks for it.

use super::error::StoreError;
use super::load::{Loading, one_by_one};
use super::own::Own;
use super::rows::*;
use super::tx::Tx;
use super::{customers, ledger};
use crate::domain::ids::{DepositId, PayoutId};
use crate::domain::ledger::Account;
use std::collections::BTreeSet;

#[derive(Clone, Debug, Default)]
pub struct Wants {
    replies: BTreeSet<String>,
    /// Of the replies, the one that the command itself will write if it is not a repeat.
    new_reply: Option<String>,
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

    /// A reply that is most likely not there yet. A command that is alone takes that for granted, and is run again when it
    /// turns out otherwise.
    pub fn new_reply(mut self, name: String) -> Wants {
        self.new_reply = Some(name.clone());
        self.reply(name)
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
        self.new_reply.clone_from(&other.new_reply);
        self.customers.extend(other.customers.iter().cloned());
        self.accounts.extend(other.accounts.iter().cloned());
        self.payouts.extend(&other.payouts);
        self.deposits.extend(&other.deposits);
        self.deposit_names.extend(other.deposit_names.iter().cloned());
    }

    /// What a command that is alone takes for granted: that nobody has written its reply yet.
    pub(super) fn guess(&self, tx: &mut Tx<'_>) -> Option<String> {
        let name = self.new_reply.clone().filter(|_| tx.connection.is_postgres())?;
        tx.set.replies.learn_absent([name.as_str()]);
        Some(name)
    }

    /// Reads it all, table by table in one order for every writer. What is in `memory` comes from there.
    pub(super) fn read(&self, tx: &mut Tx<'_>, memory: Option<&mut Own>) -> Result<(), StoreError> {
        let accounts: BTreeSet<String> =
            self.accounts.iter().map(|account| ledger::row_name(account, tx.lane)).collect();
        if let Some(own) = memory {
            own.customers.recall(&mut tx.set.customers, &self.customers);
            own.accounts.recall(&mut tx.set.accounts, &accounts);
        }
        let ids = |ids: &BTreeSet<i64>| -> Vec<i64> { ids.iter().copied().collect() };
        let (payouts, deposits) = (ids(&self.payouts), ids(&self.deposits));
        let replies = tx.set.replies.unread(&self.replies);
        let customers = tx.set.customers.unread(&self.customers);
        let deposit_names = tx.set.deposits.unread(&self.deposit_names);
        let accounts = tx.set.accounts.unread(&accounts);
        if tx.connection.is_postgres() {
            let mut loading = Loading::new(tx.hold);
            loading.ask::<ReplyRow>(&[], replies.clone());
            loading.ask::<CustomerRow>(&[], customers.clone());
            loading.ask::<PayoutRow>(&payouts, Vec::new());
            loading.ask::<DepositRow>(&deposits, deposit_names.clone());
            loading.ask::<AccountRow>(&[], accounts.clone());
            loading.run(tx.connection, tx.set)?;
        } else {
            one_by_one::<ReplyRow>(tx.connection, tx.set, &[], &replies)?;
            one_by_one::<CustomerRow>(tx.connection, tx.set, &[], &customers)?;
            one_by_one::<PayoutRow>(tx.connection, tx.set, &payouts, &[])?;
            one_by_one::<DepositRow>(tx.connection, tx.set, &deposits, &deposit_names)?;
            one_by_one::<AccountRow>(tx.connection, tx.set, &[], &accounts)?;
        }
        tx.set.replies.learn_absent(replies);
        tx.set.customers.learn_absent(customers);
        tx.set.deposits.learn_absent(deposit_names);
        tx.set.accounts.learn_absent(accounts);
        Ok(())
    }
}
