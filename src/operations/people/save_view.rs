//! A list's filter is kept under a title, or taken away again.

use crate::operations::OperationError;
use crate::store::Tx;
use crate::store::people::views::{self, SavedView};

#[derive(Clone, Debug)]
pub enum Wish {
    Keep(SavedView),
    Remove { user_id: i64, id: i64 },
}

pub fn run(tx: &mut Tx<'_>, wish: &Wish) -> Result<(), OperationError> {
    match wish {
        Wish::Keep(view) => views::put(tx, view)?,
        Wish::Remove { user_id, id } => views::remove(tx, *user_id, *id)?,
    }
    Ok(())
}
