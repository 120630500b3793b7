//! Makes an invoice and brings the link to its payment page.

use super::super::super::checksum::Signed;
use super::super::super::client::{Call, Client, Nature, Service};
use super::super::super::trouble::Trouble;
use super::super::{expect_code, write_amount};
use super::{Generated, check_invoice, generated};
use crate::domain::customer::Details;
use crate::domain::money::Money;

pub struct NewInvoice<'a> {
    /// Free among invoices and payments, for ever.
    pub reference: &'a str,
    pub amount: Money,
    pub return_url: &'a str,
    pub customer: &'a Details,
    pub description: Option<&'a str>,
}

pub async fn send(client: &Client, invoice: &NewInvoice<'_>) -> Result<Generated, Trouble> {
    check_invoice(invoice.reference)?;
    let amount = write_amount(invoice.amount)?;
    let signed = Signed::InvoiceGeneration {
        invoice: invoice.reference,
        amount: &amount,
        redirect: invoice.return_url,
    };
    let customer = invoice.customer;
    let request = client
        .request(signed)
        .with_some("authentication.terminalId", client.settings().terminal(invoice.amount.currency()))
        .with("merchantInvoiceId", invoice.reference)
        .with("amount", &amount)
        .with("currency", invoice.amount.currency().code())
        .with("merchantRedirectUrl", invoice.return_url)
        .with("invoiceExpirationPeriod", &client.settings().invoice_expiry_hours.to_string())
        .with_text("merchantOrderDescription", invoice.description, 100)
        .with_text("customer.givenName", customer.first_name.as_deref(), 50)
        .with_text("customer.email", customer.email.as_deref(), 50)
        .with_text("customer.country", customer.country.as_deref(), 3)
        .with_text("customer.city", customer.city.as_deref(), 50)
        .with_text("customer.street", customer.street.as_deref(), 150)
        .with_text("customer.postcode", customer.postal_code.as_deref(), 10);
    let call = Call { service: Service::Invoices, path: &["generate"], nature: Nature::Order, request };
    let answer = client.call(call).await?;
    expect_code(&answer, "00010")?;
    generated(&answer)
}
