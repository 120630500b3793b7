//! A second person confirms or declines what the first one proposed, or the first one takes it back.
//!
//! What is confirmed is applied in the same commit. Should the matter have moved on since, by an inquiry for example,
//! nothing is applied and the proposal is closed as overtaken.

use super::super::{OperationError, Rules, adjust_balance};
use super::{Acted, By, Done, No, Tried, attempted, matters};
use crate::domain::acting::news::Moved;
use crate::domain::acting::{self, Action, Impossible, LONGEST_REASON};
use crate::domain::deed::Deed;
use crate::domain::ids::ProposalId;
use crate::domain::ledger::Account;
use crate::domain::proposal::{Decision, Matter, Proposal, ProposalState, Verdict};
use crate::store::{StoreError, Tx, Wants, audit, proposals};

#[derive(Clone, Debug)]
pub struct Wish {
    pub proposal: ProposalId,
    /// Whose it is, for the order of commands.
    pub pin: String,
    pub decision: Decision,
    /// Must be there unless the proposer takes his own back.
    pub why: String,
    pub by: By,
}

impl Wish {
    pub fn wants(&self, rules: &Rules) -> Wants {
        let front_end = &rules.front_end;
        Wants::nothing().customer(&front_end.name, &self.pin).account(Account::customer(
            &front_end.name,
            &self.pin,
            front_end.currency,
        ))
    }
}

/// `rules` are those of the proposal's own front end.
pub fn run(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules) -> Result<Acted, OperationError> {
    let subject = wish.proposal.to_string();
    let tried = Tried { action: wish.decision.name(), subject: &subject, pin: &wish.pin };
    let acted = attempted(tx, rules, &wish.by, &tried, |tx| decide(tx, wish, rules))?;
    if let Acted::Impossible(Impossible::Overtaken { now }) = &acted
        && let Some(proposal) = proposals::lock(tx, wish.proposal)?
    {
        let why = now.to_string();
        proposals::decide(tx, proposal.id, ProposalState::Overtaken, &wish.by.person.name, &why)?;
        record(tx, &wish.by, &proposal, ProposalState::Overtaken, &why)?;
    }
    Ok(acted)
}

fn decide(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules) -> Result<Done, No> {
    let proposal = proposals::lock(tx, wish.proposal)?
        .filter(|proposal| proposal.front_end == rules.front_end.name && proposal.pin == wish.pin)
        .ok_or(Impossible::NotFound)?;
    let person = &wish.by.person;
    if !acting::sees(person, &proposal.front_end) {
        return Err(Impossible::NotFound.into());
    }
    let action = match proposal.matter {
        Matter::Attempt(_) | Matter::Refund(_) | Matter::Deposit(_) => Action::DecideOutcome,
        Matter::Balance => Action::DecideAdjustment,
    };
    match wish.decision {
        Decision::Confirm => {
            acting::check_two(action, proposal.amount, &rules.front_end, person)?;
        }
        // What he may not confirm for its amount he may still decline.
        Decision::Decline if !acting::has_right(person, action, &proposal.front_end) => {
            return Err(Impossible::Role { action }.into());
        }
        Decision::Decline | Decision::Withdraw => {}
    }
    let to = proposal.decide(wish.decision, person)?;
    if wish.decision != Decision::Withdraw || !wish.why.is_empty() {
        acting::words("Reason", &wish.why, LONGEST_REASON)?;
    }
    if wish.decision == Decision::Confirm {
        still_stands(tx, &proposal)?;
    }
    proposals::decide(tx, proposal.id, to, &person.name, &wish.why)?;
    record(tx, &wish.by, &proposal, to, &wish.why)?;
    if wish.decision == Decision::Confirm {
        apply(tx, wish, &proposal, rules)?;
    }
    Ok(Done { proposal: Some(proposal.id), ..Done::said(to.name()) })
}

/// Whether the matter stands where the proposer saw it.
fn still_stands(tx: &mut Tx<'_>, proposal: &Proposal) -> Result<(), No> {
    if proposal.matter == Matter::Balance {
        return Ok(());
    }
    let overtaken = |now: Moved| No::Impossible(Impossible::Overtaken { now });
    match matters::standing(tx, proposal.matter) {
        Ok(standing) if standing.stood == proposal.stood => Ok(()),
        Ok(standing) => Err(overtaken(Moved::Anew { stood: standing.stood })),
        // Sent again, and its answer is on the way: not settled, but no longer what was spoken of.
        Err(No::Impossible(why)) => Err(overtaken(Moved::On(Box::new(why)))),
        Err(failed) => Err(failed),
    }
}

fn apply(tx: &mut Tx<'_>, wish: &Wish, proposal: &Proposal, rules: &Rules) -> Result<(), No> {
    let caller = wish.by.caller();
    let why = format!(
        "proposed by {}: {}; confirmed by {}: {}",
        proposal.proposed_by, proposal.reason, wish.by.person.name, wish.why
    );
    match (&proposal.verdict, proposal.matter) {
        (Verdict::Adjust { below_zero }, Matter::Balance) => {
            let adjustment = adjust_balance::Wish {
                pin: proposal.pin.clone(),
                amount: proposal.amount,
                reason: why,
                key: String::new(),
                below_zero: *below_zero,
            };
            adjust_balance::adjust(tx, &adjustment, rules, &caller)?;
            Ok(())
        }
        (verdict, matter) => matters::settle(tx, matter, verdict, &why, rules, &caller),
    }
}

fn record(
    tx: &mut Tx<'_>,
    by: &By,
    proposal: &Proposal,
    to: ProposalState,
    why: &str,
) -> Result<(), StoreError> {
    let subject =
        if proposal.subject.is_empty() { proposal.id.to_string() } else { proposal.subject.clone() };
    let fact = audit::Fact {
        why: why.to_owned(),
        from: proposal.state.name().to_owned(),
        to: to.name().to_owned(),
        ..by.fact(Deed::ProposalDecided, subject, &proposal.front_end, &proposal.pin)
    };
    let fact = fact
        .with("proposal", proposal.id.to_string())
        .with("proposed_by", proposal.proposed_by.as_str())
        .with("verdict", proposal.verdict.name())
        .with("amount", proposal.amount.to_string());
    audit::record(tx, fact)
}
