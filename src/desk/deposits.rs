//! Deposits at their processors: opened, asked about, captured, given up. Every way leads to one settlement.

use super::{Desk, TypedCard, Way};
use crate::domain::customer::Customer;
use crate::domain::deposit::Deposit;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::ids::DepositId;
use crate::domain::outcome::DepositOutcome;
use crate::domain::refusal::Refusal;
use crate::operations::begin_deposit::{self, Begun, CHARGE, FIRST_SWEEP};
use crate::operations::capture_deposit::{SWEPT_AFTER, Wish};
use crate::operations::hold::Hold;
use crate::operations::open_deposit::{self, Said};
use crate::operations::settle_deposit::{self, CANCEL, Look, Settled};
use crate::operations::{Answer, Caller, OperationError, Rules, cancel_deposit, capture_deposit};
use crate::processors::{Capture, DepositOrder, DepositProcessor, GivenUp, Opened, paygate, sopg};
use crate::store::deposits::{self, Managed};
use crate::store::outbox::Claimed;
use crate::store::{StoreError, Wants, customers};
use chrono::Duration;
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The method of a deposit that is an invoice.
pub const INVOICE: &str = "invoice";

/// An answered opening, and where the customer goes.
pub struct OpenedDeposit {
    pub answer: Answer,
    /// The address to send the browser to: the processor's, or our page that posts the form there.
    pub url: Option<String>,
    pub way: Option<Way>,
    pub status: Option<DepositStatus>,
    /// Of a payment at a terminal: the terminal's number and the approval, which it prints.
    pub slip: Option<(String, String)>,
}

/// Within this time a customer may still pay: half an hour at the processor's page, and the window behind it.
const WATCHED: Duration = Duration::minutes(45);
/// So long after a deposit was given up its customer may still pay where nothing ever expires.
const LATE: Duration = Duration::days(7);
/// No call that opens a deposit takes longer, as accounts are set up by default.
const LONGEST_OPENING: Duration = Duration::minutes(2);
/// So many names are tried for one opening.
const MOST_NAMES: usize = 3;
/// Nobody is kept waiting for longer; what has no answer by then is asked about.
const LONGEST_CAPTURE: Duration = Duration::seconds(90);

fn alarmed(id: DepositId, settled: Settled) -> Settled {
    if let Some(alert) = settled.alert {
        metrics::counter!("tillgate_alerts_total", "alert" => alert).increment(1);
        tracing::warn!(deposit.id = %id, alert, "a person should look at this deposit");
    }
    settled
}

/// What a processor holds of a deposit that was given up there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    /// What its outcome says.
    Told,
    /// Nothing, but its customer may still pay.
    Payable,
    /// It refuses to give it up.
    ForGood,
}

fn within_the_window(age: Duration) -> Look {
    if age < WATCHED { Look::Soon } else { Look::AsUsual }
}

/// A deposit with everything an order needs.
type Whole = (Deposit, Managed, Customer);

impl Desk {
    /// Records a deposit, opens it at its processor, and keeps the answer.
    pub async fn open_deposit(
        &self,
        wish: begin_deposit::Wish,
        card: Option<TypedCard>,
        rules: &Rules,
        caller: &Caller,
    ) -> Result<OpenedDeposit, OperationError> {
        if card.is_some() && !self.account(&wish.account)?.takes_cards() {
            return Err(Refusal::bad("CardNumber", "is not taken here").into());
        }
        let turn = customers::name(&rules.front_end.name, &wish.pin);
        let once = wish.once(rules);
        let (wants, named, by) = (wish.wants(rules), rules.clone(), caller.clone());
        let begun =
            self.store.transact(&turn, wants, move |tx| begin_deposit::run(tx, &wish, &named, &by)).await?;
        let (mut whole, fresh) = match begun {
            Begun::Answered(answer) => return self.told(answer).await,
            Begun::ToOpen(whole) => (*whole, true),
            Begun::Interrupted(whole) => (*whole, false),
        };
        let (id, since) = (whole.0.id, self.clock.now());
        let hold = if card.is_some() { Some(self.hold_opening(&turn, &mut whole).await?) } else { None };
        let sent = self.opened(&whole, fresh, card.as_ref());
        let mut opened = match &hold {
            Some(hold) => {
                let sent = self.while_held(&hold.claim, since, hold.lease, sent).await;
                sent.ok_or(OperationError::NotYet("somebody else has taken the opening up, please repeat"))??
            }
            None => sent.await?,
        };
        for _ in 1..MOST_NAMES {
            let Opened::Taken { cause } = &opened else { break };
            tracing::warn!(deposit.id = %whole.0.id, cause, "the name of a deposit is another's at its processor");
            let Some(renamed) = self.rename(&whole).await? else { break };
            whole.1 = renamed;
            opened = self.opened(&whole, fresh, card.as_ref()).await?;
        }
        let order = self.order(&whole);
        let (deposit, ..) = whole;
        let by = |way: Way, reference| Said::Opened { how: way.keep(), reference, told: BTreeMap::new() };
        let home = Way::Redirect(order.urls.success.clone());
        let said = match opened {
            Opened::Redirect { url, reference } => by(Way::Redirect(url), reference),
            Opened::Form { action, fields, reference } => by(Way::Form { action, fields }, reference),
            Opened::CardForm { action, fields, inputs } => by(Way::CardForm { action, fields, inputs }, None),
            Opened::Frames { frames, reference } => by(Way::Frames(frames), Some(reference)),
            Opened::Refused { code, reason } => Said::Refused { code, reason },
            Opened::Unfit(refusal) => Said::Unfit(refusal),
            Opened::Decided(outcome) => {
                self.apply(deposit.id, outcome).await?;
                by(home, None)
            }
            Opened::DecidedWith { outcome, told } => {
                self.apply(deposit.id, outcome).await?;
                Said::Opened { how: home.keep(), reference: None, told }
            }
            Opened::Pending { reference } => by(home, Some(reference)),
            // The record stays; the repeat goes on from there.
            Opened::NotSent { cause } | Opened::Unknown { cause } | Opened::Taken { cause } => {
                tracing::warn!(deposit.id = %deposit.id, cause, "a deposit could not be opened");
                if let Some(hold) = hold {
                    let ended = self
                        .store
                        .transact(&turn, Wants::nothing(), move |tx| Ok(hold.ends(tx, Some(FIRST_SWEEP))?));
                    ended.await?;
                }
                return Err(OperationError::NotYet("the processor could not be reached, please repeat"));
            }
        };
        let by = caller.clone();
        let answer = self.store.transact(&turn, Wants::nothing().deposit(id), move |tx| {
            if let Some(hold) = &hold {
                hold.ends(tx, Some(FIRST_SWEEP))?;
            }
            open_deposit::run(tx, id, &said, &once, &by)
        });
        self.told(answer.await?).await
    }

    /// Of several calls with the same typed card one alone is at the processor, which can't always tell a repeat from a
    /// second payment. The deposit is read anew: a call before this one may have left its mark.
    async fn hold_opening(&self, turn: &str, whole: &mut Whole) -> Result<Hold, OperationError> {
        let (id, account, holder) = (whole.0.id, whole.1.account.clone(), self.holder(None));
        let hold = self.store.transact(turn, Wants::nothing().deposit(id), move |tx| {
            if !holder.may_go_on(tx, id)? {
                return Err(OperationError::NotYet("the same deposit is being opened, please repeat"));
            }
            holder.takes(tx, id, &account)
        });
        let hold = hold.await?;
        *whole = self.whole(id).await?.ok_or(Refusal::DepositNotFound)?;
        Ok(hold)
    }

    /// What the processor says to the opening, or, where it may have been said before, to the question about it.
    async fn opened(
        &self,
        whole: &Whole,
        fresh: bool,
        card: Option<&TypedCard>,
    ) -> Result<Opened, OperationError> {
        let (deposit, managed, customer) = whole;
        let open = matches!(deposit.status, DepositStatus::Pending | DepositStatus::Settling);
        if !fresh && !open {
            // What became of it was found out while nobody waited for an answer: it is told as it is.
            return Ok(Opened::Decided(DepositOutcome::Open { cause: "it is over".to_owned() }));
        }
        let processor = self.processor(managed)?;
        let sent_once = managed.attempted.as_deref() == Some(CHARGE);
        if !fresh && (sent_once || card.is_some()) {
            // The call before this one may have paid already, or may still arrive.
            match self.ask(processor.as_ref(), whole).await? {
                DepositOutcome::NotFound if !sent_once => {}
                DepositOutcome::Open { cause } if !sent_once && managed.opened.is_none() => {
                    if !processor.waits_for_the_bank(&self.order(whole)).await {
                        return Ok(Opened::Decided(DepositOutcome::Open { cause }));
                    }
                    // The answer that told the way to the bank reached nobody, so nobody can go it: it is told anew,
                    // once no call before this one can be waiting for that answer any more.
                    if self.age(managed) < LONGEST_OPENING {
                        return Ok(Opened::Unknown { cause });
                    }
                }
                outcome @ (DepositOutcome::NotFound | DepositOutcome::Unknown { .. }) => {
                    return Ok(Opened::Unknown { cause: format!("{outcome:?}") });
                }
                outcome => return Ok(Opened::Decided(outcome)),
            }
        }
        let mut order = self.order(whole);
        if !fresh {
            order.extra.insert(sopg::deposit::OPENED_BEFORE.to_owned(), true.to_string());
        }
        let Some(card) = card else { return Ok(processor.open(&order).await) };
        let (opened, instrument) = processor.open_with_card(&order, card).await;
        if let Some(instrument) = instrument {
            self.keep_instrument(customer, instrument).await?;
        }
        Ok(opened)
    }

    /// Gives a deposit another name at its processor, before the processor hears of it.
    async fn rename(&self, (deposit, managed, _): &Whole) -> Result<Option<Managed>, OperationError> {
        let (id, caller, turn) = (deposit.id, self.house("desk"), format!("deposit/{}", deposit.id));
        let taken =
            sopg::deposit::mtid_of(&managed.reference, managed.processor_reference.as_deref()).to_owned();
        let renamed = self.store.transact(&turn, Wants::nothing().deposit(id), move |tx| {
            open_deposit::rename(tx, id, &taken, &caller)
        });
        renamed.await
    }

    /// A bank's answer that the customer's browser brought: handed on at once, and kept nowhere.
    pub async fn bank_answered(
        &self,
        id: DepositId,
        answer: &SecretString,
    ) -> Result<Settled, OperationError> {
        let Some(whole) = self.whole(id).await? else { return Err(Refusal::DepositNotFound.into()) };
        let (deposit, managed, _) = &whole;
        let open = deposit.status == DepositStatus::Pending && managed.attempted.is_none();
        if !open {
            return Ok(settle_deposit::stays(deposit));
        }
        let outcome = self.processor(managed)?.bank_answered(&self.order(&whole), answer).await;
        self.apply(id, outcome).await
    }

    /// Adds where the customer goes to an answer.
    async fn told(&self, answer: Answer) -> Result<OpenedDeposit, OperationError> {
        let nowhere = |answer| OpenedDeposit { answer, url: None, way: None, status: None, slip: None };
        let Some(id) = answer.deposit.filter(|_| answer.refused.is_none()) else {
            return Ok(nowhere(answer));
        };
        let Some((deposit, managed, _)) = self.whole(id).await? else { return Ok(nowhere(answer)) };
        let way = managed.opened.as_deref().and_then(Way::kept);
        let url = way.as_ref().map(|way| match way {
            Way::Redirect(url) => url.clone(),
            Way::Form { .. } | Way::CardForm { .. } | Way::Frames(_) => {
                format!("{}/player/{}", self.public_url, managed.token)
            }
        });
        let told = |name: &str| managed.told.get(name).cloned();
        let slip = told(paygate::TOLD_TERMINAL).zip(told(paygate::TOLD_AUTH_CODE));
        Ok(OpenedDeposit { answer, url, way, status: Some(deposit.status), slip })
    }

    /// Asks the processor what became of a deposit, and applies it. Notice, browser and sweep all come here, by the
    /// errand: what a processor takes its time for holds up no request. The worker brings his claim.
    pub async fn settle(&self, id: DepositId, claim: Option<&Claimed>) -> Result<Settled, OperationError> {
        let Some(whole) = self.whole(id).await? else { return Err(Refusal::DepositNotFound.into()) };
        let (deposit, managed, _) = &whole;
        let resumed = managed.attempted.as_deref().and_then(|mark| Wish::resumed(deposit, mark));
        if let Some(wish) = resumed {
            return self.resume(wish, &whole, claim).await;
        }
        let processor = self.processor(managed)?;
        let two_steps = processor.completes_in_two_steps();
        // Elsewhere a credited deposit can still be charged back.
        if two_steps && matches!(deposit.status, DepositStatus::Credited | DepositStatus::Reversed) {
            return Ok(settle_deposit::stays(deposit));
        }
        let ended = matches!(deposit.status, DepositStatus::Cancelled | DepositStatus::Declined);
        let given_up = managed.attempted.as_deref() == Some(CANCEL)
            // Whoever pays all the same gets his money released, and not only when its time is over.
            || (managed.attempted.is_none()
                && (deposit.status == DepositStatus::Cancelled || (two_steps && ended)));
        let settled = if given_up {
            self.give_up(&whole).await?
        } else if two_steps {
            self.fetch(&whole).await?
        } else {
            let outcome = self.ask(processor.as_ref(), &whole).await?;
            self.settled_or_abandoned(&whole, outcome).await?
        };
        if two_steps {
            return Ok(self.watched(&whole, settled));
        }
        // What the processor captures by itself after hours must be seen.
        let by_itself = settled.status == DepositStatus::Authorized && managed.capture != "manual";
        Ok(Settled { ended: settled.ended && !by_itself, ..settled })
    }

    /// Asks first; the money is fetched after it is written down that it will be.
    async fn fetch(&self, whole: &Whole) -> Result<Settled, OperationError> {
        let (deposit, managed, _) = whole;
        let (id, processor) = (deposit.id, self.processor(managed)?);
        let order = self.order(whole);
        let asking = DepositOrder { capture: Capture::Manual, ..order.clone() };
        let mut outcome = processor.settle(&asking).await;
        let customer_paid = matches!(outcome, DepositOutcome::Authorized { .. });
        if customer_paid && order.capture == Capture::Automatic {
            let turn = format!("deposit/{id}");
            let begun = self
                .store
                .transact(&turn, Wants::nothing().deposit(id), move |tx| settle_deposit::begin(tx, id));
            if !begun.await? {
                return self.apply(id, DepositOutcome::Open { cause: "nothing to fetch".to_owned() }).await;
            }
            let Some(begun) = self.whole(id).await? else { return Err(Refusal::DepositNotFound.into()) };
            outcome = processor.settle(&self.order(&begun)).await;
        }
        self.settled_or_abandoned(whole, outcome).await
    }

    /// How soon to look again at a deposit whose money must be fetched within a window.
    fn watched(&self, (_, managed, _): &Whole, settled: Settled) -> Settled {
        let age = self.age(managed);
        match settled.status {
            DepositStatus::Pending | DepositStatus::Settling if !settled.ended => {
                Settled { next: within_the_window(age), ..settled }
            }
            // What nobody captures in time runs out, and somebody should say so.
            DepositStatus::Authorized if age < self.abandon_after => {
                Settled { ended: false, next: within_the_window(age), ..settled }
            }
            DepositStatus::Pending
            | DepositStatus::Settling
            | DepositStatus::Authorized
            | DepositStatus::Credited
            | DepositStatus::Declined
            | DepositStatus::Cancelled
            | DepositStatus::Reversed => settled,
        }
    }

    fn age(&self, managed: &Managed) -> Duration {
        Duration::microseconds(self.clock.now().timestamp_micros() - managed.created_at)
    }

    /// Applies an outcome; a deposit that is open for too long is given up at the processor.
    async fn settled_or_abandoned(
        &self,
        whole: &Whole,
        outcome: DepositOutcome,
    ) -> Result<Settled, OperationError> {
        let (deposit, managed, _) = whole;
        let id = deposit.id;
        // An invoice may be paid until the processor itself ends it.
        let patient = managed.method == INVOICE && matches!(outcome, DepositOutcome::Open { .. });
        if patient || self.age(managed) <= self.abandon_after {
            return self.apply(id, outcome).await;
        }
        match outcome {
            DepositOutcome::NotFound => {
                let (code, reason) =
                    ("NOT-FOUND".to_owned(), "the customer never came to the processor".to_owned());
                self.apply(id, DepositOutcome::Failed { code, reason }).await
            }
            DepositOutcome::Open { .. } => {
                let turn = format!("deposit/{id}");
                let noted = self
                    .store
                    .transact(&turn, Wants::nothing().deposit(id), move |tx| settle_deposit::give_up(tx, id));
                if noted.await? { self.give_up(whole).await } else { self.apply(id, outcome).await }
            }
            DepositOutcome::Unknown { .. } => {
                let alert = Some("deposit_unknown");
                Ok(alarmed(id, Settled { alert, ..self.apply(id, outcome).await? }))
            }
            DepositOutcome::Paid { .. }
            | DepositOutcome::Authorized { .. }
            | DepositOutcome::ChargedBack { .. }
            | DepositOutcome::Failed { .. } => self.apply(id, outcome).await,
        }
    }

    /// Gives a deposit up whose record says that it is to be.
    async fn give_up(&self, whole: &Whole) -> Result<Settled, OperationError> {
        let (settled, held) = self.given_up(whole).await?;
        let late = self.age(&whole.1) - self.abandon_after;
        Ok(match held {
            // Who pays all the same gets his reserve back, whether or not anybody tells us of it.
            Held::Payable if late < Duration::zero() => Settled { ended: false, ..settled },
            Held::Payable if late < LATE => Settled { ended: false, next: Look::Daily, ..settled },
            Held::Payable | Held::Told | Held::ForGood => settled,
        })
    }

    /// The same, and what the processor goes on holding.
    async fn given_up(&self, whole: &Whole) -> Result<(Settled, Held), OperationError> {
        let (deposit, managed, _) = whole;
        let processor = self.processor(managed)?;
        let (outcome, held) = match processor.give_up(&self.order(whole)).await {
            GivenUp::Outcome(outcome) => (outcome, Held::Told),
            GivenUp::StillPayable(outcome) => (outcome, Held::Payable),
            GivenUp::Refused { reference, code, reason } => {
                tracing::warn!(deposit.id = %deposit.id, code, reason, "a processor refuses to give a deposit up");
                (DepositOutcome::Authorized { reference }, Held::ForGood)
            }
        };
        // Nothing is held there. Should the customer still come and pay, his money is released or credited then.
        let outcome = match outcome {
            DepositOutcome::NotFound => DepositOutcome::Failed {
                code: "NOT-FOUND".to_owned(),
                reason: "the customer never came to the processor".to_owned(),
            },
            other => other,
        };
        if let DepositOutcome::Authorized { .. } = outcome {
            let id = deposit.id;
            let turn = format!("deposit/{id}");
            let wants = Wants::nothing().deposit(id);
            let kept = self.store.transact(&turn, wants, move |tx| settle_deposit::keep(tx, id));
            kept.await?;
        }
        Ok((self.apply(deposit.id, outcome).await?, held))
    }

    /// Takes a capture up again whose caller or answer got lost.
    async fn resume(
        &self,
        wish: Wish,
        (deposit, managed, _): &Whole,
        claim: Option<&Claimed>,
    ) -> Result<Settled, OperationError> {
        let not_yet = OperationError::NotYet("the front end is not configured, please repeat");
        let rules = (self.rules)(&deposit.front_end).ok_or(not_yet)?;
        let alert = match self.captured(wish, &rules, &self.house("worker"), claim).await {
            // Captured or refused, it is answered now; what is left of the deposit is looked at once more.
            Ok(_) => None,
            Err(OperationError::NotYet(_)) => (self.age(managed) > WATCHED).then_some("capture_unknown"),
            Err(error @ (OperationError::Refused(_) | OperationError::Failed(_))) => return Err(error),
        };
        let Some((now, _, _)) = self.whole(deposit.id).await? else {
            return Err(Refusal::DepositNotFound.into());
        };
        let ended = now.status != DepositStatus::Authorized && settle_deposit::stays(&now).ended;
        Ok(alarmed(deposit.id, Settled { ended, alert, ..settle_deposit::stays(&now) }))
    }

    fn order(&self, (deposit, managed, customer): &Whole) -> DepositOrder {
        self.deposit_order(deposit, managed, customer)
    }

    async fn apply(&self, id: DepositId, outcome: DepositOutcome) -> Result<Settled, OperationError> {
        let caller = self.house("desk");
        let turn = format!("deposit/{id}");
        let settled = self.store.transact(&turn, Wants::nothing().deposit(id), move |tx| {
            settle_deposit::apply(tx, id, &outcome, &caller)
        });
        Ok(alarmed(id, settled.await?))
    }

    /// Captures an authorized deposit, or a part of it.
    pub async fn capture(
        &self,
        wish: capture_deposit::Wish,
        rules: &Rules,
        caller: &Caller,
    ) -> Result<Answer, OperationError> {
        self.captured(wish, rules, caller, None).await
    }

    async fn captured(
        &self,
        wish: capture_deposit::Wish,
        rules: &Rules,
        caller: &Caller,
        lent: Option<&Claimed>,
    ) -> Result<Answer, OperationError> {
        let turn = customers::name(&rules.front_end.name, &wish.pin);
        let (asked, wants, named, by) = (wish.clone(), wish.wants(rules), rules.clone(), caller.clone());
        let (since, holder) = (self.clock.now(), self.holder(lent));
        let begun = self
            .store
            .transact(&turn, wants, move |tx| capture_deposit::begin(tx, &asked, &named, &by, &holder))
            .await?;
        let (deposit, amount, last, hold) = match begun {
            capture_deposit::Begun::Answered(answer) => return Ok(answer),
            capture_deposit::Begun::ToCapture { deposit, amount, last, hold } => {
                (*deposit, amount, last, hold)
            }
        };
        let (deposit, managed) = deposit;
        let customer = self.customer(&deposit).await?;
        let mut order = self.deposit_order(&deposit, &managed, &customer);
        order.extra.insert(paygate::EXTRA_CAPTURE_KEY.to_owned(), wish.trace_id.to_string());
        let processor = self.processor(&managed)?;
        let called = async {
            tokio::select! {
                outcome = processor.capture(&order, amount, last) => outcome,
                () = self.clock.sleep_until(since + LONGEST_CAPTURE) => {
                    DepositOutcome::Unknown { cause: "no answer in time".to_owned() }
                }
            }
        };
        let Some(outcome) = self.while_held(&hold.claim, since, hold.lease, called).await else {
            return Err(OperationError::NotYet("somebody else has taken the capture up, please repeat"));
        };
        let sum = deposit.captured.minor().saturating_add(amount.minor());
        let (named, by, wants) = (rules.clone(), caller.clone(), wish.wants(rules));
        match outcome {
            // This part alone, or with those before it.
            DepositOutcome::Paid { minor, .. } if minor == amount.minor() || minor == sum => {
                let taken = self.store.transact(&turn, wants, move |tx| {
                    hold.still_holds(tx)?;
                    let answer = capture_deposit::taken(tx, &wish, amount, last, &named, &by)?;
                    hold.ends(tx, (!last).then_some(SWEPT_AFTER))?;
                    Ok(answer)
                });
                taken.await
            }
            DepositOutcome::Failed { code, reason } => {
                let reason = format!("{code} {reason}");
                let refused = self.store.transact(&turn, wants, move |tx| {
                    hold.still_holds(tx)?;
                    let answer = capture_deposit::refused(tx, &wish, &reason, &named, &by)?;
                    hold.ends(tx, Some(SWEPT_AFTER))?;
                    Ok(answer)
                });
                refused.await
            }
            // It stays noted: the repeat asks the processor before anything is asked for again.
            DepositOutcome::Paid { .. }
            | DepositOutcome::Open { .. }
            | DepositOutcome::Authorized { .. }
            | DepositOutcome::ChargedBack { .. }
            | DepositOutcome::NotFound
            | DepositOutcome::Unknown { .. } => {
                let wish = wish.clone();
                let noted = self.store.transact(&turn, wants, move |tx| {
                    hold.still_holds(tx)?;
                    capture_deposit::unanswered(tx, &wish, amount, last)?;
                    Ok(hold.ends(tx, Some(SWEPT_AFTER))?)
                });
                noted.await?;
                Err(OperationError::NotYet("the outcome of the capture is not known yet, please repeat"))
            }
        }
    }

    /// Gives an uncaptured deposit up.
    pub async fn cancel(
        &self,
        wish: cancel_deposit::Wish,
        rules: &Rules,
        caller: &Caller,
    ) -> Result<Answer, OperationError> {
        let turn = customers::name(&rules.front_end.name, &wish.pin);
        let (wants, named, by) = (wish.wants(rules), rules.clone(), caller.clone());
        let (since, holder) = (self.clock.now(), self.holder(None));
        let begun = self
            .store
            .transact(&turn, wants, move |tx| cancel_deposit::begin(tx, &wish, &named, &by, &holder))
            .await?;
        let (deposit, managed, hold) = match begun {
            cancel_deposit::Begun::Answered(answer) => return Ok(answer),
            cancel_deposit::Begun::ToCancel(deposit, hold) => (deposit.0, deposit.1, hold),
        };
        let customer = self.customer(&deposit).await?;
        let whole = (deposit, managed, customer);
        let Some(given_up) = self.while_held(&hold.claim, since, hold.lease, self.given_up(&whole)).await
        else {
            return Err(OperationError::NotYet("somebody else gives the deposit up, please repeat"));
        };
        let (settled, held) = given_up?;
        // What its customer still pays, or what it still holds, is looked at by the sweep.
        let left =
            self.store.transact(&turn, Wants::nothing(), move |tx| Ok(hold.ends(tx, Some(FIRST_SWEEP))?));
        left.await?;
        let (id, to) = (whole.0.id, DepositStatus::Cancelled.name());
        match settled.status {
            DepositStatus::Cancelled | DepositStatus::Declined => {
                Ok(Answer { deposit: Some(id), ..Answer::done(settled.status.name()) })
            }
            // The customer was faster.
            DepositStatus::Credited | DepositStatus::Reversed => {
                Err(Refusal::IllegalDepositStep { from: settled.status.name(), to }.into())
            }
            DepositStatus::Pending | DepositStatus::Authorized | DepositStatus::Settling
                if held == Held::ForGood =>
            {
                let from = "held by its processor, who refuses to give it up,";
                Err(Refusal::IllegalDepositStep { from, to }.into())
            }
            DepositStatus::Pending | DepositStatus::Authorized | DepositStatus::Settling => {
                // Where the money is reserved until it is released, a repeat releases it.
                Err(OperationError::NotYet("the processor has not confirmed the cancellation, please repeat"))
            }
        }
    }

    async fn customer(&self, deposit: &Deposit) -> Result<Customer, OperationError> {
        let (front_end, pin) = (deposit.front_end.clone(), deposit.pin.clone());
        let customer = self.store.read(move |connection| customers::find_now(connection, &front_end, &pin));
        customer.await?.ok_or_else(|| Refusal::CustomerNotFound.into())
    }

    async fn whole(&self, id: DepositId) -> Result<Option<Whole>, StoreError> {
        let whole = self.store.read(move |connection| {
            let Some((deposit, managed)) = deposits::find_managed(connection, id)? else { return Ok(None) };
            let customer = customers::find_now(connection, &deposit.front_end, &deposit.pin)?;
            Ok(customer.map(|customer| (deposit, managed, customer)))
        });
        whole.await
    }

    fn processor(&self, managed: &Managed) -> Result<Arc<dyn DepositProcessor>, OperationError> {
        self.account(&managed.account)
    }

    fn account(&self, name: &str) -> Result<Arc<dyn DepositProcessor>, OperationError> {
        let processor = self.processors.deposits.get(name).cloned();
        processor.ok_or(OperationError::NotYet("the processor's account is not configured, please repeat"))
    }
}
