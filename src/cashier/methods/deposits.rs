//! The deposits that the cashier runs: may the customer, he is about to, the bank holds it, it was paid, it was not.

use super::super::call::Call;
use super::super::reply::Told;
use crate::domain::deposit::check;
use crate::domain::refusal::Refusal;
use crate::operations::record_deposit::{self, News};
use crate::operations::{OperationError, process_deposit, reverse_deposit};
use crate::store::{customers, payouts};

/// `PrevalidateDeposit`: a question without a trace.
pub async fn prevalidate(call: &Call<'_>) -> Result<Told, OperationError> {
    let (pin, amount) = (call.pin()?, call.amount()?);
    call.processor()?;
    call.number("TraceID")?;
    call.read(move |connection, rules| {
        let front_end = &rules.front_end;
        let Some(customer) = customers::find_now(connection, &front_end.name, &pin)? else {
            return Ok(Err(Refusal::CustomerNotFound));
        };
        if customer.blocked {
            return Ok(Err(Refusal::CustomerBlocked));
        }
        let open = front_end.deposit_lock && payouts::has_requested(connection, customer.id)?;
        Ok(check(amount, front_end, open))
    })
    .await?;
    Ok(Told::ok(Vec::new()))
}

/// `PendingDeposit`, `AuthorizedDeposit`, `DeclinedDeposit`.
pub async fn record(call: &Call<'_>, news: News) -> Result<Told, OperationError> {
    let wish = record_deposit::Wish {
        news,
        pin: call.pin()?,
        trace_id: call.trace_id()?,
        amount: call.amount()?,
        processor: call.processor()?,
        payment_method: call.text("PaymentMethod"),
        transaction_id: call.text("TransactionID"),
        created_by: call.text("CreatedBy"),
    };
    let (pin, wants) = (wish.pin.clone(), wish.wants(call.rules()));
    let answer =
        call.transact(&pin, wants, move |tx, rules, caller| record_deposit::run(tx, &wish, rules, caller));
    Ok(answer.await?.into())
}

/// `ProcessDeposit`: the customer has paid.
pub async fn process(call: &Call<'_>) -> Result<Told, OperationError> {
    let wish = process_deposit::Wish {
        pin: call.pin()?,
        trace_id: call.trace_id()?,
        amount: call.amount()?,
        fee: call.fee()?,
        processor: call.processor()?,
        payment_method: call.text("PaymentMethod"),
        transaction_id: call.text("TransactionID"),
        created_by: call.text("CreatedBy"),
    };
    let (pin, wants) = (wish.pin.clone(), wish.wants(call.rules()));
    let answer =
        call.transact(&pin, wants, move |tx, rules, caller| process_deposit::run(tx, &wish, rules, caller));
    Ok(answer.await?.into())
}

/// `ReverseDeposit`: the money was pulled back.
pub async fn reverse(call: &Call<'_>) -> Result<Told, OperationError> {
    let wish = reverse_deposit::Wish {
        pin: call.pin()?,
        trace_id: call.trace_id()?,
        updated_by: call.text("UpdatedBy"),
    };
    let (pin, wants) = (wish.pin.clone(), wish.wants(call.rules()));
    let answer =
        call.transact(&pin, wants, move |tx, rules, caller| reverse_deposit::run(tx, &wish, rules, caller));
    Ok(answer.await?.into())
}
