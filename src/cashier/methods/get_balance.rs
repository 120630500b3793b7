//! `GetBalance`: what a customer has. Debited payouts are out of it, undebited ones are not.

use super::super::call::Call;
use super::super::reply::Told;
use super::super::wire::Value;
use crate::operations::OperationError;

pub async fn run(call: &Call<'_>) -> Result<Told, OperationError> {
    let (customer, balance) = super::get_customer::find(call, call.pin()?).await?;
    Ok(Told::ok(vec![
        ("PIN", Value::Text(customer.pin)),
        ("Currency", Value::Text(customer.currency.to_string())),
        ("Balance", Value::Text(call.door.write_amount(balance))),
    ]))
}
