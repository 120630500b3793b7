//! Opens a deposit.

use super::super::ISSUER;
use super::super::gateway::RestGateway;
use super::super::operations::inquiry::{self, By};
use super::super::operations::invoice::{InvoiceState, generate, inquire};
use super::super::operations::placed::{Placed, Step};
use super::super::operations::purchase::{self, Card, Means, Purchase};
use super::super::operations::recurring::{self, Repeated};
use super::super::operations::token_payment::{self, TokenPayment};
use super::super::status::{Standing, Taking};
use super::super::trouble::Trouble;
use super::{Way, extra, paid, return_url, taking};
use crate::domain::customer::Instrument;
use crate::domain::money::Money;
use crate::domain::outcome::DepositOutcome;
use crate::domain::remark::Remark;
use crate::processors::{Capture, DepositOrder, Opened};
use std::collections::BTreeMap;

impl RestGateway {
    pub(super) async fn open_deposit(&self, order: &DepositOrder) -> Opened {
        if let Err(trouble) = Self::check_capture(order) {
            return trouble.into();
        }
        match Way::of(order, self.client().settings()) {
            Ok(Way::Page) => self.open_page(order).await,
            Ok(Way::Method(method)) => self.open_purchase(order, Means::Other(method)).await,
            Ok(Way::Token(registration)) => self.charge_token(order, registration).await,
            Ok(Way::Series(initial)) => self.charge_series(order, initial).await,
            Err(trouble) => trouble.into(),
        }
    }

    /// Hours would have to be counted here, and nobody would be there when they are over.
    pub(super) fn check_capture(order: &DepositOrder) -> Result<(), Trouble> {
        match order.capture {
            Capture::Automatic | Capture::Manual => Ok(()),
            Capture::AfterHours(_) => {
                Err(Trouble::unfit("the gateway can't capture after hours: use manual and CaptureDeposit"))
            }
        }
    }

    /// Opens with a card typed at us; refused unless the account allows it.
    pub async fn open_with_card(&self, order: &DepositOrder, card: &Card) -> Opened {
        self.open_purchase(order, Means::Card(card)).await
    }

    /// The same, and has the gateway store the card: this answer is the only one that brings the token.
    pub async fn open_and_store_card(
        &self,
        order: &DepositOrder,
        card: &Card,
    ) -> (Opened, Option<Instrument>) {
        let wish = Purchase { store_card: true, ..self.purchase(order, Means::Card(card)) };
        let placed = purchase::send(self.client(), &wish).await;
        let token = placed.as_ref().ok().and_then(|placed| placed.registration.clone());
        let instrument = token.map(|token| Instrument {
            issuer: ISSUER.to_owned(),
            token,
            brand: card.brand.clone(),
            expiry: card.expiry(),
            masked: card.masked(),
        });
        (self.placed(order, placed).await, instrument)
    }

    async fn open_purchase(&self, order: &DepositOrder, means: Means<'_>) -> Opened {
        let placed = purchase::send(self.client(), &self.purchase(order, means)).await;
        self.placed(order, placed).await
    }

    fn purchase<'a>(&self, order: &'a DepositOrder, means: Means<'a>) -> Purchase<'a> {
        Purchase {
            reference: &order.reference,
            amount: order.amount,
            taking: taking(order),
            means,
            customer: &order.customer,
            return_url: return_url(order),
            notify_url: &order.urls.notify,
            begins_series: begins_series(order),
            store_card: false,
            more: &order.extra,
        }
    }

    async fn placed(&self, order: &DepositOrder, placed: Result<Placed, Trouble>) -> Opened {
        match placed {
            Ok(placed) => opened(placed, order),
            Err(Trouble::Rejected { code, reason }) if code != "unfit" => {
                self.after_rejection(order, code, reason).await
            }
            Err(trouble) => trouble.into(),
        }
    }

    /// A rejection says nothing about an earlier try under the same reference, so it is looked up before it counts.
    async fn after_rejection(&self, order: &DepositOrder, code: String, reason: String) -> Opened {
        match inquiry::send(self.client(), By::Reference(&order.reference), taking(order)).await {
            Ok(None) => Opened::Refused { code, reason },
            Ok(Some(payment)) => Opened::Decided(self.outcome(payment, order).await),
            Err(trouble) => Opened::Unknown { cause: format!("rejected ({code}), but {trouble}") },
        }
    }

    async fn charge_token(&self, order: &DepositOrder, registration: &str) -> Opened {
        let wish = TokenPayment {
            registration,
            amount: order.amount,
            taking: taking(order),
            return_url: return_url(order),
            notify_url: &order.urls.notify,
            customer_ip: order.customer.ip_address.as_deref(),
            begins_series: begins_series(order),
        };
        match token_payment::send(self.client(), &wish).await {
            Ok(placed) => opened(placed, order),
            Err(trouble) => trouble.into(),
        }
    }

    async fn charge_series(&self, order: &DepositOrder, initial: &str) -> Opened {
        let wish =
            Repeated { initial, amount: order.amount, taking: taking(order), return_url: return_url(order) };
        let placed = match recurring::send(self.client(), &wish).await {
            Ok(placed) => placed,
            Err(trouble) => return trouble.into(),
        };
        match placed.step {
            // The answer of a series' charge tells success only by its code, so the payment itself is asked.
            Step::Pending => {
                match inquiry::send(self.client(), By::Payment(&placed.payment), taking(order)).await {
                    Ok(Some(payment)) if payment.standing == Standing::Pending => {
                        Opened::Pending { reference: payment.id }
                    }
                    Ok(Some(payment)) => Opened::Decided(self.outcome(payment, order).await),
                    // It was made and has a number; what became of it is asked later.
                    Ok(None) | Err(_) => Opened::Pending { reference: placed.payment },
                }
            }
            Step::Redirect(_) | Step::Done { .. } | Step::Declined { .. } => opened(placed, order),
        }
    }

    async fn open_page(&self, order: &DepositOrder) -> Opened {
        if taking(order) == Taking::Later {
            return Trouble::unfit("the gateway's payment page takes the money at once").into();
        }
        let wish = generate::NewInvoice {
            reference: &order.reference,
            amount: order.amount,
            return_url: return_url(order),
            customer: &order.customer,
            description: order.extra.get("orderDescriptor").map(String::as_str),
        };
        match generate::send(self.client(), &wish).await {
            Ok(generated) => page(generated.link, generated.id),
            Err(Trouble::Rejected { code, reason }) if code != "unfit" => {
                match inquire::send(self.client(), &order.reference, None).await {
                    Ok(Some(invoice)) => match (invoice.state, invoice.link) {
                        (InvoiceState::Open, Some(url)) => page(url, invoice.id),
                        (_, _) => Opened::Unknown { cause: "the invoice was made before".to_owned() },
                    },
                    Ok(None) => Opened::Refused { code, reason },
                    Err(trouble) => Opened::Unknown { cause: format!("rejected ({code}), but {trouble}") },
                }
            }
            Err(trouble) => trouble.into(),
        }
    }
}

/// The invoice's number is no payment's, so there is no reference yet; one of two formulas asks by it.
fn page(url: String, invoice: String) -> Opened {
    let told = BTreeMap::from([(extra::INVOICE.to_owned(), invoice)]);
    Opened::Redirect { url, reference: None, told }
}

fn begins_series(order: &DepositOrder) -> bool {
    order.extra.get(extra::RECURRING).is_some_and(|kind| kind == "initial")
}

fn opened(placed: Placed, order: &DepositOrder) -> Opened {
    let reference = placed.payment;
    match placed.step {
        Step::Redirect(redirect) if redirect.post => {
            Opened::Form { action: redirect.url, fields: redirect.parameters, reference: Some(reference) }
        }
        Step::Redirect(redirect) => match redirect.as_link() {
            Some(url) => Opened::Redirect { url, reference: Some(reference), told: BTreeMap::new() },
            None => Opened::Unknown { cause: "the redirect is no web address".to_owned() },
        },
        Step::Done { amount } => Opened::Decided(done(reference, amount.unwrap_or(order.amount), order)),
        Step::Declined { code, reason } => Opened::Decided(DepositOutcome::Failed { code, reason }),
        Step::Pending => Opened::Pending { reference },
    }
}

fn done(reference: String, told: Money, order: &DepositOrder) -> DepositOutcome {
    match taking(order) {
        Taking::AtOnce => paid(reference, told),
        Taking::Later if told == order.amount => DepositOutcome::Authorized { reference },
        Taking::Later => super::unknown(Remark::AuthorisedOtherwise),
    }
}
