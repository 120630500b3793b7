//! The platform moves a customer's balance for reasons of its own: an opening balance, a bonus, a correction.

use super::answer::Once;
use super::{Answer, Call, Caller, OperationError, Rules, customer, post, refusable, told};
use crate::domain::deed::Deed;
use crate::domain::ids::TransactionId;
use crate::domain::ledger::{Account, Kind, Transaction};
use crate::domain::money::Money;
use crate::domain::reason::Reason;
use crate::domain::refusal::Refusal;
use crate::store::{Tx, Wants, audit, ledger};

#[derive(Clone, Debug)]
pub struct Wish {
    pub pin: String,
    /// Positive: the customer gets it. Negative: it is taken from him.
    pub amount: Money,
    pub reason: String,
    /// The caller's own key: the same adjustment is made once.
    pub key: String,
    /// Whether a negative adjustment may lead below zero.
    pub below_zero: bool,
}

impl Wish {
    fn once(&self, rules: &Rules) -> Once {
        let content = [self.pin.as_str(), &self.amount.minor().to_string(), &self.reason];
        Once::new(&rules.front_end.name, "Adjustment", "Idempotency-Key", &self.key, &content)
    }

    pub fn wants(&self, rules: &Rules) -> Wants {
        let front_end = &rules.front_end;
        Wants::nothing()
            .reply(self.once(rules).reply_name())
            .customer(&front_end.name, &self.pin)
            .account(Account::customer(&front_end.name, &self.pin, front_end.currency))
            .account(Account::adjustments(&front_end.name, front_end.currency))
    }
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, caller: &Caller) -> Result<Answer, OperationError> {
    let once = wish.once(rules);
    let call = Call { method: "Adjustment", subject: &wish.key, pin: &wish.pin };
    refusable(tx, rules, caller, &call, |tx| {
        if let Some(kept) = once.find(tx)? {
            return Ok(kept);
        }
        let answer = adjust(tx, wish, rules, caller)?;
        once.keep(tx, &answer)?;
        Ok(answer)
    })
}

/// The adjustment itself, for whoever makes sure in his own way that it is made once.
pub(super) fn adjust(
    tx: &mut Tx<'_>,
    wish: &Wish,
    rules: &Rules,
    caller: &Caller,
) -> Result<Answer, OperationError> {
    customer(tx, rules, &wish.pin)?;
    let front_end = &rules.front_end;
    let theirs = Account::customer(&front_end.name, &wish.pin, front_end.currency);
    let ours = Account::adjustments(&front_end.name, front_end.currency);
    let taken = wish.amount.negated();
    if taken.is_positive() && !wish.below_zero {
        let available = ledger::balance(tx, &theirs)?;
        if available.minor() < taken.minor() {
            return Err(Refusal::InsufficientFunds { available, needed: taken }.into());
        }
    }
    let id = TransactionId(tx.new_id()?);
    let transaction = Transaction::new(Kind::Adjustment, id, &front_end.name);
    let transaction = if taken.is_positive() {
        transaction.moving(taken, theirs.clone(), ours)
    } else {
        transaction.moving(wish.amount, ours, theirs.clone())
    };
    let transaction = transaction.map_err(|error| Refusal::money("Amount", error))?;
    if transaction.entries().is_empty() {
        return Err(Refusal::field("Amount", Reason::Zero).into());
    }
    post(tx, std::slice::from_ref(&transaction))?;
    let balance = ledger::balance(tx, &theirs)?;
    let fact = audit::Fact {
        front_end: front_end.name.clone(),
        pin: wish.pin.clone(),
        who: caller.who.clone(),
        why: wish.reason.clone(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(Deed::BalanceAdjusted, id)
    };
    audit::record(tx, fact.with("postings", told(std::slice::from_ref(&transaction))))?;
    Ok(Answer::done(format!("Balance {balance}")))
}
