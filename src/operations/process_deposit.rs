//! A deposit was paid: credited once for each TraceID. Paid money is never refused because of a limit.

use super::answer::Once;
use super::{Answer, Call, Caller, OperationError, Rules, customer, post, refusable, told};
use crate::domain::deed::Deed;
use crate::domain::deposit::Deposit;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::ids::DepositId;
use crate::domain::ledger::Account;
use crate::domain::money::Money;
use crate::domain::payout::Named;
use crate::domain::processor_name::Mapped;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::store::{Tx, Wants, audit, deposits};

#[derive(Clone, Debug)]
pub struct Wish {
    pub pin: String,
    pub trace_id: i64,
    pub amount: Money,
    pub fee: Option<Money>,
    pub processor: Option<Mapped>,
    pub payment_method: Option<String>,
    pub transaction_id: Option<String>,
    pub created_by: Option<String>,
}

impl Wish {
    fn once(&self, rules: &Rules) -> Once {
        let currency = self.amount.currency();
        let amount = self.amount.minor().to_string();
        let fee = self.fee.map_or(0, Money::minor).to_string();
        let content = [self.pin.as_str(), &amount, currency.code(), &fee];
        Once::new(&rules.front_end.name, "ProcessDeposit", "TraceID", &self.trace_id.to_string(), &content)
    }

    pub fn wants(&self, rules: &Rules) -> Wants {
        let front_end = &rules.front_end;
        let wants = Wants::nothing()
            .reply(self.once(rules).reply_name())
            .customer(&front_end.name, &self.pin)
            .deposit_of(&front_end.name, self.trace_id)
            .account(Account::customer(&front_end.name, &self.pin, front_end.currency));
        match &self.processor {
            Some(mapped) => wants.account(Account::processor(&mapped.processor.name, front_end.currency)),
            None => wants,
        }
    }
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, caller: &Caller) -> Result<Answer, OperationError> {
    let once = wish.once(rules);
    let subject = wish.trace_id.to_string();
    let call = Call { method: "ProcessDeposit", subject: &subject, pin: &wish.pin };
    let mut answer = refusable(tx, rules, caller, &call, |tx| match once.find(tx)? {
        Some(kept) => Ok(kept),
        None => credit(tx, wish, rules, caller),
    })?;
    // Money has arrived and nobody has it: a person must look. The refusal is not kept, so that the same call
    // credits once the cause is gone.
    match answer.refused {
        Some(RefusalCode::Conflict) => {}
        Some(_) => answer.alerts.push("paid_deposit_refused"),
        None if !answer.replayed => once.keep(tx, &answer)?,
        None => {}
    }
    Ok(answer)
}

fn credit(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, caller: &Caller) -> Result<Answer, OperationError> {
    let customer = customer(tx, rules, &wish.pin)?;
    let held = deposits::lock_by_trace(tx, &rules.front_end.name, wish.trace_id)?;
    let from = held.as_ref().map(|held| held.status.to_string()).unwrap_or_default();
    let mut deposit = match held {
        None => open(tx, wish, rules, customer.id)?,
        Some(held) if held.pin != wish.pin => return Err(Refusal::Conflict { field: "TraceID" }.into()),
        Some(held) if deposits::managed(tx, held.id)?.is_some() => {
            // We run this one ourselves and credit it when the processor says so.
            return Err(Refusal::Conflict { field: "TraceID" }.into());
        }
        Some(held) => held,
    };
    deposit.processor = wish.processor.clone().map(Named::from).or(deposit.processor);
    deposit.transaction_id = wish.transaction_id.clone().or(deposit.transaction_id);
    let change = deposit.credit(wish.amount)?;

    deposits::advance(tx, &change.deposit)?;
    post(tx, &change.transactions)?;
    let fact = audit::Fact {
        front_end: rules.front_end.name.clone(),
        pin: wish.pin.clone(),
        who: wish.created_by.clone().unwrap_or_else(|| caller.who.clone()),
        from,
        to: change.deposit.status.to_string(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(Deed::DepositCredited, deposit.id)
    };
    let fact = fact
        .with("trace_id", wish.trace_id)
        .with("amount", wish.amount.to_string())
        .with("postings", told(&change.transactions));
    audit::record(tx, fact)?;
    let unknown = wish.processor.as_ref().is_some_and(|mapped| mapped.unknown);
    let alerts = if unknown { vec!["unknown_processor"] } else { Vec::new() };
    Ok(Answer { deposit: Some(deposit.id), alerts, ..Answer::done("Deposit credited") })
}

/// A deposit that the cashier reports as paid without having announced it.
fn open(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, customer: i64) -> Result<Deposit, OperationError> {
    let nothing = Money::zero(wish.amount.currency());
    let deposit = Deposit {
        id: DepositId(tx.new_id()?),
        front_end: rules.front_end.name.clone(),
        pin: wish.pin.clone(),
        trace_id: wish.trace_id,
        status: DepositStatus::Pending,
        amount: wish.amount,
        reserved: None,
        captured: nothing,
        refunded: nothing,
        processor: wish.processor.clone().map(Named::from),
        payment_method: wish.payment_method.clone(),
        transaction_id: wish.transaction_id.clone(),
        created_by: wish.created_by.clone(),
    };
    deposits::insert(tx, &deposit, customer, None)?;
    Ok(deposit)
}
