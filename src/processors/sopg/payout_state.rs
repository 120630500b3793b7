//! `getPayoutState`: what a merchant id has paid out and may still pay out. It knows totals, no single payout.

use super::amount;
use super::client::{CallError, Client};
use super::envelope::{Answer, ReadError};
use super::retry::Operation;
use crate::domain::money::{Currency, Money};

/// The totals of one merchant id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutState {
    pub mid: String,
    pub total_paid_out: Money,
    pub daily_limit: Money,
    pub daily_paid_out: Money,
}

pub async fn ask(client: &Client) -> Result<Vec<PayoutState>, CallError> {
    let answer = client.call(client.request(Operation::GetPayoutState)).await?;
    read(&answer).map_err(|error| CallError::Lost(error.to_string()))
}

fn read(answer: &Answer) -> Result<Vec<PayoutState>, ReadError> {
    answer.groups("payoutState").iter().map(row).collect()
}

fn row(row: &Answer) -> Result<PayoutState, ReadError> {
    let word = |field: &'static str| row.word(field).ok_or_else(|| ReadError::Missing(field.to_owned()));
    let currency = Currency::find(word("currency")?).ok_or(ReadError::BadField("currency"))?;
    let money = |field| amount::read(word(field)?, currency).map_err(|_| ReadError::BadField(field));
    Ok(PayoutState {
        mid: word("mid")?.to_owned(),
        total_paid_out: money("totalPayoutAmount")?,
        daily_limit: money("dailyPayoutLimit")?,
        daily_paid_out: money("dailyPayoutAmount")?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::envelope;
    use super::*;

    #[test]
    fn the_recorded_totals_are_read_exactly() {
        let bytes = include_bytes!("../../../tests/data/sopg/getPayoutState.response.ok.xml");
        let states = read(&envelope::read("getPayoutState", bytes).unwrap()).unwrap();
        assert_eq!(states.len(), 1);
        assert_eq!(states[0].mid, "1000001234");
        assert_eq!(states[0].total_paid_out.to_string(), "30.00 EUR");
        assert_eq!(states[0].daily_limit.to_string(), "10000.00 EUR");
    }
}
