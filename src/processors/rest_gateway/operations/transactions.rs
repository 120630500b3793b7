//! `/getTransactionList`: the only place where a charge that the gateway named itself can be found again.

use super::super::checksum::Signed;
use super::super::client::{Call, Client, Nature, Service};
use super::super::codec::answer::{Node, ResultCodes};
use super::super::status::{self, Standing};
use super::super::trouble::Trouble;
use super::{is_number, money, says_not_found};
use crate::domain::money::Money;
use chrono::{DateTime, Days, Duration, NaiveDate, NaiveDateTime, Utc};

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
    /// The end of the card's number, where the account may show it.
    pub last_four: Option<String>,
}

/// Rows, and what the gateway's clock showed when it wrote them.
pub struct Page {
    pub rows: Vec<Listed>,
    pub told_at: Option<NaiveDateTime>,
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
    Ok(page_with_time(client, period, payment, page).await?.rows)
}

async fn page_with_time(
    client: &Client,
    period: Option<Period>,
    payment: Option<&str>,
    page: usize,
) -> Result<Page, Trouble> {
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
    let told_at = answer.text("timestamp");
    let told_at = told_at.and_then(|text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok());
    Ok(Page { rows: rows.into_iter().map(row).collect::<Result<_, _>>()?, told_at })
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
        last_four: node
            .text("card.lastFourDigits")
            .or_else(|| node.text("card.last4Digits"))
            .map(str::to_owned),
    })
}

/// A charge whose answer was lost.
pub struct Lost<'a> {
    /// The first payment of its series; `None` for a payment by token.
    pub initial: Option<&'a str>,
    pub amount: Money,
    /// When it was sent, if that is known.
    pub sent: Option<DateTime<Utc>>,
    /// The longest from there until the gateway can have named it.
    pub within: Duration,
    /// How much later a slow gateway may have named it all the same.
    pub patience: Duration,
    /// The end of the number of what is charged, where that is known.
    pub last_four: Option<&'a str>,
    /// Payments that are known to belong to other orders.
    pub known: &'a [&'a str],
}

/// Whether a row is the lost charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Yes,
    /// Only if its clock jumped or it was very slow: nothing is concluded while there is such a row.
    Perhaps,
    No,
}

/// Seconds are cut off, and an answer takes a while to arrive.
const UNSHARP: Duration = Duration::seconds(30);
/// What a clock jumps by where summers have a time of their own.
const JUMP: Duration = Duration::hours(1);

impl Lost<'_> {
    /// The gateway names a charge `yyMMddHHmmss`, behind the first payment's number and a dash in a series. `ahead` is
    /// what its clock shows more than ours.
    fn fit(&self, listed: &Listed, ahead: Option<Duration>) -> Fit {
        let stamp = match self.initial {
            Some(initial) => listed
                .reference
                .strip_prefix(initial)
                .and_then(|rest| rest.strip_prefix('_'))
                .unwrap_or_default(),
            None => listed.reference.as_str(),
        };
        let is_stamp = stamp.len() == 12 && stamp.bytes().all(|b| b.is_ascii_digit());
        let another = listed.amount != self.amount
            || self.known.contains(&listed.payment.as_str())
            || matches!((self.last_four, &listed.last_four), (Some(ours), Some(theirs)) if ours != theirs);
        if !is_stamp || another {
            return Fit::No;
        }
        let Some(sent) = self.sent else { return Fit::Yes };
        // A name that is no time tells nothing.
        let Ok(made) = NaiveDateTime::parse_from_str(stamp, "%y%m%d%H%M%S") else { return Fit::Perhaps };
        let later = made.and_utc() - sent;
        match ahead {
            Some(ahead) => self.fit_in_time(later - ahead),
            None => self.fit_in_some_zone(later),
        }
    }

    /// By how much its name is later than its sending, on one clock.
    fn fit_in_time(&self, later: Duration) -> Fit {
        if -UNSHARP <= later && later <= self.within {
            Fit::Yes
        } else if -UNSHARP - JUMP <= later && later <= self.patience.max(self.within) + JUMP {
            Fit::Perhaps
        } else {
            Fit::No
        }
    }

    /// The same where the gateway's clock is not known: zones are whole quarters of an hour from ours, between twelve
    /// hours behind and fourteen ahead.
    fn fit_in_some_zone(&self, later: Duration) -> Fit {
        let (first, last) = (-12 * 4, 14 * 4);
        let fits = (first..=last).map(|quarter| self.fit_in_time(later - Duration::minutes(15) * quarter));
        fits.reduce(|best, fit| match (best, fit) {
            (Fit::Yes, _) | (_, Fit::Yes) => Fit::Yes,
            (Fit::Perhaps, _) | (_, Fit::Perhaps) => Fit::Perhaps,
            (Fit::No, Fit::No) => Fit::No,
        })
        .unwrap_or(Fit::No)
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
    let period = Period::around(lost.sent.unwrap_or_else(|| client.clock().now()));
    let mut found: Vec<(Listed, Fit)> = Vec::new();
    for number in 1..=MOST_PAGES {
        let asked = client.clock().now();
        let page = page_with_time(client, Some(period), None, number).await?;
        let ahead = page.told_at.map(|told| told.and_utc() - asked);
        let full = page.rows.len() >= ROWS;
        for row in page.rows {
            let fit = lost.fit(&row, ahead);
            // New rows push old ones to the next page, where they are seen again.
            if fit != Fit::No && found.iter().all(|(other, _)| other.payment != row.payment) {
                found.push((row, fit));
            }
        }
        if !full {
            return Ok(match (found.pop(), found.is_empty()) {
                (None, _) => Search::None,
                (Some((one, Fit::Yes)), true) => Search::One(one),
                (Some(_), _) => Search::Several,
            });
        }
    }
    Err(Trouble::Unknown("the transaction list is too long to be searched".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::find("EUR").expect("a currency"))
    }

    fn listed(reference: &str) -> Listed {
        Listed {
            payment: "7".to_owned(),
            reference: reference.to_owned(),
            amount: eur(999),
            standing: Standing::Captured,
            captured: None,
            refunded: None,
            last_four: Some("0051".to_owned()),
        }
    }

    fn lost<'a>(initial: Option<&'a str>) -> Lost<'a> {
        Lost {
            initial,
            amount: eur(999),
            sent: None,
            within: Duration::seconds(170),
            patience: Duration::minutes(30),
            last_four: None,
            known: &["8"],
        }
    }

    #[test]
    fn charges_are_told_apart_by_name_amount_card_and_those_known() {
        let fit = |lost: Lost<'_>, listed: Listed| lost.fit(&listed, None);
        assert_eq!(fit(lost(Some("620417")), listed("620417_240217030002")), Fit::Yes);
        let more = Listed { amount: eur(998), ..listed("620417_240217030002") };
        assert_eq!(fit(lost(Some("620417")), more), Fit::No);
        assert_eq!(fit(lost(Some("62041")), listed("620417_240217030002")), Fit::No);
        assert_eq!(fit(lost(Some("620417")), listed("240217030002")), Fit::No);
        assert_eq!(fit(lost(None), listed("240217030002")), Fit::Yes);
        assert_eq!(fit(lost(None), listed("10519-DE0000000000001")), Fit::No);
        let other = Listed { payment: "8".to_owned(), ..listed("240217030002") };
        assert_eq!(fit(lost(None), other), Fit::No);
        for (ours, theirs, expected) in [
            (Some("0051"), Some("0051"), Fit::Yes),
            (Some("0051"), Some("0002"), Fit::No),
            (None, Some("0002"), Fit::Yes),
            (Some("0051"), None, Fit::Yes),
        ] {
            let row = Listed { last_four: theirs.map(str::to_owned), ..listed("240217030002") };
            assert_eq!(fit(Lost { last_four: ours, ..lost(None) }, row), expected, "{ours:?} {theirs:?}");
        }
    }

    #[test]
    fn charges_of_another_time_are_not_taken() {
        let sent = DateTime::parse_from_rfc3339("2024-02-17T03:00:00Z").expect("a time").to_utc();
        let fit = |stamp: &str, ahead| Lost { sent: Some(sent), ..lost(None) }.fit(&listed(stamp), ahead);
        // The gateway's clock is two hours ahead of ours.
        let ahead = Some(Duration::hours(2));
        for (stamp, expected) in [
            ("240217050000", Fit::Yes),
            ("240217045945", Fit::Yes),
            ("240217050245", Fit::Yes),
            // A minute earlier, or twenty later: perhaps, if something is odd there, but not surely.
            ("240217045900", Fit::Perhaps),
            ("240217052000", Fit::Perhaps),
            ("240217060000", Fit::Perhaps),
            ("240217030000", Fit::No),
            ("240217070000", Fit::No),
            ("240216050000", Fit::No),
            ("999999999999", Fit::Perhaps),
        ] {
            assert_eq!(fit(stamp, ahead), expected, "{stamp}");
        }
        // Its clock is not known: any zone will do, but no zone is off by seven minutes.
        for (stamp, expected) in [
            ("240217050000", Fit::Yes),
            ("240217084500", Fit::Yes),
            ("240216150000", Fit::Yes),
            ("240217050700", Fit::Perhaps),
            ("240215050000", Fit::No),
            ("240218050000", Fit::No),
        ] {
            assert_eq!(fit(stamp, None), expected, "{stamp}");
        }
    }
}
