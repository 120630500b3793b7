//! A person does something to a payout: one operation for all of it, so that every action is held to the same checks
//! in the same order.

use super::super::{OperationError, Rules, retry_payout, reverse_payout, tell_cashier, update_payout};
use super::{Acted, By, Done, No, Tried, approvals, attempted, reference};
use crate::domain::acting::news::News;
use crate::domain::acting::{self, Action, Impossible, LONGEST_NOTE, LONGEST_REASON, Situation, Weight};
use crate::domain::approval::{Claim, Mark};
use crate::domain::deed::Deed;
use crate::domain::ids::PayoutId;
use crate::domain::ledger::Account;
use crate::domain::payout::attempt::AttemptState;
use crate::domain::payout::{Edit, Hold, Payout};
use crate::domain::proposal::Matter;
use crate::store::{StoreError, Tx, Wants, attempts, audit, handling, ledger, outbox, payouts, proposals};

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Act {
    Note(String),
    /// Also renews one's own claim.
    Claim,
    Unclaim,
    Mark(Mark),
    Unmark(Mark),
    Edit(Edit),
    Authorize,
    Start,
    /// That a payout was paid which the cashier or a person carries out, with its id there; or that one may end which its
    /// processor has paid.
    Approve {
        transaction_id: Option<String>,
    },
    Retry,
    Reject,
    Cancel,
    Reverse,
    Hold,
    Unhold,
}

impl Act {
    pub fn action(&self) -> Action {
        match self {
            Act::Note(_) => Action::Note,
            Act::Claim => Action::Claim,
            Act::Unclaim => Action::Unclaim,
            Act::Mark(_) => Action::Mark,
            Act::Unmark(_) => Action::Unmark,
            Act::Edit(_) => Action::Edit,
            Act::Authorize => Action::Authorize,
            Act::Start => Action::Start,
            Act::Approve { .. } => Action::Approve,
            Act::Retry => Action::Retry,
            Act::Reject => Action::Reject,
            Act::Cancel => Action::Cancel,
            Act::Reverse => Action::Reverse,
            Act::Hold => Action::Hold,
            Act::Unhold => Action::Unhold,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Wish {
    pub payout: PayoutId,
    /// Whose it is, for the order of commands.
    pub pin: String,
    /// The version that the person saw. Notes, holds and the end of a claim need none.
    pub seen: Option<i64>,
    pub act: Act,
    /// Why. Must be there where money is released or given back, and where a payout is held.
    pub reason: String,
    pub by: By,
    /// The idempotency key of the attempt that this may start, drawn once for all runs of the command.
    pub attempt_key: String,
}

impl Wish {
    pub fn wants(&self, rules: &Rules) -> Wants {
        let front_end = &rules.front_end;
        Wants::nothing()
            .customer(&front_end.name, &self.pin)
            .payout(self.payout)
            .account(Account::customer(&front_end.name, &self.pin, front_end.currency))
            .account(Account::payouts_in_transit(&front_end.name, front_end.currency))
            .account(Account::fees(&front_end.name, front_end.currency))
    }
}

/// `rules` are those of the payout's own front end.
pub fn run(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules) -> Result<Acted, OperationError> {
    let subject = wish.payout.to_string();
    let tried = Tried { action: wish.act.action().name(), subject: &subject, pin: &wish.pin };
    attempted(tx, rules, &wish.by, &tried, |tx| act(tx, wish, rules))
}

fn act(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules) -> Result<Done, No> {
    let action = wish.act.action();
    let payout = payouts::lock(tx, wish.payout)?
        .filter(|payout| payout.front_end == rules.front_end.name && payout.pin == wish.pin)
        .ok_or(Impossible::NotFound)?;
    let person = &wish.by.person;
    if !acting::sees(person, &payout.front_end) {
        return Err(Impossible::NotFound.into());
    }
    if action.needs_reason() || !wish.reason.is_empty() {
        acting::words("Reason", &wish.reason, LONGEST_REASON)?;
    }
    is_as_seen(tx, wish, action)?;

    let held = handling::lock(tx, payout.id)?;
    let account = Account::customer(&payout.front_end, &payout.pin, rules.front_end.currency);
    let available = ledger::balance(tx, &account)?;
    let proposal = match attempts::latest(tx, payout.id)? {
        Some(attempt) => proposals::open_about(tx, Matter::Attempt(attempt.id))?,
        None => None,
    };
    let at = Situation {
        payout: &payout,
        handling: &held,
        front_end: &rules.front_end,
        available,
        proposed_by: proposal.as_ref().map(|proposal| proposal.proposed_by.as_str()),
        now: tx.now(),
    };
    acting::check(action, &at, person)?;
    let done = carry_out(tx, wish, rules, &at)?;
    if action.weight() == Weight::Prepare {
        handling::note_preparer(tx, payout.id, &person.name, action.name())?;
    }
    let version = payouts::version(tx, payout.id)?.unwrap_or_default();
    Ok(Done { version, ..done })
}

/// Whether nothing has changed since the person looked; if something has, what it was and who did it.
fn is_as_seen(tx: &mut Tx<'_>, wish: &Wish, action: Action) -> Result<(), No> {
    let now = payouts::version(tx, wish.payout)?;
    if !action.needs_sight() || (wish.seen.is_some() && wish.seen == now) {
        return Ok(());
    }
    let last = audit::latest_change(tx, &wish.payout.to_string())?;
    let news = last.map(|row| News { who: row.who, kind: row.kind, from: row.from_state, to: row.to_state });
    Err(Impossible::Stale { news }.into())
}

fn carry_out(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, at: &Situation<'_>) -> Result<Done, No> {
    let payout = at.payout;
    let name = &wish.by.person.name;
    let said = |text: &str| Ok(Done::said(text));
    match &wish.act {
        Act::Note(text) => {
            acting::words("Note", text, LONGEST_NOTE)?;
            handling::add_note(tx, payout.id, name, text)?;
            record(tx, wish, payout, Deed::PayoutNoted, |fact| fact)?;
            said("Noted")
        }
        Act::Claim => {
            let until = at.now + rules.front_end.approvals.claim;
            handling::set_claim(tx, payout.id, &Claim { by: name.clone(), until })?;
            payouts::touch(tx, payout.id)?;
            record(tx, wish, payout, Deed::PayoutClaimed, |fact| fact.with("until", until.to_rfc3339()))?;
            Ok(Done::said(format!("Yours until {} UTC", until.format("%H:%M"))))
        }
        Act::Unclaim => {
            let by = at.handling.claim.as_ref().map_or_else(|| name.clone(), |claim| claim.by.clone());
            handling::set_claim(tx, payout.id, &Claim { by, until: at.now })?;
            payouts::touch(tx, payout.id)?;
            record(tx, wish, payout, Deed::PayoutUnclaimed, |fact| fact)?;
            said("Free")
        }
        Act::Mark(mark) => {
            if let Some(given) = at.handling.given(*mark) {
                return Err(Impossible::Marked { mark: *mark, by: given.by.clone() }.into());
            }
            handling::set_mark(tx, payout.id, *mark, Some(name))?;
            payouts::touch(tx, payout.id)?;
            record(tx, wish, payout, Deed::PayoutMarked, |fact| fact.with("mark", mark.letter()))?;
            Ok(Done::said(format!("Mark {} given", mark.letter())))
        }
        Act::Unmark(mark) => {
            at.handling.given(*mark).ok_or(Impossible::NotMarked)?;
            handling::set_mark(tx, payout.id, *mark, None)?;
            payouts::touch(tx, payout.id)?;
            record(tx, wish, payout, Deed::PayoutUnmarked, |fact| fact.with("mark", mark.letter()))?;
            Ok(Done::said(format!("Mark {} taken back", mark.letter())))
        }
        Act::Edit(edit) => {
            let change = payout.edit_terms(edit, at.front_end, at.available)?;
            let after = Payout { updated_by: Some(wish.by.person.who()), ..change.payout };
            payouts::advance(tx, &after)?;
            approvals::take_marks_back(tx, payout)?;
            record(tx, wish, payout, Deed::PayoutEdited, |fact| {
                fact.with("amount", after.amount.to_string())
                    .with("fee", after.fee.to_string())
                    .with("processor", after.processor_name())
            })?;
            said("Edited; marks start anew")
        }
        Act::Hold => {
            let hold = Hold { by: name.clone(), why: wish.reason.clone() };
            payouts::advance(tx, &Payout { hold: Some(hold), ..payout.clone() })?;
            record(tx, wish, payout, Deed::PayoutHeld, |fact| fact)?;
            said("Held")
        }
        Act::Unhold => {
            payouts::advance(tx, &Payout { hold: None, ..payout.clone() })?;
            let waits = |attempt: &attempts::Attempt| attempt.state == AttemptState::Planned;
            if let Some(attempt) = attempts::latest(tx, payout.id)?.filter(waits) {
                // What waited goes now, and not when its next try would have come.
                outbox::put(tx, &update_payout::pay_out_errand(attempt.id), tx.now())?;
            }
            record(tx, wish, payout, Deed::PayoutUnheld, |fact| fact)?;
            said("Let go")
        }
        Act::Retry => {
            let retry = retry_payout::Wish {
                payout: payout.id,
                reason: wish.reason.clone(),
                attempt_key: wish.attempt_key.clone(),
            };
            let answer = retry_payout::retry(tx, &retry, rules, &wish.by.caller())?;
            Ok(Done::said(answer.description))
        }
        Act::Reverse => {
            let reverse = reverse_payout::Wish {
                payout: payout.id,
                pin: payout.pin.clone(),
                trace_id: None,
                ref_trace_id: None,
                amount: None,
                fee: None,
                updated_by: Some(wish.by.person.who()),
            };
            let answer = reverse_payout::reverse(tx, &reverse, rules, &wish.by.caller(), &wish.reason)?;
            Ok(Done { reversal: answer.reversal, alerts: answer.alerts, ..Done::said(answer.description) })
        }
        Act::Reject | Act::Cancel if rules.front_end.asks_cashier_to_end => {
            let to = wish.act.action().leads_to().ok_or(Impossible::NotFound)?;
            tell_cashier::ask(tx, payout, to, &wish.reason, &wish.by.caller())?;
            Ok(Done { cashier_asked: true, ..Done::said("Its cashier is asked to end it") })
        }
        Act::Authorize | Act::Start | Act::Approve { .. } | Act::Reject | Act::Cancel => {
            moved(tx, wish, rules, payout)
        }
    }
}

/// Moves the payout the way the cashier's own update does, and keeps the same answer for the cashier's.
fn moved(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules, payout: &Payout) -> Result<Done, No> {
    let to = wish.act.action().leads_to().ok_or(Impossible::NotFound)?;
    let transaction_id = match &wish.act {
        Act::Approve { transaction_id: Some(id) } => Some(reference("TransactionID", id)?),
        // What its processor calls it is known.
        Act::Approve { transaction_id: None } => {
            attempts::latest(tx, payout.id)?.and_then(|attempt| attempt.processor_reference)
        }
        _ => None,
    };
    let update = update_payout::Wish {
        payout: payout.id,
        pin: payout.pin.clone(),
        trace_id: None,
        to,
        amount: None,
        fee: None,
        processor: None,
        transaction_id,
        updated_by: Some(wish.by.person.who()),
        attempt_key: wish.attempt_key.clone(),
    };
    let answer = update_payout::update(tx, &update, rules, &wish.by.caller(), &wish.reason)?;
    Ok(Done { alerts: answer.alerts, ..Done::said(answer.description) })
}

fn record(
    tx: &mut Tx<'_>,
    wish: &Wish,
    payout: &Payout,
    kind: Deed,
    more: impl FnOnce(audit::Fact) -> audit::Fact,
) -> Result<(), StoreError> {
    let fact = audit::Fact {
        why: wish.reason.clone(),
        from: payout.status.to_string(),
        to: payout.status.to_string(),
        ..wish.by.fact(kind, payout.id, &payout.front_end, &payout.pin)
    };
    audit::record(tx, more(fact))
}
