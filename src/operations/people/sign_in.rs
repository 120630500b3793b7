//! Somebody has typed a name and a password. What was wrong is counted and recorded, and told to nobody.

use super::{Denied, fact};
use crate::domain::deed::Deed;
use crate::domain::people::Person;
use crate::operations::{Caller, OperationError};
use crate::store::people::sessions::{self, Session, Stage};
use crate::store::people::{self, Account, second_factors};
use crate::store::{StoreError, Tx, audit};
use chrono::Duration;

/// When failures shut somebody out for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockOut {
    pub failures: i64,
    pub pause: Duration,
}

/// A session to be opened: drawn outside, so that its cookie is known to nobody else.
#[derive(Clone)]
pub struct NewSession {
    /// SHA-256 of the cookie, in hex.
    pub hash: String,
    pub csrf: String,
}

#[derive(Clone)]
pub struct Wish {
    pub name: String,
    /// The hash that the password fitted; `None` when it fitted none.
    pub fitted: Option<String>,
    pub session: NewSession,
    pub lock_out: LockOut,
    /// Whether nobody gets far without a second factor.
    pub second_factor_required: bool,
    /// Whether people that a sandbox made are let in.
    pub sandbox: bool,
}

/// Opens a session that is good for what the person has shown so far.
pub fn run(tx: &mut Tx<'_>, wish: &Wish, caller: &Caller) -> Result<Result<Stage, Denied>, OperationError> {
    let Some(account) = people::find(tx, &wish.name)? else { return Ok(Err(Denied::Wrong)) };
    if account.locked_until.is_some_and(|until| tx.now_micros() < until) {
        // Not even counted: a pause that every try made longer would shut people out for good.
        return Ok(Err(Denied::Wrong));
    }
    if wish.fitted.as_ref() != Some(&account.password) {
        count_failure(tx, account, wish.lock_out, caller)?;
        return Ok(Err(Denied::Wrong));
    }
    if !may_enter(&account.person, wish.sandbox) {
        audit::record(tx, fact(Deed::PersonSignInRefused, &account.person, caller))?;
        return Ok(Err(Denied::Wrong));
    }
    let factor = second_factors::find(tx, account.person.id)?.is_some_and(|factor| factor.confirmed);
    let stage = match (factor, wish.second_factor_required) {
        (true, _) => Stage::Code,
        (false, true) => Stage::Enrolment,
        (false, false) => Stage::Full,
    };
    open(tx, account, stage, None, &wish.session, caller)?;
    Ok(Ok(stage))
}

/// Whether somebody may be in the back office at all.
pub fn may_enter(person: &Person, sandbox: bool) -> bool {
    !person.disabled && (sandbox || !person.demo)
}

/// Opens a session. Only a whole sign-in forgets the failures before it: somebody who knows the password must not get
/// any number of tries at the code.
pub(super) fn open(
    tx: &mut Tx<'_>,
    mut account: Account,
    stage: Stage,
    code_at: Option<i64>,
    new: &NewSession,
    caller: &Caller,
) -> Result<(), StoreError> {
    let now = tx.now_micros();
    let session = Session {
        hash: new.hash.clone(),
        user_id: account.person.id,
        stage,
        csrf: new.csrf.clone(),
        created_at: now,
        seen_at: now,
        code_at,
    };
    sessions::insert(tx, &session)?;
    match stage {
        Stage::Code => {}
        Stage::Enrolment | Stage::Full => {
            if account.failures > 0 || account.locked_until.is_some() {
                account.failures = 0;
                account.locked_until = None;
                people::update(tx, &account)?;
            }
            audit::record(tx, fact(Deed::PersonSignedIn, &account.person, caller))?;
        }
    }
    Ok(())
}

/// Counts a wrong password or code; enough of them make a pause.
pub(super) fn count_failure(
    tx: &mut Tx<'_>,
    mut account: Account,
    lock_out: LockOut,
    caller: &Caller,
) -> Result<(), StoreError> {
    account.failures += 1;
    let kind = if account.failures >= lock_out.failures {
        account.failures = 0;
        let until = tx.now() + lock_out.pause;
        account.locked_until = Some(until.timestamp_micros());
        Deed::PersonLockedOut
    } else {
        Deed::PersonSignInFailed
    };
    people::update(tx, &account)?;
    audit::record(tx, fact(kind, &account.person, caller))
}
