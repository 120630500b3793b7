//! A front end: a site in one currency, and the rules its payouts and deposits follow.

use super::approval::Approvals;
use super::debit::DebitEvent;
use super::money::Currency;
use super::reason::Reason;

/// The rules of one front end. Secrets and wire habits live at the door (`cashier::credentials`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontEnd {
    pub name: String,
    pub site: String,
    pub site_id: Option<i64>,
    pub currency: Currency,
    pub debit_event: DebitEvent,
    pub fee_mode: FeeMode,
    /// Whether amount and fee may be edited at all before the debit.
    pub edits_allowed: bool,
    /// Whether `CreatePayout` is refused when the balance would not do, though the debit comes later.
    pub advisory_funds_check: bool,
    /// Whether `ReversePayout` is taken while the payout is InProgress.
    pub reverse_in_progress: bool,
    /// Whether a customer with open payout requests is kept from depositing.
    pub deposit_lock: bool,
    /// What `CreatedBy` and `UpdatedBy` say when the customer himself acts; his PIN always does.
    pub customer_actors: Vec<String>,
    /// Limits of one payout and one deposit in minor units, none when absent.
    pub payout_limits: Limits,
    pub deposit_limits: Limits,
    /// Whether a payout that people of ours reject or cancel ends when its cashier says so, who is asked to.
    pub asks_cashier_to_end: bool,
    /// What people of ours must have given before money is released.
    pub approvals: Approvals,
}

impl FrontEnd {
    /// Whether the actor of a request is the customer and not an operator.
    pub fn is_customer(&self, actor: Option<&str>, pin: &str) -> bool {
        actor.is_some_and(|actor| {
            actor.eq_ignore_ascii_case(pin)
                || self.customer_actors.iter().any(|known| known.eq_ignore_ascii_case(actor))
        })
    }
}

/// How the fee of a payout is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeeMode {
    /// The customer is debited amount and fee and receives the amount.
    OnTop,
    /// The customer is debited the amount and receives it less the fee.
    Included,
    /// The fee is recorded and not charged.
    Ignore,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    pub least: Option<i64>,
    pub most: Option<i64>,
}

impl Limits {
    /// Says what is wrong with an amount.
    pub fn check(&self, minor: i64) -> Result<(), Reason> {
        if self.least.is_some_and(|least| minor < least) {
            return Err(Reason::BelowLimit);
        }
        if self.most.is_some_and(|most| minor > most) {
            return Err(Reason::AboveLimit);
        }
        Ok(())
    }
}
