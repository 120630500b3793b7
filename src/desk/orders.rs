//! Orders as processors take them, made from our own rows and never from what a browser or a notice says.

use super::Desk;
use crate::domain::customer::Customer;
use crate::domain::customer::Instrument;
use crate::domain::deposit::Deposit;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::payout::Payout;
use crate::domain::processor_name::Route;
use crate::operations::capture_deposit;
use crate::operations::settle_deposit::{CANCEL, DEBIT, RELEASE};
use crate::processors::{Capture, DepositOrder, PayoutOrder, ReturnUrls, paygate, rest_gateway, sopg};
use crate::store::attempts::Attempt;
use crate::store::deposits::Managed;
use crate::store::{StoreError, customers, deposits};
use chrono::DateTime;
use std::collections::BTreeMap;

/// `automatic`, `manual`, or hours as a number.
pub fn capture(text: &str) -> Option<Capture> {
    match text {
        "automatic" => Some(Capture::Automatic),
        "manual" => Some(Capture::Manual),
        hours => hours.parse().ok().filter(|hours| (1..=696).contains(hours)).map(Capture::AfterHours),
    }
}

/// What we are on record to have begun at a processor before this call. A capture that is only now beginning is not
/// in the row we hold; one that is taken up again is, and has debited then.
fn on_record(status: DepositStatus, attempted: Option<&str>) -> Option<&'static str> {
    match (attempted, status) {
        (Some(DEBIT), _) => Some("debit"),
        (Some(CANCEL | RELEASE), _) => Some("release"),
        (Some(other), _) if capture_deposit::is_mark(other) => Some("debit"),
        (None, DepositStatus::Cancelled | DepositStatus::Declined) => Some("release"),
        (Some(_) | None, _) => None,
    }
}

/// Our reference of an attempt at its processor: what was fixed when it was first sent, or else its id in letters and
/// digits alone, which fit every processor's format.
pub fn reference_of(attempt: &Attempt) -> String {
    if attempt.reference == attempt.id.to_string() { attempt.id.bare() } else { attempt.reference.clone() }
}

/// What a charge of something stored needs, among the particulars of its deposit.
pub(super) mod stored {
    /// Who issued the instrument, and its token there.
    pub const ISSUER: &str = "instrument_issuer";
    pub const TOKEN: &str = "instrument_token";
    /// Its brand and expiry, for rooms that send them along.
    pub const BRAND: &str = "instrument_brand";
    pub const EXPIRY: &str = "instrument_expiry";
}

impl Desk {
    pub(super) fn deposit_order(
        &self,
        deposit: &Deposit,
        managed: &Managed,
        customer: &Customer,
    ) -> DepositOrder {
        let pages = format!("{}/player/{}", self.public_url, managed.token);
        let sent_at = DateTime::from_timestamp_micros(managed.created_at).unwrap_or_default().to_rfc3339();
        let mut extra = BTreeMap::from([
            (paygate::EXTRA_CREDITED_BEFORE.to_owned(), deposit.refunded.minor().to_string()),
            (paygate::EXTRA_CAPTURED_BEFORE.to_owned(), deposit.captured.minor().to_string()),
            (sopg::deposit::CAPTURED_MINOR.to_owned(), deposit.captured.minor().to_string()),
            (rest_gateway::deposits::extra::REFUNDED_MINOR.to_owned(), deposit.refunded.minor().to_string()),
            (rest_gateway::deposits::extra::SENT_AT.to_owned(), sent_at),
        ]);
        extra.extend(managed.extra.clone());
        extra.extend(managed.told.clone());
        let instrument = extra.remove(stored::ISSUER).zip(extra.remove(stored::TOKEN));
        let (brand, expiry) = (extra.remove(stored::BRAND), extra.remove(stored::EXPIRY));
        // A charge needs to know whose token it is, and some rooms what card it stands for.
        let instrument = instrument.map(|(issuer, token)| Instrument {
            issuer,
            token,
            brand: brand.unwrap_or_default(),
            expiry: expiry.unwrap_or_default(),
            masked: String::new(),
        });
        if let Some(attempted) = on_record(deposit.status, managed.attempted.as_deref()) {
            extra.insert(sopg::verdict::ATTEMPTED.to_owned(), attempted.to_owned());
        }
        DepositOrder {
            deposit: deposit.id,
            reference: managed.reference.clone(),
            processor_reference: managed.processor_reference.clone(),
            amount: deposit.amount,
            front_end: deposit.front_end.clone(),
            pin: deposit.pin.clone(),
            customer: customer.details.clone(),
            method: managed.method.clone(),
            language: managed.language.clone(),
            capture: capture(&managed.capture).unwrap_or(Capture::Automatic),
            urls: ReturnUrls {
                success: format!("{pages}/success"),
                failure: format!("{pages}/failure"),
                back: format!("{pages}/back"),
                notify: format!("{}/notify/{}", self.public_url, managed.account),
            },
            instrument,
            extra,
        }
    }

    /// The order of an attempt. Its parts are fixed: the same attempt always makes the same order.
    pub(super) async fn payout_order(
        &self,
        attempt: &Attempt,
        payout: &Payout,
    ) -> Result<PayoutOrder, StoreError> {
        let (front_end, pin) = (payout.front_end.clone(), payout.pin.clone());
        let (account, terms) = (attempt.account.clone(), attempt.terms.clone());
        let route = |route: Route| attempt.route == route.name();
        let (against_deposit, at_gateway) = (route(Route::PaygateCredit), route(Route::RestGatewayPayout));
        let to_its_card = at_gateway && payout.bank_account.is_none();
        let found = self.store.read(move |connection| {
            let Some(customer) = customers::find_now(connection, &front_end, &pin)? else { return Ok(None) };
            let instrument = match terms.instrument {
                Some(id) => customers::find_instrument(connection, id)?,
                None => None,
            };
            let deposit = match terms.deposit {
                Some(id) => deposits::find_managed(connection, id)?,
                None if to_its_card => deposits::latest_untouched(connection, customer.id, &account)?,
                None => None,
            };
            Ok(Some((customer, instrument, deposit)))
        });
        let (customer, instrument, deposit) = found
            .await?
            .ok_or_else(|| StoreError::Corrupt(format!("payout {} has no customer", payout.id)))?;
        let mut extra = BTreeMap::new();
        if attempt.inquiries > 0 {
            // It was sent before, and asked about: a refusal of this try may speak of that one.
            extra.insert(sopg::verdict::ATTEMPTED.to_owned(), "payout".to_owned());
        }
        if at_gateway {
            let notify = format!("{}/notify/{}", self.public_url, attempt.account);
            extra.insert(rest_gateway::payouts::NOTIFY_URL.to_owned(), notify);
            extra.extend(payout.bank_account.iter().flat_map(rest_gateway::payouts::to_bank_account));
        }
        if let Some((_, managed)) = deposit.as_ref().filter(|_| against_deposit) {
            extra.insert(paygate::EXTRA_DEPOSIT_TRANS_ID.to_owned(), managed.reference.clone());
            extra.insert(paygate::EXTRA_DEPOSIT_METHOD.to_owned(), managed.method.clone());
            let before = attempt.terms.credited_before.to_string();
            extra.insert(paygate::EXTRA_CREDITED_BEFORE.to_owned(), before);
        }
        Ok(PayoutOrder {
            payout: payout.id,
            attempt: attempt.id,
            request_id: attempt.request_id.clone(),
            reference: reference_of(attempt),
            // What was debited for the processor is what is paid, whatever the fee mode made of the wish.
            amount: payout.debit.amount,
            front_end: payout.front_end.clone(),
            pin: payout.pin.clone(),
            customer: customer.details,
            instrument,
            deposit_reference: deposit.and_then(|(_, managed)| managed.processor_reference),
            extra,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::AttemptId;
    use crate::domain::ids::PayoutId;
    use crate::domain::payout::attempt::AttemptState;
    use crate::store::attempts::Terms;

    #[test]
    fn an_attempt_is_found_by_any_beginning_and_has_only_one() {
        let id = AttemptId(7_654_321);
        let attempt = |reference: String| Attempt {
            id,
            payout: PayoutId(1),
            number: 1,
            route: "rest_gateway_payout".to_owned(),
            account: "rest".to_owned(),
            request_id: String::new(),
            reference,
            state: AttemptState::Unknown,
            processor_reference: None,
            code: None,
            reason: None,
            inquiries: 0,
            sent_at: None,
            not_found_at: None,
            terms: Terms::default(),
        };
        let bare = id.bare();
        assert_eq!(reference_of(&attempt(id.to_string())), bare);
        for prefix in ["", "10519-", "10519-b2-", "1234567890-backup02-"] {
            let reference = format!("{prefix}{bare}");
            assert_eq!(reference_of(&attempt(reference.clone())), reference);
            assert_eq!(AttemptId::at_end_of(&reference), Some(id), "{reference}");
        }
    }

    #[test]
    fn what_is_on_record_is_what_was_begun_before_this_call() {
        use DepositStatus::*;
        for (status, attempted, expected) in [
            (Pending, None, None),
            (Settling, Some("debit"), Some("debit")),
            (Declined, Some("debit"), Some("debit")),
            (Pending, Some("cancel"), Some("release")),
            (Declined, Some("release"), Some("release")),
            (Cancelled, None, Some("release")),
            (Declined, None, Some("release")),
            (Authorized, Some("capture 7 1000 part named"), Some("debit")),
            (Authorized, None, None),
            (Credited, None, None),
            (Pending, Some("suspense"), None),
        ] {
            assert_eq!(on_record(status, attempted), expected, "{status} {attempted:?}");
        }
    }
}
