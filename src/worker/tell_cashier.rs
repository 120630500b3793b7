//! Errands to the cashier: asked under a claim, again by the schedule, given up after a day.

use super::{Worker, schedule};
use crate::domain::ids::PayoutId;
use crate::domain::remark::Remark;
use crate::messenger::{Rejection, Said};
use crate::operations::tell_cashier::{self, Heard};
use crate::operations::{Caller, OperationError};
use crate::store::Wants;
use crate::store::outbox::Claimed;

impl Worker {
    pub(super) async fn tell_cashier(&self, claim: &Claimed) -> Result<(), OperationError> {
        let Some(id) = PayoutId::parse(&claim.errand.subject) else {
            return self.park(claim, Remark::NoPayout).await;
        };
        let turn = format!("errand/{}", claim.id);
        let held = claim.clone();
        let next = self
            .desk
            .store
            .transact(&turn, Wants::nothing().payout(id), move |tx| tell_cashier::next(tx, id, &held));
        let Some(payout) = next.await? else { return Ok(()) };
        let named = payout.used.as_ref().or(payout.asked.as_ref());
        let rejection = Rejection {
            payout: id,
            front_end: payout.front_end.clone(),
            processor: named.map_or_else(String::new, |named| named.cashier.clone()),
        };
        let heard = match self.messenger.reject(&rejection, self.desk.clock.now().timestamp()).await {
            Said::Yes => Heard::Yes,
            Said::No { status, description } => Heard::No { status, description },
            Said::Nothing { cause } => Heard::Nothing { cause, later: schedule::tell(claim.tries) },
        };
        let caller = Caller { who: "worker".to_owned(), request_id: self.desk.entropy.hex(8) };
        let held = claim.clone();
        let applied = self.desk.store.transact(&turn, Wants::nothing().payout(id), move |tx| {
            tell_cashier::apply(tx, id, &heard, &held, &caller)
        });
        if let Some(Some(alert)) = applied.await? {
            metrics::counter!("tillgate_alerts_total", "alert" => alert).increment(1);
            tracing::warn!(payout.id = %id, alert, "a person should look at this payout");
        }
        Ok(())
    }
}
