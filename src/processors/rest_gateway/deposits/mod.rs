//! Deposits at the gateway: opened, asked about, completed.
//!
//! How an order is paid follows from the order: a charge of a series, a stored token, one of the configured methods,
//! or else the gateway's own payment page (an invoice). Lives here: that choice and what the answers mean for a
//! deposit. Does not: the requests (`operations`), and writing anything down.

mod amend;
mod locate;
mod open;
mod refund;

use super::gateway::RestGateway;
use super::operations::inquiry::Payment;
use super::operations::purchase::Card;
use super::operations::transactions;
use super::settings::{Method, Settings};
use super::status::{Standing, Taking};
use super::trouble::Trouble;
use crate::domain::customer::Instrument;
use crate::domain::money::Money;
use crate::domain::outcome::{DepositOutcome, Outcome};
use crate::domain::remark::Remark;
use crate::processors::{Capture, DepositOrder, DepositProcessor, Opened, TypedCard};
use async_trait::async_trait;

/// What an order may say in its `extra`, besides fields under the gateway's own names (`deviceDetails.user_Agent`).
pub mod extra {
    /// The payment id of a series' first payment: this order is a further charge of that series.
    pub const INITIAL_PAYMENT: &str = "initial_payment";
    /// The gateway's own number of the order's invoice, as it told when it made it.
    pub const INVOICE: &str = "invoice";
    /// `initial`: this order is the first payment of a series.
    pub const RECURRING: &str = "recurring";
    /// When the order was first sent (RFC 3339). Without it a lost charge is never taken for not made.
    pub const SENT_AT: &str = "sent_at";
    /// Payment ids, separated by commas, that belong to other charges of the same amount.
    pub const OTHER_PAYMENTS: &str = "other_payments";
    /// What earlier refunds of this deposit gave back, in minor units.
    pub const REFUNDED_MINOR: &str = "refunded_minor";
    /// When an earlier try of this refund ended without an answer (RFC 3339). Inside one process it is remembered.
    pub const REFUND_LOST_AT: &str = "refund_lost_at";
}

/// How an order is paid.
enum Way<'a> {
    /// The gateway's payment page behind an invoice's link.
    Page,
    Method(&'a Method),
    Token(&'a str),
    /// A further charge of the series that this payment began.
    Series(&'a str),
}

impl<'a> Way<'a> {
    fn of(order: &'a DepositOrder, settings: &'a Settings) -> Result<Way<'a>, Trouble> {
        if let Some(initial) = order.extra.get(extra::INITIAL_PAYMENT) {
            return Ok(Way::Series(initial));
        }
        if let Some(instrument) = &order.instrument {
            if instrument.issuer != super::ISSUER {
                return Err(Trouble::unfit("the stored instrument is another processor's"));
            }
            return Ok(Way::Token(&instrument.token));
        }
        if let Some(method) = settings.methods.get(&order.method) {
            return Ok(Way::Method(method));
        }
        match order.method.as_str() {
            "card" | "invoice" => Ok(Way::Page),
            other => Err(Trouble::unfit(format!("the payment method {other} is not configured"))),
        }
    }
}

fn taking(order: &DepositOrder) -> Taking {
    match order.capture {
        Capture::Automatic => Taking::AtOnce,
        // Hours are counted by whoever holds the order; the gateway only knows "reserve" and "take".
        Capture::Manual | Capture::AfterHours(_) => Taking::Later,
    }
}

/// The one address the gateway returns to, whatever happened; the page behind it asks before it shows anything.
fn return_url(order: &DepositOrder) -> &str {
    &order.urls.success
}

impl RestGateway {
    /// What a payment's standing means for the deposit.
    async fn outcome(&self, payment: Payment, order: &DepositOrder) -> DepositOutcome {
        let failed = |code: &str, reason: &str| DepositOutcome::Failed {
            code: code.to_owned(),
            reason: reason.to_owned(),
        };
        match payment.standing {
            Standing::Pending => DepositOutcome::Open { cause: payment.word },
            Standing::Authorized if payment.amount == order.amount => {
                DepositOutcome::Authorized { reference: payment.id }
            }
            Standing::Authorized => unknown(Remark::AuthorisedOtherwise),
            Standing::Captured => match self.captured(&payment, order).await {
                Ok(captured) => paid(payment.id, captured),
                Err(trouble) => trouble.into(),
            },
            Standing::Failed => DepositOutcome::Failed { code: payment.code, reason: payment.reason },
            Standing::Cancelled => failed("cancelled", "the payment was cancelled"),
            Standing::RefundPending => DepositOutcome::Open { cause: Remark::RefundUnderWay.into() },
            Standing::Refunded => match (self.captured(&payment, order).await, payment.refunded) {
                (Ok(captured), Some(refunded)) if refunded.minor() < captured.minor() => {
                    paid(payment.id, captured)
                }
                (Ok(_), _) => failed("refunded", Remark::RefundedWhole.text()),
                (Err(trouble), _) => trouble.into(),
            },
            Standing::ChargedBack => DepositOutcome::ChargedBack { reference: payment.id },
            Standing::PayoutPending | Standing::PayoutDone | Standing::PayoutFailed => {
                unknown(Remark::IsPayout)
            }
            Standing::Unknown => {
                DepositOutcome::Unknown { cause: format!("the status {} is not known", payment.word) }
            }
        }
    }

    /// An inquiry tells the original amount even after a partial capture; only the list tells what was captured.
    async fn captured(&self, payment: &Payment, order: &DepositOrder) -> Result<Money, Trouble> {
        if taking(order) == Taking::AtOnce {
            return Ok(payment.amount);
        }
        let rows = transactions::page(self.client(), None, Some(&payment.id), 1).await?;
        let row = rows.into_iter().find(|row| row.payment == payment.id);
        let captured = row.and_then(|row| row.captured);
        captured.ok_or_else(|| Trouble::Unknown("the list does not tell the captured amount".to_owned()))
    }
}

fn paid(reference: String, money: Money) -> DepositOutcome {
    DepositOutcome::Paid { reference, minor: money.minor(), currency: money.currency().code().to_owned() }
}

fn unknown(cause: Remark) -> DepositOutcome {
    DepositOutcome::Unknown { cause: cause.into() }
}

#[async_trait]
impl DepositProcessor for RestGateway {
    fn reference_prefix(&self) -> String {
        self.client().settings().reference_prefix()
    }

    fn takes_cards(&self) -> bool {
        self.client().settings().allow_pan
    }

    fn makes_invoices(&self) -> bool {
        self.client().settings().invoice_base_url.is_some()
    }

    fn charges(&self) -> Option<&'static str> {
        Some(super::ISSUER)
    }

    async fn open(&self, order: &DepositOrder) -> Opened {
        self.open_deposit(order).await
    }

    async fn open_with_card(&self, order: &DepositOrder, typed: &TypedCard) -> (Opened, Option<Instrument>) {
        if let Err(trouble) = Self::check_capture(order) {
            return (trouble.into(), None);
        }
        let card = Card {
            number: typed.number.clone(),
            month: typed.month,
            year: typed.year,
            code: typed.code.clone(),
            holder: typed.holder.clone(),
            brand: typed.brand.clone(),
        };
        match typed.store {
            true => self.open_and_store_card(order, &card).await,
            false => (RestGateway::open_with_card(self, order, &card).await, None),
        }
    }

    /// The gateway's check for a repeated name is not atomic: of two payments at once both may pass.
    fn opening_lingers(&self) -> std::time::Duration {
        self.client().settings().payment_timeout()
    }

    async fn settle(&self, order: &DepositOrder) -> DepositOutcome {
        self.settle_deposit(order).await
    }

    async fn capture(&self, order: &DepositOrder, amount: Money, last: bool) -> DepositOutcome {
        self.capture_deposit(order, amount, last).await
    }

    async fn cancel(&self, order: &DepositOrder) -> DepositOutcome {
        self.cancel_deposit(order).await
    }

    async fn refund(&self, order: &DepositOrder, amount: Money, _refund: &str) -> Outcome {
        self.refund_deposit(order, amount).await
    }
}
