//! `refund`: give debited money back to the customer's account at the brand.
//!
//! A validation moves nothing and does not use the refund id up; the execution follows under the same id. An id
//! that is refused with 3164 was used before: an execution of ours had arrived.

use super::client::{CallError, Client};
use super::create_disposition::mtid;
use super::envelope::{Request, Unwritable};
use super::retry::Operation;
use super::settings::is_reference;
use crate::domain::money::Money;

pub struct RefundOrder<'a> {
    pub rtid: &'a str,
    pub mtid: &'a str,
    pub amount: Money,
    /// Type and id of the customer's account; not needed if the payment came from an account.
    pub customer: Option<(&'static str, &'a str)>,
    pub client_id: &'a str,
    pub utc_offset: &'a str,
}

pub async fn validate(client: &Client, order: &RefundOrder<'_>) -> Result<(), CallError> {
    client.call(request(client, order, true)?).await.map(drop)
}

pub async fn execute(client: &Client, order: &RefundOrder<'_>) -> Result<(), CallError> {
    client.call(request(client, order, false)?).await.map(drop)
}

fn request(client: &Client, order: &RefundOrder<'_>, validation_only: bool) -> Result<Request, Unwritable> {
    if !is_reference(order.rtid) {
        return Err(Unwritable {
            field: "rtid",
            reason: "must be 1 to 60 letters, digits, - or _".to_owned(),
        });
    }
    let (id_type, id) = order.customer.unzip();
    let sub_id = Some(client.sub_id()).filter(|sub_id| !sub_id.is_empty());
    Ok(client
        .request(Operation::Refund)
        .text("rtid", order.rtid)
        .text("mtid", mtid(order.mtid)?)
        .amount("amount", order.amount)
        .text("currency", order.amount.currency().code())
        .maybe("customerIdType", id_type)
        .maybe("customerId", id)
        .text("merchantClientId", order.client_id)
        .flag("validationOnly", validation_only)
        .text("utcOffset", order.utc_offset)
        .maybe("subId", sub_id))
}

#[cfg(test)]
mod tests {
    use super::super::{envelope, samples};
    use super::*;

    #[test]
    fn the_request_is_the_recorded_one() {
        let order = RefundOrder {
            rtid: "ref-2024-000003",
            mtid: "ord-2024-000017",
            amount: samples::eur(2490),
            customer: Some(("EMAIL", "jane@customer.example")),
            client_id: "9f2b6c41d0",
            utc_offset: "+01:00",
        };
        let request = request(&samples::client(), &order, false).unwrap();
        samples::equals(request, include_str!("../../../tests/data/sopg/refund.request.xml"));
    }

    #[test]
    fn the_recorded_answer_is_found_under_its_irregular_name() {
        let bytes = include_bytes!("../../../tests/data/sopg/refund.response.ok.xml");
        assert!(envelope::read("refund", bytes).unwrap().codes().unwrap().ok());
    }
}
