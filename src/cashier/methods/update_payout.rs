//! `UpdatePayout`: an existing payout changes status.

use super::super::call::Call;
use super::super::reply::Told;
use crate::operations::OperationError;
use crate::operations::update_payout::{self, Wish};

pub async fn run(call: &Call<'_>) -> Result<Told, OperationError> {
    let wish = Wish {
        pin: call.pin()?,
        payout: call.payout()?,
        trace_id: call.number("TraceID")?,
        to: call.status()?,
        amount: call.optional_amount()?,
        fee: call.fee()?,
        processor: call.processor()?,
        transaction_id: call.text("TransactionID"),
        updated_by: call.text("UpdatedBy"),
        attempt_key: call.entropy.hex(16),
    };
    let (pin, wants) = (wish.pin.clone(), wish.wants(call.rules()));
    let answer =
        call.transact(&pin, wants, move |tx, rules, caller| update_payout::run(tx, &wish, rules, caller));
    Ok(answer.await?.into())
}
