//! The platform tells us of a customer: a new one, or news of one we have.

use super::{Answer, Caller, OperationError, Rules};
use crate::domain::customer::{Customer, Details};
use crate::domain::deed::Deed;
use crate::store::{Tx, Wants, audit, customers};

#[derive(Clone, Debug)]
pub struct Wish {
    pub pin: String,
    pub blocked: bool,
    pub details: Details,
}

impl Wish {
    pub fn wants(&self, rules: &Rules) -> Wants {
        Wants::nothing().customer(&rules.front_end.name, &self.pin)
    }
}

/// What is answered when the customer is new.
pub const ADDED: &str = "Customer added";

/// Adds the customer or brings him up to date; the same news twice is no news.
pub fn run(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, caller: &Caller) -> Result<Answer, OperationError> {
    let front_end = &rules.front_end;
    let held = customers::find(tx, &front_end.name, &wish.pin)?;
    let customer = Customer {
        id: held.as_ref().map_or(0, |held| held.id),
        front_end: front_end.name.clone(),
        pin: wish.pin.clone(),
        // Locked to what it was when he came; a new one gets the front end's.
        currency: held.as_ref().map_or(front_end.currency, |held| held.currency),
        blocked: wish.blocked,
        details: wish.details.clone(),
    };
    let (kind, description) = match held {
        Some(held) if held == customer => {
            return Ok(Answer { replayed: true, ..Answer::done("Customer unchanged") });
        }
        Some(_) => {
            customers::update(tx, &customer)?;
            (Deed::CustomerUpdated, "Customer updated")
        }
        None => {
            customers::insert(tx, &customer)?;
            (Deed::CustomerAdded, ADDED)
        }
    };
    let fact = audit::Fact {
        front_end: front_end.name.clone(),
        pin: wish.pin.clone(),
        who: caller.who.clone(),
        to: if wish.blocked { "blocked" } else { "active" }.to_owned(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(kind, customers::name(&front_end.name, &wish.pin))
    };
    audit::record(tx, fact)?;
    Ok(Answer::done(description))
}
