//! One call as a method sees it: its front end, and its parameters read as what they mean.
//!
//! Every reading that fails names the field and the reason.

use super::catalog::Method;
use super::directory::Door;
use super::wire::Fields;
use crate::clock::Entropy;
use crate::desk::Desk;
use crate::domain::card_number;
use crate::domain::ids::{DepositId, PayoutId};
use crate::domain::money::{Currency, Money};
use crate::domain::payout::status::PayoutStatus;
use crate::domain::processor_name::{Mapped, NameError};
use crate::domain::refusal::Refusal;
use crate::operations::{Answer, Caller, OperationError, Rules};
use crate::store::{Connection, Store, StoreError, Tx, Wants};
use std::sync::Arc;

/// The shortest card numbers have so many digits; no processor's name has.
const FEWEST_CARD_DIGITS: usize = 12;

/// The parameters that hold words of people's own.
const FREE_TEXT: [&str; 6] =
    ["CreatedBy", "UpdatedBy", "PaymentMethod", "OrderText", "PromoID", "PaymentData"];

pub struct Call<'a> {
    pub method: &'static Method,
    pub door: &'a Arc<Door>,
    pub fields: &'a Fields,
    pub caller: Caller,
    pub store: &'a Store,
    pub entropy: &'a Entropy,
    pub desk: &'a Desk,
}

impl Call<'_> {
    pub fn rules(&self) -> &Rules {
        &self.door.rules
    }

    /// What every method's parameters must agree with: the front end's site and currency.
    pub fn check(&self) -> Result<(), Refusal> {
        let site = self.number("SiteID")?;
        let ours = self.rules().front_end.site_id;
        if site.zip(ours).is_some_and(|(site, ours)| site != ours) {
            return Err(Refusal::bad("SiteID", "is not the site of this front end"));
        }
        self.currency()?;
        self.no_card_numbers()
    }

    /// Free text is kept, logged and shown, and a card number must not be. Ids are let be: one long number in ten looks
    /// like a card's by chance, and a customer who acts himself is named by his.
    fn no_card_numbers(&self) -> Result<(), Refusal> {
        let pin = self.fields.get("PIN");
        for name in FREE_TEXT {
            let Some(text) = self.fields.get(name).filter(|text| pin != Some(text)) else { continue };
            if card_number::is_in(text) {
                return Err(Refusal::bad(
                    name,
                    "holds what looks like a card number, which has no place here",
                ));
            }
        }
        Ok(())
    }

    pub fn text(&self, name: &'static str) -> Option<String> {
        self.fields.get(name).map(str::to_owned)
    }

    /// The customer's PIN, which the method's table demands.
    pub fn pin(&self) -> Result<String, Refusal> {
        self.text("PIN").ok_or_else(|| Refusal::bad("PIN", "is missing"))
    }

    /// A whole number without a sign.
    pub fn number(&self, name: &'static str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.fields.get(name) else { return Ok(None) };
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = if digits { text.parse::<i64>().ok() } else { None };
        number
            .map(Some)
            .ok_or_else(|| Refusal::bad(name, "is not a whole number from 0 to 9223372036854775807"))
    }

    pub fn trace_id(&self) -> Result<i64, Refusal> {
        match self.number("TraceID")? {
            None => Err(Refusal::bad("TraceID", "is missing")),
            Some(0) => Err(Refusal::bad("TraceID", "must be greater than zero")),
            Some(number) => Ok(number),
        }
    }

    /// The currency of the request, which is the front end's or none at all.
    fn currency(&self) -> Result<Currency, Refusal> {
        let expected = self.door.currency();
        let Some(text) = self.fields.get("Currency") else { return Ok(expected) };
        match Currency::find(text) {
            None => Err(Refusal::bad("Currency", "is not an ISO 4217 code such as EUR")),
            Some(currency) if currency == expected => Ok(expected),
            Some(currency) => Err(Refusal::CurrencyMismatch { expected, got: currency.to_string() }),
        }
    }

    pub fn amount(&self) -> Result<Money, Refusal> {
        self.optional_amount()?.ok_or_else(|| Refusal::bad("Amount", "is missing"))
    }

    pub fn optional_amount(&self) -> Result<Option<Money>, Refusal> {
        let amount = self.money("Amount")?;
        amount.map(|amount| amount.positive().map_err(|error| Refusal::money("Amount", error))).transpose()
    }

    /// A fee may be zero.
    pub fn fee(&self) -> Result<Option<Money>, Refusal> {
        self.money("Fee")
    }

    fn money(&self, name: &'static str) -> Result<Option<Money>, Refusal> {
        let Some(text) = self.fields.get(name) else { return Ok(None) };
        self.door.read_amount(text).map(Some).map_err(|error| Refusal::money(name, error))
    }

    pub fn processor(&self) -> Result<Option<Mapped>, Refusal> {
        let Some(name) = self.fields.get("PP") else { return Ok(None) };
        // Names are kept, logged and repeated in refusals, and a card number must not be.
        if name.chars().filter(|c| c.is_numeric()).count() >= FEWEST_CARD_DIGITS {
            return Err(Refusal::bad("PP", "looks like a card number, which has no place here"));
        }
        match self.rules().processors.look_up(name) {
            Ok(mapped) => Ok(Some(mapped)),
            Err(NameError::Unknown) => Err(Refusal::ProcessorUnknown { name: name.to_owned() }),
            Err(error @ NameError::TooLong { .. }) => Err(Refusal::bad("PP", error)),
        }
    }

    pub fn status(&self) -> Result<PayoutStatus, Refusal> {
        let text = self.fields.get("Status").ok_or_else(|| Refusal::bad("Status", "is missing"))?;
        self.door.read_status(text).ok_or_else(|| Refusal::bad("Status", "is not a known payout status"))
    }

    /// A payout's id. One that can't be ours is not found, like every other that is not.
    pub fn payout(&self) -> Result<PayoutId, Refusal> {
        self.optional_payout()?.ok_or_else(|| Refusal::bad("ExtPayoutID", "is missing"))
    }

    pub fn optional_payout(&self) -> Result<Option<PayoutId>, Refusal> {
        let Some(text) = self.fields.get("ExtPayoutID") else { return Ok(None) };
        PayoutId::parse(text).map(Some).ok_or(Refusal::PayoutNotFound)
    }

    pub fn optional_deposit(&self) -> Result<Option<DepositId>, Refusal> {
        let Some(text) = self.fields.get("ExtDepositID") else { return Ok(None) };
        DepositId::parse(text).map(Some).ok_or(Refusal::DepositNotFound)
    }

    /// Runs an operation as the customer's turn.
    pub async fn transact<F>(
        &self,
        pin: &str,
        wants: Wants,
        mut operation: F,
    ) -> Result<Answer, OperationError>
    where
        F: FnMut(&mut Tx<'_>, &Rules, &Caller) -> Result<Answer, OperationError> + Send + 'static,
    {
        let turn = crate::store::customers::name(&self.rules().front_end.name, pin);
        let (rules, caller) = (self.rules().clone(), self.caller.clone());
        self.store.transact(&turn, wants, move |tx| operation(tx, &rules, &caller)).await
    }

    pub async fn read<T, F>(&self, query: F) -> Result<T, OperationError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection, &Rules) -> Result<Result<T, Refusal>, StoreError> + Send + 'static,
    {
        let rules = self.rules().clone();
        Ok(self.store.read(move |connection| query(connection, &rules)).await??)
    }
}
