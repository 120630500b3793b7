//! `GetDeposit`: where a deposit stands and its postings.

use super::super::call::Call;
use super::super::reply::Told;
use super::super::wire::Value;
use super::get_payout::{processor, written};
use crate::domain::refusal::Refusal;
use crate::operations::OperationError;
use crate::store::{deposits, ledger};

pub async fn run(call: &Call<'_>) -> Result<Told, OperationError> {
    let pin = call.pin()?;
    let (id, trace_id) = (call.optional_deposit()?, call.number("TraceID")?);
    if id.is_none() && trace_id.is_none() {
        return Err(Refusal::bad("ExtDepositID", "is missing, and so is TraceID").into());
    }
    let (deposit, postings) = call
        .read(move |connection, rules| {
            let front_end = &rules.front_end.name;
            let deposit = match (id, trace_id) {
                (Some(id), _) => deposits::find_now(connection, id)?,
                (None, Some(trace_id)) => deposits::find_by_trace(connection, front_end, trace_id)?,
                (None, None) => None,
            };
            let deposit = deposit.filter(|deposit| {
                deposit.front_end == *front_end
                    && deposit.pin == pin
                    && trace_id.is_none_or(|trace_id| trace_id == deposit.trace_id)
            });
            let Some(deposit) = deposit else { return Ok(Err(Refusal::DepositNotFound)) };
            let postings = ledger::postings_of(connection, &deposit.id.to_string())?;
            Ok(Ok((deposit, postings)))
        })
        .await?;
    let amount = |money| Value::Text(call.door.write_amount(money));
    let mut fields = vec![
        ("ExtDepositID", Value::Text(deposit.id.to_string())),
        ("TraceID", Value::Text(deposit.trace_id.to_string())),
        ("PIN", Value::Text(deposit.pin.clone())),
        ("DepositStatus", Value::Text(deposit.status.to_string())),
        ("Amount", amount(deposit.amount)),
    ];
    fields.extend(deposit.reserved.map(|reserved| ("AuthorizedAmount", amount(reserved))));
    fields.extend([
        ("CapturedAmount", amount(deposit.captured)),
        ("RefundedAmount", amount(deposit.refunded)),
        ("Currency", Value::Text(deposit.amount.currency().to_string())),
    ]);
    fields.extend(processor(deposit.processor.as_ref()));
    if let Some(transaction_id) = &deposit.transaction_id {
        fields.push(("TransactionID", Value::Text(transaction_id.clone())));
    }
    fields.push(("Postings", Value::Text(written(&postings, call.door))));
    Ok(Told::ok(fields))
}
