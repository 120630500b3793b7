//! Captures of reserved deposits, whole or in parts, and those whose caller or answer got lost.

use super::Desk;
use super::deposits::{WATCHED, Whole, alarmed};
use crate::domain::deposit::status::DepositStatus;
use crate::domain::outcome::DepositOutcome;
use crate::domain::refusal::Refusal;
use crate::domain::remark::Remark;
use crate::operations::capture_deposit::{self, SWEPT_AFTER, Wish};
use crate::operations::settle_deposit::{self, Settled};
use crate::operations::{Answer, Caller, OperationError, Rules};
use crate::processors::paygate;
use crate::store::customers;
use crate::store::outbox::Claimed;
use chrono::Duration;

/// Nobody is kept waiting for longer; what has no answer by then is asked about.
const LONGEST_CAPTURE: Duration = Duration::seconds(90);

impl Desk {
    /// Captures an authorized deposit, or a part of it.
    pub async fn capture(
        &self,
        wish: capture_deposit::Wish,
        rules: &Rules,
        caller: &Caller,
    ) -> Result<Answer, OperationError> {
        self.captured(wish, rules, caller, None).await
    }

    async fn captured(
        &self,
        wish: capture_deposit::Wish,
        rules: &Rules,
        caller: &Caller,
        lent: Option<&Claimed>,
    ) -> Result<Answer, OperationError> {
        let turn = customers::name(&rules.front_end.name, &wish.pin);
        let (asked, wants, named, by) = (wish.clone(), wish.wants(rules), rules.clone(), caller.clone());
        let (since, holder) = (self.clock.now(), self.holder(lent));
        let begun = self
            .store
            .transact(&turn, wants, move |tx| capture_deposit::begin(tx, &asked, &named, &by, &holder))
            .await?;
        let (deposit, amount, last, hold) = match begun {
            capture_deposit::Begun::Answered(answer) => return Ok(answer),
            capture_deposit::Begun::ToCapture { deposit, amount, last, hold } => {
                (*deposit, amount, last, hold)
            }
        };
        let (deposit, managed) = deposit;
        let customer = self.customer(&deposit).await?;
        let mut order = self.deposit_order(&deposit, &managed, &customer);
        order.extra.insert(paygate::EXTRA_CAPTURE_KEY.to_owned(), wish.trace_id.to_string());
        let processor = self.processor(&managed)?;
        let called = async {
            tokio::select! {
                outcome = processor.capture(&order, amount, last) => outcome,
                () = self.clock.sleep_until(since + LONGEST_CAPTURE) => {
                    DepositOutcome::Unknown { cause: Remark::NoAnswer.into() }
                }
            }
        };
        let Some(outcome) = self.while_held(&hold.claim, since, hold.lease, called).await else {
            return Err(OperationError::NotYet("somebody else has taken the capture up, please repeat"));
        };
        let sum = deposit.captured.minor().saturating_add(amount.minor());
        let (named, by, wants) = (rules.clone(), caller.clone(), wish.wants(rules));
        match outcome {
            // This part alone, or with those before it.
            DepositOutcome::Paid { minor, .. } if minor == amount.minor() || minor == sum => {
                let taken = self.store.transact(&turn, wants, move |tx| {
                    hold.still_holds(tx)?;
                    let answer = capture_deposit::taken(tx, &wish, amount, last, &named, &by)?;
                    hold.ends(tx, (!last).then_some(SWEPT_AFTER))?;
                    Ok(answer)
                });
                taken.await
            }
            DepositOutcome::Failed { code, reason } | DepositOutcome::NotCaptured { code, reason, .. } => {
                let reason = format!("{code} {reason}");
                let refused = self.store.transact(&turn, wants, move |tx| {
                    hold.still_holds(tx)?;
                    let answer = capture_deposit::refused(tx, &wish, &reason, &named, &by)?;
                    hold.ends(tx, Some(SWEPT_AFTER))?;
                    Ok(answer)
                });
                refused.await
            }
            // It stays noted: the repeat asks the processor before anything is asked for again.
            DepositOutcome::Paid { .. }
            | DepositOutcome::Open { .. }
            | DepositOutcome::Authorized { .. }
            | DepositOutcome::AuthorizedLess { .. }
            | DepositOutcome::ChargedBack { .. }
            | DepositOutcome::NotFound
            | DepositOutcome::Unknown { .. } => {
                let wish = wish.clone();
                let noted = self.store.transact(&turn, wants, move |tx| {
                    hold.still_holds(tx)?;
                    capture_deposit::unanswered(tx, &wish, amount, last)?;
                    Ok(hold.ends(tx, Some(SWEPT_AFTER))?)
                });
                noted.await?;
                Err(OperationError::NotYet("the outcome of the capture is not known yet, please repeat"))
            }
        }
    }

    /// Takes a capture up again whose caller or answer got lost.
    pub(super) async fn resume(
        &self,
        wish: Wish,
        (deposit, managed, _): &Whole,
        claim: Option<&Claimed>,
    ) -> Result<Settled, OperationError> {
        let not_yet = OperationError::NotYet("the front end is not configured, please repeat");
        let rules = (self.rules)(&deposit.front_end).ok_or(not_yet)?;
        let alert = match self.captured(wish, &rules, &self.house("worker"), claim).await {
            // Captured or refused, it is answered now; what is left of the deposit is looked at once more.
            Ok(_) => None,
            Err(OperationError::NotYet(_)) => (self.age(managed) > WATCHED).then_some("capture_unknown"),
            Err(error @ (OperationError::Refused(_) | OperationError::Failed(_))) => return Err(error),
        };
        let Some((now, _, _)) = self.whole(deposit.id).await? else {
            return Err(Refusal::DepositNotFound.into());
        };
        let ended = now.status != DepositStatus::Authorized && settle_deposit::stays(&now).ended;
        Ok(alarmed(deposit.id, Settled { ended, alert, ..settle_deposit::stays(&now) }))
    }
}
