//! One person says what became of something unknown: a payout's attempt, a refund, a deposit or charge. Nothing is
//! applied by it; a second person decides.

use super::super::{OperationError, Rules};
use super::matters::{self, Standing};
use super::{Acted, By, Done, No, Tried, attempted, reference};
use crate::domain::acting::{self, Action, Impossible, LONGEST_REASON};
use crate::domain::deed::Deed;
use crate::domain::ids::ProposalId;
use crate::domain::proposal::{Matter, Proposal, ProposalState, Verdict};
use crate::store::{Tx, Wants, audit, proposals};

#[derive(Clone, Debug)]
pub struct Wish {
    pub matter: Matter,
    pub verdict: Verdict,
    /// How one knows: the processor's statement, a call, a letter.
    pub reason: String,
    pub by: By,
}

impl Wish {
    pub fn wants(&self) -> Wants {
        Wants::nothing()
    }
}

/// `rules` are those of the matter's own front end.
pub fn run(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules) -> Result<Acted, OperationError> {
    let subject = match wish.matter {
        Matter::Attempt(id) => id.to_string(),
        Matter::Refund(id) => format!("refund/{id}"),
        Matter::Deposit(id) => id.to_string(),
        Matter::Balance => String::new(),
    };
    let tried = Tried { action: Action::ProposeOutcome.name(), subject: &subject, pin: "" };
    attempted(tx, rules, &wish.by, &tried, |tx| propose(tx, wish, rules))
}

fn propose(tx: &mut Tx<'_>, wish: &Wish, rules: &Rules) -> Result<Done, No> {
    let standing: Standing = matters::standing(tx, wish.matter)?;
    if standing.front_end != rules.front_end.name {
        return Err(Impossible::NotFound.into());
    }
    let person = &wish.by.person;
    acting::check_two(Action::ProposeOutcome, standing.amount, &rules.front_end, person)?;
    acting::words("Reason", &wish.reason, LONGEST_REASON)?;
    let verdict = match &wish.verdict {
        Verdict::Paid { reference: typed } => Verdict::Paid { reference: reference("Reference", typed)? },
        Verdict::NotPaid => Verdict::NotPaid,
        Verdict::Adjust { .. } => return Err(Impossible::NotFound.into()),
    };
    if let Some(open) = proposals::open_about(tx, wish.matter)? {
        return Err(Impossible::Proposed { by: open.proposed_by }.into());
    }
    let proposal = Proposal {
        id: ProposalId(tx.new_id()?),
        matter: wish.matter,
        front_end: standing.front_end,
        pin: standing.pin,
        subject: standing.subject,
        verdict,
        amount: standing.amount,
        reason: wish.reason.clone(),
        proposed_by: person.name.clone(),
        proposed_at: tx.now(),
        stood: standing.stood,
        state: ProposalState::Open,
        decided: None,
    };
    proposals::insert(tx, &proposal, 0)?;
    record(tx, &wish.by, &proposal)?;
    Ok(Done { proposal: Some(proposal.id), ..Done::said("Proposed; another person decides") })
}

/// A proposal on record, beside what it is about.
pub(super) fn record(tx: &mut Tx<'_>, by: &By, proposal: &Proposal) -> Result<(), No> {
    let subject =
        if proposal.subject.is_empty() { proposal.id.to_string() } else { proposal.subject.clone() };
    let fact = audit::Fact {
        why: proposal.reason.clone(),
        to: proposal.state.name().to_owned(),
        ..by.fact(Deed::ProposalMade, subject, &proposal.front_end, &proposal.pin)
    };
    let fact = fact
        .with("proposal", proposal.id.to_string())
        .with("matter", proposal.matter.kind())
        .with("verdict", proposal.verdict.name())
        .with("amount", proposal.amount.to_string());
    let fact = match &proposal.verdict {
        Verdict::Paid { reference } => fact.with("reference", reference.as_str()),
        Verdict::NotPaid | Verdict::Adjust { .. } => fact,
    };
    Ok(audit::record(tx, fact)?)
}
