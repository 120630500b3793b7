//! What an attempt's order is made of is fixed when it is first sent, and is the same at every later try and question.
//!
//! A credit goes against one deposit, and its processor keeps one sum of credits for each. So that ours can be told
//! from the others, credits and refunds of one deposit take turns, and ours knows what was credited before it.

use super::OperationError;
use crate::domain::ids::DepositId;
use crate::domain::money::Money;
use crate::domain::payout::Payout;
use crate::domain::payout::attempt::AttemptState;
use crate::domain::processor_name::Route;
use crate::domain::refusal::Refusal;
use crate::domain::remark::Remark;
use crate::store::attempts::{self, Attempt, Terms};
use crate::store::{StoreError, Tx, customers, deposits, payouts, refunds};

/// What comes of fixing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fixed {
    Terms(Terms),
    /// Another credit or refund of the deposit is under way.
    Later,
    /// There is nothing that it could be sent with.
    Never(Remark),
}

pub fn run(tx: &mut Tx<'_>, attempt: &Attempt, payout: &Payout) -> Result<Fixed, OperationError> {
    let customer = customers::find(tx, &payout.front_end, &payout.pin)?.ok_or(Refusal::CustomerNotFound)?;
    let route = Route::ALL.into_iter().find(|route| route.name() == attempt.route);
    if payout.bank_account.is_some() && !route.is_some_and(Route::pays_to_bank_accounts) {
        return Ok(Fixed::Never(Remark::BankAccountUnpayable));
    }
    if route == Some(Route::PaygateCredit) {
        return against_deposit(tx, attempt, customer.id, payout.debit.amount);
    }
    let instrument = match route.and_then(Route::instrument_issuer) {
        Some(issuer) => customers::latest_instrument_id(tx, customer.id, issuer)?,
        None => None,
    };
    Ok(Fixed::Terms(Terms { instrument, ..Terms::default() }))
}

/// The latest deposit that has as much left as is to be paid out.
fn against_deposit(
    tx: &mut Tx<'_>,
    attempt: &Attempt,
    customer: i64,
    amount: Money,
) -> Result<Fixed, OperationError> {
    let mut busy = false;
    for (deposit, managed) in deposits::credited(tx, customer, &attempt.account)? {
        let credits = credits_against(tx, deposit.id)?;
        let before = deposit.refunded.minor().saturating_add(credits.made);
        let left = deposit.captured.minor().saturating_sub(before);
        let fits = deposit.captured.currency() == amount.currency() && left >= amount.minor();
        if !fits || managed.processor_reference.is_none() {
            continue;
        }
        if credits.open > 0 || refunds::is_open(tx, deposit.id)? {
            busy = true;
            continue;
        }
        // Of two attempts that chose the same deposit at the same time, one is decided anew.
        deposits::touch(tx, deposit.id)?;
        return Ok(Fixed::Terms(Terms {
            deposit: Some(deposit.id),
            credited_before: before,
            ..Terms::default()
        }));
    }
    if busy {
        return Ok(Fixed::Later);
    }
    Ok(Fixed::Never(Remark::NoDepositLeft))
}

/// Minor units of payouts that go against a deposit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Credits {
    pub made: i64,
    /// Not settled: they may have been made.
    pub open: i64,
}

pub(super) fn credits_against(tx: &mut Tx<'_>, deposit: DepositId) -> Result<Credits, StoreError> {
    let mut credits = Credits::default();
    for attempt in attempts::against_deposit(tx, deposit)? {
        let sum = match attempt.state {
            AttemptState::Succeeded => &mut credits.made,
            AttemptState::Planned | AttemptState::Sending | AttemptState::Unknown => &mut credits.open,
            AttemptState::Refused => continue,
        };
        let payout = payouts::lock(tx, attempt.payout)?
            .ok_or_else(|| StoreError::Corrupt(format!("attempt {} has no payout", attempt.id)))?;
        *sum = sum.saturating_add(payout.debit.amount.minor());
    }
    Ok(credits)
}
