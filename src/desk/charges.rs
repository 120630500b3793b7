//! Charges of what is stored at a processor: a token, or a series that an earlier payment began.
//!
//! A processor gives such charges a name of its own, so a second one could not be told from the first: each is sent
//! at most once, and one whose answer got lost is looked for among the payments that belong to nobody else.

use super::Desk;
use super::deposits::Whole;
use super::orders::stored;
use crate::domain::customer::{Customer, Instrument};
use crate::domain::deposit::Deposit;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::ids::DepositId;
use crate::domain::outcome::DepositOutcome;
use crate::domain::refusal::Refusal;
use crate::domain::remark::Remark;
use crate::operations::begin_deposit::CHARGE;
use crate::operations::{OperationError, Rules};
use crate::processors::{DepositProcessor, paygate, rest_gateway};
use crate::store::customers;
use crate::store::deposits::{self, Managed, Twin};
use std::collections::BTreeMap;

impl Desk {
    pub fn makes_invoices(&self, account: &str) -> bool {
        self.processors.deposits.get(account).is_some_and(|processor| processor.makes_invoices())
    }

    /// What the cashier may add to a deposit at an account, by the processor's own names.
    pub fn particulars(&self, account: &str) -> &'static [&'static str] {
        self.processors.deposits.get(account).map_or(&[], |processor| processor.particulars())
    }

    /// The particulars of a charge: the series that a deposit of this customer began, or what he has stored.
    pub async fn charge(
        &self,
        account: &str,
        rules: &Rules,
        pin: &str,
        series: Option<DepositId>,
    ) -> Result<BTreeMap<String, String>, OperationError> {
        let processor = self.processors.deposits.get(account);
        let issuer = processor.and_then(|processor| processor.charges());
        let issuer = issuer.ok_or_else(|| Refusal::bad("PP", "can't charge what is stored"))?;
        match series {
            Some(initial) => self.series(account, issuer, rules, pin, initial).await,
            None => self.stored(issuer, rules, pin).await,
        }
    }

    async fn series(
        &self,
        account: &str,
        issuer: &'static str,
        rules: &Rules,
        pin: &str,
        initial: DepositId,
    ) -> Result<BTreeMap<String, String>, OperationError> {
        let found = self.store.read(move |connection| deposits::find_managed(connection, initial)).await?;
        let found = found.filter(|(deposit, managed)| {
            deposit.front_end == rules.front_end.name && deposit.pin == pin && managed.account == account
        });
        let (deposit, managed) = found.ok_or(Refusal::DepositNotFound)?;
        let none = || Refusal::bad("InitialDepositID", "began no series, or was not paid");
        let begins = managed.extra.get(rest_gateway::deposits::extra::RECURRING);
        let paid = match deposit.status {
            DepositStatus::Credited | DepositStatus::Authorized => true,
            DepositStatus::Pending
            | DepositStatus::Settling
            | DepositStatus::Declined
            | DepositStatus::Cancelled
            | DepositStatus::Reversed => false,
        };
        if !(begins.is_some_and(|kind| kind == "initial") && paid) {
            return Err(none().into());
        }
        if issuer == paygate::ROOM {
            let mut initial = managed.extra;
            initial.extend(managed.told);
            let (card, mut particulars) = paygate::series(&initial).ok_or_else(none)?;
            particulars.extend(named(card));
            return Ok(particulars);
        }
        let payment = managed.processor_reference.ok_or_else(none)?;
        Ok(BTreeMap::from([(rest_gateway::deposits::extra::INITIAL_PAYMENT.to_owned(), payment)]))
    }

    async fn stored(
        &self,
        issuer: &'static str,
        rules: &Rules,
        pin: &str,
    ) -> Result<BTreeMap<String, String>, OperationError> {
        let (front_end, pin) = (rules.front_end.name.clone(), pin.to_owned());
        let found = self.store.read(move |connection| {
            let Some(customer) = customers::find_now(connection, &front_end, &pin)? else {
                return Ok(None);
            };
            customers::latest_instrument(connection, customer.id, issuer)
        });
        let instrument =
            found.await?.ok_or_else(|| Refusal::bad("PIN", "has nothing stored at this processor"))?;
        let mut particulars = named(instrument);
        if issuer != paygate::ROOM {
            // A token says it all there.
            particulars.retain(|name, _| name != stored::BRAND && name != stored::EXPIRY);
        }
        Ok(particulars)
    }

    /// Asks what became of a deposit. A charge without a number of the processor's must not adopt another's payment.
    pub(super) async fn ask(
        &self,
        processor: &dyn DepositProcessor,
        whole: &Whole,
    ) -> Result<DepositOutcome, OperationError> {
        let (deposit, managed, customer) = whole;
        let mut order = self.deposit_order(deposit, managed, customer);
        let named = order.processor_reference.is_some() || processor.names_charges();
        if managed.attempted.as_deref() != Some(CHARGE) || named {
            return Ok(processor.settle(&order).await);
        }
        if let Some(instrument) = &mut order.instrument {
            // What people see of it tells its payments from those of other cards.
            let (customer, named) = (customer.clone(), instrument.clone());
            let kept = self.store.read(move |connection| {
                customers::find_kept(connection, &customer, &named.issuer, &named.token)
            });
            instrument.masked = kept.await?.map(|kept| kept.masked).unwrap_or_default();
        }
        let twins = self.twins(deposit, managed).await?;
        let known: Vec<&str> = twins.iter().filter_map(|twin| twin.processor_reference.as_deref()).collect();
        let name = rest_gateway::deposits::extra::OTHER_PAYMENTS.to_owned();
        order.extra.insert(name, known.join(","));
        let outcome = processor.settle(&order).await;
        // Read again: a charge that was begun, or got its answer, while we asked may be the one that we were shown.
        let twins = self.twins(deposit, managed).await?;
        let shown = reference_of(&outcome);
        if shown.is_some() && twins.iter().any(|twin| twin.processor_reference.as_deref() == shown) {
            return Ok(DepositOutcome::Unknown { cause: Remark::AnotherCharges.into() });
        }
        let another_is_open = twins
            .iter()
            .any(|twin| twin.processor_reference.is_none() && twin.attempted.as_deref() == Some(CHARGE));
        Ok(match outcome {
            // Nothing there is nobody's, so it was not made, and neither was the other.
            DepositOutcome::NotFound | DepositOutcome::Unknown { .. } => outcome,
            DepositOutcome::Open { .. }
            | DepositOutcome::Authorized { .. }
            | DepositOutcome::AuthorizedLess { .. }
            | DepositOutcome::NotCaptured { .. }
            | DepositOutcome::Paid { .. }
            | DepositOutcome::Failed { .. }
            | DepositOutcome::ChargedBack { .. }
                if another_is_open =>
            {
                tracing::warn!(deposit.id = %deposit.id, "two charges of one amount have lost their answers");
                DepositOutcome::Unknown { cause: Remark::MaybeAnotherCharges.into() }
            }
            DepositOutcome::Open { .. }
            | DepositOutcome::Authorized { .. }
            | DepositOutcome::AuthorizedLess { .. }
            | DepositOutcome::NotCaptured { .. }
            | DepositOutcome::Paid { .. }
            | DepositOutcome::Failed { .. }
            | DepositOutcome::ChargedBack { .. } => outcome,
        })
    }

    async fn twins(&self, deposit: &Deposit, managed: &Managed) -> Result<Vec<Twin>, OperationError> {
        let (own, side) = (deposit.clone(), managed.clone());
        Ok(self.store.read(move |connection| deposits::twins(connection, &own, &side)).await?)
    }

    /// Keeps the token that an opening brought: no later answer brings it again.
    pub(super) async fn keep_instrument(
        &self,
        customer: &Customer,
        instrument: Instrument,
    ) -> Result<(), OperationError> {
        let turn = customers::name(&customer.front_end, &customer.pin);
        let customer = customer.clone();
        let kept = self.store.transact(&turn, crate::store::Wants::nothing(), move |tx| {
            Ok(customers::keep_instrument(tx, &customer, &instrument)?)
        });
        kept.await
    }
}

/// A stored instrument among the particulars of a charge.
fn named(instrument: Instrument) -> BTreeMap<String, String> {
    let Instrument { issuer, token, brand, expiry, .. } = instrument;
    let parts =
        [(stored::ISSUER, issuer), (stored::TOKEN, token), (stored::BRAND, brand), (stored::EXPIRY, expiry)];
    parts.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
}

/// The payment that an outcome speaks of.
fn reference_of(outcome: &DepositOutcome) -> Option<&str> {
    match outcome {
        DepositOutcome::Paid { reference, .. }
        | DepositOutcome::Authorized { reference }
        | DepositOutcome::AuthorizedLess { reference, .. }
        | DepositOutcome::NotCaptured { reference, .. }
        | DepositOutcome::ChargedBack { reference } => Some(reference),
        DepositOutcome::NotFound
        | DepositOutcome::Open { .. }
        | DepositOutcome::Failed { .. }
        | DepositOutcome::Unknown { .. } => None,
    }
}
