//! `CreatePayout`: the cashier asks for a payout.

use super::super::call::Call;
use super::super::reply::Told;
use crate::domain::bank_account::BankAccount;
use crate::domain::money::Money;
use crate::operations::OperationError;
use crate::operations::create_payout::{self, Wish};

pub async fn run(call: &Call<'_>) -> Result<Told, OperationError> {
    let wish = Wish {
        pin: call.pin()?,
        trace_id: call.trace_id()?,
        amount: call.amount()?,
        fee: call.fee()?.unwrap_or(Money::zero(call.door.currency())),
        processor: call.processor()?,
        payment_method: call.text("PaymentMethod"),
        bank_account: BankAccount::read(|part| call.text(part))?,
        created_by: call.text("CreatedBy"),
    };
    let (pin, wants) = (wish.pin.clone(), wish.wants(call.rules()));
    let answer =
        call.transact(&pin, wants, move |tx, rules, caller| create_payout::run(tx, &wish, rules, caller));
    Ok(answer.await?.into())
}
