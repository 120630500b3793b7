//! `/paywithtoken`: a payment with a stored card. Not idempotent, and the gateway does not take our reference: it names
//! the payment `yyMMddHHmmss` itself. A lost answer is recovered from the transaction list, never by sending again.

use super::super::checksum::Signed;
use super::super::client::{Call, Client, Nature, Service};
use super::super::status::Taking;
use super::super::trouble::Trouble;
use super::placed::{self, Placed};
use super::purchase::payment_type;
use super::{check_registration, write_amount};
use crate::domain::money::Money;

pub struct TokenPayment<'a> {
    pub registration: &'a str,
    pub amount: Money,
    pub taking: Taking,
    pub return_url: &'a str,
    pub notify_url: &'a str,
    pub customer_ip: Option<&'a str>,
    pub begins_series: bool,
}

pub async fn send(client: &Client, payment: &TokenPayment<'_>) -> Result<Placed, Trouble> {
    let registration = payment.registration;
    check_registration(registration)?;
    let amount = write_amount(payment.amount)?;
    let request = client
        .request(Signed::TokenPayment { registration, amount: &amount })
        .with_some("authentication.terminalId", client.settings().terminal(payment.amount.currency()))
        .with("amount", &amount)
        .with("currency", payment.amount.currency().code())
        .with("paymentType", payment_type(payment.taking))
        .with("merchantRedirectUrl", payment.return_url)
        .with("notificationUrl", payment.notify_url)
        .with_text("customer.ip", payment.customer_ip, 45)
        .with_some("recurringType", payment.begins_series.then_some("INITIAL"));
    let path = ["paywithtoken", registration];
    let call = Call { service: Service::Payments, path: &path, nature: Nature::Order, request };
    placed::read(&client.call(call).await?)
}
