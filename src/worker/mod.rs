//! The clock's side: errands are claimed under a lease, carried out, and finished or put off.
//!
//! Any number of workers may run on one database. A claim bears a fence: whoever was paused past his lease and has
//! been overtaken can't write any more. While an errand is carried out its lease is renewed, so that it ends soon after
//! the process that held it.

pub mod housekeeping;
mod schedule;
mod tell_cashier;

use crate::desk::Desk;
use crate::domain::ids::{AttemptId, DepositId};
use crate::domain::payout::attempt::AttemptState;
use crate::domain::remark::Remark;
use crate::messenger::{self, Messenger};
use crate::operations::OperationError;
use crate::operations::settle_deposit::Look;
use crate::store::outbox::{self, Claimed, Task};
use crate::store::{StoreError, Wants};
use chrono::Duration;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How a worker works.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub concurrent: usize,
    pub poll: std::time::Duration,
    pub lease: Duration,
}

#[derive(Clone)]
pub struct Worker {
    desk: Desk,
    name: Arc<str>,
    pace: Pace,
    messenger: Messenger,
}

impl Worker {
    pub fn new(desk: Desk, name: &str, pace: Pace) -> Worker {
        Worker { desk, name: name.into(), pace, messenger: Messenger::default() }
    }

    /// Puts these cashiers in the place of those that could be told things before.
    pub fn speaks_to(&self, cashiers: HashMap<String, messenger::Client>) {
        self.messenger.replace(cashiers);
    }

    /// Works until the task is dropped.
    pub async fn run(self) {
        let places = Arc::new(Semaphore::new(self.pace.concurrent));
        loop {
            let free = places.available_permits();
            let claims = if free == 0 { Vec::new() } else { self.claim(free).await };
            let full = claims.len() == free && free > 0;
            for claim in claims {
                let Ok(place) = places.clone().acquire_owned().await else { return };
                let worker = self.clone();
                tokio::spawn(async move {
                    worker.carry_out(&claim).await;
                    drop(place);
                });
            }
            if full {
                continue;
            }
            let _ = tokio::time::timeout(self.pace.poll, self.desk.store.bell().rings()).await;
        }
    }

    /// Carries out everything that is due now, and says how much it was.
    pub async fn run_once(&self) -> usize {
        let mut done = 0;
        loop {
            let claims = self.claim(self.pace.concurrent).await;
            if claims.is_empty() {
                return done;
            }
            done += claims.len();
            let mut errands = JoinSet::new();
            for claim in claims {
                let worker = self.clone();
                errands.spawn(async move { worker.carry_out(&claim).await });
            }
            errands.join_all().await;
        }
    }

    async fn claim(&self, most: usize) -> Vec<Claimed> {
        let (name, lease) = (self.name.clone(), self.pace.lease);
        let claims = self.desk.store.transact("worker", Wants::nothing(), move |tx| {
            Ok(outbox::claim(tx, &name, most as i64, lease)?)
        });
        claims.await.unwrap_or_else(|error| {
            tracing::warn!(%error, "errands could not be claimed");
            Vec::new()
        })
    }

    /// Carries an errand out and renews its lease meanwhile. The lease can so be short, and whoever is killed is
    /// soon followed, while a call may take as long as it does.
    async fn carry_out(&self, claim: &Claimed) {
        let mut errand = std::pin::pin!(self.work(claim));
        tokio::select! {
            () = &mut errand => return,
            () = self.desk.keeps(claim, self.desk.clock.now(), self.pace.lease) => {}
        }
        // What was begun is heard to its end: its fence keeps it from writing over whoever has the errand now.
        errand.await;
    }

    async fn work(&self, claim: &Claimed) {
        metrics::counter!("tillgate_errands_total", "kind" => claim.errand.kind.clone()).increment(1);
        let result = match Task::from_name(&claim.errand.kind) {
            Some(Task::PayOut) => self.pay_out(claim).await,
            Some(Task::SettleDeposit) => self.settle_deposit(claim).await,
            Some(Task::Refund) => self.refund(claim).await,
            Some(Task::TellCashier) => self.tell_cashier(claim).await,
            None => self.park(claim, Remark::Unfamiliar).await,
        };
        if let Err(error) = result {
            tracing::warn!(errand.id = claim.id, kind = claim.errand.kind, %error, "an errand failed and is tried again");
            let later = schedule::after_trouble(claim.tries);
            if let Err(error) = self.again(claim, later, Remark::OurSide).await {
                // The lease ends by itself, and then somebody claims it again.
                tracing::warn!(errand.id = claim.id, %error, "an errand could not be put off");
            }
        }
    }

    async fn pay_out(&self, claim: &Claimed) -> Result<(), OperationError> {
        let Some(id) = AttemptId::parse(&claim.errand.subject) else {
            return self.park(claim, Remark::NoAttempt).await;
        };
        let Some(applied) = self.desk.carry_out(id, claim).await? else { return Ok(()) };
        match applied.state {
            AttemptState::Succeeded | AttemptState::Refused => Ok(()),
            // It waited for its inquiries already.
            AttemptState::Planned if applied.absent => {
                self.again(claim, schedule::RESENT, Remark::NeverArrived).await
            }
            AttemptState::Planned | AttemptState::Sending => {
                self.again(claim, schedule::after_trouble(claim.tries), Remark::NotSent).await
            }
            AttemptState::Unknown => {
                if applied.inquiries >= schedule::ALARM_AFTER {
                    metrics::counter!("tillgate_alerts_total", "alert" => "payout_unknown").increment(1);
                    tracing::warn!(attempt = %id, inquiries = applied.inquiries, "the outcome of a payout is not known");
                }
                let left = applied.believed_from.map(|at| at - self.desk.clock.now());
                let later = schedule::next_inquiry(applied.inquiries, left);
                self.again(claim, later, Remark::OutcomeUnknown).await
            }
        }
    }

    async fn settle_deposit(&self, claim: &Claimed) -> Result<(), OperationError> {
        let Some(id) = DepositId::parse(&claim.errand.subject) else {
            return self.park(claim, Remark::NoDeposit).await;
        };
        let settled = self.desk.settle(id, Some(claim)).await?;
        if settled.ended {
            return self.finish(claim).await;
        }
        let later = match settled.next {
            Look::Soon => schedule::WITHIN_A_WINDOW,
            Look::AsUsual => schedule::deposit(claim.tries),
            Look::Daily => schedule::DAILY,
        };
        self.again(claim, later, settled.cause.unwrap_or_else(|| Remark::DepositOpen.into())).await
    }

    async fn refund(&self, claim: &Claimed) -> Result<(), OperationError> {
        let payload: serde_json::Value = serde_json::from_str(&claim.errand.payload).unwrap_or_default();
        let Some(id) = payload.get("refund").and_then(serde_json::Value::as_i64) else {
            return self.park(claim, Remark::NoRefund).await;
        };
        match self.desk.carry_out_refund(id, claim).await? {
            None => Ok(()),
            Some(true) => self.finish(claim).await,
            Some(false) => {
                if claim.tries > schedule::ALARM_AFTER {
                    metrics::counter!("tillgate_alerts_total", "alert" => "refund_unknown").increment(1);
                    tracing::warn!(refund = id, tries = claim.tries, "the outcome of a refund is not known");
                }
                self.again(claim, schedule::inquiry(claim.tries), Remark::OutcomeUnknown).await
            }
        }
    }

    async fn finish(&self, claim: &Claimed) -> Result<(), OperationError> {
        let held = claim.clone();
        self.write(claim, move |tx| outbox::finish(tx, &held)).await
    }

    async fn again(
        &self,
        claim: &Claimed,
        later: Duration,
        why: impl Into<String>,
    ) -> Result<(), OperationError> {
        let (held, why) = (claim.clone(), why.into());
        self.write(claim, move |tx| outbox::again(tx, &held, tx.now() + later, &why)).await
    }

    async fn park(&self, claim: &Claimed, why: Remark) -> Result<(), OperationError> {
        tracing::error!(errand.id = claim.id, kind = claim.errand.kind, %why, "an errand is parked");
        let id = claim.id;
        self.write(claim, move |tx| outbox::park(tx, id, why.text())).await
    }

    async fn write<F>(&self, claim: &Claimed, mut write: F) -> Result<(), OperationError>
    where
        F: FnMut(&mut crate::store::Tx<'_>) -> Result<bool, StoreError> + Send + 'static,
    {
        let turn = format!("errand/{}", claim.id);
        let held = self.desk.store.transact(&turn, Wants::nothing(), move |tx| Ok(write(tx)?)).await?;
        if !held {
            tracing::warn!(errand.id = claim.id, "an errand's lease was lost; somebody else has it");
        }
        Ok(())
    }
}
