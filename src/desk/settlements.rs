//! What became of a deposit is asked of its processor. Every way leads to one settlement.

use super::Desk;
use super::deposits::{INVOICE, WATCHED, Whole, alarmed};
use crate::domain::deposit::status::DepositStatus;
use crate::domain::ids::DepositId;
use crate::domain::outcome::DepositOutcome;
use crate::domain::refusal::Refusal;
use crate::domain::remark::Remark;
use crate::operations::OperationError;
use crate::operations::capture_deposit::Wish;
use crate::operations::settle_deposit::{self, CANCEL, Look, RELEASE, Settled};
use crate::processors::{Capture, DepositOrder};
use crate::store::Wants;
use crate::store::outbox::Claimed;
use chrono::Duration;
use secrecy::SecretString;

fn within_the_window(age: Duration) -> Look {
    if age < WATCHED { Look::Soon } else { Look::AsUsual }
}

impl Desk {
    /// Asks the processor what became of a deposit, and applies it. Notice, browser and sweep all come here, by the
    /// errand: what a processor takes its time for holds up no request. The worker brings his claim.
    pub async fn settle(&self, id: DepositId, claim: Option<&Claimed>) -> Result<Settled, OperationError> {
        let Some(whole) = self.whole(id).await? else { return Err(Refusal::DepositNotFound.into()) };
        let (deposit, managed, _) = &whole;
        let resumed = managed.attempted.as_deref().and_then(|mark| Wish::resumed(deposit, mark));
        if let Some(wish) = resumed {
            return self.resume(wish, &whole, claim).await;
        }
        let processor = self.processor(managed)?;
        let two_steps = processor.completes_in_two_steps();
        // Elsewhere a credited deposit can still be charged back.
        if two_steps && matches!(deposit.status, DepositStatus::Credited | DepositStatus::Reversed) {
            return Ok(settle_deposit::stays(deposit));
        }
        let ended = matches!(deposit.status, DepositStatus::Cancelled | DepositStatus::Declined);
        let given_up = matches!(managed.attempted.as_deref(), Some(CANCEL | RELEASE))
            // Whoever pays all the same gets his money released, and not only when its time is over.
            || (managed.attempted.is_none()
                && (deposit.status == DepositStatus::Cancelled || (two_steps && ended)));
        let settled = if given_up {
            self.give_up(&whole).await?
        } else if two_steps {
            self.fetch(&whole).await?
        } else {
            let outcome = self.ask(processor.as_ref(), &whole).await?;
            self.settled_or_abandoned(&whole, outcome).await?
        };
        if two_steps {
            return Ok(self.watched(&whole, settled));
        }
        // What the processor captures by itself after hours must be seen.
        let by_itself = settled.status == DepositStatus::Authorized && managed.capture != "manual";
        Ok(Settled { ended: settled.ended && !by_itself, ..settled })
    }

    /// Asks first; the money is fetched after it is written down that it will be.
    async fn fetch(&self, whole: &Whole) -> Result<Settled, OperationError> {
        let (deposit, managed, _) = whole;
        let (id, processor) = (deposit.id, self.processor(managed)?);
        let order = self.order(whole);
        let asking = DepositOrder { capture: Capture::Manual, ..order.clone() };
        let mut outcome = processor.settle(&asking).await;
        let customer_paid = matches!(outcome, DepositOutcome::Authorized { .. });
        if customer_paid && order.capture == Capture::Automatic {
            let turn = format!("deposit/{id}");
            let begun = self
                .store
                .transact(&turn, Wants::nothing().deposit(id), move |tx| settle_deposit::begin(tx, id));
            if !begun.await? {
                return self.apply(id, DepositOutcome::Open { cause: Remark::NothingToFetch.into() }).await;
            }
            let Some(begun) = self.whole(id).await? else { return Err(Refusal::DepositNotFound.into()) };
            outcome = processor.settle(&self.order(&begun)).await;
        }
        self.settled_or_abandoned(whole, outcome).await
    }

    /// How soon to look again at a deposit whose money must be fetched within a window.
    fn watched(&self, (_, managed, _): &Whole, settled: Settled) -> Settled {
        let age = self.age(managed);
        match settled.status {
            DepositStatus::Pending | DepositStatus::Settling if !settled.ended => {
                Settled { next: within_the_window(age), ..settled }
            }
            // What nobody captures in time runs out, and somebody should say so.
            DepositStatus::Authorized if age < self.abandon_after => {
                Settled { ended: false, next: within_the_window(age), ..settled }
            }
            DepositStatus::Pending
            | DepositStatus::Settling
            | DepositStatus::Authorized
            | DepositStatus::Credited
            | DepositStatus::Declined
            | DepositStatus::Cancelled
            | DepositStatus::Reversed => settled,
        }
    }

    /// Applies an outcome; a deposit that is open for too long is given up at the processor.
    async fn settled_or_abandoned(
        &self,
        whole: &Whole,
        outcome: DepositOutcome,
    ) -> Result<Settled, OperationError> {
        let (deposit, managed, _) = whole;
        let id = deposit.id;
        // An invoice may be paid until the processor itself ends it.
        let patient = managed.method == INVOICE && matches!(outcome, DepositOutcome::Open { .. });
        if patient || self.age(managed) <= self.abandon_after {
            return self.apply(id, outcome).await;
        }
        match outcome {
            DepositOutcome::NotFound => {
                let (code, reason) = ("NOT-FOUND".to_owned(), Remark::NeverCame.into());
                self.apply(id, DepositOutcome::Failed { code, reason }).await
            }
            DepositOutcome::Open { .. } => {
                let turn = format!("deposit/{id}");
                let noted = self
                    .store
                    .transact(&turn, Wants::nothing().deposit(id), move |tx| settle_deposit::give_up(tx, id));
                if noted.await? { self.give_up(whole).await } else { self.apply(id, outcome).await }
            }
            DepositOutcome::Unknown { .. } => {
                let alert = Some("deposit_unknown");
                Ok(alarmed(id, Settled { alert, ..self.apply(id, outcome).await? }))
            }
            DepositOutcome::Paid { .. }
            | DepositOutcome::Authorized { .. }
            | DepositOutcome::AuthorizedLess { .. }
            | DepositOutcome::NotCaptured { .. }
            | DepositOutcome::ChargedBack { .. }
            | DepositOutcome::Failed { .. } => self.apply(id, outcome).await,
        }
    }

    /// A bank's answer that the customer's browser brought: handed on at once, and kept nowhere.
    pub async fn bank_answered(
        &self,
        id: DepositId,
        answer: &SecretString,
    ) -> Result<Settled, OperationError> {
        let Some(whole) = self.whole(id).await? else { return Err(Refusal::DepositNotFound.into()) };
        let (deposit, managed, _) = &whole;
        let open = deposit.status == DepositStatus::Pending && managed.attempted.is_none();
        if !open {
            return Ok(settle_deposit::stays(deposit));
        }
        let outcome = self.processor(managed)?.bank_answered(&self.order(&whole), answer).await;
        self.apply(id, outcome).await
    }
}
