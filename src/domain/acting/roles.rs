//! Which right an action needs. What the rights are and which role has which is `domain::people`.

use super::Action;
use crate::domain::people::{Person, Right, Role};

impl Action {
    /// Any of these will do. The table is total: a new action does not compile until somebody has decided about it.
    pub fn rights(self) -> &'static [Right] {
        use Right::*;
        match self {
            Action::Note | Action::Claim | Action::Unclaim => &[Annotate],
            // Everybody who has a part in the check says so himself.
            Action::Mark | Action::Unmark => &[PreparePayouts, ReleasePayouts, ReversePayouts],
            Action::Edit => &[PreparePayouts],
            // Above the four-eyes limit it takes another than the one who prepared, who may be an approver.
            Action::Authorize | Action::Start => &[PreparePayouts, ReleasePayouts],
            Action::Approve => &[ReleasePayouts],
            Action::Retry => &[RetryAttempts],
            Action::Reject | Action::Cancel => &[RefusePayouts],
            Action::Reverse => &[ReversePayouts],
            Action::Hold => &[PreparePayouts, ReleasePayouts, ReversePayouts],
            // What an operator stopped somebody else lets go on.
            Action::Unhold => &[ReleasePayouts, ReversePayouts],
            Action::ProposeOutcome | Action::DecideOutcome => &[SettleUnknown],
            Action::ProposeAdjustment | Action::DecideAdjustment => &[AdjustBalances],
        }
    }

    pub fn is_allowed_to(self, role: Role) -> bool {
        self.rights().iter().any(|right| role.has(*right))
    }
}

/// Whether a person has a right to an action at a front end.
pub fn has_right(person: &Person, action: Action, front_end: &str) -> bool {
    !person.disabled && action.rights().iter().any(|right| person.grants.allow(*right, front_end))
}

/// Whether a front end's payouts are there for him at all.
pub fn sees(person: &Person, front_end: &str) -> bool {
    !person.disabled && person.grants.allow(Right::SeePayouts, front_end)
}

/// Whether a person may end another's claim.
pub(super) fn frees_others(person: &Person, front_end: &str) -> bool {
    person.grants.allow(Right::ReleasePayouts, front_end)
}
