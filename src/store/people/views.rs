//! Filters of a list that somebody keeps under a title, for himself or for everybody.

use super::rows::SavedViewRow;
use crate::domain::ids::path;
use crate::store::connection::Connection;
use crate::store::error::StoreError;
use crate::store::statement::Bind;
use crate::store::tx::Tx;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedView {
    pub id: i64,
    pub user_id: i64,
    /// The list it belongs to, such as `payouts`.
    pub page: String,
    pub title: String,
    /// The filter as it stands in the address.
    pub query: String,
    pub shared: bool,
}

/// Keeps a view; one of the same title on the same page is replaced.
pub fn put(tx: &mut Tx<'_>, view: &SavedView) -> Result<(), StoreError> {
    let name = path(&[&view.user_id.to_string(), &view.page, &view.title]);
    let now = tx.now_micros();
    let (query, shared) = (view.query.clone(), view.shared.into());
    match tx.find::<SavedViewRow>(&name)? {
        Some(row) => tx.update(SavedViewRow { query, shared, removed_at: None, updated_at: now, ..row }),
        None => {
            let id = tx.new_id()?;
            let row = SavedViewRow {
                id,
                name,
                version: 0,
                user_id: view.user_id,
                page: view.page.clone(),
                title: view.title.clone(),
                query,
                shared,
                removed_at: None,
                updated_at: now,
            };
            tx.insert(row)
        }
    }
}

/// Takes a view of somebody's own away; anybody else's stays.
pub fn remove(tx: &mut Tx<'_>, user_id: i64, id: i64) -> Result<(), StoreError> {
    let now = tx.now_micros();
    match tx.find_id::<SavedViewRow>(id)? {
        Some(row) if row.user_id == user_id => {
            tx.update(SavedViewRow { removed_at: Some(now), updated_at: now, ..row })
        }
        Some(_) | None => Ok(()),
    }
}

/// A person's own views of a page, and those that are shared.
pub fn list(connection: &mut Connection, user_id: i64, page: &str) -> Result<Vec<SavedView>, StoreError> {
    let rest = "WHERE page = ? AND removed_at IS NULL AND (user_id = ? OR shared = 1) ORDER BY title, id";
    let rows = connection.select::<SavedViewRow>(rest, &[Bind::Text(page), Bind::Int(user_id)])?;
    let view = |row: SavedViewRow| SavedView {
        id: row.id,
        user_id: row.user_id,
        page: row.page,
        title: row.title,
        query: row.query,
        shared: row.shared != 0,
    };
    Ok(rows.into_iter().map(view).collect())
}
