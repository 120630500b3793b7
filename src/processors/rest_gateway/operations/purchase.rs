//! `/payments`: a purchase or a preauthorization, synchronous, asynchronous or with 3-D Secure, as the answer decides.

use super::super::checksum::Signed;
use super::super::client::{Call, Client, Nature, Service};
use super::super::codec::request::Request;
use super::super::settings::Method;
use super::super::status::Taking;
use super::super::trouble::Trouble;
use super::placed::{self, Placed};
use super::{check_reference, write_amount};
use crate::domain::customer::Details;
use crate::domain::money::Money;
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;

pub struct Purchase<'a> {
    /// merchantTransactionId: ours, unique for ever.
    pub reference: &'a str,
    pub amount: Money,
    pub taking: Taking,
    pub means: Means<'a>,
    pub customer: &'a Details,
    pub return_url: &'a str,
    pub notify_url: &'a str,
    /// The first payment of a series.
    pub begins_series: bool,
    /// Also store the card and bring its token.
    pub store_card: bool,
    /// Fields of the browser (`deviceDetails.*`), the bank account and other optional ones, under the gateway's names.
    pub more: &'a BTreeMap<String, String>,
}

pub enum Means<'a> {
    Card(&'a Card),
    Other(&'a Method),
}

/// A card as it was typed. Its `Debug` shows nothing of it.
pub struct Card {
    pub number: SecretString,
    pub month: u8,
    pub year: u16,
    pub code: Option<SecretString>,
    pub holder: Option<String>,
    /// The gateway's name of the brand: `VISA`, `MC`.
    pub brand: String,
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Card(…)")
    }
}

impl Card {
    /// `YYYYMM`.
    pub fn expiry(&self) -> String {
        format!("{}{:02}", self.year, self.month)
    }

    /// For people: `**** 0051`.
    pub fn masked(&self) -> String {
        let number = self.number.expose_secret();
        format!("**** {}", number.get(number.len().saturating_sub(4)..).unwrap_or_default())
    }

    pub(super) fn check(&self) -> Result<(), Trouble> {
        let number = self.number.expose_secret();
        if !(12..=19).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Trouble::unfit("a card number has 12 to 19 digits"));
        }
        if !passes_luhn(number) {
            return Err(Trouble::unfit("the card number has a wrong digit"));
        }
        if !(1..=12).contains(&self.month) || !(2000..=2039).contains(&self.year) {
            return Err(Trouble::unfit("the card's expiry is no month of 2000 to 2039"));
        }
        let code_fits =
            |code: &str| (3..=4).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit());
        if self.code.as_ref().is_some_and(|code| !code_fits(code.expose_secret())) {
            return Err(Trouble::unfit("a card's security code has 3 or 4 digits"));
        }
        Ok(())
    }

    pub(super) fn add_to(&self, request: Request) -> Request {
        request
            .with("card.number", self.number.expose_secret())
            .with("card.expiryMonth", &format!("{:02}", self.month))
            .with("card.expiryYear", &self.year.to_string())
            .with_some("card.cvv", self.code.as_ref().map(|code| code.expose_secret()))
            .with_text("card.holder", self.holder.as_deref(), 100)
    }
}

pub async fn send(client: &Client, purchase: &Purchase<'_>) -> Result<Placed, Trouble> {
    let request = request(client, purchase)?;
    let call = Call { service: Service::Payments, path: &["payments"], nature: Nature::Order, request };
    let answer = client.call(call).await?;
    // Answers to redirected payments leave the reference out; one that is there must be ours.
    match answer.text("merchantTransactionId") {
        Some(told) if told != purchase.reference => {
            Err(Trouble::Unknown("the answer speaks of another payment".to_owned()))
        }
        Some(_) | None => placed::read(&answer),
    }
}

fn request(client: &Client, purchase: &Purchase<'_>) -> Result<Request, Trouble> {
    check_reference(purchase.reference)?;
    let amount = write_amount(purchase.amount)?;
    let (mode, brand) = match &purchase.means {
        Means::Card(card) => {
            if !client.settings().allow_pan {
                return Err(Trouble::unfit("card numbers are not accepted here (allow_pan is off)"));
            }
            card.check()?;
            ("CC", card.brand.as_str())
        }
        Means::Other(method) => (method.mode.as_str(), method.brand.as_str()),
    };
    let signed = Signed::Payment { reference: purchase.reference, amount: &amount };
    let mut request = client
        .request(signed)
        .with_some("authentication.terminalId", client.settings().terminal(purchase.amount.currency()))
        .with_some("authentication.accountId", client.settings().account_id.as_deref())
        .with("merchantTransactionId", purchase.reference)
        .with("amount", &amount)
        .with("currency", purchase.amount.currency().code())
        .with("paymentMode", mode)
        .with("paymentBrand", brand)
        .with("paymentType", payment_type(purchase.taking));
    if let Means::Card(card) = &purchase.means {
        request = card.add_to(request);
    }
    request = with_customer(request, purchase.customer)
        .with("merchantRedirectUrl", purchase.return_url)
        .with("notificationUrl", purchase.notify_url)
        .with_some("createRegistration", purchase.store_card.then_some("true"))
        .with_some("recurringType", purchase.begins_series.then_some("INITIAL"));
    for (name, value) in purchase.more {
        if may_add(name) && request.value(name).is_none() {
            request = request.with_text(name, Some(value), 255);
        }
    }
    Ok(request)
}

pub(super) fn payment_type(taking: Taking) -> &'static str {
    match taking {
        Taking::AtOnce => "DB",
        Taking::Later => "PA",
    }
}

pub(super) fn with_customer(request: Request, customer: &Details) -> Request {
    let born = customer.born.map(|born| born.format("%Y%m%d").to_string());
    request
        .with_text("customer.givenName", customer.first_name.as_deref(), 50)
        .with_text("customer.surname", customer.last_name.as_deref(), 50)
        .with_text("customer.email", customer.email.as_deref(), 100)
        .with_text("customer.phone", customer.phone.as_deref(), 24)
        .with_text("customer.ip", customer.ip_address.as_deref(), 45)
        .with_some("customer.birthDate", born.as_deref())
        .with_text("shipping.country", customer.country.as_deref(), 3)
        .with_text("shipping.city", customer.city.as_deref(), 50)
        .with_text("shipping.state", customer.province.as_deref(), 40)
        .with_text("shipping.postcode", customer.postal_code.as_deref(), 10)
        .with_text("shipping.street1", customer.street.as_deref(), 150)
}

/// What an order may add of its own. Nothing that decides amount, account or card.
fn may_add(name: &str) -> bool {
    const GROUPS: [&str; 5] =
        ["deviceDetails.", "cardHolderAccountInfo.", "threeDSecure.", "bankAccount.", "customer."];
    const SINGLE: [&str; 8] = [
        "attemptThreeD",
        "redirectMethod",
        "orderDescriptor",
        "vpa_address",
        "paymentProvider",
        "smsCode",
        "voucherNumber",
        "tmpl_currency",
    ];
    SINGLE.contains(&name) || GROUPS.iter().any(|group| name.starts_with(group))
}

/// The check digit, so that a typing mistake is told before a number travels.
fn passes_luhn(number: &str) -> bool {
    let digits = number.bytes().rev().map(|b| u32::from(b - b'0'));
    let sum: u32 = digits
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_digits_are_found() {
        for good in ["4000000000000051", "5101080000000009", "370000000000002"] {
            assert!(passes_luhn(good), "{good}");
        }
        assert!(!passes_luhn("4000000000000052"));
    }

    #[test]
    fn an_order_adds_nothing_that_decides_money() {
        for refused in
            ["amount", "currency", "card.number", "authentication.memberId", "paymentType", "notificationUrl"]
        {
            assert!(!may_add(refused), "{refused}");
        }
        assert!(may_add("deviceDetails.user_Agent") && may_add("attemptThreeD"));
    }

    #[test]
    fn a_card_shows_nothing() {
        let card = Card {
            number: SecretString::from("4000000000000051"),
            month: 7,
            year: 2030,
            code: Some(SecretString::from("745")),
            holder: Some("Ana Kovac".to_owned()),
            brand: "VISA".to_owned(),
        };
        assert_eq!(format!("{card:?}"), "Card(…)");
        assert_eq!(card.check(), Ok(()));
        let wrong = Card { month: 13, ..card };
        assert!(wrong.check().is_err());
    }
}
