//! An authorized deposit is captured, whole or in parts: credited with what the processor took.

use super::answer::Once;
use super::{Answer, Call, Caller, OperationError, Rules, customer, post, refusable, told};
use crate::domain::deposit::Deposit;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::ids::DepositId;
use crate::domain::money::Money;
use crate::domain::refusal::Refusal;
use crate::store::deposits::Managed;
use crate::store::{Tx, Wants, audit, deposits};

#[derive(Clone, Debug)]
pub struct Wish {
    pub pin: String,
    /// The capture's own number: the same capture is made once.
    pub trace_id: i64,
    pub deposit: DepositId,
    /// All that is left when absent.
    pub amount: Option<Money>,
    /// No further part follows.
    pub last: bool,
    pub updated_by: Option<String>,
}

/// What comes of beginning.
#[derive(Clone, Debug)]
pub enum Begun {
    Answered(Answer),
    /// The processor is to be asked for this amount.
    ToCapture {
        deposit: Box<(Deposit, Managed)>,
        amount: Money,
        last: bool,
    },
}

/// A capture whose caller vanished may be taken up again after this time.
const FORGOTTEN_US: i64 = 120_000_000;

impl Wish {
    pub fn once(&self, rules: &Rules) -> Once {
        let amount = self.amount.map_or_else(String::new, |amount| amount.minor().to_string());
        let content = [self.pin.as_str(), &self.deposit.to_string(), &amount];
        Once::new(&rules.front_end.name, "CaptureDeposit", "TraceID", &self.trace_id.to_string(), &content)
    }

    pub fn wants(&self, rules: &Rules) -> Wants {
        Wants::nothing()
            .reply(self.once(rules).reply_name())
            .customer(&rules.front_end.name, &self.pin)
            .deposit(self.deposit)
    }

    /// What `attempted` says while this capture is under way.
    fn mark(&self, amount: Money) -> String {
        format!("capture {} {}", self.trace_id, amount.minor())
    }
}

/// Checks the capture and notes it before the processor is asked.
pub fn begin(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, caller: &Caller) -> Result<Begun, OperationError> {
    let mut to_capture = None;
    let subject = wish.deposit.to_string();
    let call = Call { method: "CaptureDeposit", subject: &subject, pin: &wish.pin };
    let answer = refusable(tx, rules, caller, &call, |tx| {
        if let Some(kept) = wish.once(rules).find(tx)? {
            return Ok(kept);
        }
        let (deposit, managed) = of_caller(tx, rules, wish.deposit, &wish.pin)?;
        let left = deposit.amount.minus(deposit.captured).map_err(|error| Refusal::money("Amount", error))?;
        let amount = wish.amount.unwrap_or(left);
        let mark = wish.mark(amount);
        let mine = managed.attempted.as_deref() == Some(mark.as_str());
        if let Some(other) = &managed.attempted
            && !mine
        {
            let what = if other.starts_with("capture") { "another capture" } else { "another step" };
            tracing::info!(deposit.id = %deposit.id, what, "a capture waits");
            return Err(OperationError::NotYet("another step of this deposit is under way, please repeat"));
        }
        let fresh = tx.now_micros() - managed.updated_at < FORGOTTEN_US;
        if mine && fresh {
            return Err(OperationError::NotYet("the same capture is under way, please repeat"));
        }
        if deposit.status != DepositStatus::Authorized && !mine {
            return Err(Refusal::IllegalDepositStep { from: deposit.status.name(), to: "captured" }.into());
        }
        let last = wish.last || amount == left;
        // Decided now, so that nothing is asked of the processor that could not be booked.
        deposit.credit_part(amount, last)?;
        deposits::note_attempted(tx, deposit.id, Some(&mark))?;
        to_capture = Some(Begun::ToCapture { deposit: Box::new((deposit, managed)), amount, last });
        Ok(Answer::default())
    })?;
    Ok(match to_capture.filter(|_| answer.refused.is_none()) {
        Some(begun) => begun,
        None => Begun::Answered(answer),
    })
}

/// The processor took the money: credited, and the answer is kept.
pub fn taken(
    tx: &mut Tx<'_>,
    wish: &Wish,
    amount: Money,
    last: bool,
    rules: &Rules,
    caller: &Caller,
) -> Result<Answer, OperationError> {
    let once = wish.once(rules);
    if let Some(kept) = once.find(tx)? {
        return Ok(kept);
    }
    let deposit = deposits::lock(tx, wish.deposit)?.ok_or(Refusal::DepositNotFound)?;
    let change = deposit.credit_part(amount, last)?;
    deposits::advance(tx, &change.deposit)?;
    deposits::note_attempted(tx, deposit.id, None)?;
    post(tx, &change.transactions)?;
    let fact = audit::Fact {
        front_end: deposit.front_end.clone(),
        pin: deposit.pin.clone(),
        who: wish.updated_by.clone().unwrap_or_else(|| caller.who.clone()),
        from: deposit.status.to_string(),
        to: change.deposit.status.to_string(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of("deposit.captured", deposit.id)
    };
    audit::record(tx, fact.with("amount", amount.to_string()).with("postings", told(&change.transactions)))?;
    let answer = Answer { deposit: Some(deposit.id), ..Answer::done(format!("Captured {amount}")) };
    once.keep(tx, &answer)?;
    Ok(answer)
}

/// The processor refused: nothing was taken, and another capture may be tried.
pub fn refused(
    tx: &mut Tx<'_>,
    wish: &Wish,
    reason: &str,
    rules: &Rules,
    caller: &Caller,
) -> Result<Answer, OperationError> {
    let once = wish.once(rules);
    if let Some(kept) = once.find(tx)? {
        return Ok(kept);
    }
    deposits::note_attempted(tx, wish.deposit, None)?;
    let refusal = Refusal::Limit { reason: format!("was refused by the processor: {reason}") };
    let fact = audit::Fact {
        front_end: rules.front_end.name.clone(),
        pin: wish.pin.clone(),
        who: caller.who.clone(),
        why: refusal.to_string(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of("deposit.capture_refused", wish.deposit)
    };
    audit::record(tx, fact)?;
    let answer = Answer { deposit: Some(wish.deposit), ..Answer::refused(&refusal) };
    once.keep(tx, &answer)?;
    Ok(answer)
}

/// The deposit an id names, if it is the caller's and run by us.
pub(super) fn of_caller(
    tx: &mut Tx<'_>,
    rules: &Rules,
    id: DepositId,
    pin: &str,
) -> Result<(Deposit, Managed), OperationError> {
    customer(tx, rules, pin)?;
    let deposit = deposits::lock(tx, id)?.ok_or(Refusal::DepositNotFound)?;
    if deposit.front_end != rules.front_end.name || deposit.pin != pin {
        return Err(Refusal::DepositNotFound.into());
    }
    let managed = deposits::managed(tx, id)?.ok_or(Refusal::DepositNotFound)?;
    Ok((deposit, managed))
}
