//! The processor has answered the opening of a deposit: where the customer pays, or that he can't.

use super::begin_deposit::{CHARGE, settle_errand};
use super::{Answer, Caller, OperationError, answer::Once};
use crate::domain::deed::Deed;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::ids::DepositId;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::store::deposits::Managed;
use crate::store::{Tx, audit, deposits, outbox};
use std::collections::BTreeMap;

/// What the processor said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The customer pays there; `how` is kept as it is for his pages.
    Opened {
        how: String,
        reference: Option<String>,
        /// What later calls need of the answer, under the room's own names.
        told: BTreeMap<String, String>,
    },
    Refused {
        code: String,
        reason: String,
    },
    /// The account doesn't take it, so it was never asked.
    Unfit(Refusal),
}

pub fn run(
    tx: &mut Tx<'_>,
    id: DepositId,
    said: &Said,
    once: &Once,
    caller: &Caller,
) -> Result<Answer, OperationError> {
    // Another run of the same call may have been faster: its answer is the answer.
    if let Some(kept) = once.find(tx)? {
        return Ok(kept);
    }
    let deposit = deposits::lock(tx, id)?.ok_or(Refusal::DepositNotFound)?;
    if let Said::Refused { .. } | Said::Unfit(_) = said
        && let Some(change) = deposit.note(DepositStatus::Declined)
    {
        deposits::advance(tx, &change.deposit)?;
    }
    let answer = match said {
        Said::Opened { how, reference, told } => {
            deposits::note_opened(tx, id, how)?;
            if !told.is_empty() {
                deposits::note_told(tx, id, told)?;
            }
            if let Some(reference) = reference {
                deposits::note_reference(tx, id, reference)?;
                // From now on it is asked about by that name.
                if deposits::managed(tx, id)?.is_some_and(|kept| kept.attempted.as_deref() == Some(CHARGE)) {
                    deposits::note_attempted(tx, id, None)?;
                }
            }
            Answer { deposit: Some(id), ..Answer::done("Deposit opened") }
        }
        Said::Refused { code, reason } => {
            let description = format!("PP: the processor refuses the deposit ({code}): {reason}");
            Answer { refused: Some(RefusalCode::Rule), deposit: Some(id), description, ..Answer::default() }
        }
        Said::Unfit(refusal) => Answer { deposit: Some(id), ..Answer::refused(refusal) },
    };
    let opened = answer.refused.is_none();
    if !opened {
        // Nothing is out there to look after.
        outbox::put(tx, &settle_errand(id), tx.now())?;
    }
    let fact = audit::Fact {
        front_end: deposit.front_end.clone(),
        pin: deposit.pin.clone(),
        who: caller.who.clone(),
        from: deposit.status.to_string(),
        to: if opened { deposit.status } else { DepositStatus::Declined }.to_string(),
        why: if opened { String::new() } else { answer.description.clone() },
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(Deed::DepositOpened, id)
    };
    audit::record(tx, fact)?;
    once.keep(tx, &answer)?;
    Ok(answer)
}

/// Gives a deposit another name at its processor, where `taken` is another order's; committed before the processor
/// hears of it, so that whatever comes under the new name is known to be ours. `None` where it was opened meanwhile
/// or named anew by another run of the same call: what is there under `taken` may then be ours after all.
pub fn rename(
    tx: &mut Tx<'_>,
    id: DepositId,
    taken: &str,
    caller: &Caller,
) -> Result<Option<Managed>, OperationError> {
    let deposit = deposits::lock(tx, id)?.ok_or(Refusal::DepositNotFound)?;
    let managed = deposits::managed(tx, id)?.ok_or(Refusal::DepositNotFound)?;
    let named = managed.processor_reference.as_deref().unwrap_or(&managed.reference);
    let untouched = managed.opened.is_none() && managed.attempted.is_none();
    if !untouched || named != taken || deposit.status != DepositStatus::Pending {
        return Ok(None);
    }
    // Ids are all of one length, so that no other deposit can get this name.
    let times = taken.strip_prefix(&managed.reference).and_then(|times| times.strip_prefix(AGAIN));
    let times = times.and_then(|times| times.parse::<u32>().ok()).unwrap_or(0).saturating_add(1);
    let name = format!("{}{AGAIN}{times}", managed.reference);
    deposits::note_reference(tx, id, &name)?;
    let fact = audit::Fact {
        front_end: deposit.front_end.clone(),
        pin: deposit.pin.clone(),
        who: caller.who.clone(),
        why: format!("{taken} is another order's at the processor"),
        request_id: caller.request_id.clone(),
        ..audit::Fact::of(Deed::DepositRenamed, id)
    };
    audit::record(tx, fact.with("reference", name.as_str()))?;
    Ok(Some(Managed { processor_reference: Some(name), ..managed }))
}

/// Between our reference and the number of the further name; ids have no such letter.
const AGAIN: &str = "U";
