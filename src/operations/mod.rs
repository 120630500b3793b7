//! What can happen: one verb a file. Each loads, decides and writes inside one unit of work.
//!
//! No operation sees a connection or a wire format, and none calls a processor: the money's state, its postings, the
//! errands, the audit trail and the kept answer are written together or not at all, and the answer goes out after.

pub mod acting;
pub mod add_customer;
pub mod adjust_balance;
pub mod answer;
pub mod authenticate_customer;
pub mod begin_deposit;
pub mod cancel_deposit;
pub mod capture_deposit;
pub mod carry_out_payout;
pub mod change_errand;
pub mod create_payout;
pub mod fix_payout_terms;
pub mod hold;
pub mod keep_instrument;
pub mod open_deposit;
pub mod pay_by_batch;
pub mod people;
pub mod process_deposit;
pub mod record_deposit;
pub mod refund_deposit;
pub mod retry_payout;
pub mod reverse_deposit;
pub mod reverse_payout;
pub mod settle_deposit;
pub mod tell_cashier;
pub mod update_payout;

pub use crate::store::OperationError;
pub use answer::Answer;

use crate::domain::customer::Customer;
use crate::domain::deed::Deed;
use crate::domain::front_end::FrontEnd;
use crate::domain::ledger::Transaction;
use crate::domain::people::Person;
use crate::domain::people::person::OPERATOR;
use crate::domain::processor_name::ProcessorMap;
use crate::domain::refusal::Refusal;
use crate::store::{StoreError, Tx, audit, customers, ledger};
use std::sync::Arc;

/// The rules that a call is decided by: those of its front end and the processor map, as they were when it came in.
#[derive(Clone)]
pub struct Rules {
    pub front_end: Arc<FrontEnd>,
    pub processors: Arc<ProcessorMap>,
}

/// On whose behalf something is done.
#[derive(Clone, Debug)]
pub struct Caller {
    /// `cashier`, `platform/<key>`, `operator/<name>`, `worker`.
    pub who: String,
    pub request_id: String,
}

impl Caller {
    /// A person of ours, who signed in.
    pub fn person(person: &Person, request_id: &str) -> Caller {
        Caller { who: person.who(), request_id: request_id.to_owned() }
    }

    fn is_person(&self) -> bool {
        self.who.starts_with(OPERATOR)
    }

    /// Who did it, for the record: whom the caller names, or the caller himself. A name that only our own people bear
    /// stays theirs, whatever a cashier writes.
    fn on_record(&self, named: Option<&str>) -> String {
        match named {
            Some(name) if !self.is_person() && name.contains('/') => format!("{}: {name}", self.who),
            Some(name) => name.to_owned(),
            None => self.who.clone(),
        }
    }
}

/// The customer of a call, who must exist and belong to the front end.
fn customer(tx: &mut Tx<'_>, rules: &Rules, pin: &str) -> Result<Customer, OperationError> {
    let customer = customers::find(tx, &rules.front_end.name, pin)?.ok_or(Refusal::CustomerNotFound)?;
    let expected = rules.front_end.currency;
    if customer.currency != expected {
        return Err(Refusal::CurrencyMismatch { expected, got: customer.currency.to_string() }.into());
    }
    Ok(customer)
}

/// The same, for what a blocked customer may not do.
fn active_customer(tx: &mut Tx<'_>, rules: &Rules, pin: &str) -> Result<Customer, OperationError> {
    let customer = customer(tx, rules, pin)?;
    if customer.blocked { Err(Refusal::CustomerBlocked.into()) } else { Ok(customer) }
}

fn post(tx: &mut Tx<'_>, transactions: &[Transaction]) -> Result<(), StoreError> {
    transactions.iter().try_for_each(|transaction| ledger::post(tx, transaction))
}

/// The postings of a decision as the audit trail keeps them: `customer/…: -122.50 EUR`.
fn told(transactions: &[Transaction]) -> Vec<serde_json::Value> {
    transactions
        .iter()
        .flat_map(Transaction::postings)
        .map(|(account, amount)| format!("{}: {amount}", account.name).into())
        .collect()
}

/// Writes down that a call was refused, and nothing else of it.
fn record_refusal(
    tx: &mut Tx<'_>,
    rules: &Rules,
    caller: &Caller,
    call: &Call<'_>,
    refusal: &Refusal,
) -> Result<(), StoreError> {
    let fact = audit::Fact {
        front_end: rules.front_end.name.clone(),
        pin: call.pin.to_owned(),
        who: caller.who.clone(),
        why: refusal.to_string(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(Deed::CallRefused, call.subject)
    };
    let fact = fact.with("method", call.method).with("code", refusal.code().name());
    audit::record(tx, fact)
}

/// What a refusal is about.
struct Call<'a> {
    method: &'static str,
    subject: &'a str,
    pin: &'a str,
}

/// Runs a decision; a refusal takes everything back and leaves its trace alone.
fn refusable(
    tx: &mut Tx<'_>,
    rules: &Rules,
    caller: &Caller,
    call: &Call<'_>,
    decide: impl FnOnce(&mut Tx<'_>) -> Result<Answer, OperationError>,
) -> Result<Answer, OperationError> {
    let mark = tx.mark();
    match decide(tx) {
        Err(OperationError::Refused(refusal)) => {
            tx.roll_back(&mark);
            record_refusal(tx, rules, caller, call, &refusal)?;
            Ok(Answer::refused(&refusal))
        }
        other => other,
    }
}
