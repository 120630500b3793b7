//! What one person proposes and another decides: the outcome of something unknown, or an adjustment of a balance.
//!
//! Nothing happens by a proposal alone. Whoever confirms or declines must be somebody else than the proposer; only the
//! proposer takes it back.

use super::acting::Impossible;
use super::ids::{AttemptId, DepositId, ProposalId};
use super::money::Money;
use super::people::Person;
use super::people::person::is_same;
use chrono::{DateTime, Utc};

/// What a proposal is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Matter {
    /// A payout's attempt at its processor.
    Attempt(AttemptId),
    /// A refund of a deposit, by its number in the store.
    Refund(i64),
    /// A deposit, charge or capture that we run.
    Deposit(DepositId),
    /// A customer's balance.
    Balance,
}

impl Matter {
    pub fn kind(self) -> &'static str {
        match self {
            Matter::Attempt(_) => "attempt",
            Matter::Refund(_) => "refund",
            Matter::Deposit(_) => "deposit",
            Matter::Balance => "balance",
        }
    }
}

/// What is proposed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The money moved; `reference` is the processor's own id of it.
    Paid { reference: String },
    /// It did not, and never will.
    NotPaid,
    /// The balance is to change by the proposal's amount.
    Adjust { below_zero: bool },
}

impl Verdict {
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Paid { .. } => "paid",
            Verdict::NotPaid => "not_paid",
            Verdict::Adjust { .. } => "adjust",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProposalState {
    Open,
    /// Another person confirmed it, and it was applied in the same commit.
    Confirmed,
    Declined,
    /// Its proposer took it back.
    Withdrawn,
    /// Before anybody decided, the matter itself moved on, for example by an inquiry.
    Overtaken,
}

impl ProposalState {
    pub const ALL: [ProposalState; 5] = {
        use ProposalState::*;
        [Open, Confirmed, Declined, Withdrawn, Overtaken]
    };

    pub fn name(self) -> &'static str {
        match self {
            ProposalState::Open => "Open",
            ProposalState::Confirmed => "Confirmed",
            ProposalState::Declined => "Declined",
            ProposalState::Withdrawn => "Withdrawn",
            ProposalState::Overtaken => "Overtaken",
        }
    }

    pub fn from_name(name: &str) -> Option<ProposalState> {
        ProposalState::ALL.into_iter().find(|state| state.name() == name)
    }

    /// What is decided stays decided.
    pub fn may_become(self, to: ProposalState) -> bool {
        match self {
            ProposalState::Open => to != ProposalState::Open,
            ProposalState::Confirmed
            | ProposalState::Declined
            | ProposalState::Withdrawn
            | ProposalState::Overtaken => false,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    pub id: ProposalId,
    pub matter: Matter,
    pub front_end: String,
    pub pin: String,
    /// The payout or deposit behind the matter, in its outside spelling; empty for a balance.
    pub subject: String,
    pub verdict: Verdict,
    /// What is at stake; negative when a balance is to be lowered.
    pub amount: Money,
    pub reason: String,
    pub proposed_by: String,
    pub proposed_at: DateTime<Utc>,
    /// Where the matter stood: when it stands elsewhere, the proposal is overtaken.
    pub stood: String,
    pub state: ProposalState,
    pub decided: Option<Decided>,
}

/// How a proposal ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decided {
    pub by: String,
    pub why: String,
    pub at: DateTime<Utc>,
}

/// What somebody does with an open proposal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Decision {
    Confirm,
    Decline,
    Withdraw,
}

impl Decision {
    pub const ALL: [Decision; 3] = [Decision::Confirm, Decision::Decline, Decision::Withdraw];

    pub fn name(self) -> &'static str {
        match self {
            Decision::Confirm => "confirm",
            Decision::Decline => "decline",
            Decision::Withdraw => "withdraw",
        }
    }

    pub fn leads_to(self) -> ProposalState {
        match self {
            Decision::Confirm => ProposalState::Confirmed,
            Decision::Decline => ProposalState::Declined,
            Decision::Withdraw => ProposalState::Withdrawn,
        }
    }
}

impl Proposal {
    /// Whether this person may do this with it: confirming and declining takes a second person, taking back the first.
    pub fn decide(&self, decision: Decision, person: &Person) -> Result<ProposalState, Impossible> {
        let to = decision.leads_to();
        if !self.state.may_become(to) {
            let by = self.decided.as_ref().map(|decided| decided.by.clone()).unwrap_or_default();
            return Err(Impossible::AlreadyDecided { state: self.state, by });
        }
        let own = is_same(&self.proposed_by, &person.name);
        match decision {
            Decision::Confirm | Decision::Decline if own => Err(Impossible::OwnProposal),
            Decision::Withdraw if !own => Err(Impossible::OthersProposal { by: self.proposed_by.clone() }),
            Decision::Confirm | Decision::Decline | Decision::Withdraw => Ok(to),
        }
    }
}
