//! Deposits: what an inquiry says of one, and the last calls that some of them need.

use super::capture::{self, Part};
use super::client::Client;
use super::codes::Status;
use super::inquire::{self, Found, LastStep, Payment};
use super::{EXTRA_CAPTURED_BEFORE, authorize};
use crate::domain::outcome::DepositOutcome;
use crate::domain::remark::Remark;
use crate::processors::{Capture, DepositOrder};

/// Asks, and completes what was agreed but not authorised (`TxType=Order`) or not captured (TWINT).
pub async fn settle(client: &Client, order: &DepositOrder) -> DepositOutcome {
    let payment = match ask(client, order).await {
        Found::Payment(payment) => payment,
        Found::NotFound => return DepositOutcome::NotFound,
        Found::Unknown(cause) => return DepositOutcome::Unknown { cause },
    };
    let agreed = matches!(payment.last_status, Status::Ok | Status::AuthorizeRequest | Status::Authorized);
    if client.settings().page.order && is_card(order) && payment.last_step() == LastStep::None && agreed {
        let outcome = authorize::send(client, order, &payment).await;
        let refused = matches!(outcome, DepositOutcome::Failed { .. });
        if !refused && !matches!(outcome, DepositOutcome::Open { .. }) {
            return outcome;
        }
        return match ask(client, order).await {
            // A refusal is believed only if nothing was authorised all the same.
            Found::Payment(payment) if refused && payment.last_step() == LastStep::None => outcome,
            Found::Payment(payment) => read(&payment, order),
            Found::NotFound => DepositOutcome::Unknown { cause: Remark::AgreedUnknown.into() },
            Found::Unknown(cause) => DepositOutcome::Unknown { cause },
        };
    }
    let ours_to_capture = order.method == "twint" && !client.settings().twint.sale;
    if ours_to_capture
        && order.capture == Capture::Automatic
        && payment.last_step() == LastStep::Authorization
    {
        let not_captured =
            |code, reason| DepositOutcome::NotCaptured { reference: payment.pay_id.clone(), code, reason };
        if payment.authorized < order.amount.minor() {
            // We credit what was asked for or nothing, so nothing is taken.
            return not_captured("LESS".to_owned(), AUTHORISED_FOR_LESS.into());
        }
        let part = Part {
            trans_id: &order.reference,
            pay_id: Some(&payment.pay_id),
            amount: order.amount,
            before: 0,
            last: true,
            extra: &order.extra,
        };
        return match capture::send(client, &part).await {
            DepositOutcome::Failed { code, reason } => not_captured(code, reason),
            outcome => outcome,
        };
    }
    read(&payment, order)
}

const AUTHORISED_FOR_LESS: Remark = Remark::AuthorisedForLess;

/// A refusal is believed only if the platform does not say otherwise when it is asked.
pub async fn refused(client: &Client, order: &DepositOrder, code: String, reason: String) -> DepositOutcome {
    match ask(client, order).await {
        Found::NotFound => DepositOutcome::Failed { code, reason },
        Found::Unknown(cause) => DepositOutcome::Unknown { cause },
        Found::Payment(payment) => match read(&payment, order) {
            DepositOutcome::Failed { .. } => DepositOutcome::Failed { code, reason },
            other => other,
        },
    }
}

pub async fn ask(client: &Client, order: &DepositOrder) -> Found {
    let pay_id = order.processor_reference.as_deref();
    inquire::ask(client, &order.reference, pay_id, order.amount.currency()).await
}

/// The sum of the parts that our books say were captured before.
pub fn captured_before(order: &DepositOrder) -> i64 {
    order.extra.get(EXTRA_CAPTURED_BEFORE).and_then(|text| text.parse().ok()).unwrap_or(0)
}

pub fn is_card(order: &DepositOrder) -> bool {
    matches!(order.method.as_str(), "card" | super::TERMINAL)
}

fn read(payment: &Payment, order: &DepositOrder) -> DepositOutcome {
    match payment.last_step() {
        // Credits are booked where they are made; here the question is what came in.
        LastStep::Credit | LastStep::Capture if payment.captured > 0 => DepositOutcome::Paid {
            reference: payment.pay_id.clone(),
            minor: payment.captured,
            currency: order.amount.currency().code().to_owned(),
        },
        LastStep::Credit | LastStep::Capture => {
            DepositOutcome::Unknown { cause: Remark::CreditedUncaptured.into() }
        }
        LastStep::Authorization if order.capture == Capture::Automatic && is_card(order) => {
            DepositOutcome::Open { cause: Remark::CapturedByItself.into() }
        }
        // Prepaid cards may be, where the merchant has that activated: no more than that can be captured.
        LastStep::Authorization if payment.authorized < order.amount.minor() => {
            DepositOutcome::AuthorizedLess { reference: payment.pay_id.clone(), minor: payment.authorized }
        }
        LastStep::Authorization => DepositOutcome::Authorized { reference: payment.pay_id.clone() },
        LastStep::None => match payment.last_status {
            Status::Failed => DepositOutcome::Failed {
                code: "FAILED".to_owned(),
                reason: Remark::PaymentFailedThere.into(),
            },
            // Of a charge without the customer: nobody was shown the way to the bank, so nobody can go it.
            Status::AuthenticationRequest if order.instrument.is_some() => DepositOutcome::Failed {
                code: "AUTHENTICATION".to_owned(),
                reason: Remark::BankAsksCustomer.into(),
            },
            Status::Ok
            | Status::Authorized
            | Status::Pending
            | Status::AuthenticationRequest
            | Status::AuthorizeRequest
            | Status::Absent
            | Status::Other => DepositOutcome::Open { cause: Remark::CustomerUnfinished.into() },
        },
    }
}
