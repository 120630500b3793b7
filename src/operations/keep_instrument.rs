//! A customer's stored card or bank account becomes known to us, for later charges and payouts.

use super::{Answer, Call, Caller, OperationError, Rules, customer, refusable};
use crate::domain::customer::Instrument;
use crate::domain::deed::Deed;
use crate::store::{Tx, Wants, audit, customers};

#[derive(Clone, Debug)]
pub struct Wish {
    pub pin: String,
    pub instrument: Instrument,
}

impl Wish {
    pub fn wants(&self, rules: &Rules) -> Wants {
        Wants::nothing().customer(&rules.front_end.name, &self.pin)
    }
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, caller: &Caller) -> Result<Answer, OperationError> {
    let call = Call { method: "KeepInstrument", subject: &wish.pin, pin: &wish.pin };
    refusable(tx, rules, caller, &call, |tx| {
        let customer = customer(tx, rules, &wish.pin)?;
        customers::keep_instrument(tx, &customer, &wish.instrument)?;
        let fact = audit::Fact {
            front_end: customer.front_end.clone(),
            pin: customer.pin.clone(),
            who: caller.who.clone(),
            request_id: caller.request_id.clone(),
            ..audit::Fact::of(Deed::InstrumentKept, &customer.pin)
        };
        let Instrument { issuer, masked, .. } = &wish.instrument;
        audit::record(tx, fact.with("issuer", issuer.as_str()).with("masked", masked.as_str()))?;
        Ok(Answer::done("Stored"))
    })
}
