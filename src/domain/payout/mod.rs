//! A payout: its state, and the decisions that create, update and reverse it.

pub mod attempt;
mod change;
mod edit;
pub mod obstacle;
pub mod status;
#[cfg(test)]
mod tests;

pub use change::{Alert, Change};
pub use edit::Edit;

use super::bank_account::BankAccount;
use super::debit::{DebitState, Effect, effect};
use super::front_end::FrontEnd;
use super::ids::{PayoutId, ReversalId};
use super::money::Money;
use super::processor_name::{Mapped, Route};
use super::refusal::Refusal;
use attempt::AttemptState;
use change::{charge, enough, too_large};
use obstacle::Obstacle;
use status::{PayoutStatus, Step};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payout {
    pub id: PayoutId,
    pub front_end: String,
    pub pin: String,
    pub trace_id: i64,
    pub status: PayoutStatus,
    pub amount: Money,
    pub fee: Money,
    pub debit: Debit,
    /// The customer's wish at CreatePayout.
    pub asked: Option<Named>,
    /// The processor that carries it out, as far as it is known.
    pub used: Option<Named>,
    pub payment_method: Option<String>,
    /// Where it goes, if not to a card or an account that its processor knows.
    pub bank_account: Option<BankAccount>,
    pub transaction_id: Option<String>,
    pub created_by: Option<String>,
    pub updated_by: Option<String>,
    pub reversal: Option<Reversal>,
    /// The state of the latest attempt at a processor, for a payout that we carry out.
    pub attempt: Option<AttemptState>,
    /// Somebody stopped it: nothing of it starts before he or another lets it go.
    pub hold: Option<Hold>,
    /// People want it to end here, and its cashier is being asked to end it.
    pub ending: Option<PayoutStatus>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hold {
    pub by: String,
    pub why: String,
}

/// What was taken from the customer, and whether he has it back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Debit {
    pub state: DebitState,
    /// The part that goes to the processor.
    pub amount: Money,
    /// The part that we keep.
    pub fee: Money,
}

/// A processor by both its names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    pub cashier: String,
    pub platform: String,
    pub route: Route,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reversal {
    pub id: ReversalId,
    pub trace_id: Option<i64>,
}

/// A payout as the cashier asks for it.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub id: PayoutId,
    pub pin: String,
    pub trace_id: i64,
    pub amount: Money,
    pub fee: Money,
    pub processor: Option<Mapped>,
    pub payment_method: Option<String>,
    pub bank_account: Option<BankAccount>,
    pub created_by: Option<String>,
}

/// What an update asks for.
#[derive(Clone, Debug)]
pub struct Update {
    pub to: PayoutStatus,
    pub amount: Option<Money>,
    pub fee: Option<Money>,
    pub processor: Option<Mapped>,
    pub transaction_id: Option<String>,
    pub updated_by: Option<String>,
    /// The customer himself acts, not an operator.
    pub by_customer: bool,
}

/// What an update comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Updated {
    Changed(Box<Change>),
    /// It is there already.
    Repeat,
    /// Late news: no effect.
    Stale,
    /// Something must come first, for example the processor's answer: ask again.
    NotYet(&'static str),
}

/// What a reversal comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reversed {
    Changed(Box<Change>),
    Repeat(ReversalId),
}

/// What a call is told that must come again.
const UNCONFIRMED: &str = "the processor has not confirmed the payout yet, please repeat";
const HELD: &str = "the payout is held by an operator, please repeat";

impl Payout {
    /// Opens a payout at Requested, debits it there if the front end says so.
    pub fn create(wanted: Wanted, front_end: &FrontEnd, available: Money) -> Result<Change, Refusal> {
        let currency = wanted.amount.currency();
        front_end.payout_limits.check(wanted.amount.minor()).map_err(|reason| Refusal::Limit { reason })?;
        let (net, fee) = charge(wanted.amount, wanted.fee, front_end.fee_mode)?;
        let total = net.plus(fee).map_err(too_large)?;

        let unknown = wanted.processor.as_ref().is_some_and(|mapped| mapped.unknown);
        let payout = Payout {
            id: wanted.id,
            front_end: front_end.name.clone(),
            pin: wanted.pin,
            trace_id: wanted.trace_id,
            status: PayoutStatus::Requested,
            amount: wanted.amount,
            fee: wanted.fee,
            debit: Debit::none(currency),
            asked: wanted.processor.map(Named::from),
            used: None,
            payment_method: wanted.payment_method,
            bank_account: wanted.bank_account,
            transaction_id: None,
            created_by: wanted.created_by,
            updated_by: None,
            reversal: None,
            attempt: None,
            hold: None,
            ending: None,
        };
        let mut change = Change::of(payout, None);
        if unknown {
            change.alerts.push(Alert::UnknownProcessor);
        }
        match effect(front_end.debit_event, false, PayoutStatus::Requested) {
            Effect::Take => change.take(front_end, available)?,
            _ if front_end.advisory_funds_check => enough(available, total)?,
            _ => {}
        }
        Ok(change)
    }

    /// Decides what a wish for a status comes to.
    pub fn update(
        &self,
        update: &Update,
        front_end: &FrontEnd,
        available: Money,
    ) -> Result<Updated, Refusal> {
        let to = update.to;
        let step = match (self.status.step(to), to) {
            (Ok(_), PayoutStatus::Reversed) => {
                return Err(self.illegal(to, Some(Obstacle::OwnMethod)));
            }
            (step, _) => step.map_err(|_| self.illegal(to, None))?,
        };
        match step {
            Step::Stale => {
                // Late news may be old, it may not be different.
                self.same_amounts(update)?;
                return Ok(Updated::Stale);
            }
            Step::Repeat if self.edits_now(update, front_end) => {}
            Step::Repeat => {
                self.same_amounts(update)?;
                return Ok(self.late_transaction_id(update));
            }
            Step::Advance => {}
        }
        if let Some(verdict) = self.held(to)? {
            return Ok(verdict);
        }
        if to == PayoutStatus::InProgress && self.is_stopped() {
            return Ok(Updated::NotYet(HELD));
        }
        if to == PayoutStatus::Cancelled && update.by_customer {
            self.cancellable_by_customer(front_end)?;
        }

        let mut change = Change::of(self.clone(), Some(self.status));
        change.payout.edit(update, front_end)?;
        change.payout.status = to;
        change.payout.updated_by = update.updated_by.clone().or(change.payout.updated_by);
        if to == PayoutStatus::Approved {
            change.payout.transaction_id = update.transaction_id.clone().or(change.payout.transaction_id);
        }
        if update.processor.as_ref().is_some_and(|mapped| mapped.unknown) {
            change.alerts.push(Alert::UnknownProcessor);
        }
        // The money has left all the same: that is booked, and somebody must hear of it.
        if to == PayoutStatus::Approved && self.is_stopped() {
            change.alerts.push(Alert::ApprovedWhileHeld);
        }
        if matches!(to, PayoutStatus::Approved | PayoutStatus::Rejected | PayoutStatus::Cancelled) {
            (change.payout.hold, change.payout.ending) = (None, None);
            change.ended_asked = self.ending.is_some();
        }

        match effect(front_end.debit_event, self.debit.state == DebitState::Taken, to) {
            Effect::Keep => {}
            Effect::Take => change.take(front_end, available)?,
            Effect::TakeLate => {
                change.debit(front_end)?;
                change.settle()?;
                change.alerts.push(Alert::DebitedLate);
            }
            Effect::Settle => change.settle()?,
            Effect::Release => change.release()?,
            // The table gives it for Reversed alone, which was refused above.
            Effect::GiveBack => return Err(self.illegal(to, None)),
        }
        change.pay_out = step == Step::Advance && to == PayoutStatus::InProgress && change.payout.is_routed();
        let ends = matches!(to, PayoutStatus::Rejected | PayoutStatus::Cancelled);
        change.withdraw = ends && self.attempt == Some(AttemptState::Planned);
        Ok(Updated::Changed(Box::new(change)))
    }

    /// Gives amount and fee of an approved payout back.
    pub fn reverse(
        &self,
        id: ReversalId,
        trace_id: Option<i64>,
        asked: (Option<Money>, Option<Money>),
        front_end: &FrontEnd,
        updated_by: Option<String>,
    ) -> Result<Reversed, Refusal> {
        if let Some(reversal) = self.reversal {
            // A reversal without a TraceID of its own is the same reversal.
            let same = trace_id.is_none() || reversal.trace_id.is_none() || reversal.trace_id == trace_id;
            return if same { Ok(Reversed::Repeat(reversal.id)) } else { Err(Refusal::AlreadyReversed) };
        }
        let early = self.status == PayoutStatus::InProgress && front_end.reverse_in_progress;
        if !early {
            match self.status.step(PayoutStatus::Reversed) {
                Ok(_) => {}
                Err(_) => return Err(self.illegal(PayoutStatus::Reversed, None)),
            }
        }
        if self.attempt.is_some_and(AttemptState::holds_the_money) {
            return Err(Refusal::OutcomeOpen { payout: self.id });
        }
        if self.debit.state != DebitState::Taken {
            return Err(self.illegal(PayoutStatus::Reversed, Some(Obstacle::NotDebited)));
        }
        if early && self.attempt == Some(AttemptState::Succeeded) {
            return Err(self.illegal(PayoutStatus::Reversed, Some(Obstacle::ApproveFirst)));
        }

        let mut change = Change::of(self.clone(), Some(self.status));
        let differs =
            asked.0.is_some_and(|amount| amount != self.amount) || asked.1.is_some_and(|fee| fee != self.fee);
        if differs {
            change.alerts.push(Alert::ReversalDiffers);
        }
        change.give_back(early)?;
        change.withdraw = early && self.attempt == Some(AttemptState::Planned);
        change.payout.status = PayoutStatus::Reversed;
        (change.payout.hold, change.payout.ending) = (None, None);
        change.payout.reversal = Some(Reversal { id, trace_id });
        change.payout.updated_by = updated_by.or(change.payout.updated_by);
        Ok(Reversed::Changed(Box::new(change)))
    }

    /// A new attempt after one that its processor refused. Somebody decides it: a repeated call of the cashier must
    /// never pay a second time, so an update to InProgress that comes again stays a repeat.
    pub fn retry(&self, updated_by: &str) -> Result<Change, Refusal> {
        let no = |why| Err(self.illegal(PayoutStatus::InProgress, Some(why)));
        if self.status != PayoutStatus::InProgress {
            return no(Obstacle::NotInProgress);
        }
        if self.is_stopped() {
            return no(Obstacle::Held);
        }
        match self.attempt {
            Some(AttemptState::Refused) => {}
            Some(AttemptState::Planned) => return no(Obstacle::AboutToBeSent),
            Some(AttemptState::Succeeded) => return no(Obstacle::PaidAlready),
            Some(AttemptState::Sending | AttemptState::Unknown) => {
                return Err(Refusal::OutcomeOpen { payout: self.id });
            }
            None => return no(Obstacle::NotOurs),
        }
        if self.debit.state != DebitState::Taken || !self.is_routed() {
            return no(Obstacle::NothingHeld);
        }
        let mut change = Change::of(self.clone(), Some(self.status));
        change.payout.updated_by = Some(updated_by.to_owned());
        change.pay_out = true;
        Ok(change)
    }

    /// Whether people stopped it, or want it to end.
    pub fn is_stopped(&self) -> bool {
        self.hold.is_some() || self.ending.is_some()
    }

    /// What an attempt at a processor, still open or lost, forbids.
    fn held(&self, to: PayoutStatus) -> Result<Option<Updated>, Refusal> {
        let ends = matches!(to, PayoutStatus::Rejected | PayoutStatus::Cancelled);
        match (to, self.attempt) {
            (_, Some(AttemptState::Sending | AttemptState::Unknown)) if ends => {
                Err(Refusal::OutcomeOpen { payout: self.id })
            }
            (_, Some(AttemptState::Succeeded)) if ends => Err(self.illegal(to, Some(Obstacle::PaidOut))),
            (
                PayoutStatus::Approved,
                Some(AttemptState::Planned | AttemptState::Sending | AttemptState::Unknown),
            ) => Ok(Some(Updated::NotYet(UNCONFIRMED))),
            (PayoutStatus::Approved, Some(AttemptState::Refused)) => {
                Err(self.illegal(to, Some(Obstacle::RefusedThere)))
            }
            (PayoutStatus::Approved, None) if self.is_routed() => {
                Err(self.illegal(to, Some(Obstacle::NotPaidOut)))
            }
            _ => Ok(None),
        }
    }

    fn cancellable_by_customer(&self, front_end: &FrontEnd) -> Result<(), Refusal> {
        let to = PayoutStatus::Cancelled;
        match self.status {
            PayoutStatus::InProgress => Err(self.illegal(to, Some(Obstacle::OperatorsAlone))),
            PayoutStatus::Authorized if front_end.debit_event == super::debit::DebitEvent::Authorized => {
                Err(self.illegal(to, Some(Obstacle::NotByCustomer)))
            }
            _ => Ok(()),
        }
    }

    /// Amount and fee may change until Authorized or the debit, whichever comes first.
    fn is_editable(&self, front_end: &FrontEnd) -> bool {
        front_end.edits_allowed
            && self.status == PayoutStatus::Requested
            && self.debit.state == DebitState::NotTaken
    }

    /// A repeat of Approved may still bring the processor's id, which reconciliation needs; nothing else moves.
    fn late_transaction_id(&self, update: &Update) -> Updated {
        let late = self.status == PayoutStatus::Approved && self.transaction_id.is_none();
        let Some(id) = update.transaction_id.clone().filter(|_| late) else { return Updated::Repeat };
        let mut change = Change::of(self.clone(), Some(self.status));
        change.payout.transaction_id = Some(id);
        Updated::Changed(Box::new(change))
    }

    /// A repeat of Requested that brings new amounts inside the window is an edit.
    fn edits_now(&self, update: &Update, front_end: &FrontEnd) -> bool {
        self.is_editable(front_end) && self.same_amounts(update).is_err()
    }

    fn same_amounts(&self, update: &Update) -> Result<(), Refusal> {
        let fields = [("Amount", self.amount, update.amount), ("Fee", self.fee, update.fee)];
        for (field, held, got) in fields {
            if let Some(got) = got.filter(|got| *got != held) {
                return Err(Refusal::AmountFixed { field, held, got });
            }
        }
        Ok(())
    }

    fn edit(&mut self, update: &Update, front_end: &FrontEnd) -> Result<(), Refusal> {
        if self.is_editable(front_end) {
            self.amount = update.amount.unwrap_or(self.amount);
            self.fee = update.fee.unwrap_or(self.fee);
            front_end.payout_limits.check(self.amount.minor()).map_err(|reason| Refusal::Limit { reason })?;
        } else {
            self.same_amounts(update)?;
        }
        // The processor may change until Approved; one that has an attempt has been decided.
        if let Some(mapped) = update.processor.clone().filter(|_| self.attempt.is_none()) {
            self.used = Some(Named::from(mapped));
        }
        Ok(())
    }

    fn processor(&self) -> Option<&Named> {
        self.used.as_ref().or(self.asked.as_ref())
    }

    /// How it goes out, by the processor that is known now.
    pub fn route(&self) -> Route {
        self.processor().map_or(Route::Cashier, |named| named.route)
    }

    pub fn is_routed(&self) -> bool {
        self.route() != Route::Cashier
    }

    /// The platform's name of the processor it is booked on.
    pub fn processor_name(&self) -> &str {
        self.processor().map_or("unassigned", |named| &named.platform)
    }

    fn illegal(&self, to: PayoutStatus, why: Option<Obstacle>) -> Refusal {
        Refusal::IllegalStep { from: self.status, to, why }
    }
}

impl Debit {
    pub fn none(currency: super::money::Currency) -> Debit {
        Debit { state: DebitState::NotTaken, amount: Money::zero(currency), fee: Money::zero(currency) }
    }
}

impl From<Mapped> for Named {
    fn from(mapped: Mapped) -> Named {
        Named { cashier: mapped.cashier_name, platform: mapped.processor.name, route: mapped.processor.route }
    }
}
