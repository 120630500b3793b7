//! A credited deposit was charged back or reversed: the money goes back, even below zero.

use super::answer::Once;
use super::{Answer, Call, Caller, OperationError, Rules, customer, post, refusable, told};
use crate::domain::deed::Deed;
use crate::domain::refusal::Refusal;
use crate::store::{Tx, Wants, audit, deposits};

#[derive(Clone, Debug)]
pub struct Wish {
    pub pin: String,
    /// The number of the deposit that is taken back.
    pub trace_id: i64,
    pub updated_by: Option<String>,
}

impl Wish {
    fn once(&self, rules: &Rules) -> Once {
        let key = self.trace_id.to_string();
        Once::new(&rules.front_end.name, "ReverseDeposit", "TraceID", &key, &[&self.pin])
    }

    pub fn wants(&self, rules: &Rules) -> Wants {
        let front_end = &rules.front_end.name;
        Wants::nothing()
            .reply(self.once(rules).reply_name())
            .customer(front_end, &self.pin)
            .deposit_of(front_end, self.trace_id)
    }
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, caller: &Caller) -> Result<Answer, OperationError> {
    let once = wish.once(rules);
    let subject = wish.trace_id.to_string();
    let call = Call { method: "ReverseDeposit", subject: &subject, pin: &wish.pin };
    refusable(tx, rules, caller, &call, |tx| {
        if let Some(kept) = once.find(tx)? {
            return Ok(kept);
        }
        let answer = reverse(tx, wish, rules, caller)?;
        once.keep(tx, &answer)?;
        Ok(answer)
    })
}

fn reverse(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, caller: &Caller) -> Result<Answer, OperationError> {
    customer(tx, rules, &wish.pin)?;
    let deposit = deposits::lock_by_trace(tx, &rules.front_end.name, wish.trace_id)?;
    let deposit = deposit.filter(|deposit| deposit.pin == wish.pin).ok_or(Refusal::DepositNotFound)?;
    let change = deposit.reverse()?;
    deposits::advance(tx, &change.deposit)?;
    post(tx, &change.transactions)?;
    let fact = audit::Fact {
        front_end: deposit.front_end.clone(),
        pin: deposit.pin.clone(),
        who: wish.updated_by.clone().unwrap_or_else(|| caller.who.clone()),
        from: deposit.status.to_string(),
        to: change.deposit.status.to_string(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(Deed::DepositReversed, deposit.id)
    };
    audit::record(tx, fact.with("postings", told(&change.transactions)))?;
    Ok(Answer { deposit: Some(deposit.id), ..Answer::done("Deposit reversed") })
}
