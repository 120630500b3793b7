//! A card on file: whether it stays there after this payment, and who started the payment.

use super::values::BadValue;
use crate::processors::DepositOrder;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeMap;

/// In a deposit's `extra`: `initial` begins a series.
pub const RECURRING: &str = "recurring";
/// In a deposit's `extra`: so many days at least lie between the payments of a series.
pub const RECURRING_DAYS: &str = "recurring_days";
/// In a deposit's `extra`: the last day of a series, YYYY-MM-DD.
pub const RECURRING_UNTIL: &str = "recurring_until";
/// In a charge's `extra`, and among what a notice told: the scheme's name of the payment that began the series.
pub const SCHEME_REFERENCE: &str = "schemeReferenceID";

/// The object of 3-D Secure 2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialOnFile {
    #[serde(rename = "type")]
    pub kind: CredentialKind,
    pub initial_payment: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum CredentialKind {
    #[serde(rename_all = "camelCase")]
    Recurring { recurring_frequency: u16, recurring_expiry_date: String },
    /// `CIT` with the payer, `MIT` without.
    Unscheduled(Initiator),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Initiator {
    #[serde(rename = "CIT")]
    Payer,
    #[serde(rename = "MIT")]
    Merchant,
}

/// What is said of a payment's card, if it is or will be on file. `store` says that it was asked for by itself.
pub fn of(order: &DepositOrder, store: bool) -> Result<Option<CredentialOnFile>, BadValue> {
    let charged = order.instrument.is_some();
    let initial = order.extra.get(RECURRING).is_some_and(|text| text == "initial") || store;
    if !charged && !initial {
        return Ok(None);
    }
    let kind = match schedule(&order.extra)? {
        Some(kind) => kind,
        None if charged => CredentialKind::Unscheduled(Initiator::Merchant),
        None => CredentialKind::Unscheduled(Initiator::Payer),
    };
    Ok(Some(CredentialOnFile { kind, initial_payment: !charged }))
}

fn schedule(extra: &BTreeMap<String, String>) -> Result<Option<CredentialKind>, BadValue> {
    let (days, until) = match (extra.get(RECURRING_DAYS), extra.get(RECURRING_UNTIL)) {
        (Some(days), Some(until)) => (days, until),
        (None, None) => return Ok(None),
        _ => {
            return Err(BadValue::new(
                "credentialOnFile",
                "JSON",
                "needs both the days and the end of a series",
            ));
        }
    };
    let bad = |name, problem| BadValue::new(name, "JSON", problem);
    let frequency = days.parse().map_err(|_| bad("recurringFrequency", "is no number of days"))?;
    let date = NaiveDate::parse_from_str(until, "%Y-%m-%d");
    let date = date.map_err(|_| bad("recurringExpiryDate", "is not written YYYY-MM-DD"))?;
    Ok(Some(CredentialKind::Recurring {
        recurring_frequency: frequency,
        recurring_expiry_date: date.format("%Y-%m-%d").to_string(),
    }))
}
