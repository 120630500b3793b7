//! `payssl.aspx`: the platform's own card form. Nothing is called here; the customer's browser carries the request.

use super::acquirer::{self, Sources};
use super::client::Client;
use super::credential;
use super::request::{self, Request};
use super::settings::OpenBy;
use super::values::{self, BadValue, country, format, reference};
use crate::processors::{Capture, DepositOrder, Opened};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Query strings longer than this should not be used.
const LONGEST_QUERY: usize = 5120;

/// What the cashier may add to a deposit: objects of 3-D Secure 2, texts, and the fields of single acquirers.
pub const PARTICULARS: &[&str] = &[
    "threeDSPolicy",
    "priorAuthenticationInfo",
    "accountInfo",
    "shipToCustomer",
    "shippingAddress",
    "merchantRiskIndicator",
    "subMerchantPF",
    "industrySpecificTxType",
    "RefNr",
    "OrderDesc",
    "OrderDesc2",
    "UserData",
    "Textfeld1",
    "Textfeld2",
    "CHDesc",
    "AmountAuth",
    "Phone",
    "sdFirstName",
    "sdLastName",
    "sdStreet",
    "sdZip",
    "sdCountryCode",
    "sdPhone",
];

/// Those of them that are objects.
const OBJECTS: &[&str] = &[
    "threeDSPolicy",
    "priorAuthenticationInfo",
    "accountInfo",
    "shipToCustomer",
    "shippingAddress",
    "merchantRiskIndicator",
    "subMerchantPF",
];

pub fn open(client: &Client, order: &DepositOrder) -> Result<Opened, BadValue> {
    let request = payment(client, "payssl.aspx", order)?;
    Ok(by_browser(client, order, request, true))
}

/// What every payment by card says, whoever brings the card.
pub fn begin(client: &Client, endpoint: &'static str, order: &DepositOrder) -> Result<Request, BadValue> {
    let settings = client.settings();
    let mut request = Request::new(endpoint, settings, &order.reference)?;
    let purpose = if endpoint == "direct.aspx" { "direct" } else { "open" };
    request.put("MsgVer", format::ans(5), "2.0")?;
    request.req_id(&reference::req_id(&[purpose, &order.reference]))?;
    put_ref_nr(&mut request, client, order)?;
    request.money(order.amount, settings)?;
    request.put("Capture", format::an(6), &capture_text(order.capture)?)?;
    request.put_some("BillingDescriptor", format::ans(22), settings.billing_descriptor.as_deref())?;
    request.words("OrderDesc", format::ans(768), &order_text(client, order))?;
    request.words_some("UserData", format::ans(1024), text(order, "UserData"))?;
    Ok(request)
}

fn text<'a>(order: &'a DepositOrder, name: &str) -> Option<&'a str> {
    order.extra.get(name).map(String::as_str)
}

/// The settlement reference: the cashier's, which must fit, or ours, where it does.
pub fn put_ref_nr(request: &mut Request, client: &Client, order: &DepositOrder) -> Result<(), BadValue> {
    let acquirer = client.settings().acquirer;
    let ref_nr = match text(order, super::EXTRA_REF_NR) {
        Some(given) => reference::ref_nr(given, acquirer)?,
        None => match reference::ref_nr(&order.reference, acquirer) {
            Ok(ref_nr) => ref_nr,
            Err(_) => return Ok(()),
        },
    };
    request.put("RefNr", format::ns(30), &ref_nr)
}

/// The text on the order: the cashier's, or the account's.
pub fn order_text(client: &Client, order: &DepositOrder) -> String {
    let given = text(order, super::EXTRA_ORDER_TEXT).map(str::to_owned);
    given.unwrap_or_else(|| request::order_text(client.settings(), &order.reference))
}

/// The parameters of a card payment in the browser, which `paynow` shares with the hosted form.
pub fn payment(client: &Client, endpoint: &'static str, order: &DepositOrder) -> Result<Request, BadValue> {
    let settings = client.settings();
    let mut request = begin(client, endpoint, order)?;
    if !settings.page.brands.is_empty() {
        let brands =
            settings.page.brands.iter().map(|brand| request::brand(brand)).collect::<Result<Vec<_>, _>>()?;
        request.put("PayTypes", format::ans(256), &brands.join("|"))?;
    }
    put_objects(&mut request, client, order)?;
    if let Some(credential) = credential::of(order, false)? {
        request.json("credentialOnFile", &credential)?;
    }
    let sources = Sources {
        customer: &order.customer,
        pin: &order.pin,
        order: &order.extra,
        configured: &settings.payment_extra,
    };
    acquirer::add_to_payment(&mut request, settings.acquirer, &sources)?;
    put_urls(&mut request, client, order)?;
    if settings.page.order {
        request.put("TxType", format::ans(20), "Order")?;
    }
    if let Some(minutes) = settings.page.expires_minutes {
        let end = client.clock().now() + chrono::Duration::minutes(i64::from(minutes));
        request.put("ExpirationTime", format::ans(19), &end.format("%Y-%m-%dT%H:%M:%S").to_string())?;
    }
    Ok(request)
}

/// The three addresses, and the demand that what arrives there is encrypted.
pub fn put_urls(request: &mut Request, client: &Client, order: &DepositOrder) -> Result<(), BadValue> {
    let settings = client.settings();
    request.url("URLSuccess", &order.urls.success, settings)?;
    request.url("URLFailure", &order.urls.failure, settings)?;
    request.url("URLNotify", &order.urls.notify, settings)?;
    request.put("Response", format::a(7), "encrypt")
}

pub fn put_objects(request: &mut Request, client: &Client, order: &DepositOrder) -> Result<(), BadValue> {
    let customer = &order.customer;
    let mut bill_to = Map::new();
    if let (Some(first), Some(last)) = (&customer.first_name, &customer.last_name) {
        for (name, value) in [("firstName", first), ("lastName", last)] {
            if value.chars().count() > 30 {
                return Err(BadValue::new(&format!("billToCustomer.{name}"), "ans..30", "is too long"));
            }
        }
        bill_to.insert("consumer".to_owned(), json!({ "firstName": first, "lastName": last }));
    }
    if let Some(email) = &customer.email {
        bill_to.insert("email".to_owned(), json!(email));
    }
    if !bill_to.is_empty() {
        request.json("billToCustomer", &Value::Object(bill_to))?;
    }
    let mut address = Map::new();
    if let Some(city) = &customer.city {
        address.insert("city".to_owned(), json!(city));
    }
    if let Some(street) = &customer.street {
        address.insert("addressLine1".to_owned(), json!({ "street": street }));
    }
    // Two letters or nothing: a province's full name is no code, and within the European Union none is wanted.
    if let Some(state) = customer.province.as_ref().filter(|state| state.len() == 2) {
        address.insert("state".to_owned(), json!(state));
    }
    if let Some(code) = &customer.postal_code {
        address.insert("postalCode".to_owned(), json!(code));
    }
    if let Some(country) = customer.country.as_deref().and_then(country::three_letters) {
        address.insert("country".to_owned(), json!({ "countryA3": country }));
    }
    if !address.is_empty() {
        request.json("billingAddress", &Value::Object(address))?;
    }
    for name in OBJECTS {
        if let Some(text) = order.extra.get(*name) {
            request.json_text(name, text)?;
        }
    }
    match &client.settings().three_ds_policy {
        Some(policy) if !order.extra.contains_key("threeDSPolicy") => request.json("threeDSPolicy", policy),
        _ => Ok(()),
    }
}

/// AUTO, MANUAL, or the hours until the platform captures by itself.
pub fn capture_text(capture: Capture) -> Result<String, BadValue> {
    match capture {
        Capture::Automatic => Ok("AUTO".to_owned()),
        Capture::Manual => Ok("MANUAL".to_owned()),
        Capture::AfterHours(hours @ 1..=696) => Ok(hours.to_string()),
        Capture::AfterHours(_) => {
            Err(BadValue::new("Capture", format::an(6), "is not within 1 to 696 hours"))
        }
    }
}

/// Sends the browser on, by redirect where the query is short enough, else by a form.
pub fn by_browser(client: &Client, order: &DepositOrder, request: Request, layout: bool) -> Opened {
    let action = client.settings().url(request.endpoint);
    let mut fields = client.seal(request);
    if layout {
        fields.extend(clear_fields(client, order));
    }
    let query: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    if client.settings().page.open_by == OpenBy::Redirect && query.len() <= LONGEST_QUERY {
        return Opened::Redirect { url: format!("{action}?{query}"), reference: None, told: BTreeMap::new() };
    }
    Opened::Form { action, fields, reference: None }
}

/// What stands beside `Data` in clear: layout, language, and the way back.
fn clear_fields(client: &Client, order: &DepositOrder) -> Vec<(String, String)> {
    let page = &client.settings().page;
    let mut fields = Vec::new();
    if let Some(template) = &page.template {
        fields.push(("Template".to_owned(), template.clone()));
    }
    if values::format::a(2).exactly().check("Language", &order.language).is_ok() {
        fields.push(("Language".to_owned(), order.language.to_ascii_lowercase()));
    }
    if !order.urls.back.is_empty() {
        fields.push(("URLBack".to_owned(), order.urls.back.clone()));
    }
    fields.extend(page.layout.iter().map(|(name, value)| (name.clone(), value.clone())));
    fields
}
