//! The room's doors: payouts, deposits and notices of one Paygate account.

use super::client::Client;
use super::credit::Credit;
use super::settings::{Settings, SettingsError};
use super::values::reference;
use super::{EXTRA_CREDITED_BEFORE, EXTRA_DEPOSIT_METHOD, EXTRA_DEPOSIT_TRANS_ID, NOT_SENDABLE};
use super::{ROOM, TERMINAL, TOLD_XID, capture, credit, creditex, deposit, first_version, hosted_page};
use super::{paynow, reverse, server_payment, twint};
use crate::clock::{Clock, Entropy};
use crate::domain::customer::Instrument;
use crate::domain::money::Money;
use crate::domain::outcome::{DepositOutcome, Outcome};
use crate::processors::{
    DepositOrder, DepositProcessor, GivenUp, Health, Opened, PayoutOrder, PayoutProcessor, TypedCard,
};
use async_trait::async_trait;
use secrecy::SecretString;
use std::time::Duration;

/// One merchant account.
#[derive(Clone)]
pub struct Paygate {
    client: Client,
}

impl Paygate {
    pub fn new(settings: Settings, clock: Clock, entropy: Entropy) -> Result<Paygate, SettingsError> {
        Ok(Paygate { client: Client::new(settings, clock, entropy)? })
    }

    pub fn client(&self) -> &Client {
        &self.client
    }
}

/// A payout against an earlier deposit, which needs that deposit's PayID and TransID.
fn credit_of(order: &PayoutOrder) -> Option<Result<Credit<'_>, Outcome>> {
    let pay_id = order.deposit_reference.as_deref()?;
    let Some(trans_id) = order.extra.get(EXTRA_DEPOSIT_TRANS_ID) else {
        let reason = format!("{EXTRA_DEPOSIT_TRANS_ID} is missing: a credit names the payment's own TransID");
        return Some(Err(Outcome::Declined { code: NOT_SENDABLE.to_owned(), reason }));
    };
    Some(Ok(Credit {
        pay_id,
        trans_id,
        req_id: &order.request_id,
        amount: order.amount,
        before: minor(order.extra.get(EXTRA_CREDITED_BEFORE)),
        twint: order.extra.get(EXTRA_DEPOSIT_METHOD).is_some_and(|method| method == "twint"),
        customer: &order.customer,
        pin: &order.pin,
        extra: &order.extra,
    }))
}

fn minor(text: Option<&String>) -> i64 {
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[async_trait]
impl PayoutProcessor for Paygate {
    async fn send(&self, order: &PayoutOrder) -> Outcome {
        match credit_of(order) {
            None => creditex::send(&self.client, order).await,
            Some(Ok(credit)) => credit::send(&self.client, &credit).await,
            Some(Err(outcome)) => outcome,
        }
    }

    async fn inquire(&self, order: &PayoutOrder) -> Outcome {
        match credit_of(order) {
            None => creditex::inquire(&self.client, order).await,
            Some(Ok(credit)) => credit::inquire(&self.client, &credit).await,
            Some(Err(outcome)) => outcome,
        }
    }

    fn health(&self) -> Option<Health> {
        Some(self.client.line().health())
    }
}

#[async_trait]
impl DepositProcessor for Paygate {
    fn takes_cards(&self) -> bool {
        self.client.settings().allow_pan
    }

    fn particulars(&self) -> &'static [&'static str] {
        hosted_page::PARTICULARS
    }

    fn names_charges(&self) -> bool {
        true
    }

    fn charges(&self) -> Option<&'static str> {
        self.client.settings().charge_stored.then_some(ROOM)
    }

    async fn open_with_card(&self, order: &DepositOrder, card: &TypedCard) -> (Opened, Option<Instrument>) {
        (server_payment::typed(&self.client, order, card).await, None)
    }

    /// Only 3-D Secure 1 has its answer brought by the browser. Whatever the platform says to it, an inquiry decides.
    async fn bank_answered(&self, order: &DepositOrder, answer: &SecretString) -> DepositOutcome {
        first_version::bank_answered(&self.client, order, answer).await
    }

    async fn waits_for_the_bank(&self, order: &DepositOrder) -> bool {
        first_version::waits(&self.client, order).await
    }

    async fn open(&self, order: &DepositOrder) -> Opened {
        if let Some(instrument) = &order.instrument {
            return server_payment::charge(&self.client, order, instrument).await;
        }
        let opened = match order.method.as_str() {
            "card" if self.client.settings().page.paynow => paynow::open(&self.client, order),
            "card" => hosted_page::open(&self.client, order),
            "twint" => twint::open(&self.client, order),
            TERMINAL => {
                let reason = "a payment at a terminal needs the card that was read there".to_owned();
                return Opened::Refused { code: NOT_SENDABLE.to_owned(), reason };
            }
            _ => {
                let reason = "Paygate knows the methods card, terminal and twint".to_owned();
                return Opened::Refused { code: NOT_SENDABLE.to_owned(), reason };
            }
        };
        opened
            .unwrap_or_else(|bad| Opened::Refused { code: NOT_SENDABLE.to_owned(), reason: bad.to_string() })
    }

    async fn settle(&self, order: &DepositOrder) -> DepositOutcome {
        deposit::settle(&self.client, order).await
    }

    /// The platform carries a repeated ReqID out again while the first is open.
    fn lingers(&self) -> Duration {
        Duration::from_millis(self.client.settings().limits.read_timeout_ms)
    }

    async fn capture(&self, order: &DepositOrder, amount: Money, last: bool) -> DepositOutcome {
        let part = capture::Part {
            trans_id: &order.reference,
            pay_id: order.processor_reference.as_deref(),
            amount,
            before: deposit::captured_before(order),
            last,
            extra: &order.extra,
        };
        capture::send(&self.client, &part).await
    }

    async fn cancel(&self, order: &DepositOrder) -> DepositOutcome {
        match self.give_up(order).await {
            GivenUp::Outcome(outcome) | GivenUp::StillPayable(outcome) => outcome,
            GivenUp::Refused { reference, .. } => DepositOutcome::Authorized { reference },
        }
    }

    async fn give_up(&self, order: &DepositOrder) -> GivenUp {
        let pay_id = order.processor_reference.as_deref();
        let terminal = order.extra.get(TOLD_XID).filter(|_| order.method == TERMINAL);
        let held = reverse::Held { trans_id: &order.reference, pay_id, amount: order.amount };
        reverse::authorization(&self.client, &held, terminal.map(String::as_str)).await
    }

    /// Asks first, so that a refund whose answer got lost is recognised when it is asked for again.
    async fn refund(&self, order: &DepositOrder, amount: Money, refund: &str) -> Outcome {
        let req_id = reference::req_id(&["refund", &order.reference, refund]);
        let credit = match refund_of(order, amount, &req_id) {
            Ok(credit) => credit,
            Err(outcome) => return outcome,
        };
        match credit::inquire(&self.client, &credit).await {
            Outcome::NotFound => credit::send(&self.client, &credit).await,
            known => known,
        }
    }

    /// "Not found" right after a lost answer proves nothing: the credit may be on its way. Whoever asks waits.
    async fn inquire_refund(&self, order: &DepositOrder, amount: Money, refund: &str) -> Outcome {
        let req_id = reference::req_id(&["refund", &order.reference, refund]);
        match refund_of(order, amount, &req_id) {
            Ok(credit) => credit::inquire(&self.client, &credit).await,
            Err(outcome) => outcome,
        }
    }
}

/// A refund as a credit of its deposit.
fn refund_of<'a>(order: &'a DepositOrder, amount: Money, req_id: &'a str) -> Result<Credit<'a>, Outcome> {
    let Some(pay_id) = order.processor_reference.as_deref() else {
        let reason = "the deposit has no PayID yet".to_owned();
        return Err(Outcome::Declined { code: NOT_SENDABLE.to_owned(), reason });
    };
    Ok(Credit {
        pay_id,
        trans_id: &order.reference,
        req_id,
        amount,
        before: minor(order.extra.get(EXTRA_CREDITED_BEFORE)),
        twint: order.method == "twint",
        customer: &order.customer,
        pin: &order.pin,
        extra: &order.extra,
    })
}
