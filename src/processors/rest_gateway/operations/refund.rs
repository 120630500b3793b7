//! `RF`: gives captured money back, wholly or in part. Not idempotent: sent twice, it may pay twice.

use super::super::checksum::Signed;
use super::super::client::{Call, Client, Nature, Service};
use super::super::trouble::Trouble;
use super::{check_payment, expect_code, write_amount};
use crate::domain::money::Money;

/// Only to be called after an inquiry has shown how much was refunded before (`deposits::refund` does).
pub async fn send(client: &Client, payment: &str, amount: Money) -> Result<(), Trouble> {
    check_payment(payment)?;
    let amount = write_amount(amount)?;
    let request = client
        .request(Signed::Refund { payment, amount: &amount })
        .with("paymentType", "RF")
        .with("amount", &amount);
    let path = ["payments", payment];
    let call = Call { service: Service::Payments, path: &path, nature: Nature::Order, request };
    expect_code(&client.call(call).await?, "00005")
}
