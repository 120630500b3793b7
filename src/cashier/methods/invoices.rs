//! Invoices: a link that the customer pays when he likes. Each is a deposit, credited when the link is paid.

use super::super::call::Call;
use super::super::reply::Told;
use super::super::wire::Value;
use super::run_by_us::{Where, deposit, told, wish};
use crate::desk::{INVOICE, Way};
use crate::domain::deposit::Deposit;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::ids::DepositId;
use crate::domain::refusal::Refusal;
use crate::operations::{OperationError, cancel_deposit};
use crate::store::deposits::{self, Managed};

pub async fn create(call: &Call<'_>) -> Result<Told, OperationError> {
    let mut wish = wish(call, "CreateInvoice")?;
    if !call.desk.makes_invoices(&wish.account) {
        return Err(Refusal::bad("PP", "is not a processor that makes invoices").into());
    }
    wish.method = INVOICE.to_owned();
    if let Some(text) = call.text("OrderText") {
        wish.particulars = text.clone();
        wish.extra.insert("orderDescriptor".to_owned(), text);
    }
    let opened = call.desk.open_deposit(wish, None, call.rules(), &call.caller).await?;
    Ok(told(opened, Where::Invoice))
}

/// Asks the processor while the invoice is open, and tells where it stands.
pub async fn get(call: &Call<'_>) -> Result<Told, OperationError> {
    let (mut invoice, managed) = find(call).await?;
    if is_open(invoice.status) {
        // Without an answer the invoice stands where we know it to stand.
        if let Err(error) = call.desk.settle(invoice.id, None).await {
            tracing::warn!(deposit.id = %invoice.id, %error, "an invoice could not be asked about");
        }
        (invoice, _) = find_by(call, invoice.id).await?;
    }
    let amount = |money| Value::Text(call.door.write_amount(money));
    let mut fields = vec![
        ("ExtDepositID", Value::Text(invoice.id.to_string())),
        ("TraceID", Value::Text(invoice.trace_id.to_string())),
        ("PIN", Value::Text(invoice.pin.clone())),
        ("InvoiceStatus", Value::Text(word(invoice.status).to_owned())),
        ("Amount", amount(invoice.amount)),
        ("Currency", Value::Text(invoice.amount.currency().to_string())),
    ];
    if let Some(Way::Redirect(url)) = managed.opened.as_deref().and_then(Way::kept) {
        fields.push(("InvoiceURL", Value::Text(url)));
    }
    if let Some(transaction_id) = &invoice.transaction_id {
        fields.push(("TransactionID", Value::Text(transaction_id.clone())));
    }
    Ok(Told::ok(fields))
}

pub async fn cancel(call: &Call<'_>) -> Result<Told, OperationError> {
    let (invoice, _) = find_by(call, deposit(call)?).await?;
    let wish = cancel_deposit::Wish { pin: call.pin()?, deposit: invoice.id };
    Ok(call.desk.cancel(wish, call.rules(), &call.caller).await?.into())
}

fn is_open(status: DepositStatus) -> bool {
    word(status) == "Open"
}

fn word(status: DepositStatus) -> &'static str {
    match status {
        DepositStatus::Pending | DepositStatus::Authorized | DepositStatus::Settling => "Open",
        DepositStatus::Credited => "Paid",
        DepositStatus::Cancelled => "Cancelled",
        DepositStatus::Declined => "Expired",
        DepositStatus::Reversed => "Reversed",
    }
}

/// The invoice that a call names by our id or by its TraceID.
async fn find(call: &Call<'_>) -> Result<(Deposit, Managed), OperationError> {
    if let Some(id) = call.optional_deposit()? {
        return find_by(call, id).await;
    }
    let trace_id = call.trace_id()?;
    let id = call.read(move |connection, rules| {
        let found = deposits::find_by_trace(connection, &rules.front_end.name, trace_id)?;
        Ok(found.map(|deposit| deposit.id).ok_or(Refusal::DepositNotFound))
    });
    find_by(call, id.await?).await
}

async fn find_by(call: &Call<'_>, id: DepositId) -> Result<(Deposit, Managed), OperationError> {
    let pin = call.pin()?;
    let found = call.read(move |connection, rules| {
        let found = deposits::find_managed(connection, id)?;
        let found = found.filter(|(deposit, managed)| {
            deposit.front_end == rules.front_end.name && deposit.pin == pin && managed.method == INVOICE
        });
        Ok(found.ok_or(Refusal::DepositNotFound))
    });
    found.await
}
