//! Invoices: the gateway's own payment page, reached by a link.

pub mod cancel;
pub mod generate;
pub mod inquire;
pub mod regenerate;
pub mod remind;

use super::super::codec::answer::Node;
use super::super::trouble::Trouble;
use super::{is_number, payment_id};

/// Where an invoice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvoiceState {
    /// Made, mailed or sent by text message: it can be paid.
    Open,
    Paid,
    Cancelled,
    Replaced,
    Expired,
    Unknown,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Invoice {
    /// The gateway's number, for later calls.
    pub id: String,
    /// Ours.
    pub reference: String,
    pub state: InvoiceState,
    /// The payment that paid it.
    pub payment: Option<String>,
    /// The payment page, where the answer repeats it.
    pub link: Option<String>,
}

impl std::fmt::Debug for Invoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Invoice({} {:?}, payment {:?})", self.id, self.state, self.payment)
    }
}

/// Generated or regenerated: the customer pays at `link`.
#[derive(Clone, PartialEq, Eq)]
pub struct Generated {
    pub id: String,
    pub link: String,
}

/// Whoever has the link may pay, and sees the customer's name.
impl std::fmt::Debug for Generated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Generated(invoice {})", self.id)
    }
}

fn generated(answer: &Node) -> Result<Generated, Trouble> {
    let unreadable = || Trouble::Unknown("an invoice without a number or a link".to_owned());
    let id = invoice_id(answer).ok_or_else(unreadable)?;
    Ok(Generated { id, link: link(answer).ok_or_else(unreadable)? })
}

/// It becomes a link in a customer's browser, so only web addresses count.
fn link(answer: &Node) -> Option<String> {
    let link = answer.text("invoiceDetails.transactionUrl")?;
    let web = reqwest::Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    web.then(|| link.to_owned())
}

fn invoice_id(answer: &Node) -> Option<String> {
    let names = ["invoiceDetails.systemInvoiceId", "invoiceDetails.invoiceId"];
    let id = names.into_iter().find_map(|name| answer.text(name))?;
    is_number(id).then(|| id.to_owned())
}

fn invoice(answer: &Node) -> Result<Invoice, Trouble> {
    let details = answer.find("invoiceDetails");
    let details = details.ok_or_else(|| Trouble::Unknown("an answer without an invoice".to_owned()))?;
    let state = match details.text("invoiceStatus").unwrap_or_default().to_ascii_lowercase().as_str() {
        "generated" | "mailsent" | "smssent" => InvoiceState::Open,
        "processed" => InvoiceState::Paid,
        "cancelled" => InvoiceState::Cancelled,
        "regenerated" => InvoiceState::Replaced,
        "expired" => InvoiceState::Expired,
        _ => InvoiceState::Unknown,
    };
    let reference = details.text("merchantInvoiceId").or_else(|| details.text("merchantOrderId"));
    let inner = details.text("transactionDetails.systemPaymentId").filter(|id| is_number(id));
    Ok(Invoice {
        id: invoice_id(answer).ok_or_else(|| Trouble::Unknown("an invoice without a number".to_owned()))?,
        reference: reference.unwrap_or_default().to_owned(),
        state,
        payment: payment_id(details).or(inner).map(str::to_owned),
        link: link(answer),
    })
}

fn check_invoice(reference: &str) -> Result<(), Trouble> {
    super::check_reference(reference)?;
    if reference.len() > 35 {
        return Err(Trouble::unfit("an invoice's reference has at most 35 characters"));
    }
    Ok(())
}
