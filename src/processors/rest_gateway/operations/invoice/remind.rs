//! Has the gateway mail the link again. Each call may send another mail, so it is never repeated by itself.

use super::super::super::checksum::Signed;
use super::super::super::client::{Call, Client, Nature, Service};
use super::super::super::trouble::Trouble;
use super::super::{check_payment, expect_code};

/// `return_url` as the invoice was made with: it is sent and signed again.
pub async fn send(client: &Client, invoice_id: &str, return_url: &str) -> Result<(), Trouble> {
    check_payment(invoice_id)?;
    let request = client
        .request(Signed::InvoiceChange { invoice_id, redirect: return_url })
        .with("invoiceId", invoice_id)
        .with("merchantRedirectUrl", return_url);
    let call = Call { service: Service::Invoices, path: &["remind"], nature: Nature::Order, request };
    expect_code(&client.call(call).await?, "00012")
}
