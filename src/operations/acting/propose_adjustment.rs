//! One person proposes to change a customer's balance; a second one decides. (The platform's own back end and the
//! command line adjust by themselves, as before.)

use super::super::{OperationError, Rules, customer};
use super::propose_outcome::record;
use super::{Acted, By, Done, No, Tried, attempted};
use crate::domain::acting::{self, Action, LONGEST_REASON};
use crate::domain::ids::ProposalId;
use crate::domain::money::Money;
use crate::domain::proposal::{Matter, Proposal, ProposalState, Verdict};
use crate::domain::reason::Reason;
use crate::domain::refusal::Refusal;
use crate::store::{Tx, Wants, proposals};

#[derive(Clone, Debug)]
pub struct Wish {
    pub pin: String,
    /// Positive: the customer gets it. Negative: it is taken from him.
    pub amount: Money,
    /// Whether it may be taken where he does not have it.
    pub below_zero: bool,
    pub reason: String,
    pub by: By,
}

impl Wish {
    pub fn wants(&self, rules: &Rules) -> Wants {
        Wants::nothing().customer(&rules.front_end.name, &self.pin)
    }
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules) -> Result<Acted, OperationError> {
    let tried = Tried { action: Action::ProposeAdjustment.name(), subject: &wish.pin, pin: &wish.pin };
    attempted(tx, rules, &wish.by, &tried, |tx| propose(tx, wish, rules))
}

fn propose(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules) -> Result<Done, No> {
    let person = &wish.by.person;
    acting::check_two(Action::ProposeAdjustment, wish.amount, &rules.front_end, person)?;
    acting::words("Reason", &wish.reason, LONGEST_REASON)?;
    let customer = customer(tx, rules, &wish.pin)?;
    if wish.amount.is_zero() {
        return Err(Refusal::field("Amount", Reason::Zero).into());
    }
    if wish.amount.currency() != rules.front_end.currency {
        let (expected, got) = (rules.front_end.currency, wish.amount.currency().to_string());
        return Err(Refusal::CurrencyMismatch { expected, got }.into());
    }
    let proposal = Proposal {
        id: ProposalId(tx.new_id()?),
        matter: Matter::Balance,
        front_end: rules.front_end.name.clone(),
        pin: wish.pin.clone(),
        subject: String::new(),
        verdict: Verdict::Adjust { below_zero: wish.below_zero },
        amount: wish.amount,
        reason: wish.reason.clone(),
        proposed_by: person.name.clone(),
        proposed_at: tx.now(),
        stood: String::new(),
        state: ProposalState::Open,
        decided: None,
    };
    proposals::insert(tx, &proposal, customer.id)?;
    record(tx, &wish.by, &proposal)?;
    Ok(Done { proposal: Some(proposal.id), ..Done::said("Proposed; another person decides") })
}
