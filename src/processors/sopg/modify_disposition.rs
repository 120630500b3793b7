//! `modifyDispositionValue`: lowers the reserved amount after the customer paid; never raises it.

use super::client::{CallError, Client};
use super::create_disposition::mtid;
use super::envelope::{Request, Unwritable};
use super::retry::Operation;
use crate::domain::money::Money;

pub async fn send(client: &Client, mtid: &str, amount: Money) -> Result<(), CallError> {
    client.call(request(client, mtid, amount)?).await.map(drop)
}

fn request(client: &Client, reference: &str, amount: Money) -> Result<Request, Unwritable> {
    let request = client.request(Operation::ModifyDispositionValue).text("mtid", mtid(reference)?);
    let request = request.text("subId", client.sub_id());
    Ok(request.amount("amount", amount).text("currency", amount.currency().code()))
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn the_request_is_the_recorded_one() {
        let request = request(&samples::client(), "ord-2024-000017", samples::eur(2000)).unwrap();
        samples::equals(request, include_str!("../../../tests/data/sopg/modifyDispositionValue.request.xml"));
    }
}
