//! What can go wrong beneath an operation. None of it is the caller's fault; all of it is "call again".

use crate::domain::refusal::Refusal;
use diesel::result::{DatabaseErrorKind, Error};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else wrote what this decision was based on: read again and decide again.
    #[error("a concurrent change got in first")]
    Raced,
    #[error("the database is locked or busy")]
    Locked(#[source] Error),
    #[error("the database answered with an error")]
    Database(#[source] Error),
    #[error("the database can't be reached: {0}")]
    Unreachable(String),
    #[error("the queue of waiting commands is full")]
    Full,
    #[error("the store is closed")]
    Closed,
    /// Nobody knows what is on the disk, and to flush again would not tell.
    #[error("what was read could not be flushed to the disk: {0}")]
    NotFlushed(String),
    /// What is stored contradicts itself. Nothing is guessed.
    #[error("stored data is not as it must be: {0}")]
    Corrupt(String),
    /// A defect of ours. A repeat will not cure it.
    #[error("the command panicked and was taken back")]
    Panicked,
}

/// What an operation inside a unit of work ends with when it does not end well.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// A business "no": final, safe to show.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The answer is not known yet: call again.
    #[error("{0}")]
    NotYet(&'static str),
    #[error("the request could not be completed now, please repeat it")]
    Failed(#[from] StoreError),
}

impl StoreError {
    /// Whether running the same command again on fresh rows may help.
    pub fn is_conflict(&self) -> bool {
        match self {
            StoreError::Raced => true,
            StoreError::Database(error) => matches!(
                error,
                Error::DatabaseError(
                    DatabaseErrorKind::UniqueViolation | DatabaseErrorKind::SerializationFailure,
                    _
                )
            ),
            StoreError::Locked(_)
            | StoreError::Unreachable(_)
            | StoreError::Full
            | StoreError::Closed
            | StoreError::NotFlushed(_)
            | StoreError::Corrupt(_)
            | StoreError::Panicked => false,
        }
    }

    /// Whether the connection is of no more use.
    pub fn lost_connection(&self) -> bool {
        match self {
            StoreError::Unreachable(_) => true,
            StoreError::Database(error) | StoreError::Locked(error) => {
                matches!(error, Error::BrokenTransactionManager)
                    || matches!(error, Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _))
                    || says(
                        error,
                        &["server closed", "terminating connection", "connection to server", "no connection"],
                    )
            }
            StoreError::Raced
            | StoreError::Full
            | StoreError::Closed
            | StoreError::NotFlushed(_)
            | StoreError::Corrupt(_)
            | StoreError::Panicked => false,
        }
    }

    /// The same error for another command of the same batch.
    pub fn again(&self) -> StoreError {
        match self {
            StoreError::Raced => StoreError::Raced,
            StoreError::Full => StoreError::Full,
            StoreError::Closed => StoreError::Closed,
            StoreError::NotFlushed(why) => StoreError::NotFlushed(why.clone()),
            StoreError::Panicked => StoreError::Panicked,
            StoreError::Corrupt(what) => StoreError::Corrupt(what.clone()),
            StoreError::Unreachable(why) => StoreError::Unreachable(why.clone()),
            StoreError::Locked(error) | StoreError::Database(error) => {
                StoreError::Unreachable(error.to_string())
            }
        }
    }
}

/// Diesel hides SQLSTATE, so a deadlock and a busy SQLite are told by their words.
fn says(error: &Error, words: &[&str]) -> bool {
    let Error::DatabaseError(_, information) = error else { return false };
    words.iter().any(|word| information.message().contains(word))
}

impl From<Error> for StoreError {
    fn from(error: Error) -> StoreError {
        if says(&error, &["deadlock detected", "could not serialize"]) {
            return StoreError::Raced;
        }
        if says(
            &error,
            &["database is locked", "lock timeout", "statement timeout", "database table is locked"],
        ) {
            return StoreError::Locked(error);
        }
        StoreError::Database(error)
    }
}
