//! Writing a whole working set, the way that is cheap on its database.

use super::audit;
use super::connection::Connection;
use super::error::StoreError;
use super::set::WorkingSet;
use super::{write_rows, write_sets};

/// Writes what a batch made of the set. An update that no longer finds the version it was based on is a race.
/// `alone`: one command made all of it. `rings`: an errand is due, and whoever carries errands out at other nodes should
/// hear of it.
pub fn write(
    connection: &mut Connection,
    set: &mut WorkingSet,
    lane: i64,
    alone: bool,
    rings: bool,
) -> Result<(), StoreError> {
    set.note_last_id(lane);
    audit::chain(set, lane)?;
    if connection.is_postgres() {
        write_sets::write(connection, set, alone, rings)
    } else {
        write_rows::write(connection, set)
    }
}
