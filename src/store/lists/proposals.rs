//! Proposals for people: those that wait for a second person, and how the last ones ended.

use super::{Sight, look};
use crate::domain::proposal::Proposal;
use crate::store::connection::Connection;
use crate::store::error::StoreError;
use crate::store::proposals::proposal;
use crate::store::rows::ProposalRow;
use crate::store::statement::Bind;

/// Open proposals in sight, the oldest first.
pub fn open(connection: &mut Connection, sight: &Sight, most: i64) -> Result<Vec<Proposal>, StoreError> {
    select(connection, sight, "state = 'Open'", "ORDER BY id", most)
}

/// Decided proposals in sight, the latest first.
pub fn decided(connection: &mut Connection, sight: &Sight, most: i64) -> Result<Vec<Proposal>, StoreError> {
    select(connection, sight, "state <> 'Open'", "ORDER BY id DESC", most)
}

fn select(
    connection: &mut Connection,
    sight: &Sight,
    which: &str,
    order: &str,
    most: i64,
) -> Result<Vec<Proposal>, StoreError> {
    let (mut binds, mut among) = (Vec::new(), String::new());
    if let Sight::Only(names) = sight {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        binds.extend(names.iter().map(|name| Bind::Text(name)));
        among = format!("AND front_end IN ({})", super::marks(names.len()));
    }
    binds.push(Bind::Int(most));
    let rest = format!("WHERE {which} {among} {order} LIMIT ?");
    let rows = look(connection, |connection| connection.select_afresh::<ProposalRow>(&rest, &binds))?;
    rows.into_iter().map(proposal).collect()
}
