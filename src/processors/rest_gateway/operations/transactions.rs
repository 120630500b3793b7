//! `/getTransactionList`: the only place where a charge that the gateway named itself can be found again.

use super::super::checksum::Signed;
use super::super::client::{Call, Client, Nature, Service};
use super::super::codec::answer::{Node, ResultCodes};
use super::super::status::{self, Standing};
use super::super::trouble::Trouble;
use super::{is_number, money, says_not_found};
use crate::domain::money::Money;
use chrono::{DateTime, Days, NaiveDate, Utc};

const ROWS: usize = 30;
/// A day with more rows than this can't be searched to the end, and then nothing is concluded from it.
const MOST_PAGES: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub payment: String,
    pub reference: String,
    pub amount: Money,
    pub standing: Standing,
    pub captured: Option<Money>,
    pub refunded: Option<Money>,
}

/// Days as the gateway's own calendar counts them, both included.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

impl Period {
    /// The day before to the day after: the gateway's time zone is not known.
    pub fn around(time: DateTime<Utc>) -> Period {
        let day = time.date_naive();
        Period {
            from: day.checked_sub_days(Days::new(1)).unwrap_or(day),
            to: day.checked_add_days(Days::new(1)).unwrap_or(day),
        }
    }
}

/// One page, counted from 1. `payment` narrows it to one payment.
pub async fn page(
    client: &Client,
    period: Option<Period>,
    payment: Option<&str>,
    page: usize,
) -> Result<Vec<Listed>, Trouble> {
    let day = |day: NaiveDate| day.format("%d/%m/%Y").to_string();
    let mut request = client
        .request(Signed::Member)
        .with("pagination.pageno", &page.to_string())
        .with("pagination.records", &ROWS.to_string())
        .with_some("paymentId", payment);
    if let Some(period) = period {
        request =
            request.with("pagination.fromdate", &day(period.from)).with("pagination.todate", &day(period.to));
    }
    let path = ["getTransactionList"];
    let call = Call { service: Service::Payments, path: &path, nature: Nature::Question, request };
    let answer = client.call(call).await?;
    let rows = answer.list("transaction");
    let result = ResultCodes::of(&answer);
    if rows.is_empty() && !result.is("00029") && !says_not_found(&result, &client.settings().not_found_codes)
    {
        return Err(Trouble::rejected(&result));
    }
    rows.into_iter().map(row).collect()
}

fn row(node: &Node) -> Result<Listed, Trouble> {
    let unreadable = || Trouble::Unknown("a row of the list can't be read".to_owned());
    Ok(Listed {
        payment: node.text("systemPaymentId").filter(|id| is_number(id)).ok_or_else(unreadable)?.to_owned(),
        reference: node.text("merchantTransactionId").unwrap_or_default().to_owned(),
        amount: money(node, "amount", "currency")?.ok_or_else(unreadable)?,
        standing: status::of_long(node.text("transactionStatus").unwrap_or_default()),
        captured: money(node, "captureamount", "currency")?,
        refunded: money(node, "refundamount", "currency")?,
    })
}

/// A charge whose answer was lost.
pub struct Lost<'a> {
    /// The first payment of its series; `None` for a payment by token.
    pub initial: Option<&'a str>,
    pub amount: Money,
    pub sent: DateTime<Utc>,
    /// Payments that are known to belong to other orders.
    pub known: &'a [&'a str],
}

impl Lost<'_> {
    /// The gateway names a charge `yyMMddHHmmss`, behind the first payment's number and a dash in a series.
    fn may_be(&self, listed: &Listed) -> bool {
        let stamp = match self.initial {
            Some(initial) => listed
                .reference
                .strip_prefix(initial)
                .and_then(|rest| rest.strip_prefix('_'))
                .unwrap_or_default(),
            None => listed.reference.as_str(),
        };
        let is_stamp = stamp.len() == 12 && stamp.bytes().all(|b| b.is_ascii_digit());
        is_stamp && listed.amount == self.amount && !self.known.contains(&listed.payment.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    One(Listed),
    None,
    /// Two charges look alike; only a person, or knowing the others, can tell.
    Several,
}

pub async fn find(client: &Client, lost: &Lost<'_>) -> Result<Search, Trouble> {
    let period = Period::around(lost.sent);
    let mut found: Vec<Listed> = Vec::new();
    for number in 1..=MOST_PAGES {
        let rows = page(client, Some(period), None, number).await?;
        let full = rows.len() >= ROWS;
        for row in rows.into_iter().filter(|row| lost.may_be(row)) {
            // New rows push old ones to the next page, where they are seen again.
            if found.iter().all(|other| other.payment != row.payment) {
                found.push(row);
            }
        }
        if !full {
            return Ok(match found.pop() {
                None => Search::None,
                Some(one) if found.is_empty() => Search::One(one),
                Some(_) => Search::Several,
            });
        }
    }
    Err(Trouble::Unknown("the transaction list is too long to be searched".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    #[test]
    fn charges_are_told_apart_by_name_amount_and_those_known() {
        let eur = |minor| Money::from_minor(minor, Currency::find("EUR").expect("a currency"));
        let listed = |reference: &str, minor| Listed {
            payment: "7".to_owned(),
            reference: reference.to_owned(),
            amount: eur(minor),
            standing: Standing::Captured,
            captured: None,
            refunded: None,
        };
        let known = ["8"];
        let lost = |initial| Lost { initial, amount: eur(999), sent: DateTime::UNIX_EPOCH, known: &known };
        assert!(lost(Some("620417")).may_be(&listed("620417_240217030002", 999)));
        assert!(!lost(Some("620417")).may_be(&listed("620417_240217030002", 998)));
        assert!(!lost(Some("62041")).may_be(&listed("620417_240217030002", 999)));
        assert!(!lost(Some("620417")).may_be(&listed("240217030002", 999)));
        assert!(lost(None).may_be(&listed("240217030002", 999)));
        assert!(!lost(None).may_be(&listed("DE-0000000000001", 999)));
        let other = Listed { payment: "8".to_owned(), ..listed("240217030002", 999) };
        assert!(!lost(None).may_be(&other));
    }
}
