//! Why a request gets another answer than the page it asked for.

use crate::store::StoreError;
use actix_web::HttpResponse;

pub type Outcome = Result<HttpResponse, Trouble>;

#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Not there, or not within reach: nobody learns which.
    #[error("not found")]
    NotFound,
    #[error("not allowed")]
    Forbidden,
    /// The form's token is missing or another session's.
    #[error("the form is not of this session")]
    Csrf,
    /// A field that can't be taken.
    #[error("{field}: {reason}")]
    Bad { field: String, reason: String },
    /// The rules of what was asked for say no.
    #[error(transparent)]
    Refused(crate::domain::refusal::Refusal),
    /// Something must come first.
    #[error("not possible yet")]
    NotYet,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a page can't be written: {0}")]
    Page(#[from] askama::Error),
    #[error("there is no good password to be had")]
    Password(#[from] super::passwords::PasswordError),
}

impl Trouble {
    pub fn bad(field: impl Into<String>, reason: impl ToString) -> Trouble {
        Trouble::Bad { field: field.into(), reason: reason.to_string() }
    }
}

impl From<crate::operations::OperationError> for Trouble {
    fn from(error: crate::operations::OperationError) -> Trouble {
        use crate::operations::OperationError::*;
        match error {
            Failed(error) => Trouble::Store(error),
            NotYet(_) => Trouble::NotYet,
            Refused(refusal) => Trouble::Refused(refusal),
        }
    }
}
