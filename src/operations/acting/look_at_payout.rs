//! One payout as a person sees it, with everything he may do to it now, and why not the rest.

use super::super::Rules;
use crate::domain::acting::{self, Action, Impossible, Situation};
use crate::domain::approval::Handling;
use crate::domain::ids::PayoutId;
use crate::domain::ledger::Account;
use crate::domain::money::Money;
use crate::domain::payout::Payout;
use crate::domain::people::Person;
use crate::domain::proposal::{Matter, Proposal, ProposalState};
use crate::store::attempts::{self, Attempt};
use crate::store::handling::{self, Note};
use crate::store::{Connection, StoreError, ledger, payouts, proposals};
use chrono::{DateTime, Utc};

#[derive(Clone, Debug)]
pub struct Seen {
    pub payout: Payout,
    /// What an action sends back as `seen`.
    pub version: i64,
    pub available: Money,
    pub handling: Handling,
    pub notes: Vec<Note>,
    /// Every try at its processor, oldest first.
    pub attempts: Vec<Attempt>,
    /// Every proposal about it, oldest first.
    pub proposals: Vec<Proposal>,
    /// Every action on a payout, in the order of [`Action::ALL`]: possible, or why not.
    pub actions: Vec<(Action, Result<(), Impossible>)>,
}

/// How many notes a page shows at most.
const MOST_NOTES: i64 = 500;

/// `rules` gives those of a front end. Nothing is seen of a payout whose front end is not the person's.
pub fn run(
    connection: &mut Connection,
    id: PayoutId,
    person: &Person,
    rules: impl Fn(&str) -> Option<Rules>,
    now: DateTime<Utc>,
) -> Result<Option<Seen>, StoreError> {
    let Some((payout, version)) = payouts::find_seen(connection, id)? else { return Ok(None) };
    let Some(rules) = rules(&payout.front_end).filter(|_| acting::sees(person, &payout.front_end)) else {
        return Ok(None);
    };
    let account = Account::customer(&payout.front_end, &payout.pin, rules.front_end.currency);
    let available = ledger::balance_now(connection, &account)?;
    let handling = handling::find_now(connection, id)?;
    let notes = handling::notes(connection, id, MOST_NOTES)?;
    let attempts = attempts::of_payout(connection, id)?;
    let proposals = proposals::of_subject(connection, &id.to_string())?;
    let open = attempts.last().and_then(|attempt| {
        let matter = Matter::Attempt(attempt.id);
        proposals.iter().find(|one| one.matter == matter && one.state == ProposalState::Open)
    });
    let at = Situation {
        payout: &payout,
        handling: &handling,
        front_end: &rules.front_end,
        available,
        proposed_by: open.map(|proposal| proposal.proposed_by.as_str()),
        now,
    };
    let actions = actions(&at, person);
    Ok(Some(Seen { version, available, notes, actions, attempts, proposals, handling, payout }))
}

/// Every action on a payout with its verdict.
pub fn actions(at: &Situation<'_>, person: &Person) -> Vec<(Action, Result<(), Impossible>)> {
    Action::of_a_payout().map(|action| (action, acting::check(action, at, person))).collect()
}
