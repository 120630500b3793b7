//! The life of a disposition: created, asked about, modified, debited.

use super::book::{Book, Disposition, Letter};
use super::call::{Call, Refused};
use super::cards;
use super::contract::Values;
use super::number::Cents;
use percent_encoding::percent_decode_str;

/// 1000 euros, or what they are worth.
const LIMIT_IN_EURO: Cents = 100_000;
const LONGEST_URL: usize = 765;

pub fn create(book: &mut Book, call: &Call<'_>) -> Result<Values, Refused> {
    let mtid = call.text("mtid");
    match mtid.len() {
        0 => return Err(55),
        1..=60 => {}
        _ => return Err(56),
    }
    if !mtid.chars().all(is_id_char) {
        return Err(10028);
    }
    check_currency(call)?;
    let value = call.amount()?;
    if value == 0 {
        return Err(2029);
    }
    if cards::convert_down(value, &call.currency, "EUR") > LIMIT_IN_EURO {
        return Err(4003);
    }
    if call.text("nokUrl").is_empty() {
        return Err(60);
    }
    if call.text("okUrl").is_empty() {
        return Err(65);
    }
    let [ok_url, nok_url] = [decoded(call.text("okUrl"))?, decoded(call.text("nokUrl"))?];
    let pn_url = match call.text("pnUrl") {
        "" => String::new(),
        url => decoded(url)?,
    };
    check_client_id(call.text("merchantclientid"))?;
    let countries = restrictions(call)?;
    if call.text("shopId").chars().count() > 60 {
        return Err(2623);
    }
    if call.text("shopLabel").chars().count() > 60 {
        return Err(2624);
    }
    call.check_sub_id()?;
    if book.find(&call.merchant.username, mtid).is_some() {
        return Err(2001);
    }
    let mid = call.merchant.mids.get(&call.currency).cloned().ok_or(3002)?;
    book.dispositions.push(Disposition {
        username: call.merchant.username.clone(),
        mtid: mtid.to_owned(),
        sub_id: call.text("subId").to_owned(),
        mid: mid.clone(),
        currency: call.currency.clone(),
        value,
        debited: 0,
        refunded: 0,
        letter: Letter::R,
        was_disposed: false,
        created_at: call.now,
        disposed_at: None,
        consumed_at: None,
        ok_url,
        nok_url,
        pn_url,
        client_id: call.text("merchantclientid").to_owned(),
        countries,
        reservations: Vec::new(),
    });
    Ok(Values::default().text("mid", mid))
}

pub fn query(book: &mut Book, call: &Call<'_>, with_cards: bool) -> Result<Values, Refused> {
    const DETAILS: [&str; 8] =
        ["CUSTOMER_ID", "AGE", "E_MAIL", "FIRST_NAME", "KYC_LEVEL", "USER_NAME", "LAST_NAME", "CURRENCY"];
    check_currency(call)?;
    if call.all("customerDetail").any(|detail| !DETAILS.contains(&detail.text.trim())) {
        return Err(2044);
    }
    call.check_sub_id()?;
    let found = book.find(&call.merchant.username, call.text("mtid")).ok_or(2002)?;
    if found.currency != call.currency {
        return Err(2011);
    }
    let values = Values::default()
        .amount("amount", found.shown_amount())
        .text("currency", found.currency.clone())
        .text("dispositionState", found.letter.text());
    match found.serials(call.four_fields) {
        Some(serials) if with_cards => Ok(values.text("serialNumbers", serials)),
        Some(_) | None => Ok(values),
    }
}

pub fn modify(book: &mut Book, call: &Call<'_>) -> Result<Values, Refused> {
    check_currency(call)?;
    call.check_sub_id()?;
    let found = book.find(&call.merchant.username, call.text("mtid")).ok_or(2002)?;
    if found.currency != call.currency {
        return Err(2011);
    }
    match found.letter {
        Letter::S | Letter::E => {}
        Letter::R | Letter::O | Letter::L | Letter::X | Letter::I => return Err(2017),
    }
    let amount = call.amount().map_err(|error| if error == 11 { 2029 } else { error })?;
    if amount == 0 {
        return Err(2029);
    }
    if amount > found.value || amount < found.debited {
        return Err(2009);
    }
    if call.merchant.intangible {
        return Err(2020);
    }
    book.lower(&call.merchant.username, call.text("mtid"), amount);
    Ok(Values::default())
}

pub fn debit(book: &mut Book, call: &Call<'_>) -> Result<Values, Refused> {
    check_currency(call)?;
    call.check_sub_id()?;
    let found = book.find(&call.merchant.username, call.text("mtid")).ok_or(2002)?;
    if found.currency != call.currency {
        return Err(2011);
    }
    let close = match call.number("close") {
        0 => false,
        1 => true,
        _ => return Err(120),
    };
    match found.letter {
        Letter::S | Letter::E => {}
        Letter::X if found.was_disposed => return Err(3007),
        Letter::R | Letter::O | Letter::L | Letter::X | Letter::I => return Err(2017),
    }
    let amount = call.amount()?;
    if amount > found.value - found.debited {
        return Err(2010);
    }
    book.debit(&call.merchant.username, call.text("mtid"), amount, close, call.now);
    Ok(Values::default())
}

pub fn mid(call: &Call<'_>) -> Result<Values, Refused> {
    check_currency(call)?;
    let mid = call.merchant.mids.get(&call.currency).cloned().ok_or(3002)?;
    Ok(Values::default().text("currency", call.currency.clone()).text("mid", mid))
}

pub fn is_id_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// Empty, malformed, foreign to the whole system, or foreign to the merchant.
fn check_currency(call: &Call<'_>) -> Result<(), Refused> {
    let currency = call.currency.as_str();
    if currency.is_empty() {
        return Err(125);
    }
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(126);
    }
    if cards::rate(currency).is_none() {
        return Err(10015);
    }
    if call.merchant.mids.contains_key(currency) { Ok(()) } else { Err(3002) }
}

/// Takes the one layer of encoding off; what is then no absolute address was not encoded as it must be.
fn decoded(url: &str) -> Result<String, Refused> {
    if url.len() > LONGEST_URL || url.contains("://") {
        return Err(10028);
    }
    let decoded = percent_decode_str(url).decode_utf8().map_err(|_| 10028)?.into_owned();
    let absolute = decoded.starts_with("http://") || decoded.starts_with("https://");
    if absolute && !decoded.contains(char::is_whitespace) { Ok(decoded) } else { Err(10028) }
}

fn check_client_id(id: &str) -> Result<(), Refused> {
    if id.is_empty() {
        return Err(3017);
    }
    let personal = id.contains('@') || id.parse::<std::net::IpAddr>().is_ok();
    if personal || id.chars().count() > 50 { Err(3019) } else { Ok(()) }
}

/// Checks all restrictions and returns the countries; age and identity only bind payments from an account.
fn restrictions(call: &Call<'_>) -> Result<Vec<String>, Refused> {
    let mut countries = Vec::new();
    for restriction in call.all("dispositionRestrictions") {
        let text = |name| restriction.child(name).map(|child| child.text.trim()).unwrap_or_default();
        let value = text("value");
        let fine = match text("key") {
            "COUNTRY" => {
                countries.push(value.to_owned());
                value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_uppercase())
            }
            "MIN_AGE" => value.parse::<u8>().is_ok_and(|age| age > 0),
            "MIN_KYC_LEVEL" => value == "SIMPLE" || value == "FULL",
            _ => false,
        };
        if !fine {
            return Err(2039);
        }
    }
    Ok(countries)
}
