//! A customer arrives at the cashier with a one-time token that the platform issued. It is good once.

use super::{Answer, Call, Caller, OperationError, Rules, active_customer, refusable};
use crate::domain::deed::Deed;
use crate::domain::refusal::Refusal;
use crate::store::{Tx, Wants, audit, customers};

#[derive(Clone)]
pub struct Wish {
    pub pin: String,
    /// SHA-256 of the token in hex: the token itself goes no further than the door.
    pub token_hash: String,
}

impl Wish {
    pub fn wants(&self, rules: &Rules) -> Wants {
        Wants::nothing().customer(&rules.front_end.name, &self.pin)
    }
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, caller: &Caller) -> Result<Answer, OperationError> {
    let call = Call { method: "AuthCust", subject: &wish.pin, pin: &wish.pin };
    refusable(tx, rules, caller, &call, |tx| {
        // Whoever does not exist is not told apart from whoever has another token.
        let customer = match active_customer(tx, rules, &wish.pin) {
            Err(OperationError::Refused(Refusal::CustomerNotFound)) => {
                return Err(Refusal::CustomerNotAuthenticated.into());
            }
            other => other?,
        };
        if !customers::use_login_token(tx, &customer.front_end, &customer.pin, &wish.token_hash)? {
            return Err(Refusal::CustomerNotAuthenticated.into());
        }
        let fact = audit::Fact {
            front_end: customer.front_end.clone(),
            pin: customer.pin.clone(),
            who: caller.who.clone(),
            request_id: caller.request_id.clone(),
            ..audit::Fact::of(
                Deed::CustomerAuthenticated,
                customers::name(&customer.front_end, &customer.pin),
            )
        };
        audit::record(tx, fact)?;
        Ok(Answer::done("OK"))
    })
}

/// Issues a token: what the platform hands to its customer, once.
pub fn issue(
    tx: &mut Tx<'_>,
    rules: &Rules,
    pin: &str,
    token_hash: &str,
    caller: &Caller,
) -> Result<Answer, OperationError> {
    let customer = active_customer(tx, rules, pin)?;
    customers::set_login_token(tx, &customer, token_hash.to_owned())?;
    let fact = audit::Fact {
        front_end: customer.front_end.clone(),
        pin: customer.pin.clone(),
        who: caller.who.clone(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(Deed::CustomerTokenIssued, customers::name(&customer.front_end, &customer.pin))
    };
    audit::record(tx, fact)?;
    Ok(Answer::done("Token issued"))
}
