//! `getSerialNumbers`: the one question about a disposition; its state, its amount and the cards that paid.

use super::client::{CallError, Client};
use super::create_disposition::mtid;
use super::envelope::{Request, Unwritable};
use super::retry::Operation;
use super::state::{self, Disposition};
use crate::domain::money::Currency;

pub async fn ask(client: &Client, mtid: &str, currency: Currency) -> Result<Disposition, CallError> {
    let answer = client.call(request(client, mtid, currency)?).await?;
    state::read(&answer).map_err(|error| CallError::Lost(error.to_string()))
}

fn request(client: &Client, reference: &str, currency: Currency) -> Result<Request, Unwritable> {
    let request = client.request(Operation::GetSerialNumbers).text("mtid", mtid(reference)?);
    Ok(request.text("subId", client.sub_id()).text("currency", currency.code()))
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn the_request_is_the_recorded_one() {
        let request = request(&samples::client(), "ord-2024-000017", samples::eur(0).currency()).unwrap();
        samples::equals(request, include_str!("../../../tests/data/sopg/getSerialNumbers.request.xml"));
    }
}
