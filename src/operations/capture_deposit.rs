//! An authorized deposit is captured, whole or in parts: credited with what the processor took.

use super::answer::Once;
use super::begin_deposit::SETTLE_DEPOSIT;
use super::hold::{Hold, Holder};
use super::settle_deposit::RELEASE;
use super::{Answer, Call, Caller, OperationError, Rules, customer, post, refusable, told};
use crate::domain::deed::Deed;
use crate::domain::deposit::Deposit;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::ids::DepositId;
use crate::domain::money::Money;
use crate::domain::reason::Reason;
use crate::domain::refusal::Refusal;
use crate::store::deposits::Managed;
use crate::store::{StoreError, Tx, Wants, audit, deposits, outbox};
use chrono::Duration;

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
        hold: Hold,
    },
}

/// When the sweep takes a capture up again whose answer got lost, and when it looks at what a capture left.
pub const SWEPT_AFTER: Duration = Duration::seconds(15);

/// Whether `attempted` speaks of a capture.
pub fn is_mark(attempted: &str) -> bool {
    attempted.starts_with("capture ")
}

/// Whether a capture on record may still get its answer: somebody is at it.
pub(super) fn is_under_way(tx: &mut Tx<'_>, id: DepositId, managed: &Managed) -> Result<bool, StoreError> {
    let begun = managed.attempted.as_deref();
    let begun = begun.is_some_and(|mark| is_mark(mark) && !mark.ends_with(UNANSWERED));
    Ok(begun && outbox::is_being_carried_out(tx, SETTLE_DEPOSIT, &id.to_string())?)
}

/// Behind the mark of a capture whose processor gave no answer: it may be taken up at once.
const UNANSWERED: &str = " unanswered";

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

    /// What `attempted` says while this capture is under way; enough to take it up again by [`Wish::resumed`].
    fn mark(&self, amount: Money, last: bool) -> String {
        let (part, named) =
            (if last { "last" } else { "part" }, if self.amount.is_some() { "named" } else { "rest" });
        format!("capture {} {} {part} {named}", self.trace_id, amount.minor())
    }

    /// The capture that a deposit's record says was begun.
    pub fn resumed(deposit: &Deposit, attempted: &str) -> Option<Wish> {
        let words: Vec<&str> = attempted.split(' ').collect();
        let &["capture", trace_id, minor, part, named, ..] = words.as_slice() else { return None };
        let amount = Money::from_minor(minor.parse().ok()?, deposit.amount.currency());
        Some(Wish {
            pin: deposit.pin.clone(),
            trace_id: trace_id.parse().ok()?,
            deposit: deposit.id,
            amount: (named == "named").then_some(amount),
            last: part == "last",
            updated_by: None,
        })
    }
}

/// Checks the capture and notes it before the processor is asked.
pub fn begin(
    tx: &mut Tx<'_>,
    wish: &Wish,
    rules: &Rules,
    caller: &Caller,
    holder: &Holder,
) -> Result<Begun, OperationError> {
    let mut to_capture = None;
    let subject = wish.deposit.to_string();
    let call = Call { method: "CaptureDeposit", subject: &subject, pin: &wish.pin };
    let answer = refusable(tx, rules, caller, &call, |tx| {
        if let Some(kept) = wish.once(rules).find(tx)? {
            return Ok(kept);
        }
        let (deposit, managed) = of_caller(tx, rules, wish.deposit, &wish.pin)?;
        let left = deposit.capturable().minus(deposit.captured);
        let left = left.map_err(|error| Refusal::money("Amount", error))?;
        let amount = wish.amount.unwrap_or(left);
        let last = wish.last || amount == left;
        let mark = wish.mark(amount, last);
        let noted = managed.attempted.as_deref().and_then(|attempted| attempted.strip_prefix(&mark));
        let (under_way, unanswered) = (noted == Some(""), noted == Some(UNANSWERED));
        let mine = under_way || unanswered;
        if let Some(other) = &managed.attempted
            && !mine
            && other != RELEASE
        {
            let what = if other.starts_with("capture") { "another capture" } else { "another step" };
            tracing::info!(deposit.id = %deposit.id, what, "a capture waits");
            return Err(OperationError::NotYet("another step of this deposit is under way, please repeat"));
        }
        if under_way && !holder.may_go_on(tx, deposit.id)? {
            return Err(OperationError::NotYet("the same capture is under way, please repeat"));
        }
        if deposit.status != DepositStatus::Authorized && !mine {
            return Err(Refusal::IllegalDepositStep { from: deposit.status.name(), to: "captured" }.into());
        }
        // Decided now, so that nothing is asked of the processor that could not be booked.
        deposit.credit_part(amount, last)?;
        deposits::note_attempted(tx, deposit.id, Some(&mark))?;
        let hold = holder.takes(tx, deposit.id, &managed.account)?;
        to_capture = Some(Begun::ToCapture { deposit: Box::new((deposit, managed)), amount, last, hold });
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
        ..audit::Fact::of(Deed::DepositCaptured, deposit.id)
    };
    audit::record(tx, fact.with("amount", amount.to_string()).with("postings", told(&change.transactions)))?;
    let answer = Answer { deposit: Some(deposit.id), ..Answer::done(format!("Captured {amount}")) };
    once.keep(tx, &answer)?;
    Ok(answer)
}

/// The processor gave no answer that tells anything: the repeat, or the sweep, asks on.
pub fn unanswered(tx: &mut Tx<'_>, wish: &Wish, amount: Money, last: bool) -> Result<(), OperationError> {
    let managed = deposits::managed(tx, wish.deposit)?.ok_or(Refusal::DepositNotFound)?;
    let mark = wish.mark(amount, last);
    if managed.attempted.as_deref() == Some(mark.as_str()) {
        deposits::note_attempted(tx, wish.deposit, Some(&format!("{mark}{UNANSWERED}")))?;
    }
    Ok(())
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
    let refusal = Refusal::Limit { reason: Reason::Processor(reason.to_owned()) };
    let fact = audit::Fact {
        front_end: rules.front_end.name.clone(),
        pin: wish.pin.clone(),
        who: caller.who.clone(),
        why: refusal.to_string(),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(Deed::DepositCaptureRefused, wish.deposit)
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
