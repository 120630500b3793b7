//! Everything that people do, and what it is to the money.

use crate::domain::payout::status::PayoutStatus;

/// Everything that people do with payouts and proposals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Action {
    Note,
    Claim,
    Unclaim,
    Mark,
    Unmark,
    Edit,
    Authorize,
    Start,
    Approve,
    Retry,
    Reject,
    Cancel,
    Reverse,
    Hold,
    Unhold,
    /// Propose what became of an attempt whose outcome is unknown.
    ProposeOutcome,
    /// Propose a change of a customer's balance.
    ProposeAdjustment,
    /// Confirm or decline the outcome that another person proposed.
    DecideOutcome,
    /// Confirm or decline the adjustment that another person proposed.
    DecideAdjustment,
}

/// What an action is to the money.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weight {
    /// Nothing moves and nothing is decided.
    Talk,
    /// It makes the payout ready: whoever does it has prepared it.
    Prepare,
    /// Money may leave by it.
    Release,
    /// Money goes back to the customer's balance.
    GiveBack,
    /// It stops others, or lets them go on.
    Guard,
    /// It takes two people by itself.
    Two,
}

impl Action {
    pub const ALL: [Action; 19] = {
        use Action::*;
        [
            Note,
            Claim,
            Unclaim,
            Mark,
            Unmark,
            Edit,
            Authorize,
            Start,
            Approve,
            Retry,
            Reject,
            Cancel,
            Reverse,
            Hold,
            Unhold,
            ProposeOutcome,
            ProposeAdjustment,
            DecideOutcome,
            DecideAdjustment,
        ]
    };

    /// The actions that are about one payout.
    pub fn of_a_payout() -> impl Iterator<Item = Action> {
        let other = |action: &Action| {
            matches!(action, Action::ProposeAdjustment | Action::DecideOutcome | Action::DecideAdjustment)
        };
        Action::ALL.into_iter().filter(move |action| !other(action))
    }

    pub fn name(self) -> &'static str {
        match self {
            Action::Note => "note",
            Action::Claim => "claim",
            Action::Unclaim => "unclaim",
            Action::Mark => "mark",
            Action::Unmark => "unmark",
            Action::Edit => "edit",
            Action::Authorize => "authorize",
            Action::Start => "start",
            Action::Approve => "approve",
            Action::Retry => "retry",
            Action::Reject => "reject",
            Action::Cancel => "cancel",
            Action::Reverse => "reverse",
            Action::Hold => "hold",
            Action::Unhold => "unhold",
            Action::ProposeOutcome => "propose_outcome",
            Action::ProposeAdjustment => "propose_adjustment",
            Action::DecideOutcome => "decide_outcome",
            Action::DecideAdjustment => "decide_adjustment",
        }
    }

    pub fn from_name(name: &str) -> Option<Action> {
        Action::ALL.into_iter().find(|action| action.name() == name)
    }

    pub fn weight(self) -> Weight {
        match self {
            Action::Note => Weight::Talk,
            Action::Claim | Action::Mark | Action::Edit | Action::Authorize => Weight::Prepare,
            Action::Unclaim | Action::Unmark | Action::Hold | Action::Unhold => Weight::Guard,
            Action::Start | Action::Approve | Action::Retry => Weight::Release,
            Action::Reject | Action::Cancel | Action::Reverse => Weight::GiveBack,
            Action::ProposeOutcome
            | Action::ProposeAdjustment
            | Action::DecideOutcome
            | Action::DecideAdjustment => Weight::Two,
        }
    }

    /// Whether a reason must be given: where money is released or given back, and where others are stopped.
    pub fn needs_reason(self) -> bool {
        match self.weight() {
            Weight::Release | Weight::GiveBack | Weight::Two => true,
            Weight::Talk | Weight::Prepare => false,
            Weight::Guard => self == Action::Hold,
        }
    }

    /// Whether the payout must still be as the person saw it. What is said about it, or stops it, is welcome anyway.
    pub fn needs_sight(self) -> bool {
        !matches!(self, Action::Note | Action::Hold | Action::Unclaim)
    }

    /// The status that a payout is moved to.
    pub fn leads_to(self) -> Option<PayoutStatus> {
        match self {
            Action::Authorize => Some(PayoutStatus::Authorized),
            Action::Start => Some(PayoutStatus::InProgress),
            Action::Approve => Some(PayoutStatus::Approved),
            Action::Reject => Some(PayoutStatus::Rejected),
            Action::Cancel => Some(PayoutStatus::Cancelled),
            Action::Note
            | Action::Claim
            | Action::Unclaim
            | Action::Mark
            | Action::Unmark
            | Action::Edit
            | Action::Retry
            | Action::Reverse
            | Action::Hold
            | Action::Unhold
            | Action::ProposeOutcome
            | Action::ProposeAdjustment
            | Action::DecideOutcome
            | Action::DecideAdjustment => None,
        }
    }
}
