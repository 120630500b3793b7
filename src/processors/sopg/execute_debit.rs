//! `executeDebit`: take reserved money. With `close=1` it succeeds at most once for a transaction id; a repeat after
//! success is an error (2017), not an echo. An amount of zero with `close=1` releases the reserve.

use super::client::{CallError, Client};
use super::create_disposition::mtid;
use super::envelope::{Request, Unwritable};
use super::retry::Operation;
use crate::domain::money::Money;

/// Whether anything may be debited after this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// `close=0`: a part, the rest stays reserved.
    KeepOpen,
    /// `close=1`: the last one; what is left goes back to the card.
    Now,
}

pub async fn send(client: &Client, mtid: &str, amount: Money, close: Close) -> Result<(), CallError> {
    client.call(request(client, mtid, amount, close)?).await.map(drop)
}

fn request(client: &Client, reference: &str, amount: Money, close: Close) -> Result<Request, Unwritable> {
    let request = client.request(Operation::ExecuteDebit).text("mtid", mtid(reference)?);
    let request = request.text("subId", client.sub_id());
    let request = request.amount("amount", amount).text("currency", amount.currency().code());
    Ok(request.text(
        "close",
        match close {
            Close::KeepOpen => "0",
            Close::Now => "1",
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn the_requests_are_the_recorded_ones() {
        let client = samples::client();
        let whole = request(&client, "ord-2024-000017", samples::eur(2490), Close::Now).unwrap();
        samples::equals(whole, include_str!("../../../tests/data/sopg/executeDebit.request.xml"));
        let release = request(&client, "ord-2024-000017", samples::eur(0), Close::Now).unwrap();
        samples::equals(release, include_str!("../../../tests/data/sopg/executeDebit.request.release.xml"));
    }

    #[test]
    fn a_part_is_the_recorded_one_but_for_the_label_nobody_explains() {
        let part =
            request(&samples::client(), "ord-2024-000017", samples::eur(1000), Close::KeepOpen).unwrap();
        let recorded = include_str!("../../../tests/data/sopg/executeDebit.request.partial.xml");
        let label = "<psc:partialDebitId>parcel-1</psc:partialDebitId>";
        assert!(recorded.contains(label));
        samples::equals(part, &recorded.replace(label, ""));
    }
}
