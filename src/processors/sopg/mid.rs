//! `getMid`: the merchant id of one of the account's currencies, for a panel address we could not be told.

use super::client::{CallError, Client};
use super::envelope::Request;
use super::retry::Operation;
use crate::domain::money::Currency;

pub async fn ask(client: &Client, currency: Currency) -> Result<String, CallError> {
    let answer = client.call(request(client, currency)).await?;
    let mid = answer.word("mid").ok_or_else(|| CallError::Lost("an answer without a mid".to_owned()))?;
    Ok(mid.to_owned())
}

fn request(client: &Client, currency: Currency) -> Request {
    client.request(Operation::GetMid).text("currency", currency.code())
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn the_request_is_the_recorded_one() {
        let request = request(&samples::client(), samples::eur(0).currency());
        samples::equals(request, include_str!("../../../tests/data/sopg/getMid.request.xml"));
    }
}
