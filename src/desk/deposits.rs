//! Deposits at their processors: opened, asked about, captured, given up. Every way leads to one settlement.

use super::Desk;
use crate::domain::customer::Customer;
use crate::domain::deposit::Deposit;
use crate::domain::ids::DepositId;
use crate::domain::outcome::DepositOutcome;
use crate::domain::refusal::Refusal;
use crate::operations::begin_deposit::{self, Begun};
use crate::operations::open_deposit::{self, Said};
use crate::operations::settle_deposit::{self, CANCEL, Settled};
use crate::operations::{Answer, Caller, OperationError, Rules, cancel_deposit, capture_deposit};
use crate::processors::{Capture, DepositProcessor, Opened};
use crate::store::deposits::{self, Managed};
use crate::store::{StoreError, Wants, customers};
use serde_json::{Value, json};
use std::sync::Arc;

/// How the customer gets to the processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    Redirect(String),
    Form { action: String, fields: Vec<(String, String)> },
}

impl Way {
    fn keep(&self) -> String {
        match self {
            Way::Redirect(url) => json!({ "redirect": url }).to_string(),
            Way::Form { action, fields } => json!({ "action": action, "fields": fields }).to_string(),
        }
    }

    /// Reads what [`Way::keep`] wrote.
    pub fn kept(text: &str) -> Option<Way> {
        let value: Value = serde_json::from_str(text).ok()?;
        if let Some(url) = value.get("redirect") {
            return Some(Way::Redirect(url.as_str()?.to_owned()));
        }
        let action = value.get("action")?.as_str()?.to_owned();
        let fields = value.get("fields")?.as_array()?.iter();
        let fields =
            fields.map(|pair| Some((pair.get(0)?.as_str()?.to_owned(), pair.get(1)?.as_str()?.to_owned())));
        Some(Way::Form { action, fields: fields.collect::<Option<_>>()? })
    }
}

/// An answered opening, and where the customer goes.
pub struct OpenedDeposit {
    pub answer: Answer,
    /// The address to send the browser to: the processor's, or our page that posts the form there.
    pub url: Option<String>,
    pub way: Option<Way>,
}

/// A deposit with everything an order needs.
type Whole = (Deposit, Managed, Customer);

impl Desk {
    /// Records a deposit, opens it at its processor, and keeps the answer.
    pub async fn open_deposit(
        &self,
        wish: begin_deposit::Wish,
        rules: &Rules,
        caller: &Caller,
    ) -> Result<OpenedDeposit, OperationError> {
        let turn = customers::name(&rules.front_end.name, &wish.pin);
        let once = wish.once(rules);
        let (wants, named, by) = (wish.wants(rules), rules.clone(), caller.clone());
        let begun =
            self.store.transact(&turn, wants, move |tx| begin_deposit::run(tx, &wish, &named, &by)).await?;
        let (deposit, managed, customer) = match begun {
            Begun::Answered(answer) => return self.told(answer).await,
            Begun::ToOpen(whole) => *whole,
        };
        let order = self.deposit_order(&deposit, &managed, &customer);
        let said = match self.processor(&managed)?.open(&order).await {
            Opened::Redirect { url, reference } => Said::Opened { how: Way::Redirect(url).keep(), reference },
            Opened::Form { action, fields, reference } => {
                Said::Opened { how: Way::Form { action, fields }.keep(), reference }
            }
            Opened::Refused { code, reason } => Said::Refused { code, reason },
            Opened::Decided(outcome) => {
                self.apply(deposit.id, outcome).await?;
                Said::Opened { how: Way::Redirect(order.urls.success.clone()).keep(), reference: None }
            }
            // The record stays; the repeat goes on from there.
            Opened::NotSent { cause } | Opened::Unknown { cause } => {
                tracing::warn!(deposit.id = %deposit.id, cause, "a deposit could not be opened");
                return Err(OperationError::NotYet("the processor could not be reached, please repeat"));
            }
        };
        let (id, by) = (deposit.id, caller.clone());
        let answer = self.store.transact(&turn, Wants::nothing().deposit(id), move |tx| {
            open_deposit::run(tx, id, &said, &once, &by)
        });
        self.told(answer.await?).await
    }

    /// Adds where the customer goes to an answer.
    async fn told(&self, answer: Answer) -> Result<OpenedDeposit, OperationError> {
        let nowhere = |answer| OpenedDeposit { answer, url: None, way: None };
        let Some(id) = answer.deposit.filter(|_| answer.refused.is_none()) else {
            return Ok(nowhere(answer));
        };
        let Some((_, managed, _)) = self.whole(id).await? else { return Ok(nowhere(answer)) };
        let way = managed.opened.as_deref().and_then(Way::kept);
        let url = way.as_ref().map(|way| match way {
            Way::Redirect(url) => url.clone(),
            Way::Form { .. } => format!("{}/player/{}", self.public_url, managed.token),
        });
        Ok(OpenedDeposit { answer, url, way })
    }

    /// Asks the processor what became of a deposit, and applies it. Notice, browser and sweep all come here.
    pub async fn settle(&self, id: DepositId) -> Result<Settled, OperationError> {
        let Some(whole) = self.whole(id).await? else { return Err(Refusal::DepositNotFound.into()) };
        let (deposit, managed, customer) = &whole;
        let processor = self.processor(managed)?;
        let order = self.deposit_order(deposit, managed, customer);
        if managed.attempted.as_deref() == Some(CANCEL) {
            let outcome = processor.cancel(&order).await;
            return self.apply(id, outcome).await;
        }
        if !(processor.completes_in_two_steps() && order.capture == Capture::Automatic) {
            let outcome = processor.settle(&order).await;
            return self.settled_or_abandoned(&whole, outcome).await;
        }
        // Only asks; the money is fetched after it is written down that it will be.
        let mut asking = order.clone();
        asking.capture = Capture::Manual;
        let outcome = match processor.settle(&asking).await {
            DepositOutcome::Authorized { .. } => {
                let turn = format!("deposit/{id}");
                let begun = self.store.transact(&turn, Wants::nothing().deposit(id), move |tx| {
                    settle_deposit::begin(tx, id, "debit")
                });
                if !begun.await? {
                    return self.apply(id, DepositOutcome::Open { cause: "it has ended".to_owned() }).await;
                }
                let Some((deposit, managed, customer)) = self.whole(id).await? else {
                    return Err(Refusal::DepositNotFound.into());
                };
                processor.settle(&self.deposit_order(&deposit, &managed, &customer)).await
            }
            other => other,
        };
        self.settled_or_abandoned(&whole, outcome).await
    }

    /// Applies an outcome; a deposit that is open for too long is given up at the processor.
    async fn settled_or_abandoned(
        &self,
        whole: &Whole,
        outcome: DepositOutcome,
    ) -> Result<Settled, OperationError> {
        let (deposit, managed, customer) = whole;
        let waiting = matches!(outcome, DepositOutcome::Open { .. } | DepositOutcome::NotFound);
        let age = self.clock.now().timestamp_micros() - managed.created_at;
        let abandoned = waiting && age > self.abandon_after.num_microseconds().unwrap_or(i64::MAX);
        if !abandoned {
            return self.apply(deposit.id, outcome).await;
        }
        if outcome == DepositOutcome::NotFound {
            let (code, reason) =
                ("NOT-FOUND".to_owned(), "the customer never came to the processor".to_owned());
            return self.apply(deposit.id, DepositOutcome::Failed { code, reason }).await;
        }
        let id = deposit.id;
        let turn = format!("deposit/{id}");
        let noted = self.store.transact(&turn, Wants::nothing().deposit(id), move |tx| {
            deposits::note_attempted(tx, id, Some(CANCEL))?;
            Ok(())
        });
        noted.await?;
        let outcome = self.processor(managed)?.cancel(&self.deposit_order(deposit, managed, customer)).await;
        self.apply(id, outcome).await
    }

    async fn apply(&self, id: DepositId, outcome: DepositOutcome) -> Result<Settled, OperationError> {
        let caller = self.house("desk");
        let turn = format!("deposit/{id}");
        let settled = self.store.transact(&turn, Wants::nothing().deposit(id), move |tx| {
            settle_deposit::apply(tx, id, &outcome, &caller)
        });
        let settled = settled.await?;
        if let Some(alert) = settled.alert {
            metrics::counter!("tillgate_alerts_total", "alert" => alert).increment(1);
            tracing::warn!(deposit.id = %id, alert, "a person should look at this deposit");
        }
        Ok(settled)
    }

    /// Captures an authorized deposit, or a part of it.
    pub async fn capture(
        &self,
        wish: capture_deposit::Wish,
        rules: &Rules,
        caller: &Caller,
    ) -> Result<Answer, OperationError> {
        let turn = customers::name(&rules.front_end.name, &wish.pin);
        let (asked, wants, named, by) = (wish.clone(), wish.wants(rules), rules.clone(), caller.clone());
        let begun = self
            .store
            .transact(&turn, wants, move |tx| capture_deposit::begin(tx, &asked, &named, &by))
            .await?;
        let (deposit, amount, last) = match begun {
            capture_deposit::Begun::Answered(answer) => return Ok(answer),
            capture_deposit::Begun::ToCapture { deposit, amount, last } => (*deposit, amount, last),
        };
        let (deposit, managed) = deposit;
        let customer = self.customer(&deposit).await?;
        let order = self.deposit_order(&deposit, &managed, &customer);
        let outcome = self.processor(&managed)?.capture(&order, amount, last).await;
        let (named, by, wants) = (rules.clone(), caller.clone(), wish.wants(rules));
        match outcome {
            DepositOutcome::Paid { minor, .. } if minor == amount.minor() => {
                let taken = self.store.transact(&turn, wants, move |tx| {
                    capture_deposit::taken(tx, &wish, amount, last, &named, &by)
                });
                taken.await
            }
            DepositOutcome::Failed { code, reason } => {
                let reason = format!("{code} {reason}");
                let refused = self.store.transact(&turn, wants, move |tx| {
                    capture_deposit::refused(tx, &wish, &reason, &named, &by)
                });
                refused.await
            }
            // It stays noted: the repeat asks the processor before anything is asked for again.
            DepositOutcome::Paid { .. }
            | DepositOutcome::Open { .. }
            | DepositOutcome::Authorized { .. }
            | DepositOutcome::NotFound
            | DepositOutcome::Unknown { .. } => {
                Err(OperationError::NotYet("the outcome of the capture is not known yet, please repeat"))
            }
        }
    }

    /// Gives an uncaptured deposit up.
    pub async fn cancel(
        &self,
        wish: cancel_deposit::Wish,
        rules: &Rules,
        caller: &Caller,
    ) -> Result<Answer, OperationError> {
        let turn = customers::name(&rules.front_end.name, &wish.pin);
        let (wants, named, by) = (wish.wants(rules), rules.clone(), caller.clone());
        let begun = self
            .store
            .transact(&turn, wants, move |tx| cancel_deposit::begin(tx, &wish, &named, &by))
            .await?;
        let (deposit, managed) = match begun {
            cancel_deposit::Begun::Answered(answer) => return Ok(answer),
            cancel_deposit::Begun::ToCancel(deposit) => *deposit,
        };
        let customer = self.customer(&deposit).await?;
        let outcome =
            self.processor(&managed)?.cancel(&self.deposit_order(&deposit, &managed, &customer)).await;
        let settled = self.apply(deposit.id, outcome).await?;
        if !settled.ended {
            return Err(OperationError::NotYet(
                "the processor has not confirmed the cancellation, please repeat",
            ));
        }
        Ok(Answer { deposit: Some(deposit.id), ..Answer::done(settled.status.name()) })
    }

    async fn customer(&self, deposit: &Deposit) -> Result<Customer, OperationError> {
        let (front_end, pin) = (deposit.front_end.clone(), deposit.pin.clone());
        let customer = self.store.read(move |connection| customers::find_now(connection, &front_end, &pin));
        customer.await?.ok_or_else(|| Refusal::CustomerNotFound.into())
    }

    async fn whole(&self, id: DepositId) -> Result<Option<Whole>, StoreError> {
        let whole = self.store.read(move |connection| {
            let Some((deposit, managed)) = deposits::find_managed(connection, id)? else { return Ok(None) };
            let customer = customers::find_now(connection, &deposit.front_end, &deposit.pin)?;
            Ok(customer.map(|customer| (deposit, managed, customer)))
        });
        whole.await
    }

    fn processor(&self, managed: &Managed) -> Result<Arc<dyn DepositProcessor>, OperationError> {
        let processor = self.processors.deposits.get(&managed.account).cloned();
        processor.ok_or(OperationError::NotYet("the processor's account is not configured, please repeat"))
    }
}
