//! Deposits are given up at their processors, and what these hold of them is released.

use super::Desk;
use super::deposits::{Whole, alarmed};
use crate::domain::deposit::status::DepositStatus;
use crate::domain::outcome::DepositOutcome;
use crate::domain::refusal::Refusal;
use crate::domain::remark::Remark;
use crate::operations::begin_deposit::FIRST_SWEEP;
use crate::operations::settle_deposit::{self, Look, RELEASE, Settled};
use crate::operations::{Answer, Caller, OperationError, Rules, cancel_deposit};
use crate::processors::GivenUp;
use crate::store::{Wants, customers};
use chrono::Duration;

/// So long after a deposit was given up its customer may still pay where nothing ever expires.
const LATE: Duration = Duration::days(7);

/// What a processor holds of a deposit that was given up there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    /// What its outcome says.
    Told,
    /// Nothing, but its customer may still pay.
    Payable,
    /// It refuses to give it up.
    ForGood,
}

impl Desk {
    /// Gives an uncaptured deposit up.
    pub async fn cancel(
        &self,
        wish: cancel_deposit::Wish,
        rules: &Rules,
        caller: &Caller,
    ) -> Result<Answer, OperationError> {
        let turn = customers::name(&rules.front_end.name, &wish.pin);
        let (wants, named, by) = (wish.wants(rules), rules.clone(), caller.clone());
        let (since, holder) = (self.clock.now(), self.holder(None));
        let begun = self
            .store
            .transact(&turn, wants, move |tx| cancel_deposit::begin(tx, &wish, &named, &by, &holder))
            .await?;
        let (deposit, managed, hold) = match begun {
            cancel_deposit::Begun::Answered(answer) => return Ok(answer),
            cancel_deposit::Begun::ToCancel(deposit, hold) => (deposit.0, deposit.1, hold),
        };
        let customer = self.customer(&deposit).await?;
        let whole = (deposit, managed, customer);
        let Some(given_up) = self.while_held(&hold.claim, since, hold.lease, self.given_up(&whole)).await
        else {
            return Err(OperationError::NotYet("somebody else gives the deposit up, please repeat"));
        };
        let (settled, held) = given_up?;
        // What its customer still pays, or what it still holds, is looked at by the sweep.
        let left =
            self.store.transact(&turn, Wants::nothing(), move |tx| Ok(hold.ends(tx, Some(FIRST_SWEEP))?));
        left.await?;
        let (id, to) = (whole.0.id, DepositStatus::Cancelled.name());
        match settled.status {
            DepositStatus::Cancelled | DepositStatus::Declined => {
                Ok(Answer { deposit: Some(id), ..Answer::done(settled.status.name()) })
            }
            // The customer was faster.
            DepositStatus::Credited | DepositStatus::Reversed => {
                Err(Refusal::IllegalDepositStep { from: settled.status.name(), to }.into())
            }
            DepositStatus::Pending | DepositStatus::Authorized | DepositStatus::Settling
                if held == Held::ForGood =>
            {
                let from = "held by its processor, who refuses to give it up,";
                Err(Refusal::IllegalDepositStep { from, to }.into())
            }
            DepositStatus::Pending | DepositStatus::Authorized | DepositStatus::Settling => {
                // Where the money is reserved until it is released, a repeat releases it.
                Err(OperationError::NotYet("the processor has not confirmed the cancellation, please repeat"))
            }
        }
    }

    /// Gives a deposit up whose record says that it is to be.
    pub(super) async fn give_up(&self, whole: &Whole) -> Result<Settled, OperationError> {
        let (settled, held) = self.given_up(whole).await?;
        let late = self.age(&whole.1) - self.abandon_after;
        let stuck = match held {
            Held::ForGood => true,
            Held::Told => !settled.ended && late > Duration::zero(),
            Held::Payable => false,
        };
        if stuck && whole.1.attempted.as_deref() == Some(RELEASE) {
            // The customer waits for his money, and nobody else would tell.
            return Ok(alarmed(whole.0.id, Settled { alert: Some("reserve_not_released"), ..settled }));
        }
        Ok(match held {
            // Who pays all the same gets his reserve back, whether or not anybody tells us of it.
            Held::Payable if late < Duration::zero() => Settled { ended: false, ..settled },
            Held::Payable if late < LATE => Settled { ended: false, next: Look::Daily, ..settled },
            Held::Payable | Held::Told | Held::ForGood => settled,
        })
    }

    /// The same, and what the processor goes on holding.
    async fn given_up(&self, whole: &Whole) -> Result<(Settled, Held), OperationError> {
        let (deposit, managed, _) = whole;
        let processor = self.processor(managed)?;
        let (outcome, held) = match processor.give_up(&self.order(whole)).await {
            GivenUp::Outcome(outcome) => (outcome, Held::Told),
            GivenUp::StillPayable(outcome) => (outcome, Held::Payable),
            GivenUp::Refused { reference, code, reason } => {
                tracing::warn!(deposit.id = %deposit.id, code, reason, "a processor refuses to give a deposit up");
                (DepositOutcome::Authorized { reference }, Held::ForGood)
            }
        };
        // Nothing is held there. Should the customer still come and pay, his money is released or credited then.
        let outcome = match outcome {
            DepositOutcome::NotFound => {
                DepositOutcome::Failed { code: "NOT-FOUND".to_owned(), reason: Remark::NeverCame.into() }
            }
            other => other,
        };
        if let DepositOutcome::Authorized { .. } = outcome {
            let id = deposit.id;
            let turn = format!("deposit/{id}");
            let wants = Wants::nothing().deposit(id);
            let kept = self.store.transact(&turn, wants, move |tx| settle_deposit::keep(tx, id));
            kept.await?;
        }
        Ok((self.apply(deposit.id, outcome).await?, held))
    }
}
