//! The cashier's and the command line's side of a front end's approvals: another door is no way around them.
//!
//! A cashier's start of a payout whose marks are missing is answered "repeat", and goes through once they are there.
//! Above the four-eyes limit the cashier must name who starts it, and that must not be one of those who prepared it
//! here. That a payout was paid elsewhere is news and no wish: it is booked in any case, and people are alerted.

use super::super::{OperationError, Rules};
use crate::domain::payout::status::PayoutStatus;
use crate::domain::payout::{Alert, Change, Payout};
use crate::domain::reason::Reason;
use crate::domain::refusal::Refusal;
use crate::store::{StoreError, Tx, handling};

/// Holds an update that no person of ours makes to the front end's approvals.
pub fn of_the_cashier(
    tx: &mut Tx<'_>,
    payout: &Payout,
    change: &mut Change,
    rules: &Rules,
    updated_by: Option<&str>,
) -> Result<(), OperationError> {
    let approvals = &rules.front_end.approvals;
    if !approvals.ask_for_something() {
        return Ok(());
    }
    let after = &change.payout;
    if after.amount != payout.amount || after.fee != payout.fee {
        take_marks_back(tx, payout)?;
    }
    let waits = matches!(payout.status, PayoutStatus::Requested | PayoutStatus::Authorized);
    match after.status {
        PayoutStatus::InProgress if waits => {}
        PayoutStatus::Approved if waits => {
            if !handling::lock(tx, payout.id)?.missing(approvals).is_empty() {
                change.alerts.push(Alert::ApprovedUnmarked);
            }
            return Ok(());
        }
        PayoutStatus::Requested
        | PayoutStatus::Authorized
        | PayoutStatus::InProgress
        | PayoutStatus::Approved
        | PayoutStatus::Rejected
        | PayoutStatus::Cancelled
        | PayoutStatus::Reversed => return Ok(()),
    }
    let handling = handling::lock(tx, payout.id)?;
    if approvals.need_four_eyes(after.amount) {
        let who = updated_by.ok_or_else(|| Refusal::field("UpdatedBy", Reason::Unnamed))?;
        if handling.was_prepared_by(who) {
            return Err(Refusal::field("UpdatedBy", Reason::Prepared).into());
        }
    }
    if !handling.missing(approvals).is_empty() {
        return Err(OperationError::NotYet("the payout's approvals are not complete yet, please repeat"));
    }
    Ok(())
}

/// A new attempt that is asked for outside the back office, where nobody can prove who he is.
pub fn of_a_retry(tx: &mut Tx<'_>, payout: &Payout, rules: &Rules) -> Result<(), OperationError> {
    let approvals = &rules.front_end.approvals;
    let missing =
        !approvals.marks.is_empty() && !handling::lock(tx, payout.id)?.missing(approvals).is_empty();
    if missing || approvals.need_four_eyes(payout.amount) {
        return Err(Refusal::field("Payout", Reason::NeedsApprovals).into());
    }
    Ok(())
}

/// The marks were given for other terms.
pub fn take_marks_back(tx: &mut Tx<'_>, payout: &Payout) -> Result<(), StoreError> {
    for given in handling::lock(tx, payout.id)?.marks {
        handling::set_mark(tx, payout.id, given.mark, None)?;
    }
    Ok(())
}
