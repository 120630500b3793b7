//! A payout never reached the customer: amount and fee come back by a compensating entry of its own.

use super::update_payout::{of_caller, withdraw};
use super::{Answer, Call, Caller, OperationError, Rules, post, refusable, told};
use crate::domain::deed::Deed;
use crate::domain::ids::{PayoutId, ReversalId};
use crate::domain::ledger::Account;
use crate::domain::money::Money;
use crate::domain::payout::Reversed;
use crate::store::{Tx, Wants, audit, payouts};

#[derive(Clone, Debug)]
pub struct Wish {
    pub payout: PayoutId,
    pub pin: String,
    /// The reversal's own number.
    pub trace_id: Option<i64>,
    /// The number of the payout that is reversed.
    pub ref_trace_id: Option<i64>,
    pub amount: Option<Money>,
    pub fee: Option<Money>,
    pub updated_by: Option<String>,
}

impl Wish {
    pub fn wants(&self, rules: &Rules) -> Wants {
        let front_end = &rules.front_end;
        Wants::nothing()
            .customer(&front_end.name, &self.pin)
            .payout(self.payout)
            .account(Account::customer(&front_end.name, &self.pin, front_end.currency))
            .account(Account::fees(&front_end.name, front_end.currency))
    }
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, caller: &Caller) -> Result<Answer, OperationError> {
    let subject = wish.payout.to_string();
    let call = Call { method: "ReversePayout", subject: &subject, pin: &wish.pin };
    refusable(tx, rules, caller, &call, |tx| reverse(tx, wish, rules, caller, ""))
}

/// The reversal itself, for whoever writes refusals down in his own way.
pub(super) fn reverse(
    tx: &mut Tx<'_>,
    wish: &Wish,
    rules: &Rules,
    caller: &Caller,
    why: &str,
) -> Result<Answer, OperationError> {
    let payout = of_caller(tx, rules, wish.payout, &wish.pin, wish.ref_trace_id)?;
    let id = ReversalId(tx.new_id()?);
    let asked = (wish.amount, wish.fee);
    let change = match payout.reverse(id, wish.trace_id, asked, &rules.front_end, wish.updated_by.clone())? {
        Reversed::Repeat(first) => {
            return Ok(Answer {
                payout: Some(payout.id),
                reversal: Some(first),
                replayed: true,
                ..Answer::done("Reversed")
            });
        }
        Reversed::Changed(change) => change,
    };
    payouts::advance(tx, &change.payout)?;
    post(tx, &change.transactions)?;
    if change.withdraw {
        withdraw(tx, payout.id)?;
    }
    let fact = audit::Fact {
        front_end: payout.front_end.clone(),
        pin: payout.pin.clone(),
        who: caller.on_record(wish.updated_by.as_deref()),
        why: why.to_owned(),
        from: payout.status.to_string(),
        to: change.payout.status.to_string(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(Deed::PayoutReversed, payout.id)
    };
    let fact = fact.with("reversal", id.to_string()).with("postings", told(&change.transactions));
    audit::record(tx, fact)?;
    Ok(Answer {
        payout: Some(payout.id),
        reversal: Some(id),
        alerts: change.alerts.iter().map(|alert| alert.name()).collect(),
        ..Answer::done("Reversed")
    })
}
