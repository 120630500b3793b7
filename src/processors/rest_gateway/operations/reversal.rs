//! `RV`: gives up an authorisation, always the whole of it.

use super::super::checksum::Signed;
use super::super::client::{Call, Client, Nature, Service};
use super::super::trouble::Trouble;
use super::{check_payment, expect_code};

/// A reversal that the acquirer leaves pending is reported as rejected, so every failure needs an inquiry.
pub async fn send(client: &Client, payment: &str) -> Result<(), Trouble> {
    check_payment(payment)?;
    let request = client.request(Signed::Reversal { payment }).with("paymentType", "RV");
    let path = ["payments", payment];
    let call = Call { service: Service::Payments, path: &path, nature: Nature::Order, request };
    expect_code(&client.call(call).await?, "00006")
}
