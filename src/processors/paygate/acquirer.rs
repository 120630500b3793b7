//! The parameters that single acquirers want on top, as tables: name, format, need, and where the value is from.
//!
//! An entry of the order's or the configuration's `extra` with a parameter's name wins over the customer's record;
//! an empty one leaves the parameter out.

use super::request::Request;
use super::settings::Acquirer;
use super::values::{BadValue, Format, format};
use crate::domain::customer::Details;
use std::collections::BTreeMap;

/// What a value can come from.
pub struct Sources<'a> {
    pub customer: &'a Details,
    pub pin: &'a str,
    pub order: &'a BTreeMap<String, String>,
    pub configured: &'a BTreeMap<String, String>,
}

#[derive(Clone, Copy)]
enum Origin {
    /// Only what the order or the configuration gives.
    Given,
    FirstName,
    LastName,
    Holder,
    Street,
    City,
    Zip,
    State,
    Country,
    Email,
    Phone,
    Born,
    Ip,
    Pin,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Must,
    May,
}

struct Extra(&'static str, Format, Need, Origin);

use Need::{May, Must};
use Origin::*;

const ECPCC: &[Extra] = &[
    Extra("CreditCardHolder", format::an(255), Must, Holder),
    Extra("Email", format::ans(64), Must, Email),
    Extra("IPAddr", format::ans(15), May, Ip),
    Extra("TransactionID", format::an(150), May, Given),
    Extra("DateofBirth", format::n(8).exactly(), May, Born),
    Extra("Phone", format::ns(32), May, Phone),
    Extra("FirstName", format::ans(255), Must, FirstName),
    Extra("LastName", format::ans(255), Must, LastName),
    Extra("AddrStreet", format::ans(255), May, Street),
    Extra("AddressAddition", format::ans(255), May, Given),
    Extra("AddrZIP", format::an(9), May, Zip),
    Extra("AddrCity", format::ans(255), May, City),
    Extra("AddrState", format::a(2).exactly(), May, State),
    Extra("AddrCountryCode", format::a(2).exactly(), Must, Country),
    Extra("SdFirstName", format::ans(255), May, Given),
    Extra("SdLastName", format::ans(255), May, Given),
    Extra("SdStreet", format::ans(255), May, Given),
    Extra("SdAddressAddition", format::ans(255), May, Given),
    Extra("SdZIPCode", format::an(9), May, Given),
    Extra("SdCity", format::ans(255), May, Given),
    Extra("SdState", format::a(2).exactly(), May, Given),
    Extra("SdCountryCode", format::a(2).exactly(), May, Given),
];

const KALIXA: &[Extra] = &[
    Extra("IPAddr", format::ans(15), Must, Ip),
    Extra("BrowserSessionID", format::ans(63), Must, Given),
    Extra("CreditCardHolder", format::ans(100), Must, Holder),
    Extra("CustomerID", format::an(20), Must, Pin),
    Extra("Name", format::ans(100), May, Given),
    Extra("FirstName", format::ans(100), May, FirstName),
    Extra("LastName", format::ans(100), May, LastName),
    Extra("Email", format::ans(64), May, Email),
    Extra("Language", format::a(2).exactly(), May, Given),
    Extra("SdFirstName", format::ans(100), May, Given),
    Extra("SdLastName", format::ans(100), May, Given),
    Extra("SdStreet", format::ans(200), May, Given),
    Extra("SdStreetNr", format::ans(5), May, Given),
    Extra("SdZIPCode", format::an(20), May, Given),
    Extra("SdCity", format::ans(40), May, Given),
    Extra("SdState", format::a(2).exactly(), May, Given),
    Extra("SdCountryCode", format::a(2).exactly(), May, Given),
];

const VANTIV: &[Extra] = &[
    Extra("BdFirstName", format::ans(25), May, FirstName),
    Extra("BdLastName", format::ans(25), May, LastName),
    // Street and number together take at most 34, and our street holds both.
    Extra("BdStreet", format::ans(34), May, Street),
    Extra("BdStreetNr", format::ans(35), May, Given),
    Extra("BdStreet2", format::ans(35), May, Given),
    Extra("BdZIPCode", format::ans(20), May, Zip),
    Extra("BdCity", format::ans(35), May, City),
    Extra("BdState", format::ans(30), May, State),
    Extra("BdCountryCode", format::a(2).exactly(), May, Country),
    Extra("BdMail", format::ans(100), May, Email),
    Extra("BdPhone", format::ans(20), May, Phone),
];

const CREDORAX: &[Extra] = &[
    Extra("CreditCardHolder", format::an(255), Must, Holder),
    Extra("Email", format::ans(64), Must, Email),
    Extra("IPAddr", format::ans(15), May, Ip),
    Extra("CHDesc", format::ans(34), May, Given),
];

const CLEARHAUS: &[Extra] =
    &[Extra("CHDesc", format::ans(22), May, Given), Extra("UserData", format::ans(1024), May, Given)];

const WIRECARD_CREDIT: &[Extra] = &[
    Extra("RefundType", format::ans(30), May, Given),
    Extra("ReceiverFirstName", format::an(12), May, Given),
    Extra("ReceiverLastName", format::an(12), May, Given),
    Extra("SenderAccountNumber", format::n(12), May, Given),
    Extra("SenderFirstName", format::an(12), May, Given),
    Extra("SenderLastName", format::an(12), May, Given),
    Extra("SenderAddrStreet", format::an(25), May, Given),
    Extra("SenderAddrStreetNr", format::an(25), May, Given),
    Extra("SenderAddrCity", format::an(32), May, Given),
    Extra("SenderAddrState", format::a(2).exactly(), May, Given),
    Extra("SenderAddrCountry", format::a(2).exactly(), May, Given),
];

const CLEARHAUS_CHDESC: &[Extra] = &[Extra("CHDesc", format::ans(22), May, Given)];
const SAFECHARGE_CREDIT: &[Extra] = &[Extra("TID", format::ans(30), May, Given)];

const CAPN_PAYMENT: &[Extra] = &[
    Extra("AmountAuth", format::n(10), May, Given),
    Extra("ContractID", format::n(8), May, Given),
    Extra("FirstName", format::ans(15), May, FirstName),
    Extra("LastName", format::ans(30), May, LastName),
    Extra("AddrStreet", format::ans(20), May, Street),
    Extra("AddrZIP", format::ans(9), May, Zip),
    Extra("eMail", format::ans(60), May, Email),
    Extra("Phone", format::n(10), May, Given),
    Extra("sdFirstName", format::ans(15), May, Given),
    Extra("sdLastName", format::ans(30), May, Given),
    Extra("sdStreet", format::ans(50), May, Given),
    Extra("sdZip", format::n(9), May, Given),
    Extra("sdCountryCode", format::n(3).exactly(), May, Given),
    Extra("sdPhone", format::ans(10), May, Given),
];

/// For `creditex`.
pub fn add_to_creditex(to: &mut Request, acquirer: Acquirer, sources: &Sources) -> Result<(), BadValue> {
    use Acquirer::*;
    let table = match acquirer {
        Ecpcc => ECPCC,
        Kalixa => KALIXA,
        Vantiv => VANTIV,
        Credorax => CREDORAX,
        Clearhaus => CLEARHAUS,
        Omnipay | Other | CardComplete | Rbi | Cofidis | MasaPay | Capn | Wirecard | SafeCharge => &[],
    };
    add(to, table, sources)?;
    // The cardholder's name and town, which all but Clearhaus take.
    if acquirer != Clearhaus {
        to.words_some("Textfeld1", format::ans(30), sources.given("Textfeld1"))?;
        to.words_some("Textfeld2", format::ans(30), sources.given("Textfeld2"))?;
    }
    Ok(())
}

/// For `credit`.
pub fn add_to_credit(to: &mut Request, acquirer: Acquirer, sources: &Sources) -> Result<(), BadValue> {
    use Acquirer::*;
    let table = match acquirer {
        Wirecard => WIRECARD_CREDIT,
        Clearhaus => CLEARHAUS_CHDESC,
        SafeCharge => SAFECHARGE_CREDIT,
        Ecpcc | Kalixa | Vantiv | Credorax | Omnipay | Other | CardComplete | Rbi | Cofidis | MasaPay
        | Capn => &[],
    };
    add(to, table, sources)?;
    if acquirer != Clearhaus {
        to.words_some("Textfeld1", format::ans(30), sources.given("Textfeld1"))?;
        to.words_some("Textfeld2", format::ans(30), sources.given("Textfeld2"))?;
    }
    Ok(())
}

/// For `capture`: what the settlement shows, from the order only.
pub fn add_to_capture(
    to: &mut Request,
    acquirer: Acquirer,
    given: &BTreeMap<String, String>,
) -> Result<(), BadValue> {
    let text = |name: &str| given.get(name).map(String::as_str);
    if acquirer == Acquirer::Clearhaus {
        return to.words_some("CHDesc", format::ans(22), text("CHDesc"));
    }
    to.words_some("Textfeld1", format::ans(30), text("Textfeld1"))?;
    to.words_some("Textfeld2", format::ans(30), text("Textfeld2"))
}

/// For payments by card: American Express over CAPN.
pub fn add_to_payment(to: &mut Request, acquirer: Acquirer, sources: &Sources) -> Result<(), BadValue> {
    add(to, if acquirer == Acquirer::Capn { CAPN_PAYMENT } else { &[] }, sources)
}

fn add(to: &mut Request, table: &[Extra], sources: &Sources) -> Result<(), BadValue> {
    for Extra(name, format, need, from) in table {
        let value = match sources.given(name) {
            Some(given) => Some(given.to_owned()),
            None => sources.look_up(*from),
        };
        match value.filter(|value| !value.is_empty()) {
            Some(value) => to.words(name, *format, &value)?,
            None if *need == Must => return Err(BadValue::new(name, format, "is missing")),
            None => {}
        }
    }
    Ok(())
}

impl Sources<'_> {
    fn given(&self, name: &str) -> Option<&str> {
        self.order.get(name).or_else(|| self.configured.get(name)).map(String::as_str)
    }

    fn look_up(&self, from: Origin) -> Option<String> {
        let customer = self.customer;
        match from {
            Given => None,
            FirstName => customer.first_name.clone(),
            LastName => customer.last_name.clone(),
            Holder => holder(customer),
            Street => customer.street.clone(),
            City => customer.city.clone(),
            Zip => customer.postal_code.clone(),
            // Two letters or nothing: a province's full name is no code.
            State => customer.province.clone().filter(|state| state.len() == 2),
            Country => customer.country.clone().filter(|country| country.len() == 2),
            Email => customer.email.clone(),
            Phone => customer.phone.clone(),
            Born => customer.born.map(|date| date.format("%Y%m%d").to_string()),
            Ip => customer.ip_address.clone().filter(|ip| ip.len() <= 15),
            Pin => Some(self.pin.to_owned()),
        }
    }
}

/// First and last name as on the card.
pub fn holder(customer: &Details) -> Option<String> {
    let parts = [&customer.first_name, &customer.last_name];
    let name = parts.into_iter().flatten().map(|part| part.trim()).collect::<Vec<_>>().join(" ");
    (!name.trim().is_empty()).then_some(name)
}
