//! `payout`: pay to the customer's account at the brand, without an earlier payment.
//!
//! A payout id is used up even by a failed execution, so every execution is validated first; a validation moves
//! nothing and uses nothing up.

use super::client::{CallError, Client};
use super::envelope::{Request, Unwritable};
use super::retry::Operation;
use crate::domain::money::Money;
use chrono::NaiveDate;

pub struct PayoutRequest<'a> {
    pub ptid: &'a str,
    pub amount: Money,
    /// Type and id of the customer's account.
    pub customer: (&'static str, &'a str),
    pub client_id: &'a str,
    pub client_ip: Option<&'a str>,
    pub shop_id: Option<&'a str>,
    pub shop_label: Option<&'a str>,
    pub utc_offset: &'a str,
    pub first_name: Option<&'a str>,
    pub last_name: Option<&'a str>,
    pub born: Option<NaiveDate>,
}

/// The longest payout and customer ids.
const LONGEST_ID: usize = 90;
const LONGEST_NAME: usize = 40;

pub async fn validate(client: &Client, payout: &PayoutRequest<'_>) -> Result<(), CallError> {
    client.call(request(client, payout, true)?).await.map(drop)
}

pub async fn execute(client: &Client, payout: &PayoutRequest<'_>) -> Result<(), CallError> {
    client.call(request(client, payout, false)?).await.map(drop)
}

fn request(
    client: &Client,
    payout: &PayoutRequest<'_>,
    validation_only: bool,
) -> Result<Request, Unwritable> {
    let ptid_fits = (1..=LONGEST_ID).contains(&payout.ptid.len())
        && payout.ptid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !ptid_fits {
        return Err(Unwritable {
            field: "ptid",
            reason: "must be 1 to 90 letters, digits, - or _".to_owned(),
        });
    }
    longest("customerId", payout.customer.1, LONGEST_ID)?;
    longest("firstName", payout.first_name.unwrap_or_default(), LONGEST_NAME)?;
    longest("lastName", payout.last_name.unwrap_or_default(), LONGEST_NAME)?;
    let sub_id = Some(client.sub_id()).filter(|sub_id| !sub_id.is_empty());
    let born = payout.born.map(|day| day.format("%Y-%m-%d").to_string());
    Ok(client
        .request(Operation::Payout)
        .text("ptid", payout.ptid)
        .amount("amount", payout.amount)
        .text("currency", payout.amount.currency().code())
        .text("customerIdType", payout.customer.0)
        .text("customerId", payout.customer.1)
        .text("merchantClientId", payout.client_id)
        .maybe("clientIp", payout.client_ip)
        .flag("validationOnly", validation_only)
        .maybe("shopId", payout.shop_id)
        .maybe("shopLabel", payout.shop_label)
        .text("utcOffset", payout.utc_offset)
        .maybe("subId", sub_id)
        .group("customerDetailsBasic", |details| {
            details
                .maybe("firstName", payout.first_name)
                .maybe("lastName", payout.last_name)
                .maybe("dateOfBirth", born.as_deref())
        }))
}

fn longest(field: &'static str, value: &str, most: usize) -> Result<(), Unwritable> {
    if value.chars().count() <= most {
        return Ok(());
    }
    Err(Unwritable { field, reason: format!("has more than {most} characters") })
}

#[cfg(test)]
mod tests {
    use super::super::client::CallError;
    use super::super::{envelope, samples};
    use super::*;

    #[test]
    fn fields_stand_in_the_contracts_order() {
        let payout = PayoutRequest {
            ptid: "pay-2024-000009",
            amount: samples::eur(1465),
            customer: ("EMAIL", "jane@customer.example"),
            client_id: "9f2b6c41d0",
            client_ip: None,
            shop_id: None,
            shop_label: None,
            utc_offset: "+01:00",
            first_name: Some("Jané"),
            last_name: Some("Doe"),
            born: NaiveDate::from_ymd_opt(1990, 2, 28),
        };
        let body = request(&samples::client(), &payout, true).unwrap().finish().unwrap();
        let tail = "<psc:ptid>pay-2024-000009</psc:ptid><psc:amount>14.65</psc:amount><psc:currency>EUR</psc:currency>\
            <psc:customerIdType>EMAIL</psc:customerIdType><psc:customerId>jane@customer.example</psc:customerId>\
            <psc:merchantClientId>9f2b6c41d0</psc:merchantClientId><psc:validationOnly>true</psc:validationOnly>\
            <psc:utcOffset>+01:00</psc:utcOffset><psc:customerDetailsBasic><psc:firstName>Jané</psc:firstName>\
            <psc:lastName>Doe</psc:lastName><psc:dateOfBirth>1990-02-28</psc:dateOfBirth></psc:customerDetailsBasic>\
            </psc:payout></soapenv:Body></soapenv:Envelope>";
        assert!(body.ends_with(tail), "{}", body.as_str());
    }

    #[test]
    fn the_recorded_refusal_is_read_under_its_irregular_name() {
        let bytes = include_bytes!("../../../tests/data/sopg/payout.response.3150_missing_parameter.xml");
        let codes = envelope::read("payout", bytes).unwrap().codes().unwrap();
        assert_eq!(CallError::Refused(codes).to_string(), "result 1, 3150: a mandatory parameter is missing");
    }
}
