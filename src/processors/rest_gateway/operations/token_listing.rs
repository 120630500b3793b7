//! `/getCardsAndAccounts`: the stored cards and accounts.

use super::super::checksum::Signed;
use super::super::client::{Call, Client, Nature, Service};
use super::super::codec::answer::{Node, ResultCodes};
use super::super::trouble::Trouble;
use super::says_not_found;
use crate::domain::customer::Instrument;

#[derive(Clone, PartialEq, Eq)]
pub struct StoredToken {
    pub registration: String,
    pub active: bool,
    /// The brand of a card; `account` for a bank account.
    pub brand: String,
    pub last_four: String,
    /// `YYYYMM`, empty for a bank account.
    pub expiry: String,
    pub customer: Option<String>,
}

/// A token pays, so it is not shown.
impl std::fmt::Debug for StoredToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredToken({} **** {}, active: {})", self.brand, self.last_four, self.active)
    }
}

impl StoredToken {
    pub fn instrument(&self) -> Instrument {
        Instrument {
            issuer: super::super::ISSUER.to_owned(),
            token: self.registration.clone(),
            brand: self.brand.clone(),
            expiry: self.expiry.clone(),
            masked: format!("**** {}", self.last_four),
        }
    }
}

pub async fn send(client: &Client, customer: Option<&str>) -> Result<Vec<StoredToken>, Trouble> {
    let request = client.request(Signed::Member).with_some("customer.customerId", customer);
    let path = ["getCardsAndAccounts"];
    let call = Call { service: Service::Payments, path: &path, nature: Nature::Question, request };
    let answer = client.call(call).await?;
    let result = ResultCodes::of(&answer);
    let cards = answer.list("cards.card").into_iter().filter_map(|node| token(node, "card"));
    let accounts =
        answer.list("bankaccounts.bankaccount").into_iter().filter_map(|node| token(node, "account"));
    let tokens: Vec<StoredToken> = cards.chain(accounts).collect();
    // One sample spells the code with four digits.
    let listed = result.is("00008") || result.is("0008");
    if listed || (tokens.is_empty() && says_not_found(&result, &client.settings().not_found_codes)) {
        return Ok(tokens);
    }
    Err(Trouble::rejected(&result))
}

fn token(node: &Node, kind: &str) -> Option<StoredToken> {
    let text = |name| node.text(name).unwrap_or_default();
    let account_end = |number: &str| number.chars().skip(number.chars().count().saturating_sub(4)).collect();
    let last_four = match node.text("last4Digits") {
        Some(digits) => digits.to_owned(),
        None => node.text("iban").or_else(|| node.text("accountNumber")).map(account_end).unwrap_or_default(),
    };
    Some(StoredToken {
        registration: node.text("registrationId")?.to_owned(),
        active: node.text("registrationStatus") == Some("Y"),
        brand: node.text("cardType").unwrap_or(kind).to_owned(),
        last_four,
        expiry: format!("{}{}", text("expiryYear"), text("expiryMonth")),
        customer: node.text("customerId").map(str::to_owned),
    })
}
