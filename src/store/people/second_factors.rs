//! Second factors, sealed: the key that opens them is not in the database.

use super::rows::SecondFactorRow;
use crate::store::connection::Connection;
use crate::store::error::StoreError;
use crate::store::statement::Bind;
use crate::store::tx::Tx;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondFactor {
    /// Sealed under the key of the configuration.
    pub secret: String,
    /// The time step of the last code that was taken; codes of this step and earlier ones are of no more use.
    pub last_step: i64,
    /// It is demanded once its owner has shown that he has it.
    pub confirmed: bool,
}

pub fn find(tx: &mut Tx<'_>, user_id: i64) -> Result<Option<SecondFactor>, StoreError> {
    Ok(tx.find::<SecondFactorRow>(&user_id.to_string())?.map(second_factor))
}

pub fn find_now(connection: &mut Connection, user_id: i64) -> Result<Option<SecondFactor>, StoreError> {
    let name = user_id.to_string();
    let rows = connection.select::<SecondFactorRow>("WHERE name = ?", &[Bind::Text(&name)])?;
    Ok(rows.into_iter().next().map(second_factor))
}

/// Who has shown that he has one, by id.
pub fn confirmed(connection: &mut Connection) -> Result<Vec<i64>, StoreError> {
    let rows = connection.select::<SecondFactorRow>("WHERE confirmed_at IS NOT NULL ORDER BY id", &[])?;
    Ok(rows.into_iter().map(|row| row.user_id).collect())
}

/// Puts a factor in the place of the one before, if there was one.
pub fn put(tx: &mut Tx<'_>, user_id: i64, factor: &SecondFactor) -> Result<(), StoreError> {
    let name = user_id.to_string();
    let now = tx.now_micros();
    let before = tx.find::<SecondFactorRow>(&name)?;
    let since = before.as_ref().and_then(|row| row.confirmed_at);
    let confirmed_at = factor.confirmed.then(|| since.unwrap_or(now));
    let (secret, last_step) = (factor.secret.clone(), factor.last_step);
    match before {
        Some(row) => tx.update(SecondFactorRow { secret, last_step, confirmed_at, ..row }),
        None => {
            let id = tx.new_id()?;
            let row = SecondFactorRow {
                id,
                name,
                version: 0,
                user_id,
                secret,
                last_step,
                confirmed_at,
                created_at: now,
            };
            tx.insert(row)
        }
    }
}

fn second_factor(row: SecondFactorRow) -> SecondFactor {
    SecondFactor { secret: row.secret, last_step: row.last_step, confirmed: row.confirmed_at.is_some() }
}
