//! `GetPayout`: where a payout stands, what was debited, and its postings.

use super::super::call::Call;
use super::super::directory::Door;
use super::super::reply::Told;
use super::super::wire::Value;
use crate::domain::payout::Named;
use crate::domain::refusal::Refusal;
use crate::operations::OperationError;
use crate::store::ledger::{self, Posting};
use crate::store::payouts;

pub async fn run(call: &Call<'_>) -> Result<Told, OperationError> {
    let pin = call.pin()?;
    let (id, trace_id) = (call.optional_payout()?, call.number("TraceID")?);
    if id.is_none() && trace_id.is_none() {
        return Err(Refusal::bad("ExtPayoutID", "is missing, and so is TraceID").into());
    }
    let (payout, postings) = call
        .read(move |connection, rules| {
            let front_end = &rules.front_end.name;
            let payout = match (id, trace_id) {
                (Some(id), _) => payouts::find_now(connection, id)?,
                (None, Some(trace_id)) => payouts::find_by_trace(connection, front_end, trace_id)?,
                (None, None) => None,
            };
            let payout = payout.filter(|payout| {
                payout.front_end == *front_end
                    && payout.pin == pin
                    && trace_id.is_none_or(|trace_id| trace_id == payout.trace_id)
            });
            let Some(payout) = payout else { return Ok(Err(Refusal::PayoutNotFound)) };
            let postings = ledger::postings_of(connection, &payout.id.to_string())?;
            Ok(Ok((payout, postings)))
        })
        .await?;
    let amount = |money| Value::Text(call.door.write_amount(money));
    let named = payout.used.as_ref().or(payout.asked.as_ref());
    let mut fields = vec![
        ("ExtPayoutID", Value::Text(payout.id.to_string())),
        ("TraceID", Value::Text(payout.trace_id.to_string())),
        ("PIN", Value::Text(payout.pin.clone())),
        ("PayoutStatus", Value::Text(payout.status.to_string())),
        ("Amount", amount(payout.amount)),
        ("Fee", amount(payout.fee)),
        ("Currency", Value::Text(payout.amount.currency().to_string())),
        ("DebitState", Value::Text(payout.debit.state.name().to_owned())),
        ("DebitedAmount", amount(payout.debit.amount)),
        ("DebitedFee", amount(payout.debit.fee)),
    ];
    fields.extend(processor(named));
    let optional = [
        ("TransactionID", payout.transaction_id.clone()),
        ("AttemptState", payout.attempt.map(|state| state.name().to_owned())),
        ("ExtReversalID", payout.reversal.map(|reversal| reversal.id.to_string())),
    ];
    fields.extend(optional.into_iter().filter_map(|(name, value)| Some((name, Value::Text(value?)))));
    fields.push(("Postings", Value::Text(written(&postings, call.door))));
    Ok(Told::ok(fields))
}

/// A processor by both its names.
pub(super) fn processor(named: Option<&Named>) -> Vec<(&'static str, Value)> {
    let Some(named) = named else { return Vec::new() };
    vec![("PP", Value::Text(named.cashier.clone())), ("Processor", Value::Text(named.platform.clone()))]
}

/// `kind account amount`, joined by semicolons.
pub(super) fn written(postings: &[Posting], door: &Door) -> String {
    let lines = postings
        .iter()
        .map(|posting| format!("{} {} {}", posting.kind, posting.account, door.write_amount(posting.amount)));
    lines.collect::<Vec<_>>().join("; ")
}
