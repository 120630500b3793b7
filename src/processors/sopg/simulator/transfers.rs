//! Refunds and payouts to customers' accounts, and the totals of payouts.
//!
//! Accounts are made up by their names: `unknown@…` doesn't exist, `inactive@…`, `kyc@…`, `limit@…`, `mismatch@…` and
//! `blocked@…` are refused as they say, everybody else has an account.

use super::book::{Book, Letter, Transfer};
use super::call::{Call, Refused};
use super::cards;
use super::contract::Values;
use super::dispositions::is_id_char;
use super::number::Cents;
use chrono::Duration;

const MOST_PER_PAYOUT_IN_EURO: Cents = 250_000;

pub fn refund(book: &mut Book, call: &Call<'_>) -> Result<Values, Refused> {
    let rtid = call.text("rtid").to_owned();
    if rtid.is_empty() || rtid.len() > 60 || !rtid.chars().all(is_id_char) {
        return Err(3163);
    }
    let amount = transfer_amount(call)?;
    call.check_sub_id()?;
    let username = call.merchant.username.clone();
    if book.refunds.iter().any(|known| known.username == username && known.id == rtid) {
        return Err(3164);
    }
    if book.find(&username, &rtid).is_some() {
        return Err(3169);
    }
    let account = account(call)?;
    let client_id = call.text("merchantClientId").to_owned();
    let original = book.find(&username, call.text("mtid")).ok_or(3184)?;
    if original.letter != Letter::O {
        return Err(3180);
    }
    if original.currency != call.currency {
        return Err(3151);
    }
    if original.consumed_at.is_some_and(|at| call.now > at + Duration::days(45)) {
        return Err(3163);
    }
    if !client_id.is_empty() && client_id != original.client_id {
        return Err(3181);
    }
    if amount > original.debited - original.refunded {
        return Err(3179);
    }
    // Cards have no account behind them, so one has to be named.
    let account = account.ok_or(3185)?;
    let values =
        Values::default().text("refundedInCurrency", call.currency.clone()).amount("refundedAmount", amount);
    if !call.flag("validationOnly") {
        original.refunded += amount;
        let (currency, at) = (call.currency.clone(), call.now);
        book.refunds.push(Transfer { username, id: rtid, currency, amount, paid: true, at, account });
    }
    Ok(values.text("errorCodeDescription", ""))
}

pub fn payout(book: &mut Book, call: &Call<'_>) -> Result<Values, Refused> {
    let ptid = call.text("ptid").to_owned();
    if ptid.is_empty() || ptid.len() > 90 || !ptid.chars().all(is_id_char) {
        return Err(3163);
    }
    let username = call.merchant.username.clone();
    if book.payouts.iter().any(|known| known.username == username && known.id == ptid) {
        return Err(3164);
    }
    if book.find(&username, &ptid).is_some() {
        return Err(3169);
    }
    let outcome = check_payout(book, call);
    if call.flag("validationOnly") {
        return outcome.map(|(_, amount)| payout_values(call, amount));
    }
    // An id is used up even by a failure.
    let (account, amount, refused) = match outcome {
        Ok((account, amount)) => (account, amount, None),
        Err(error) => (String::new(), 0, Some(error)),
    };
    let paid = refused.is_none();
    if paid {
        book.ties.insert(call.text("merchantClientId").to_owned(), account.clone());
    }
    let (currency, at) = (call.currency.clone(), call.now);
    book.payouts.push(Transfer { username, id: ptid, currency, amount, paid, at, account });
    match refused {
        Some(error) => Err(error),
        None => Ok(payout_values(call, amount)),
    }
}

pub fn state(book: &Book, call: &Call<'_>) -> Values {
    let today = call.now.date_naive();
    let rows = call.merchant.mids.iter().map(|(currency, mid)| {
        let total = book.paid_out(&call.merchant.username, currency);
        let ours =
            book.payouts.iter().filter(|payout| payout.username == call.merchant.username && payout.paid);
        let daily: Cents = ours
            .filter(|payout| payout.currency == *currency && payout.at.date_naive() == today)
            .map(|p| p.amount)
            .sum();
        let limit = call.merchant.daily_payout_limit;
        let taken = book.taken(currency);
        Values::default()
            .text("mid", mid.clone())
            .text("currency", currency.clone())
            .amount("totalPayoutAmount", total)
            .amount("totalPaymentAmount", taken)
            .amount("creditLine", limit)
            .amount("totalPayoutBalance", limit + taken - total)
            .amount("dailyPayoutLimit", limit)
            .amount("dailyPayoutAmount", daily)
            .amount("dailyPayoutBalance", limit - daily)
    });
    rows.fold(Values::default().text("errorCodeDescription", ""), |values, row| {
        values.group("payoutState", row)
    })
}

fn payout_values(call: &Call<'_>, amount: Cents) -> Values {
    let values =
        Values::default().text("payedInCurrency", call.currency.clone()).amount("payedAmount", amount);
    values.text("errorCodeDescription", "")
}

fn check_payout(book: &Book, call: &Call<'_>) -> Result<(String, Cents), Refused> {
    let amount = transfer_amount(call)?;
    call.check_sub_id()?;
    if call.text("merchantClientId").is_empty() || call.request.child("customerDetailsBasic").is_none() {
        return Err(3150);
    }
    let account = account(call)?.ok_or(3150)?;
    if cards::convert_down(amount, &call.currency, "EUR") > MOST_PER_PAYOUT_IN_EURO {
        return Err(3165);
    }
    let today = |payout: &&Transfer| payout.at.date_naive() == call.now.date_naive() && payout.paid;
    let ours = book.payouts.iter().filter(|payout| payout.username == call.merchant.username).filter(today);
    let daily: Cents =
        ours.filter(|payout| payout.currency == call.currency).map(|payout| payout.amount).sum();
    if daily + amount > call.merchant.daily_payout_limit {
        return Err(3166);
    }
    let client_id = call.text("merchantClientId");
    match book.ties.get(client_id) {
        Some(tied) if *tied != account => return Err(3197),
        Some(_) => {}
        None if book.ties.values().any(|tied| *tied == account) => return Err(3198),
        None => {}
    }
    Ok((account, amount))
}

fn transfer_amount(call: &Call<'_>) -> Result<Cents, Refused> {
    if !call.merchant.mids.contains_key(&call.currency) {
        return Err(3151);
    }
    match call.amount() {
        Ok(amount) if amount > 0 => Ok(amount),
        Ok(_) | Err(11) => Err(3165),
        Err(_) => Err(3106),
    }
}

/// The account that the request names, if it names one.
fn account(call: &Call<'_>) -> Result<Option<String>, Refused> {
    let id = call.word("customerId");
    match (call.word("customerIdType"), id.is_empty()) {
        ("", true) => return Ok(None),
        ("PHONE", _) => return Err(3157),
        (_, true) | ("", false) => return Err(3150),
        (_, false) => {}
    }
    if id.chars().count() > 90 {
        return Err(3163);
    }
    match id.split('@').next().unwrap_or_default() {
        "unknown" => Err(3162),
        "inactive" => Err(3193),
        "kyc" => Err(3168),
        "limit" => Err(3172),
        "mismatch" => Err(3195),
        "blocked" => Err(3199),
        _ => Ok(Some(id.to_owned())),
    }
}
