//! A deposit is attempted, authorized or declined: recorded, without an effect on the ledger.

use super::answer::Once;
use super::{Answer, Call, Caller, OperationError, Rules, active_customer, customer, refusable};
use crate::domain::deed::Deed;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::deposit::{Deposit, check};
use crate::domain::ids::DepositId;
use crate::domain::money::Money;
use crate::domain::payout::Named;
use crate::domain::processor_name::Mapped;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::store::{Tx, Wants, audit, deposits, payouts};

/// Which news it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The customer is about to pay: may he? Refusing blocks the attempt.
    Pending,
    /// The acquirer reserved the money.
    Authorized,
    /// The processor or the customer ended it.
    Declined,
}

impl News {
    pub fn method(self) -> &'static str {
        match self {
            News::Pending => "PendingDeposit",
            News::Authorized => "AuthorizedDeposit",
            News::Declined => "DeclinedDeposit",
        }
    }

    fn status(self) -> DepositStatus {
        match self {
            News::Pending => DepositStatus::Pending,
            News::Authorized => DepositStatus::Authorized,
            News::Declined => DepositStatus::Declined,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Wish {
    pub news: News,
    pub pin: String,
    pub trace_id: i64,
    pub amount: Money,
    pub processor: Option<Mapped>,
    pub payment_method: Option<String>,
    pub transaction_id: Option<String>,
    pub created_by: Option<String>,
}

impl Wish {
    fn once(&self, rules: &Rules) -> Once {
        let currency = self.amount.currency();
        let amount = self.amount.minor().to_string();
        let content = [self.pin.as_str(), &amount, currency.code()];
        Once::new(&rules.front_end.name, self.news.method(), "TraceID", &self.trace_id.to_string(), &content)
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
    let kept = match once.find(tx) {
        // Here the latest content counts: a repeat with other content is new news.
        Err(OperationError::Refused(_)) => None,
        other => other?,
    };
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let subject = wish.trace_id.to_string();
    let call = Call { method: wish.news.method(), subject: &subject, pin: &wish.pin };
    let answer = refusable(tx, rules, caller, &call, |tx| record(tx, wish, rules, caller))?;
    if !matches!(answer.refused, Some(RefusalCode::CustomerNotFound | RefusalCode::Conflict)) {
        once.replace(tx, &answer)?;
    }
    Ok(answer)
}

fn record(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, caller: &Caller) -> Result<Answer, OperationError> {
    let customer = match wish.news {
        News::Pending => active_customer(tx, rules, &wish.pin)?,
        News::Authorized | News::Declined => customer(tx, rules, &wish.pin)?,
    };
    if wish.news == News::Pending {
        let open = rules.front_end.deposit_lock && payouts::has_requested_in(tx, customer.id)?;
        check(wish.amount, &rules.front_end, open)?;
    }
    let held = deposits::lock_by_trace(tx, &rules.front_end.name, wish.trace_id)?;
    let (deposit, from) = match held {
        None => (open(tx, wish, rules, customer.id)?, None),
        Some(held) if held.pin != wish.pin => return Err(Refusal::Conflict { field: "TraceID" }.into()),
        Some(held) => {
            let from = held.status;
            let mut deposit =
                held.note(wish.news.status()).map_or_else(|| held.clone(), |change| change.deposit);
            // Until the money is there, the latest amount counts.
            if matches!(held.status, DepositStatus::Pending | DepositStatus::Authorized) {
                deposit.amount = wish.amount;
            }
            deposit.transaction_id = wish.transaction_id.clone().or(deposit.transaction_id);
            deposits::advance(tx, &deposit)?;
            (deposit, Some(from))
        }
    };
    let fact = audit::Fact {
        front_end: rules.front_end.name.clone(),
        pin: wish.pin.clone(),
        who: wish.created_by.clone().unwrap_or_else(|| caller.who.clone()),
        from: from.map(|status| status.to_string()).unwrap_or_default(),
        to: deposit.status.to_string(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(Deed::DepositRecorded, deposit.id)
    };
    let fact = fact
        .with("trace_id", wish.trace_id)
        .with("amount", wish.amount.to_string())
        .with("news", wish.news.method());
    audit::record(tx, fact)?;
    Ok(Answer { deposit: Some(deposit.id), ..Answer::done("Deposit recorded") })
}

fn open(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, customer: i64) -> Result<Deposit, OperationError> {
    let nothing = Money::zero(wish.amount.currency());
    let deposit = Deposit {
        id: DepositId(tx.new_id()?),
        front_end: rules.front_end.name.clone(),
        pin: wish.pin.clone(),
        trace_id: wish.trace_id,
        status: wish.news.status(),
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
