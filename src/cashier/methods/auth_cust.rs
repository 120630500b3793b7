//! `AuthCust`: a customer arrives with a one-time token of the platform's.

use super::super::call::Call;
use super::super::reply::Told;
use super::super::wire::Value;
use crate::domain::refusal::Refusal;
use crate::operations::OperationError;
use crate::operations::authenticate_customer::{self, Wish};
use sha2::{Digest, Sha256};

pub async fn run(call: &Call<'_>) -> Result<Told, OperationError> {
    let pin = call.pin()?;
    let Some(token) = call.fields.get("Token") else {
        // We never see passwords: the platform signs its customers in itself and gives them a token.
        let reason = if call.fields.get("Password").is_some() {
            "is missing; passwords are not taken here"
        } else {
            "is missing"
        };
        return Err(Refusal::bad("Token", reason).into());
    };
    let wish = Wish { pin: pin.clone(), token_hash: hex::encode(Sha256::digest(token)) };
    let wants = wish.wants(call.rules());
    let answer = call
        .transact(&pin, wants, move |tx, rules, caller| authenticate_customer::run(tx, &wish, rules, caller));
    let answer = answer.await?;
    let good = answer.refused.is_none();
    let mut told = Told::from(answer);
    if good {
        told.fields.push(("PIN", Value::Text(pin)));
        told.fields.push(("Currency", Value::Text(call.door.currency().to_string())));
    }
    Ok(told)
}
