//! Finds a deposit at the gateway, by whatever name it has there, and says where it stands.

use super::super::gateway::RestGateway;
use super::super::operations::inquiry::{self, By, Payment};
use super::super::operations::invoice::{Invoice, InvoiceState, inquire};
use super::super::operations::transactions::{self, Lost, Search};
use super::super::status::Standing;
use super::super::trouble::Trouble;
use super::{Way, extra, taking};
use crate::domain::customer::Instrument;
use crate::domain::outcome::DepositOutcome;
use crate::domain::remark::Remark;
use crate::processors::DepositOrder;
use chrono::{DateTime, Duration, Utc};

/// A purchase that was sent less than this ago is not called "not found": the gateway may be slow to write it down.
const STILL_ON_ITS_WAY: Duration = Duration::seconds(120);

/// A time out of an order's `extra`.
pub(super) fn time(order: &DepositOrder, name: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(order.extra.get(name)?).ok()?;
    Some(time.with_timezone(&Utc))
}

pub(super) enum Located {
    Payment(Payment),
    /// An invoice that no payment belongs to yet.
    Invoice(Invoice),
    Nothing,
}

impl RestGateway {
    pub(super) async fn settle_deposit(&self, order: &DepositOrder) -> DepositOutcome {
        match self.locate(order).await {
            Ok(Located::Payment(payment)) => self.outcome(payment, order).await,
            Ok(Located::Invoice(invoice)) => unpaid(&invoice),
            Ok(Located::Nothing) if self.may_still_arrive(order) => super::unknown(Remark::MayStillArrive),
            Ok(Located::Nothing) => DepositOutcome::NotFound,
            Err(trouble) => trouble.into(),
        }
    }

    fn may_still_arrive(&self, order: &DepositOrder) -> bool {
        let now = self.client().clock().now();
        time(order, extra::SENT_AT).is_some_and(|sent| now - sent < STILL_ON_ITS_WAY)
    }

    pub(super) fn patience(&self) -> Duration {
        Duration::minutes(self.client().settings().settle_minutes.into())
    }

    pub(super) async fn locate(&self, order: &DepositOrder) -> Result<Located, Trouble> {
        let way = Way::of(order, self.client().settings())?;
        let payment = match (&order.processor_reference, &way) {
            (Some(id), _) => Some(self.known(id, order, &way).await?),
            (None, Way::Page) => return self.page(order).await,
            (None, Way::Method(_)) => self.by_reference(order).await?,
            (None, Way::Token(_)) => self.charge(order, None).await?,
            (None, Way::Series(initial)) => self.charge(order, Some(initial)).await?,
        };
        Ok(payment.map_or(Located::Nothing, Located::Payment))
    }

    async fn by_reference(&self, order: &DepositOrder) -> Result<Option<Payment>, Trouble> {
        inquiry::send(self.client(), By::Reference(&order.reference), taking(order)).await
    }

    /// A payment whose id we hold can't be "not found": then something is wrong, and nothing is concluded.
    async fn known(&self, id: &str, order: &DepositOrder, way: &Way<'_>) -> Result<Payment, Trouble> {
        let found = inquiry::send(self.client(), By::Payment(id), taking(order)).await?;
        let payment = found.ok_or_else(|| Trouble::Unknown(format!("payment {id} is not found")))?;
        let ours = match way {
            Way::Method(_) => payment.reference == order.reference,
            // Named by the gateway itself; whoever gave us the id had it from the gateway.
            Way::Page | Way::Token(_) => true,
            Way::Series(initial) => payment.reference.starts_with(&format!("{initial}_")),
        };
        if ours { Ok(payment) } else { Err(Trouble::Unknown(format!("payment {id} is not this order's"))) }
    }

    /// On the page a customer may fail with one card and pay with the next, so a failed payment ends nothing while
    /// its invoice is open. A card typed at us has the same method and no invoice.
    async fn page(&self, order: &DepositOrder) -> Result<Located, Trouble> {
        let payment = self.by_reference(order).await?;
        if let Some(payment) = payment.as_ref().filter(|payment| payment.standing != Standing::Failed) {
            return Ok(Located::Payment(payment.clone()));
        }
        if self.client().settings().invoice_base_url.is_some() {
            let invoice = order.extra.get(extra::INVOICE).map(String::as_str);
            let invoice = inquire::send(self.client(), &order.reference, invoice).await?;
            if let Some(invoice) = invoice {
                return match &invoice.payment {
                    Some(id) if invoice.state == InvoiceState::Paid => {
                        Ok(Located::Payment(self.known(id, order, &Way::Page).await?))
                    }
                    Some(_) | None => Ok(Located::Invoice(invoice)),
                };
            }
        }
        Ok(payment.map_or(Located::Nothing, Located::Payment))
    }

    /// A charge that the gateway named itself: searched in the list, and only after a while taken for not made.
    async fn charge(&self, order: &DepositOrder, initial: Option<&str>) -> Result<Option<Payment>, Trouble> {
        let now = self.client().clock().now();
        let sent = time(order, extra::SENT_AT);
        let others = order.extra.get(extra::OTHER_PAYMENTS).map(String::as_str).unwrap_or_default();
        let known: Vec<&str> = others.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
        // A series belongs to one customer, whose card may have been replaced by his bank meanwhile.
        let end = order.instrument.as_ref().filter(|_| initial.is_none()).and_then(end_of_number);
        let lost = Lost {
            initial,
            amount: order.amount,
            sent,
            within: self.client().settings().longest_charge(),
            patience: self.patience(),
            last_four: end,
            known: &known,
        };
        match transactions::find(self.client(), &lost).await? {
            Search::One(listed) => {
                inquiry::send(self.client(), By::Payment(&listed.payment), taking(order)).await
            }
            Search::Several => Err(Trouble::Unknown("several charges look like this one".to_owned())),
            Search::None => {
                let patience = self.patience();
                match sent {
                    Some(sent) if now - sent >= patience => Ok(None),
                    Some(_) => Err(Trouble::Unknown("the charge is not listed yet".to_owned())),
                    None => Err(Trouble::Unknown("the charge is not listed".to_owned())),
                }
            }
        }
    }
}

/// The last four digits of what is stored, where they are known.
fn end_of_number(instrument: &Instrument) -> Option<&str> {
    let masked = &instrument.masked;
    let end = masked.get(masked.len().checked_sub(4)?..)?;
    end.bytes().all(|b| b.is_ascii_digit()).then_some(end)
}

fn unpaid(invoice: &Invoice) -> DepositOutcome {
    let failed = |code: &str, reason: &str| DepositOutcome::Failed {
        code: code.to_owned(),
        reason: reason.to_owned(),
    };
    match invoice.state {
        InvoiceState::Open => DepositOutcome::Open { cause: Remark::InvoiceUnpaid.into() },
        InvoiceState::Cancelled => failed("cancelled", "the invoice was cancelled"),
        InvoiceState::Expired => failed("expired", "the invoice was not paid in time"),
        InvoiceState::Paid => super::unknown(Remark::InvoicePaidByNothing),
        InvoiceState::Replaced => super::unknown(Remark::InvoiceReplaced),
        InvoiceState::Unknown => super::unknown(Remark::InvoiceStatusUnknown),
    }
}
