//! The second factor: set up, confirmed, shown, reset. A code is good once: its time step must be later than that of
//! the last one that was taken.

use super::sign_in::{LockOut, NewSession, count_failure, open};
use super::{Denied, did_last, fact};
use crate::domain::deed::Deed;
use crate::operations::{Caller, OperationError};
use crate::store::people::second_factors::{self, SecondFactor};
use crate::store::people::sessions::{self, Stage};
use crate::store::people::{self, Account};
use crate::store::{Tx, audit};

/// A code that somebody typed, as it was checked.
#[derive(Clone)]
pub struct Code {
    pub user_id: i64,
    /// The sealed secret it was checked with.
    pub secret: String,
    /// The time step it is the code of; `None` for a wrong one.
    pub step: Option<i64>,
    pub lock_out: LockOut,
}

/// Keeps the secret of a factor that is yet to be confirmed.
pub fn begin(tx: &mut Tx<'_>, user_id: i64, secret: &str) -> Result<Result<(), Denied>, OperationError> {
    if second_factors::find(tx, user_id)?.is_some_and(|factor| factor.confirmed) {
        return Ok(Err(Denied::HasSecondFactor));
    }
    let factor = SecondFactor { secret: secret.to_owned(), last_step: 0, confirmed: false };
    second_factors::put(tx, user_id, &factor)?;
    Ok(Ok(()))
}

/// The first code confirms the factor. The session goes on under a new cookie.
pub fn confirm(
    tx: &mut Tx<'_>,
    code: &Code,
    from: &str,
    to: &NewSession,
    caller: &Caller,
) -> Result<Result<(), Denied>, OperationError> {
    let account = match take(tx, code, false, caller)? {
        Ok(account) => account,
        Err(denied) => return Ok(Err(denied)),
    };
    audit::record(tx, fact(Deed::PersonSecondFactorSetUp, &account.person, caller))?;
    sessions::end_all(tx, code.user_id, None)?;
    sessions::end(tx, from)?;
    let now = tx.now_micros();
    open(tx, account, Stage::Full, Some(now), to, caller)?;
    Ok(Ok(()))
}

/// The code that completes a sign-in. The whole session begins under a new cookie.
pub fn sign_in(
    tx: &mut Tx<'_>,
    code: &Code,
    from: &str,
    to: &NewSession,
    caller: &Caller,
) -> Result<Result<(), Denied>, OperationError> {
    if sessions::find(tx, from)?.is_none_or(|session| session.user_id != code.user_id) {
        return Ok(Err(Denied::Wrong));
    }
    let account = match take(tx, code, true, caller)? {
        Ok(account) => account,
        Err(denied) => return Ok(Err(denied)),
    };
    sessions::end(tx, from)?;
    let now = tx.now_micros();
    open(tx, account, Stage::Full, Some(now), to, caller)?;
    Ok(Ok(()))
}

/// The code is shown again within a session, where money is released.
pub fn show(
    tx: &mut Tx<'_>,
    code: &Code,
    session: &str,
    caller: &Caller,
) -> Result<Result<(), Denied>, OperationError> {
    match take(tx, code, true, caller)? {
        Ok(_) => {}
        Err(denied) => return Ok(Err(denied)),
    }
    let now = tx.now_micros();
    sessions::touch(tx, session, Some(now))?;
    Ok(Ok(()))
}

/// Somebody has lost the device: an administrator has the factor set up anew.
pub fn reset(tx: &mut Tx<'_>, name: &str, caller: &Caller) -> Result<Result<(), Denied>, OperationError> {
    let Some(account) = people::find(tx, name)? else { return Ok(Err(Denied::NoSuchPerson)) };
    if account.person.who() == caller.who {
        return Ok(Err(Denied::OneSelf));
    }
    // Until its owner has set one of his own, the password is known to whoever gave it.
    if account.has_initial_password()
        && did_last(tx, &account.person, &[Deed::PersonPasswordSet, Deed::PersonAdded], caller)?
    {
        return Ok(Err(Denied::OtherHalf));
    }
    if second_factors::find(tx, account.person.id)?.is_some() {
        let none = SecondFactor { secret: String::new(), last_step: 0, confirmed: false };
        second_factors::put(tx, account.person.id, &none)?;
    }
    sessions::end_all(tx, account.person.id, None)?;
    audit::record(tx, fact(Deed::PersonSecondFactorReset, &account.person, caller))?;
    Ok(Ok(()))
}

/// Takes a code, once; a wrong one counts as a failed sign-in.
fn take(
    tx: &mut Tx<'_>,
    code: &Code,
    confirmed: bool,
    caller: &Caller,
) -> Result<Result<Account, Denied>, OperationError> {
    let Some(account) = people::find_id(tx, code.user_id)? else { return Ok(Err(Denied::Wrong)) };
    if account.person.disabled || account.locked_until.is_some_and(|until| tx.now_micros() < until) {
        return Ok(Err(Denied::Wrong));
    }
    let factor = second_factors::find(tx, code.user_id)?;
    let factor = factor.filter(|factor| factor.confirmed == confirmed && factor.secret == code.secret);
    let good = factor.zip(code.step).filter(|(factor, step)| factor.last_step < *step);
    let Some((factor, step)) = good else {
        count_failure(tx, account, code.lock_out, caller)?;
        return Ok(Err(Denied::Wrong));
    };
    second_factors::put(tx, code.user_id, &SecondFactor { last_step: step, confirmed: true, ..factor })?;
    Ok(Ok(account))
}
