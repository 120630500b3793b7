//! A payout moves: by the cashier's UpdatePayout or by an operator.

use super::acting::approvals;
use super::answer::Once;
use super::tell_cashier::TELL_CASHIER;
use super::{Answer, Call, Caller, OperationError, Rules, customer, post, refusable, told};
use crate::domain::deed::Deed;
use crate::domain::ids::{AttemptId, PayoutId};
use crate::domain::ledger::Account;
use crate::domain::money::Money;
use crate::domain::payout::attempt::AttemptState;
use crate::domain::payout::status::PayoutStatus;
use crate::domain::payout::{Change, Payout, Update, Updated};
use crate::domain::processor_name::{Mapped, Route};
use crate::domain::refusal::Refusal;
use crate::domain::remark::Remark;
use crate::store::{Tx, Wants, attempts, audit, ledger, outbox, payouts};

#[derive(Clone, Debug)]
pub struct Wish {
    pub payout: PayoutId,
    pub pin: String,
    /// The cashier's number of the payout, compared when it is sent.
    pub trace_id: Option<i64>,
    pub to: PayoutStatus,
    pub amount: Option<Money>,
    pub fee: Option<Money>,
    pub processor: Option<Mapped>,
    pub transaction_id: Option<String>,
    pub updated_by: Option<String>,
    /// The idempotency key of the attempt that this update may start, drawn once for all runs of the command.
    pub attempt_key: String,
}

impl Wish {
    fn once(&self, rules: &Rules) -> Once {
        let key = format!("{}/{}", self.payout, self.to);
        // Inside the window other amounts are an edit, and no other content under the same key.
        let minor = |money: Option<Money>| money.map_or_else(String::new, |money| money.minor().to_string());
        let content = [minor(self.amount), minor(self.fee)];
        let content = [content[0].as_str(), content[1].as_str()];
        Once::new(&rules.front_end.name, "UpdatePayout", "ExtPayoutID", &key, &content)
    }

    pub fn wants(&self, rules: &Rules) -> Wants {
        let front_end = &rules.front_end;
        Wants::nothing()
            .reply(self.once(rules).reply_name())
            .customer(&front_end.name, &self.pin)
            .payout(self.payout)
            .account(Account::customer(&front_end.name, &self.pin, front_end.currency))
            .account(Account::payouts_in_transit(&front_end.name, front_end.currency))
            .account(Account::fees(&front_end.name, front_end.currency))
    }
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, caller: &Caller) -> Result<Answer, OperationError> {
    let subject = wish.payout.to_string();
    let call = Call { method: "UpdatePayout", subject: &subject, pin: &wish.pin };
    refusable(tx, rules, caller, &call, |tx| update(tx, wish, rules, caller, ""))
}

/// The update itself, for whoever writes refusals down in his own way.
pub(super) fn update(
    tx: &mut Tx<'_>,
    wish: &Wish,
    rules: &Rules,
    caller: &Caller,
    why: &str,
) -> Result<Answer, OperationError> {
    let payout = of_caller(tx, rules, wish.payout, &wish.pin, wish.trace_id)?;
    let front_end = &rules.front_end;
    let account = Account::customer(&front_end.name, &payout.pin, front_end.currency);
    let available = ledger::balance(tx, &account)?;
    let by_customer = !caller.is_person() && front_end.is_customer(wish.updated_by.as_deref(), &payout.pin);
    let update = Update {
        to: wish.to,
        amount: wish.amount,
        fee: wish.fee,
        processor: wish.processor.clone(),
        transaction_id: wish.transaction_id.clone(),
        updated_by: wish.updated_by.clone(),
        by_customer,
    };

    let once = wish.once(rules);
    let updated = match payout.update(&update, front_end, available) {
        Ok(updated) => updated,
        // The very call was taken before: what became of the payout since is no reason for another answer.
        Err(refusal) if !caller.is_person() => return Ok(once.same(tx)?.ok_or(refusal)?),
        Err(refusal) => return Err(refusal.into()),
    };
    match updated {
        Updated::Changed(mut change) => {
            if !caller.is_person() {
                approvals::of_the_cashier(tx, &payout, &mut change, rules, wish.updated_by.as_deref())?;
            }
            apply(tx, &change, rules, caller, wish, why)?;
            let answer = Answer {
                payout: Some(payout.id),
                alerts: change.alerts.iter().map(|alert| alert.name()).collect(),
                ..Answer::done(wish.to.name())
            };
            once.replace(tx, &answer)?;
            Ok(answer)
        }
        Updated::Repeat => {
            let same = Answer { payout: Some(payout.id), replayed: true, ..Answer::done(wish.to.name()) };
            Ok(once.latest(tx)?.unwrap_or(same))
        }
        Updated::Stale => {
            tracing::info!(payout.id = %payout.id, status = %payout.status, to = %wish.to, "late news of a payout");
            let description = format!("{}: no effect, the payout is {}", wish.to, payout.status);
            let late = Answer { payout: Some(payout.id), ..Answer::done(description) };
            Ok(once.latest(tx)?.unwrap_or(late))
        }
        Updated::NotYet(why) => Err(OperationError::NotYet(why)),
    }
}

/// The payout an id names, if it is the caller's: whatever does not fit is answered alike.
pub(super) fn of_caller(
    tx: &mut Tx<'_>,
    rules: &Rules,
    id: PayoutId,
    pin: &str,
    trace_id: Option<i64>,
) -> Result<Payout, OperationError> {
    customer(tx, rules, pin)?;
    let payout = payouts::lock(tx, id)?.ok_or(Refusal::PayoutNotFound)?;
    let fits = payout.front_end == rules.front_end.name
        && payout.pin == pin
        && trace_id.is_none_or(|trace_id| trace_id == payout.trace_id);
    if fits { Ok(payout) } else { Err(Refusal::PayoutNotFound.into()) }
}

fn apply(
    tx: &mut Tx<'_>,
    change: &Change,
    rules: &Rules,
    caller: &Caller,
    wish: &Wish,
    why: &str,
) -> Result<(), OperationError> {
    payouts::advance(tx, &change.payout)?;
    post(tx, &change.transactions)?;
    if change.withdraw {
        withdraw(tx, change.payout.id)?;
    }
    if change.ended_asked {
        // The cashier says itself what it was being asked for.
        outbox::close(tx, TELL_CASHIER, &change.payout.id.to_string())?;
    }
    if change.pay_out {
        plan(tx, &change.payout, rules, wish.attempt_key.clone())?;
    }
    let from = change.from.map(|status| status.to_string()).unwrap_or_default();
    let edited = change.from == Some(change.payout.status);
    let fact = audit::Fact {
        front_end: change.payout.front_end.clone(),
        pin: change.payout.pin.clone(),
        who: caller.on_record(wish.updated_by.as_deref()),
        why: why.to_owned(),
        from,
        to: change.payout.status.to_string(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(if edited { Deed::PayoutEdited } else { Deed::PayoutUpdated }, change.payout.id)
    };
    let fact = fact
        .with("amount", change.payout.amount.to_string())
        .with("fee", change.payout.fee.to_string())
        .with("processor", change.payout.processor_name())
        .with("postings", told(&change.transactions));
    audit::record(tx, fact)?;
    Ok(())
}

/// A payout that its processor has paid approves itself, where the processor map says so.
pub(super) fn approve(
    tx: &mut Tx<'_>,
    id: PayoutId,
    reference: Option<String>,
    rules: &Rules,
    caller: &Caller,
) -> Result<(), OperationError> {
    let payout = payouts::lock(tx, id)?.ok_or(Refusal::PayoutNotFound)?;
    let wish = Wish {
        payout: id,
        pin: payout.pin.clone(),
        trace_id: None,
        to: PayoutStatus::Approved,
        amount: None,
        fee: None,
        processor: None,
        transaction_id: reference,
        updated_by: None,
        attempt_key: String::new(),
    };
    // It may have been approved meanwhile, which a repeat says; anything else is for the audit trail and a person.
    run(tx, &wish, rules, caller).map(|_| ())
}

/// Plans the attempt and puts the errand, in the same commit as the status.
pub(super) fn plan(
    tx: &mut Tx<'_>,
    payout: &Payout,
    rules: &Rules,
    key: String,
) -> Result<(), OperationError> {
    let cashier_name = payout.used.as_ref().or(payout.asked.as_ref()).map_or("", |named| &named.cashier);
    let mapped = rules.processors.look_up(cashier_name);
    let account = mapped.map(|mapped| mapped.processor.account.unwrap_or(mapped.processor.name));
    let account = account.unwrap_or_else(|_| payout.processor_name().to_owned());
    let attempt = attempts::plan(tx, payout.id, payout.route().name(), &account, key)?;
    // What leaves in files waits for the next one.
    if payout.route() != Route::PaygateBatch {
        outbox::put(tx, &pay_out_errand(attempt.id), tx.now())?;
    }
    Ok(())
}

/// The errand that looks after an attempt until it is settled.
pub fn pay_out_errand(attempt: AttemptId) -> outbox::Errand {
    outbox::Errand {
        kind: outbox::Task::PayOut.name().to_owned(),
        subject: attempt.to_string(),
        payload: "{}".to_owned(),
    }
}

/// A planned attempt of which nothing has left goes with its payout.
pub(super) fn withdraw(tx: &mut Tx<'_>, payout: PayoutId) -> Result<(), OperationError> {
    let Some(mut attempt) = attempts::latest(tx, payout)? else { return Ok(()) };
    attempt.state = AttemptState::Refused;
    attempt.reason = Some(Remark::WithdrawnUnsent.into());
    attempts::advance(tx, &attempt)?;
    Ok(())
}
