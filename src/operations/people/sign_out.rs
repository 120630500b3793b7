//! A session is ended by whose it is.

use super::fact;
use crate::domain::deed::Deed;
use crate::operations::{Caller, OperationError};
use crate::store::people::{self, sessions};
use crate::store::{Tx, audit};

/// Asked twice, the second one finds nothing to end.
pub fn run(tx: &mut Tx<'_>, session: &str, caller: &Caller) -> Result<(), OperationError> {
    let Some(open) = sessions::find(tx, session)? else { return Ok(()) };
    sessions::end(tx, session)?;
    if let Some(account) = people::find_id(tx, open.user_id)? {
        audit::record(tx, fact(Deed::PersonSignedOut, &account.person, caller))?;
    }
    Ok(())
}
