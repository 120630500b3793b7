//! Deposits that we run at a processor: `CreateDeposit`, `CaptureDeposit`, `CancelDeposit`, `RefundDeposit`.

use super::super::call::Call;
use super::super::reply::Told;
use super::super::wire::Value;
use crate::desk::Way;
use crate::domain::ids::DepositId;
use crate::domain::refusal::Refusal;
use crate::operations::{OperationError, begin_deposit, cancel_deposit, capture_deposit, refund_deposit};

/// The languages of the customer's pages.
const LANGUAGES: [&str; 4] = ["en", "de", "fr", "it"];

pub async fn create(call: &Call<'_>) -> Result<Told, OperationError> {
    let Some(processor) = call.processor()? else { return Err(Refusal::bad("PP", "is missing").into()) };
    let (Some(account), Some(method)) =
        (processor.processor.account.clone(), processor.processor.method.clone())
    else {
        return Err(Refusal::bad("PP", "is not a processor that we run deposits at").into());
    };
    let capture = call.text("Capture").unwrap_or_else(|| "automatic".to_owned()).to_lowercase();
    let known = matches!(capture.as_str(), "automatic" | "manual")
        || capture.parse::<u16>().is_ok_and(|hours| (1..=696).contains(&hours));
    if !known {
        return Err(Refusal::bad("Capture", "must be automatic, manual, or hours from 1 to 696").into());
    }
    let language = call.text("Language").unwrap_or_else(|| "en".to_owned()).to_lowercase();
    if !LANGUAGES.contains(&language.as_str()) {
        return Err(Refusal::bad("Language", "must be en, de, fr or it").into());
    }
    let wish = begin_deposit::Wish {
        pin: call.pin()?,
        trace_id: call.trace_id()?,
        amount: call.amount()?,
        processor,
        account,
        method,
        payment_method: call.text("PaymentMethod"),
        capture,
        language,
        token: call.entropy.hex(16),
        created_by: call.text("CreatedBy"),
    };
    let opened = call.desk.open_deposit(wish, call.rules(), &call.caller).await?;
    let mut told = Told::from(opened.answer);
    if let Some(url) = opened.url {
        told.fields.push(("RedirectURL", Value::Text(url)));
    }
    if let Some(Way::Form { action, fields }) = opened.way {
        let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        told.fields.push(("FormAction", Value::Text(action)));
        told.fields.push(("FormFields", Value::Text(form)));
    }
    Ok(told)
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

fn deposit(call: &Call<'_>) -> Result<DepositId, Refusal> {
    call.optional_deposit()?.ok_or_else(|| Refusal::bad("ExtDepositID", "is missing"))
}
