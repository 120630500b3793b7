//! A deposit that we run begins: recorded before the processor hears of it, so that nothing it says is ever unknown.

use super::answer::Once;
use super::{Answer, Call, Caller, OperationError, Rules, active_customer, refusable};
use crate::domain::customer::Customer;
use crate::domain::deed::Deed;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::deposit::{Deposit, check};
use crate::domain::ids::DepositId;
use crate::domain::money::Money;
use crate::domain::payout::Named;
use crate::domain::processor_name::Mapped;
use crate::domain::refusal::Refusal;
use crate::store::deposits::Managed;
use crate::store::outbox::{self, Errand, Task};
use crate::store::{Tx, Wants, audit, deposits, payouts};
use chrono::Duration;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub struct Wish {
    /// The cashier's method: repeats of one method are never answers to another.
    pub called: &'static str,
    /// What the call asks beyond the fields below, for telling a repeat from other content under the same number.
    pub particulars: String,
    /// What its room must be told besides, for as long as the deposit lives.
    pub extra: BTreeMap<String, String>,
    /// A charge that can't be told from a second one: whatever comes of it, it is sent at most once.
    pub sent_once: bool,
    pub pin: String,
    pub trace_id: i64,
    pub amount: Money,
    pub processor: Mapped,
    pub account: String,
    /// What the account's references begin with now.
    pub reference_prefix: String,
    pub method: String,
    pub payment_method: Option<String>,
    /// `automatic`, `manual`, or hours as a number.
    pub capture: String,
    pub language: String,
    /// Names the customer's pages; drawn once for all runs of the command.
    pub token: String,
    pub created_by: Option<String>,
}

/// What comes of beginning.
#[derive(Clone, Debug)]
pub enum Begun {
    /// It was decided: refused, or a repeat of an answered call.
    Answered(Answer),
    /// The processor is to be asked to open it.
    ToOpen(Box<(Deposit, Managed, Customer)>),
    /// A call before this one got as far as the record, and perhaps as far as the processor.
    Interrupted(Box<(Deposit, Managed, Customer)>),
}

/// What `attempted` says of a charge that is sent at most once, until the processor has named it.
pub const CHARGE: &str = "charge";

/// When the sweep first looks after a deposit whose customer never came back: well inside the shortest window in which
/// money must be fetched, a minute, should he have paid at once.
pub const FIRST_SWEEP: Duration = Duration::seconds(30);

impl Wish {
    pub fn once(&self, rules: &Rules) -> Once {
        let currency = self.amount.currency();
        let minor = self.amount.minor().to_string();
        let mut content =
            vec![self.pin.as_str(), &minor, currency.code(), &self.processor.cashier_name, &self.capture];
        if !self.particulars.is_empty() {
            content.push(&self.particulars);
        }
        Once::new(&rules.front_end.name, self.called, "TraceID", &self.trace_id.to_string(), &content)
    }

    pub fn wants(&self, rules: &Rules) -> Wants {
        let front_end = &rules.front_end.name;
        Wants::nothing()
            .reply(self.once(rules).reply_name())
            .customer(front_end, &self.pin)
            .deposit_of(front_end, self.trace_id)
    }
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, caller: &Caller) -> Result<Begun, OperationError> {
    let mut to_open = None;
    let subject = wish.trace_id.to_string();
    let call = Call { method: wish.called, subject: &subject, pin: &wish.pin };
    let answer = refusable(tx, rules, caller, &call, |tx| {
        if let Some(kept) = wish.once(rules).find(tx)? {
            return Ok(kept);
        }
        to_open = Some(begin(tx, wish, rules, caller)?);
        Ok(Answer::default())
    })?;
    Ok(match to_open.filter(|_| answer.refused.is_none()) {
        Some((begun, true)) => Begun::ToOpen(Box::new(begun)),
        Some((begun, false)) => Begun::Interrupted(Box::new(begun)),
        None => Begun::Answered(answer),
    })
}

/// The record, and whether it was made now.
fn begin(
    tx: &mut Tx<'_>,
    wish: &Wish,
    rules: &Rules,
    caller: &Caller,
) -> Result<((Deposit, Managed, Customer), bool), OperationError> {
    let front_end = &rules.front_end;
    let customer = active_customer(tx, rules, &wish.pin)?;
    if let Some(held) = deposits::lock_by_trace(tx, &front_end.name, wish.trace_id)? {
        // A call before this one got as far as the record and no answer: it goes on from there.
        let managed = deposits::managed(tx, held.id)?.ok_or(Refusal::Conflict { field: "TraceID" })?;
        let same = held.pin == wish.pin
            && held.amount == wish.amount
            && managed.account == wish.account
            && managed.method == wish.method
            && managed.extra == wish.extra;
        if !same {
            return Err(Refusal::Conflict { field: "TraceID" }.into());
        }
        // A charge that ended while nobody waited for its answer is told as it is.
        let told = wish.sent_once;
        if !told && matches!(held.status, DepositStatus::Declined | DepositStatus::Cancelled) {
            return Err(Refusal::IllegalDepositStep { from: held.status.name(), to: "opened" }.into());
        }
        return Ok(((held, managed, customer), false));
    }
    let open = front_end.deposit_lock && payouts::has_requested_in(tx, customer.id)?;
    check(wish.amount, front_end, open)?;

    let id = DepositId(tx.new_id()?);
    let nothing = Money::zero(wish.amount.currency());
    let deposit = Deposit {
        id,
        front_end: front_end.name.clone(),
        pin: wish.pin.clone(),
        trace_id: wish.trace_id,
        status: DepositStatus::Pending,
        amount: wish.amount,
        reserved: None,
        captured: nothing,
        refunded: nothing,
        processor: Some(Named::from(wish.processor.clone())),
        payment_method: wish.payment_method.clone(),
        transaction_id: None,
        created_by: wish.created_by.clone(),
    };
    let managed = Managed {
        account: wish.account.clone(),
        method: wish.method.clone(),
        // Letters and digits alone fit every processor's format, and the id is unique over all nodes.
        reference: format!("{}{}", wish.reference_prefix, id.to_string().replace('-', "")),
        processor_reference: None,
        capture: wish.capture.clone(),
        language: wish.language.clone(),
        token: wish.token.clone(),
        opened: None,
        attempted: wish.sent_once.then(|| CHARGE.to_owned()),
        extra: wish.extra.clone(),
        told: BTreeMap::new(),
        created_at: tx.now_micros(),
        updated_at: tx.now_micros(),
    };
    deposits::insert(tx, &deposit, customer.id, Some(managed.clone()))?;
    outbox::put(tx, &settle_errand(id), tx.now() + FIRST_SWEEP)?;
    let fact = audit::Fact {
        front_end: front_end.name.clone(),
        pin: wish.pin.clone(),
        who: wish.created_by.clone().unwrap_or_else(|| caller.who.clone()),
        to: deposit.status.to_string(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(Deed::DepositBegun, id)
    };
    let fact = fact
        .with("trace_id", wish.trace_id)
        .with("amount", wish.amount.to_string())
        .with("account", wish.account.as_str())
        .with("reference", managed.reference.as_str());
    audit::record(tx, fact)?;
    Ok(((deposit, managed, customer), true))
}

/// The kind of the errand that looks after a deposit.
pub const SETTLE_DEPOSIT: &str = Task::SettleDeposit.name();

/// The errand that looks after a deposit until it has ended.
pub fn settle_errand(id: DepositId) -> Errand {
    Errand { kind: SETTLE_DEPOSIT.to_owned(), subject: id.to_string(), payload: "{}".to_owned() }
}
