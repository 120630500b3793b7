//! An operator's edit: amount and fee inside the window, the processor until the payout starts.

use super::change::enough;
use super::{Change, Named, Payout, charge, too_large};
use crate::domain::front_end::FrontEnd;
use crate::domain::money::Money;
use crate::domain::payout::status::PayoutStatus;
use crate::domain::processor_name::Mapped;
use crate::domain::reason::Reason;
use crate::domain::refusal::Refusal;

/// What is to become of a payout's terms. What is absent stays.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub amount: Option<Money>,
    pub fee: Option<Money>,
    pub processor: Option<Mapped>,
}

impl Payout {
    /// Whether anything of its terms may be edited; what exactly, the edit itself finds out.
    pub fn is_open_to_edits(&self, front_end: &FrontEnd) -> Result<(), Refusal> {
        let open = matches!(self.status, PayoutStatus::Requested | PayoutStatus::Authorized);
        if open && front_end.edits_allowed {
            return Ok(());
        }
        let reason = if open { Reason::NoEdits } else { Reason::TooLateToEdit };
        Err(Refusal::field("Amount, Fee and PP", reason))
    }

    /// Decides an edit. Nothing moves by it; the balance must do where the front end looks at it beforehand.
    pub fn edit_terms(&self, edit: &Edit, front_end: &FrontEnd, available: Money) -> Result<Change, Refusal> {
        self.is_open_to_edits(front_end)?;
        let mut change = Change::of(self.clone(), Some(self.status));
        let payout = &mut change.payout;
        let fields = [("Amount", edit.amount, &mut payout.amount), ("Fee", edit.fee, &mut payout.fee)];
        for (field, wanted, held) in fields {
            let Some(got) = wanted.filter(|got| got != held) else { continue };
            if !self.is_editable(front_end) {
                return Err(Refusal::AmountFixed { field, held: *held, got });
            }
            *held = got;
        }
        payout.amount = payout.amount.positive().map_err(|error| Refusal::money("Amount", error))?;
        let (net, fee) = charge(payout.amount, payout.fee, front_end.fee_mode)?;
        front_end.payout_limits.check(payout.amount.minor()).map_err(|reason| Refusal::Limit { reason })?;
        if front_end.advisory_funds_check && self.is_editable(front_end) {
            enough(available, net.plus(fee).map_err(too_large)?)?;
        }
        if let Some(mapped) = edit.processor.clone() {
            payout.used = Some(Named::from(mapped));
        }
        if change.payout == *self {
            return Err(Refusal::field("Amount, Fee or PP", Reason::NothingChanged));
        }
        Ok(change)
    }
}
