//! Replaces an invoice by a new one with a new reference and a new link.

use super::super::super::checksum::Signed;
use super::super::super::client::{Call, Client, Nature, Service};
use super::super::super::trouble::Trouble;
use super::super::{check_payment, expect_code};
use super::{Generated, check_invoice, generated};

pub struct Replacement<'a> {
    pub invoice_id: &'a str,
    pub new_reference: &'a str,
    /// As the old invoice was made with: it is sent and signed again.
    pub return_url: &'a str,
}

pub async fn send(client: &Client, replacement: &Replacement<'_>) -> Result<Generated, Trouble> {
    let Replacement { invoice_id, new_reference, return_url } = *replacement;
    check_payment(invoice_id)?;
    check_invoice(new_reference)?;
    let request = client
        .request(Signed::InvoiceChange { invoice_id, redirect: return_url })
        .with("invoiceId", invoice_id)
        .with("merchantInvoiceId", new_reference)
        .with("merchantRedirectUrl", return_url)
        .with("invoiceExpirationPeriod", &client.settings().invoice_expiry_hours.to_string());
    let call = Call { service: Service::Invoices, path: &["regenerate"], nature: Nature::Order, request };
    let answer = client.call(call).await?;
    expect_code(&answer, "00013")?;
    let generated = generated(&answer)?;
    if generated.id == invoice_id {
        return Err(Trouble::Unknown("the answer names the old invoice".to_owned()));
    }
    Ok(generated)
}
