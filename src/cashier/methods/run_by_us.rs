//! Deposits that we run at a processor: `CreateDeposit`, `CaptureDeposit`, `CancelDeposit`, `RefundDeposit`, and
//! `ChargeStored`, which needs no customer at hand.

use super::super::call::Call;
use super::super::reply::Told;
use super::super::wire::Value;
use super::typed_card;
use crate::desk::{OpenedDeposit, TERMINAL, Way};
use crate::domain::ids::DepositId;
use crate::domain::refusal::Refusal;
use crate::operations::{OperationError, begin_deposit, cancel_deposit, capture_deposit, refund_deposit};
use std::collections::BTreeMap;

/// The languages of the customer's pages.
const LANGUAGES: [&str; 4] = ["en", "de", "fr", "it"];

pub async fn create(call: &Call<'_>) -> Result<Told, OperationError> {
    let mut wish = wish(call, "CreateDeposit")?;
    wish.capture = capture_wish(call)?;
    let card = typed_card::read(call)?;
    // A payment at a terminal is made at once, so one that may still arrive must not be made again.
    wish.sent_once = wish.method == TERMINAL;
    if let Some(text) = call.text("Recurring") {
        if !text.eq_ignore_ascii_case("initial") {
            return Err(Refusal::bad("Recurring", "must be initial").into());
        }
        wish.extra.insert("recurring".to_owned(), "initial".to_owned());
        wish.particulars = "recurring=initial".to_owned();
        wish.particulars += &schedule(call, &mut wish.extra)?;
    }
    wish.particulars += &payment_data(call, &wish.account, &mut wish.extra)?;
    let opened = call.desk.open_deposit(wish, card, call.rules(), &call.caller).await?;
    Ok(told(opened, Where::Browser))
}

/// Charges a stored card, or the next payment of a series.
pub async fn charge(call: &Call<'_>) -> Result<Told, OperationError> {
    let mut wish = wish(call, "ChargeStored")?;
    let series = match call.text("InitialDepositID") {
        None => None,
        Some(text) => Some(DepositId::parse(&text).ok_or(Refusal::DepositNotFound)?),
    };
    let pin = wish.pin.clone();
    wish.capture = capture_wish(call)?;
    wish.extra = call.desk.charge(&wish.account, call.rules(), &pin, series).await?;
    wish.particulars = series.map_or_else(|| "stored".to_owned(), |initial| format!("series={initial}"));
    wish.particulars += &payment_data(call, &wish.account, &mut wish.extra)?;
    wish.sent_once = true;
    let opened = call.desk.open_deposit(wish, None, call.rules(), &call.caller).await?;
    Ok(told(opened, Where::Browser))
}

/// What the answer calls the address that the customer pays at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    Browser,
    Invoice,
}

pub(super) fn told(opened: OpenedDeposit, place: Where) -> Told {
    let mut told = Told::from(opened.answer);
    if let (Some(status), Where::Browser) = (opened.status, place) {
        told.fields.push(("DepositStatus", Value::Text(status.to_string())));
    }
    if let Some((terminal, approval)) = opened.slip {
        told.fields.push(("TerminalID", Value::Text(terminal)));
        told.fields.push(("AuthCode", Value::Text(approval)));
    }
    if let Some(url) = opened.url {
        let name = if place == Where::Browser { "RedirectURL" } else { "InvoiceURL" };
        told.fields.push((name, Value::Text(url)));
    }
    if let Some(Way::Form { action, fields }) = opened.way {
        let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        told.fields.push(("FormAction", Value::Text(action)));
        told.fields.push(("FormFields", Value::Text(form)));
    }
    told
}

/// How often and until when a series goes on, where its days are fixed. The text tells one call from another.
fn schedule(call: &Call<'_>, extra: &mut BTreeMap<String, String>) -> Result<String, Refusal> {
    let (days, until) = match (call.number("RecurringDays")?, call.text("RecurringUntil")) {
        (None, None) => return Ok(String::new()),
        (Some(days), Some(until)) => (days, until),
        (Some(_), None) => return Err(Refusal::bad("RecurringUntil", "is missing")),
        (None, Some(_)) => return Err(Refusal::bad("RecurringDays", "is missing")),
    };
    if !(1..=9_999).contains(&days) {
        return Err(Refusal::bad("RecurringDays", "must be from 1 to 9999"));
    }
    let date = chrono::NaiveDate::parse_from_str(&until, "%Y-%m-%d");
    let until = date.map_err(|_| Refusal::bad("RecurringUntil", "must be written YYYY-MM-DD"))?.to_string();
    let told = format!("&days={days}&until={until}");
    extra.insert("recurring_days".to_owned(), days.to_string());
    extra.insert("recurring_until".to_owned(), until);
    Ok(told)
}

/// What the cashier adds in the processor's own words: a JSON object of texts and objects. The text tells one call from
/// another.
fn payment_data(
    call: &Call<'_>,
    account: &str,
    extra: &mut BTreeMap<String, String>,
) -> Result<String, Refusal> {
    let Some(text) = call.text("PaymentData") else { return Ok(String::new()) };
    let wrong = |reason: &str| Refusal::bad("PaymentData", reason);
    let data: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(&text).map_err(|_| wrong("is no JSON object"))?;
    let known = call.desk.particulars(account);
    for (name, value) in &data {
        // The name is repeated only if it is one of ours.
        let Some(name) = known.iter().find(|known| **known == name.as_str()) else {
            return Err(wrong("has a name that this processor does not take"));
        };
        let value = match value {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Object(_) => value.to_string(),
            _ => return Err(wrong(&format!("{name} is neither text nor object"))),
        };
        extra.insert((*name).to_owned(), value);
    }
    // Sorted by name, so that the order they came in does not matter.
    Ok(serde_json::json!(data).to_string())
}

fn capture_wish(call: &Call<'_>) -> Result<String, Refusal> {
    let capture = call.text("Capture").unwrap_or_else(|| "automatic".to_owned()).to_lowercase();
    let known = matches!(capture.as_str(), "automatic" | "manual")
        || capture.parse::<u16>().is_ok_and(|hours| (1..=696).contains(&hours));
    if !known {
        return Err(Refusal::bad("Capture", "must be automatic, manual, or hours from 1 to 696"));
    }
    Ok(capture)
}

/// What every method that begins a deposit takes.
pub(super) fn wish(call: &Call<'_>, called: &'static str) -> Result<begin_deposit::Wish, OperationError> {
    let Some(processor) = call.processor()? else { return Err(Refusal::bad("PP", "is missing").into()) };
    let (Some(account), Some(method)) =
        (processor.processor.account.clone(), processor.processor.method.clone())
    else {
        return Err(Refusal::bad("PP", "is not a processor that we run deposits at").into());
    };
    let language = call.text("Language").unwrap_or_else(|| "en".to_owned()).to_lowercase();
    if !LANGUAGES.contains(&language.as_str()) {
        return Err(Refusal::bad("Language", "must be en, de, fr or it").into());
    }
    Ok(begin_deposit::Wish {
        called,
        particulars: String::new(),
        extra: BTreeMap::new(),
        sent_once: false,
        pin: call.pin()?,
        trace_id: call.trace_id()?,
        amount: call.amount()?,
        processor,
        reference_prefix: call.desk.reference_prefix(&account),
        account,
        method,
        payment_method: call.text("PaymentMethod"),
        capture: "automatic".to_owned(),
        language,
        token: call.entropy.hex(16),
        created_by: call.text("CreatedBy"),
    })
}

pub async fn capture(call: &Call<'_>) -> Result<Told, OperationError> {
    let last = match call.text("Final").as_deref() {
        None => true,
        Some(text) if text.eq_ignore_ascii_case("true") || text == "1" => true,
        Some(text) if text.eq_ignore_ascii_case("false") || text == "0" => false,
        Some(_) => return Err(Refusal::bad("Final", "must be true or false").into()),
    };
    let wish = capture_deposit::Wish {
        pin: call.pin()?,
        trace_id: call.trace_id()?,
        deposit: deposit(call)?,
        amount: call.optional_amount()?,
        last,
        updated_by: call.text("UpdatedBy"),
    };
    Ok(call.desk.capture(wish, call.rules(), &call.caller).await?.into())
}

pub async fn cancel(call: &Call<'_>) -> Result<Told, OperationError> {
    let wish = cancel_deposit::Wish { pin: call.pin()?, deposit: deposit(call)? };
    Ok(call.desk.cancel(wish, call.rules(), &call.caller).await?.into())
}

pub async fn refund(call: &Call<'_>) -> Result<Told, OperationError> {
    let wish = refund_deposit::Wish {
        pin: call.pin()?,
        trace_id: call.trace_id()?,
        deposit: deposit(call)?,
        amount: call.optional_amount()?,
        updated_by: call.text("UpdatedBy"),
    };
    let (pin, wants) = (wish.pin.clone(), wish.wants(call.rules()));
    let answer =
        call.transact(&pin, wants, move |tx, rules, caller| refund_deposit::run(tx, &wish, rules, caller));
    Ok(answer.await?.into())
}

pub(super) fn deposit(call: &Call<'_>) -> Result<DepositId, Refusal> {
    call.optional_deposit()?.ok_or_else(|| Refusal::bad("ExtDepositID", "is missing"))
}
