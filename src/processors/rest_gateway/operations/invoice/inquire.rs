//! Asks where an invoice stands and which payment paid it.

use super::super::super::checksum::Signed;
use super::super::super::client::{Call, Client, Nature, Service};
use super::super::super::codec::answer::ResultCodes;
use super::super::super::settings::InvoiceInquiryChecksum;
use super::super::super::trouble::Trouble;
use super::super::says_not_found;
use super::{Invoice, check_invoice, invoice};

/// `invoice_id` where it is known; one of the two formulas needs it.
pub async fn send(
    client: &Client,
    reference: &str,
    invoice_id: Option<&str>,
) -> Result<Option<Invoice>, Trouble> {
    check_invoice(reference)?;
    let signed = match (client.settings().invoice_inquiry_checksum, invoice_id) {
        (InvoiceInquiryChecksum::MerchantInvoiceId, _) => Signed::InvoiceInquiry { invoice: reference },
        (InvoiceInquiryChecksum::InvoiceId, Some(invoice_id)) => Signed::InvoiceInquiryById { invoice_id },
        (InvoiceInquiryChecksum::InvoiceId, None) => {
            return Err(Trouble::unfit("this installation needs the invoice's number to inquire"));
        }
    };
    let request =
        client.request(signed).with("merchantInvoiceId", reference).with_some("invoiceId", invoice_id);
    let path = ["invoiceTransInquiry"];
    let call = Call { service: Service::Invoices, path: &path, nature: Nature::Question, request };
    let answer = client.call(call).await?;
    let result = ResultCodes::of(&answer);
    if result.is("00014") {
        let invoice = invoice(&answer)?;
        if invoice.reference != reference {
            return Err(Trouble::Unknown("the answer speaks of another invoice".to_owned()));
        }
        return Ok(Some(invoice));
    }
    if says_not_found(&result, &client.settings().not_found_codes) {
        return Ok(None);
    }
    Err(Trouble::rejected(&result))
}
