//! Captured money goes back to the customer's card or account: taken from his balance first, then asked of the
//! processor by an errand, and given back to his balance if the processor refuses.

use super::answer::Once;
use super::capture_deposit::of_caller;
use super::carry_out_payout::{Asked, not_found_since};
use super::fix_payout_terms::credits_against;
use super::{Answer, Call, Caller, OperationError, Rules, post, refusable, told};
use crate::domain::deed::Deed;
use crate::domain::deposit::Deposit;
use crate::domain::ids::DepositId;
use crate::domain::ledger::Account;
use crate::domain::money::Money;
use crate::domain::outcome::Outcome;
use crate::domain::payout::attempt::AttemptState;
use crate::domain::reason::Reason;
use crate::domain::refusal::Refusal;
use crate::domain::remark::Remark;
use crate::store::outbox::{self, Claimed, Errand};
use crate::store::refunds::{self, Refund};
use crate::store::{Tx, Wants, audit, deposits, ledger};
use chrono::{DateTime, Utc};

#[derive(Clone, Debug)]
pub struct Wish {
    pub pin: String,
    /// The refund's own number: the same refund is made once.
    pub trace_id: i64,
    pub deposit: DepositId,
    pub amount: Option<Money>,
    pub updated_by: Option<String>,
}

impl Wish {
    fn once(&self, rules: &Rules) -> Once {
        let amount = self.amount.map_or_else(String::new, |amount| amount.minor().to_string());
        let content = [self.pin.as_str(), &self.deposit.to_string(), &amount];
        Once::new(&rules.front_end.name, "RefundDeposit", "TraceID", &self.trace_id.to_string(), &content)
    }

    pub fn wants(&self, rules: &Rules) -> Wants {
        let front_end = &rules.front_end;
        Wants::nothing()
            .reply(self.once(rules).reply_name())
            .customer(&front_end.name, &self.pin)
            .deposit(self.deposit)
            .account(Account::customer(&front_end.name, &self.pin, front_end.currency))
    }
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, caller: &Caller) -> Result<Answer, OperationError> {
    let once = wish.once(rules);
    let subject = wish.deposit.to_string();
    let call = Call { method: "RefundDeposit", subject: &subject, pin: &wish.pin };
    refusable(tx, rules, caller, &call, |tx| {
        if let Some(kept) = once.find(tx)? {
            return Ok(kept);
        }
        let answer = order(tx, wish, rules, caller)?;
        once.keep(tx, &answer)?;
        Ok(answer)
    })
}

fn order(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, caller: &Caller) -> Result<Answer, OperationError> {
    let (deposit, _) = of_caller(tx, rules, wish.deposit, &wish.pin)?;
    if refunds::is_open(tx, deposit.id)? {
        return Err(OperationError::NotYet("another refund of this deposit is under way, please repeat"));
    }
    let front_end = &rules.front_end;
    let account = Account::customer(&front_end.name, &wish.pin, front_end.currency);
    let available = ledger::balance(tx, &account)?;
    // What payouts were credited against the deposit can't be refunded any more.
    let credits = credits_against(tx, deposit.id)?;
    let credited = Money::from_minor(credits.made.saturating_add(credits.open), deposit.captured.currency());
    let left = deposit.captured.minus(deposit.refunded).and_then(|left| left.minus(credited));
    let left = left.map_err(|error| Refusal::money("Amount", error))?;
    let amount = wish.amount.unwrap_or(left).positive().map_err(|error| Refusal::money("Amount", error))?;
    if amount.minor() > left.minor() {
        return Err(Refusal::field("Amount", Reason::MoreThanNotGivenBack).into());
    }
    let number = refunds::next_number(tx, deposit.id)?;
    let change = deposit.refund(amount, number, available)?;

    deposits::advance(tx, &change.deposit)?;
    post(tx, &change.transactions)?;
    let refund = refunds::plan(tx, deposit.id, number, amount)?;
    outbox::put(tx, &errand(&refund), tx.now())?;
    let who = wish.updated_by.clone().unwrap_or_else(|| caller.who.clone());
    let fact = fact(Deed::DepositRefundOrdered, &deposit, &refund, who, caller);
    audit::record(tx, fact.with("postings", told(&change.transactions)))?;
    Ok(Answer { deposit: Some(deposit.id), ..Answer::done(format!("Refund of {amount} ordered")) })
}

pub(super) fn errand(refund: &Refund) -> Errand {
    let subject = format!("{}/{}", refund.deposit, refund.number);
    Errand {
        kind: outbox::Task::Refund.name().to_owned(),
        subject,
        payload: serde_json::json!({ "refund": refund.id }).to_string(),
    }
}

/// What is to be done with a refund now. `before` is what was given back of the deposit before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Sending is committed: send it.
    Send {
        refund: Refund,
        before: Money,
    },
    /// Its answer got lost or is open: ask. `lost_at` is when it was last sent or asked about.
    Inquire {
        refund: Refund,
        before: Money,
        lost_at: DateTime<Utc>,
    },
    /// A payout that is credited against the deposit must end first.
    Later,
    Nothing,
}

/// Decides and commits what is next, before anything leaves.
pub fn next(tx: &mut Tx<'_>, id: i64, claim: &Claimed) -> Result<Next, OperationError> {
    if !outbox::is_held(tx, claim)? {
        return Ok(Next::Nothing);
    }
    let Some(mut refund) = refunds::lock(tx, id)? else { return Ok(Next::Nothing) };
    let deposit = deposits::lock(tx, refund.deposit)?.ok_or(Refusal::DepositNotFound)?;
    let credits = credits_against(tx, deposit.id)?;
    let made = Money::from_minor(credits.made, refund.amount.currency());
    let before = deposit.refunded.minus(refund.amount).and_then(|others| others.plus(made));
    let before = before.map_err(|error| Refusal::money("Amount", error))?;
    match refund.state {
        AttemptState::Planned if credits.open > 0 => Ok(Next::Later),
        AttemptState::Planned => {
            refund.state = AttemptState::Sending;
            refunds::advance(tx, &refund)?;
            // A payout that chooses this deposit at the same time is decided anew.
            deposits::touch(tx, deposit.id)?;
            Ok(Next::Send { refund, before })
        }
        // Whoever was sending it is gone, or its answer was none.
        AttemptState::Sending | AttemptState::Unknown => {
            let lost_at = DateTime::from_timestamp_micros(refund.updated_at).unwrap_or_else(|| tx.now());
            refund.state = AttemptState::Unknown;
            refunds::advance(tx, &refund)?;
            Ok(Next::Inquire { refund, before, lost_at })
        }
        AttemptState::Succeeded | AttemptState::Refused => {
            outbox::finish(tx, claim)?;
            Ok(Next::Nothing)
        }
    }
}

/// Applies what the processor said. `None` when the claim was lost; else whether it is settled.
pub fn apply(
    tx: &mut Tx<'_>,
    id: i64,
    outcome: &Outcome,
    asked: Asked,
    claim: &Claimed,
    caller: &Caller,
) -> Result<Option<bool>, OperationError> {
    if !outbox::is_held(tx, claim)? {
        return Ok(None);
    }
    let Some(refund) = refunds::lock(tx, id)? else { return Ok(None) };
    settle(tx, refund, outcome, asked, caller).map(Some)
}

/// What an outcome makes of a refund, whoever found it out; whether it is settled.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    mut refund: Refund,
    outcome: &Outcome,
    asked: Asked,
    caller: &Caller,
) -> Result<bool, OperationError> {
    let deposit = deposits::lock(tx, refund.deposit)?.ok_or(Refusal::DepositNotFound)?;
    refund.inquiries += 1;
    let now = tx.now();
    let state = AttemptState::after(outcome, asked.step(refund.sent_at, refund.not_found_at, now));
    refund.not_found_at = not_found_since(outcome, refund.not_found_at, now);
    let (code, reason) = match outcome {
        Outcome::Paid { reference } => {
            refund.processor_reference = Some(reference.clone());
            (None, None)
        }
        Outcome::Declined { code, reason } => (Some(code.clone()), Some(reason.clone())),
        Outcome::NotFound => (None, Some(Remark::NotKnownThere.into())),
        Outcome::NotSent { cause } | Outcome::Open { cause } | Outcome::Unknown { cause } => {
            (None, Some(cause.clone()))
        }
    };
    refund.state = state;
    refund.code = code;
    refund.reason = reason;
    refunds::advance(tx, &refund)?;
    let settled = matches!(state, AttemptState::Succeeded | AttemptState::Refused);
    if state == AttemptState::Refused {
        let change = deposit.return_refund(refund.amount, refund.number)?;
        deposits::advance(tx, &change.deposit)?;
        post(tx, &change.transactions)?;
    }
    if settled {
        let fact = fact(Deed::DepositRefundSettled, &deposit, &refund, caller.who.clone(), caller);
        audit::record(tx, fact)?;
    }
    Ok(settled)
}

fn fact(kind: Deed, deposit: &Deposit, refund: &Refund, who: String, caller: &Caller) -> audit::Fact {
    audit::Fact {
        front_end: deposit.front_end.clone(),
        pin: deposit.pin.clone(),
        who,
        to: refund.state.name().to_owned(),
        why: refund.reason.clone().unwrap_or_default(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(kind, deposit.id)
    }
    .with("amount", refund.amount.to_string())
    .with("number", refund.number)
}
