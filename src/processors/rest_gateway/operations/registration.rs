//! `/registrations`: stores a card or a bank account at the gateway without a payment. Sent twice it makes a second,
//! harmless token.

use super::super::checksum::Signed;
use super::super::client::{Call, Client, Nature, Service};
use super::super::trouble::Trouble;
use super::purchase::{Card, with_customer};
use super::{check_registration, expect_code};
use crate::domain::customer::Details;
use crate::domain::money::Currency;
use secrecy::{ExposeSecret, SecretString};

pub struct Registration<'a> {
    pub means: Storable<'a>,
    pub customer: &'a Details,
    /// Chooses the terminal that the token will belong to.
    pub currency: Currency,
    pub notify_url: Option<&'a str>,
}

pub enum Storable<'a> {
    Card(&'a Card),
    /// A SEPA account.
    Account {
        iban: &'a SecretString,
        bic: &'a str,
    },
}

/// The token, or `Rejected`.
pub async fn send(client: &Client, wish: &Registration<'_>) -> Result<String, Trouble> {
    let request = match wish.means {
        Storable::Card(card) => {
            if !client.settings().allow_pan {
                return Err(Trouble::unfit("card numbers are not accepted here (allow_pan is off)"));
            }
            card.check()?;
            let request = client.request(Signed::CardRegistration { number: card.number.expose_secret() });
            card.add_to(request.with("paymentBrand", &card.brand).with("paymentMode", "CC"))
        }
        Storable::Account { iban, bic } => client
            .request(Signed::BankRegistration { bic })
            .with("paymentBrand", "SEPA")
            .with("paymentMode", "SEPA")
            .with("bankAccount.iban", iban.expose_secret())
            .with("bankAccount.bic", bic),
    };
    let request = with_customer(request, wish.customer)
        .with_some("authentication.terminalId", client.settings().terminal(wish.currency))
        .with_some("notificationUrl", wish.notify_url);
    let call = Call { service: Service::Payments, path: &["registrations"], nature: Nature::Order, request };
    let answer = client.call(call).await?;
    expect_code(&answer, "00002")?;
    let token = answer.text("registrationId").filter(|token| check_registration(token).is_ok());
    token.map(str::to_owned).ok_or_else(|| Trouble::Unknown("a registration without a token".to_owned()))
}
