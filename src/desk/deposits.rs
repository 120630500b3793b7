//! What every step of a deposit at its processor begins and ends with: the order made of our rows, and the outcome applied.

use super::Desk;
use crate::domain::customer::Customer;
use crate::domain::deposit::Deposit;
use crate::domain::ids::DepositId;
use crate::domain::outcome::DepositOutcome;
use crate::domain::refusal::Refusal;
use crate::operations::OperationError;
use crate::operations::settle_deposit::{self, Settled};
use crate::processors::{DepositOrder, DepositProcessor};
use crate::store::deposits::{self, Managed};
use crate::store::{StoreError, Wants, customers};
use chrono::Duration;
use std::sync::Arc;

/// The method of a deposit that is an invoice.
pub const INVOICE: &str = "invoice";

/// Within this time a customer may still pay: half an hour at the processor's page, and the window behind it.
pub(super) const WATCHED: Duration = Duration::minutes(45);

/// A deposit with everything an order needs.
pub(super) type Whole = (Deposit, Managed, Customer);

pub(super) fn alarmed(id: DepositId, settled: Settled) -> Settled {
    if let Some(alert) = settled.alert {
        metrics::counter!("tillgate_alerts_total", "alert" => alert).increment(1);
        tracing::warn!(deposit.id = %id, alert, "a person should look at this deposit");
    }
    settled
}

impl Desk {
    pub(super) fn order(&self, (deposit, managed, customer): &Whole) -> DepositOrder {
        self.deposit_order(deposit, managed, customer)
    }

    pub(super) async fn apply(
        &self,
        id: DepositId,
        outcome: DepositOutcome,
    ) -> Result<Settled, OperationError> {
        let caller = self.house("desk");
        let turn = format!("deposit/{id}");
        let settled = self.store.transact(&turn, Wants::nothing().deposit(id), move |tx| {
            settle_deposit::apply(tx, id, &outcome, &caller)
        });
        Ok(alarmed(id, settled.await?))
    }

    pub(super) fn age(&self, managed: &Managed) -> Duration {
        Duration::microseconds(self.clock.now().timestamp_micros() - managed.created_at)
    }

    pub(super) async fn whole(&self, id: DepositId) -> Result<Option<Whole>, StoreError> {
        let whole = self.store.read(move |connection| {
            let Some((deposit, managed)) = deposits::find_managed(connection, id)? else { return Ok(None) };
            let customer = customers::find_now(connection, &deposit.front_end, &deposit.pin)?;
            Ok(customer.map(|customer| (deposit, managed, customer)))
        });
        whole.await
    }

    pub(super) async fn customer(&self, deposit: &Deposit) -> Result<Customer, OperationError> {
        let (front_end, pin) = (deposit.front_end.clone(), deposit.pin.clone());
        let customer = self.store.read(move |connection| customers::find_now(connection, &front_end, &pin));
        customer.await?.ok_or_else(|| Refusal::CustomerNotFound.into())
    }

    pub(super) fn processor(&self, managed: &Managed) -> Result<Arc<dyn DepositProcessor>, OperationError> {
        self.account(&managed.account)
    }

    pub(super) fn account(&self, name: &str) -> Result<Arc<dyn DepositProcessor>, OperationError> {
        let processor = self.processors.deposits.get(name).cloned();
        processor.ok_or(OperationError::NotYet("the processor's account is not configured, please repeat"))
    }
}
