//! Payouts to their processors, one attempt at a time.

use super::Desk;
use crate::domain::ids::AttemptId;
use crate::domain::outcome::Outcome;
use crate::domain::payout::attempt::AttemptState;
use crate::domain::remark::Remark;
use crate::operations::OperationError;
use crate::operations::carry_out_payout::{self, Applied, Asked, Next};
use crate::store::outbox::Claimed;
use crate::store::{StoreError, Wants};

impl Desk {
    /// Sends or inquires an attempt under a claim. `None`: nothing was to be done, or the claim was lost.
    pub async fn carry_out(&self, id: AttemptId, claim: &Claimed) -> Result<Option<Applied>, OperationError> {
        let caller = self.house("worker");
        let turn = format!("attempt/{id}");
        let (held, by, accounts) = (claim.clone(), caller.clone(), self.processors.payouts.clone());
        let prefix = move |account: &str| accounts.get(account).map(|account| account.reference_prefix());
        let next = self.store.transact(&turn, Wants::nothing(), move |tx| {
            carry_out_payout::next(tx, id, &held, |account| prefix(account).unwrap_or_default(), &by)
        });
        let (attempt, payout, outcome, asked) = match next.await? {
            Next::Nothing => return Ok(None),
            Next::Later => {
                let applied = Applied {
                    state: AttemptState::Planned,
                    inquiries: 0,
                    absent: false,
                    believed_from: None,
                };
                return Ok(Some(applied));
            }
            Next::Send(next) => {
                let (attempt, payout) = *next;
                let outcome = match self.payout_order(&attempt, &payout).await {
                    Err(error) => not_sent(&error),
                    Ok(order) => match self.processors.payouts.get(&attempt.account) {
                        Some(processor) => processor.send(&order).await,
                        None => Outcome::NotSent { cause: Remark::NotConfigured.into() },
                    },
                };
                (attempt, payout, outcome, Asked::ToPay)
            }
            Next::Inquire(next) => {
                let (attempt, payout) = *next;
                let outcome = match self.payout_order(&attempt, &payout).await {
                    Err(error) => Outcome::Unknown { cause: error.to_string() },
                    Ok(order) => match self.processors.payouts.get(&attempt.account) {
                        Some(processor) => processor.inquire(&order).await,
                        None => Outcome::Unknown { cause: Remark::NotConfigured.into() },
                    },
                };
                (attempt, payout, outcome, Asked::WhatBecame { grace: self.not_found_grace })
            }
        };
        let rules = (self.rules)(&payout.front_end);
        let rules = rules.filter(|rules| carry_out_payout::approves_itself(&payout, rules));
        let held = claim.clone();
        let id = attempt.id;
        let applied = self.store.transact(&turn, Wants::nothing(), move |tx| {
            carry_out_payout::apply(tx, id, &outcome, asked, &held, rules.as_ref(), &caller)
        });
        applied.await
    }
}

/// Our own side failed before anything left.
fn not_sent(error: &StoreError) -> Outcome {
    Outcome::NotSent { cause: error.to_string() }
}
