//! `/registrations`: stores a card at the gateway without a payment. Sent twice it makes a second, harmless token.

use super::super::checksum::Signed;
use super::super::client::{Call, Client, Nature, Service};
use super::super::trouble::Trouble;
use super::purchase::{Card, with_customer};
use super::{check_registration, expect_code};
use crate::domain::customer::Details;
use crate::domain::money::Currency;
use secrecy::ExposeSecret;

pub struct Registration<'a> {
    pub card: &'a Card,
    pub customer: &'a Details,
    /// Chooses the terminal that the token will belong to.
    pub currency: Currency,
    pub notify_url: Option<&'a str>,
}

/// The token, or `Rejected`.
pub async fn send(client: &Client, wish: &Registration<'_>) -> Result<String, Trouble> {
    if !client.settings().allow_pan {
        return Err(Trouble::unfit("card numbers are not accepted here (allow_pan is off)"));
    }
    wish.card.check()?;
    let request = client
        .request(Signed::CardRegistration { number: wish.card.number.expose_secret() })
        .with_some("authentication.terminalId", client.settings().terminal(wish.currency))
        .with("paymentBrand", &wish.card.brand)
        .with("paymentMode", "CC");
    let request =
        with_customer(wish.card.add_to(request), wish.customer).with_some("notificationUrl", wish.notify_url);
    let call = Call { service: Service::Payments, path: &["registrations"], nature: Nature::Order, request };
    let answer = client.call(call).await?;
    expect_code(&answer, "00002")?;
    let token = answer.text("registrationId").filter(|token| check_registration(token).is_ok());
    token.map(str::to_owned).ok_or_else(|| Trouble::Unknown("a registration without a token".to_owned()))
}
