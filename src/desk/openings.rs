//! Deposits are opened at their processors, and the customer is told where to go.

use super::deposits::Whole;
use super::{Desk, TypedCard, Way};
use crate::domain::deposit::status::DepositStatus;
use crate::domain::outcome::DepositOutcome;
use crate::domain::refusal::Refusal;
use crate::domain::remark::Remark;
use crate::operations::begin_deposit::{self, Begun, CHARGE, FIRST_SWEEP};
use crate::operations::hold::Hold;
use crate::operations::open_deposit::{self, Said};
use crate::operations::{Answer, Caller, OperationError, Rules};
use crate::processors::{Opened, paygate, sopg};
use crate::store::deposits::Managed;
use crate::store::{Wants, customers};
use chrono::Duration;
use std::collections::BTreeMap;

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

/// No call that opens a deposit takes longer, as accounts are set up by default.
const LONGEST_OPENING: Duration = Duration::minutes(2);

/// So many names are tried for one opening.
const MOST_NAMES: usize = 3;

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
            Opened::Redirect { url, reference, told } => {
                Said::Opened { how: Way::Redirect(url).keep(), reference, told }
            }
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
        let (id, account, holder) = (whole.0.id, whole.1.account.clone(), self.opener());
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
            return Ok(Opened::Decided(DepositOutcome::Open { cause: Remark::Over.into() }));
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
}
