//! `CP`: takes an authorised payment, once, wholly or in part.

use super::super::checksum::Signed;
use super::super::client::{Call, Client, Nature, Service};
use super::super::trouble::Trouble;
use super::{check_payment, expect_code, write_amount};
use crate::domain::money::Money;

/// A second capture is refused by the gateway because of the payment's state, so this may be sent again after an
/// inquiry shows the payment still authorised.
pub async fn send(client: &Client, payment: &str, amount: Money) -> Result<(), Trouble> {
    check_payment(payment)?;
    let amount = write_amount(amount)?;
    let request = client
        .request(Signed::Capture { payment, amount: &amount })
        .with("paymentType", "CP")
        .with("amount", &amount);
    let path = ["payments", payment];
    let call = Call { service: Service::Payments, path: &path, nature: Nature::Order, request };
    expect_code(&client.call(call).await?, "00004")
}
