//! Cancels an invoice that is not paid, expired, cancelled or replaced.

use super::super::super::checksum::Signed;
use super::super::super::client::{Call, Client, Nature, Service};
use super::super::super::trouble::Trouble;
use super::super::{check_payment, expect_code};

/// `return_url` as the invoice was made with: it is sent and signed again.
pub async fn send(client: &Client, invoice_id: &str, return_url: &str, reason: &str) -> Result<(), Trouble> {
    check_payment(invoice_id)?;
    let request = client
        .request(Signed::InvoiceChange { invoice_id, redirect: return_url })
        .with("invoiceId", invoice_id)
        .with("merchantRedirectUrl", return_url)
        .with_text("cancelReason", Some(reason), 50);
    let call = Call { service: Service::Invoices, path: &["cancel"], nature: Nature::Order, request };
    expect_code(&client.call(call).await?, "00011")
}
