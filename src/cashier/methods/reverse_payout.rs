//! `ReversePayout`: an approved payout never reached the customer.

use super::super::call::Call;
use super::super::reply::Told;
use crate::operations::OperationError;
use crate::operations::reverse_payout::{self, Wish};

pub async fn run(call: &Call<'_>) -> Result<Told, OperationError> {
    let wish = Wish {
        pin: call.pin()?,
        payout: call.payout()?,
        trace_id: call.number("TraceID")?,
        ref_trace_id: call.number("RefTraceID")?,
        amount: call.optional_amount()?,
        fee: call.fee()?,
        updated_by: call.text("UpdatedBy"),
    };
    let (pin, wants) = (wish.pin.clone(), wish.wants(call.rules()));
    let answer =
        call.transact(&pin, wants, move |tx, rules, caller| reverse_payout::run(tx, &wish, rules, caller));
    Ok(answer.await?.into())
}
