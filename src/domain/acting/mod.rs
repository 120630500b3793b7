//! What people may do with a payout, and why not.
//!
//! One pure function, [`check`], decides for the greyed button as well as for the operation behind it: what a page shows
//! as possible is what the operation does. Roles are a table; its test prints it.

mod action;
mod impossible;
pub mod news;
mod roles;
#[cfg(test)]
mod tests;
mod words;

pub use action::{Action, Weight};
pub use impossible::{Impossible, WrongWords};
pub use roles::{has_right, sees};
pub use words::{LONGEST_NOTE, LONGEST_REASON, words};

use super::approval::{Handling, Mark};
use super::front_end::FrontEnd;
use super::money::Money;
use super::payout::attempt::AttemptState;
use super::payout::status::PayoutStatus;
use super::payout::{Payout, Reversed, Update, Updated};
use super::people::Person;
use super::people::person::is_same;
use crate::domain::ids::ReversalId;
use chrono::{DateTime, Utc};

/// A payout as it stands when somebody wants to act on it.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    pub payout: &'a Payout,
    pub handling: &'a Handling,
    pub front_end: &'a FrontEnd,
    /// The customer's balance.
    pub available: Money,
    /// Who has proposed an outcome that nobody has decided yet.
    pub proposed_by: Option<&'a str>,
    pub now: DateTime<Utc>,
}

/// Whether a person may do this now. The reason is the first that a person would want to hear: who he is, where the
/// payout stands, who is in the way, what is missing.
pub fn check(action: Action, at: &Situation<'_>, person: &Person) -> Result<(), Impossible> {
    if !sees(person, &at.payout.front_end) {
        return Err(Impossible::NotFound);
    }
    if !has_right(person, action, &at.payout.front_end) {
        return Err(Impossible::Role { action });
    }
    if let Some(to) = at.payout.ending
        && moves_it(action)
    {
        return Err(Impossible::Ending { to });
    }
    stands_right(action, at, person)?;
    is_free(action, at, person)?;
    if releases(action, at.payout) {
        if let Some(hold) = &at.payout.hold {
            return Err(Impossible::Held { by: hold.by.clone(), why: hold.why.clone() });
        }
        let missing = at.handling.missing(&at.front_end.approvals);
        if !missing.is_empty() {
            return Err(Impossible::MarksMissing { missing });
        }
        if needs_other_eyes(at, person) {
            return Err(Impossible::FourEyes);
        }
    }
    within_limit(action, at, person)
}

/// What must wait while the cashier is being asked to end the payout.
fn moves_it(action: Action) -> bool {
    match action.weight() {
        Weight::Prepare => matches!(action, Action::Edit | Action::Authorize),
        Weight::Release | Weight::GiveBack => true,
        Weight::Talk | Weight::Guard | Weight::Two => false,
    }
}

/// Whether money may leave by the action where the payout stands. Approving what its processor has paid releases
/// nothing more.
fn releases(action: Action, payout: &Payout) -> bool {
    match action.weight() {
        Weight::Release => action != Action::Approve || payout.attempt != Some(AttemptState::Succeeded),
        Weight::Talk | Weight::Prepare | Weight::GiveBack | Weight::Guard | Weight::Two => false,
    }
}

fn needs_other_eyes(at: &Situation<'_>, person: &Person) -> bool {
    at.front_end.approvals.need_four_eyes(at.payout.amount) && at.handling.was_prepared_by(&person.name)
}

/// What the payout's own rules say, found out by deciding it for nothing.
fn stands_right(action: Action, at: &Situation<'_>, person: &Person) -> Result<(), Impossible> {
    let payout = at.payout;
    let open = matches!(payout.status, PayoutStatus::Requested | PayoutStatus::Authorized);
    match action {
        Action::Note => Ok(()),
        Action::Claim => match at.handling.claim_at(at.now) {
            _ if ended(payout.status) => Err(Impossible::Ended { status: payout.status }),
            Some(claim) if !is_same(&claim.by, &person.name) => Err(claimed(claim)),
            Some(_) | None => Ok(()),
        },
        Action::Unclaim => match at.handling.claim_at(at.now) {
            None => Err(Impossible::NotClaimed),
            Some(claim)
                if is_same(&claim.by, &person.name) || roles::frees_others(person, &payout.front_end) =>
            {
                Ok(())
            }
            Some(claim) => Err(claimed(claim)),
        },
        Action::Mark | Action::Unmark if !open => Err(Impossible::PastMarks { status: payout.status }),
        Action::Mark if Mark::ALL.into_iter().all(|mark| at.handling.given(mark).is_some()) => {
            Err(Impossible::AllMarked)
        }
        Action::Unmark if at.handling.marks.is_empty() => Err(Impossible::NotMarked),
        Action::Mark | Action::Unmark => Ok(()),
        Action::Edit => Ok(payout.is_open_to_edits(at.front_end)?),
        Action::Hold if ended(payout.status) => Err(Impossible::Ended { status: payout.status }),
        Action::Hold => match &payout.hold {
            Some(hold) => Err(Impossible::Held { by: hold.by.clone(), why: hold.why.clone() }),
            None => Ok(()),
        },
        Action::Unhold => match payout.hold {
            Some(_) => Ok(()),
            None => Err(Impossible::NotHeld),
        },
        Action::Retry => Ok(payout.retry(&person.name).map(drop)?),
        Action::Reverse => match payout.reverse(ReversalId(0), None, (None, None), at.front_end, None)? {
            Reversed::Changed(_) => Ok(()),
            Reversed::Repeat(_) => Err(Impossible::Ended { status: payout.status }),
        },
        Action::Authorize | Action::Start | Action::Approve | Action::Reject | Action::Cancel => {
            moves(action, at, person)
        }
        Action::ProposeOutcome => match (payout.attempt, at.proposed_by) {
            (Some(AttemptState::Unknown), None) => Ok(()),
            (Some(AttemptState::Unknown), Some(by)) => Err(Impossible::Proposed { by: by.to_owned() }),
            (Some(AttemptState::Sending), _) => Err(Impossible::BeingSent),
            (Some(AttemptState::Planned | AttemptState::Succeeded | AttemptState::Refused) | None, _) => {
                Err(Impossible::NothingUnknown)
            }
        },
        Action::ProposeAdjustment | Action::DecideOutcome | Action::DecideAdjustment => {
            Err(Impossible::NotFound)
        }
    }
}

/// Whether the payout's table, debit and attempt let it go where the action leads.
fn moves(action: Action, at: &Situation<'_>, person: &Person) -> Result<(), Impossible> {
    let Some(to) = action.leads_to() else { return Ok(()) };
    let update = Update {
        to,
        amount: None,
        fee: None,
        processor: None,
        transaction_id: None,
        updated_by: Some(person.who()),
        by_customer: false,
    };
    // A hold has its own words, which come later.
    let free = Payout { hold: None, ending: None, ..at.payout.clone() };
    match free.update(&update, at.front_end, at.available)? {
        Updated::Changed(_) => Ok(()),
        Updated::Repeat | Updated::Stale => Err(Impossible::There { status: at.payout.status }),
        Updated::NotYet(why) => Err(Impossible::NotYet { why }),
    }
}

/// Whoever claimed a payout is left alone with it, but is stopped by a brake and can't keep another from the release
/// that he himself may not make.
fn is_free(action: Action, at: &Situation<'_>, person: &Person) -> Result<(), Impossible> {
    let Some(claim) = at.handling.claim_at(at.now).filter(|claim| !is_same(&claim.by, &person.name)) else {
        return Ok(());
    };
    let stopped = match action.weight() {
        Weight::Prepare => action != Action::Mark,
        Weight::GiveBack => true,
        Weight::Release => !at.front_end.approvals.need_four_eyes(at.payout.amount),
        Weight::Talk | Weight::Guard | Weight::Two => false,
    };
    if stopped { Err(claimed(claim)) } else { Ok(()) }
}

fn claimed(claim: &super::approval::Claim) -> Impossible {
    Impossible::Claimed { by: claim.by.clone(), until: claim.until }
}

fn within_limit(action: Action, at: &Situation<'_>, person: &Person) -> Result<(), Impossible> {
    let counts = match action.weight() {
        Weight::Release | Weight::GiveBack => true,
        Weight::Talk | Weight::Prepare | Weight::Guard | Weight::Two => false,
    };
    if !counts {
        return Ok(());
    }
    may_move(action, at.payout.amount, at.front_end, person)
}

/// Whether an amount is within what a person may move by an action.
pub fn may_move(
    action: Action,
    amount: Money,
    front_end: &FrontEnd,
    person: &Person,
) -> Result<(), Impossible> {
    let most = front_end.approvals.most_of(person, &front_end.name, |role| action.is_allowed_to(role));
    match most {
        Some(most) if amount.minor().saturating_abs() > most => {
            Err(Impossible::OverLimit { most: Money::from_minor(most, amount.currency()) })
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether a person may propose or decide at a front end, and for how much.
pub fn check_two(
    action: Action,
    amount: Money,
    front_end: &FrontEnd,
    person: &Person,
) -> Result<(), Impossible> {
    if !sees(person, &front_end.name) {
        return Err(Impossible::NotFound);
    }
    if !has_right(person, action, &front_end.name) {
        return Err(Impossible::Role { action });
    }
    may_move(action, amount, front_end, person)
}

fn ended(status: PayoutStatus) -> bool {
    match status {
        PayoutStatus::Requested | PayoutStatus::Authorized | PayoutStatus::InProgress => false,
        PayoutStatus::Approved
        | PayoutStatus::Rejected
        | PayoutStatus::Cancelled
        | PayoutStatus::Reversed => true,
    }
}
