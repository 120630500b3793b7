//! Refunds of deposits to their processors.

use super::Desk;
use crate::domain::outcome::Outcome;
use crate::domain::remark::Remark;
use crate::operations::OperationError;
use crate::operations::carry_out_payout::Asked;
use crate::operations::refund_deposit::{self, Next};
use crate::processors::{rest_gateway, sopg};
use crate::store::outbox::Claimed;
use crate::store::{Wants, customers, deposits};

impl Desk {
    /// Asks a processor for a refund under a claim. `None`: nothing was to be done, or the claim was lost; else
    /// whether it is settled.
    pub async fn carry_out_refund(&self, id: i64, claim: &Claimed) -> Result<Option<bool>, OperationError> {
        let turn = format!("refund/{id}");
        let held = claim.clone();
        let next =
            self.store.transact(&turn, Wants::nothing(), move |tx| refund_deposit::next(tx, id, &held));
        let (refund, before, lost_at, asked) = match next.await? {
            Next::Nothing => return Ok(None),
            Next::Later => return Ok(Some(false)),
            Next::Send { refund, before } => (refund, before, None, Asked::ToPay),
            Next::Inquire { refund, before, lost_at } => {
                (refund, before, Some(lost_at), Asked::WhatBecame { grace: self.not_found_grace })
            }
        };
        let deposit = refund.deposit;
        let found = self.store.read(move |connection| {
            let Some((deposit, managed)) = deposits::find_managed(connection, deposit)? else {
                return Ok(None);
            };
            let customer = customers::find_now(connection, &deposit.front_end, &deposit.pin)?;
            Ok(customer.map(|customer| (deposit, managed, customer)))
        });
        let outcome = match found.await? {
            None => Outcome::NotSent { cause: Remark::DepositGone.into() },
            Some((mut deposit, managed, customer)) => {
                // The processor is told what it gave back before this refund, which our row already counts.
                deposit.refunded = before;
                let mut order = self.deposit_order(&deposit, &managed, &customer);
                // Only this very refund counts as tried before, and only if a byte of it may have left.
                if let Some(lost_at) = lost_at {
                    order.extra.insert(sopg::verdict::ATTEMPTED.to_owned(), "refund".to_owned());
                    let name = rest_gateway::deposits::extra::REFUND_LOST_AT.to_owned();
                    order.extra.insert(name, lost_at.to_rfc3339());
                }
                let name = format!("{}-{}", managed.reference, refund.number);
                match self.processors.deposits.get(&managed.account) {
                    Some(processor) if asked != Asked::ToPay => {
                        processor.inquire_refund(&order, refund.amount, &name).await
                    }
                    Some(processor) => processor.refund(&order, refund.amount, &name).await,
                    None => Outcome::NotSent { cause: Remark::NotConfigured.into() },
                }
            }
        };
        let (held, caller) = (claim.clone(), self.house("worker"));
        let applied = self.store.transact(&turn, Wants::nothing(), move |tx| {
            refund_deposit::apply(tx, id, &outcome, asked, &held, &caller)
        });
        applied.await
    }
}
