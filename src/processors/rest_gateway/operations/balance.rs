//! `/getPayoutBalance`: what is left to pay out. Whether the request carries a checksum is not confirmed; the one of the
//! other lists is sent.

use super::super::checksum::Signed;
use super::super::client::{Call, Client, Nature, Service};
use super::super::codec::amount;
use super::super::codec::answer::ResultCodes;
use super::super::trouble::Trouble;
use crate::domain::money::{Currency, Money};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    pub total: Money,
    pub for_payouts: Money,
}

/// The answer names no currency: it is the account's, which the caller knows.
pub async fn send(client: &Client, currency: Currency) -> Result<Balance, Trouble> {
    let path = ["getPayoutBalance", client.settings().member_id.as_str()];
    let request = client.request(Signed::Member);
    let call = Call { service: Service::Payments, path: &path, nature: Nature::Question, request };
    let answer = client.call(call).await?;
    let read = |name: &str| match answer.text(&format!("result.{name}")) {
        Some(text) => amount::read(text, currency).map_err(|error| Trouble::Unknown(error.to_string())),
        None => Err(Trouble::rejected(&ResultCodes::of(&answer))),
    };
    Ok(Balance { total: read("totalBalance")?, for_payouts: read("currentPayoutBalance")? })
}
