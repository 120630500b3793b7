//! Problems as RFC 9457 has them: a type, a title, a status, and a detail that names the field.

use crate::domain::refusal::{Refusal, RefusalCode};
use crate::operations::OperationError;
use crate::store::StoreError;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::json;

#[derive(Debug)]
pub struct Problem {
    pub status: StatusCode,
    /// The last part of the type's URI, stable for programs.
    pub kind: &'static str,
    pub title: &'static str,
    pub detail: String,
}

impl Problem {
    pub fn bad(detail: impl Into<String>) -> Problem {
        Problem {
            status: StatusCode::BAD_REQUEST,
            kind: "bad-request",
            title: "The request can't be understood",
            detail: detail.into(),
        }
    }

    pub fn unauthorized() -> Problem {
        Problem {
            status: StatusCode::UNAUTHORIZED,
            kind: "unauthorized",
            title: "No valid API key",
            detail: "Authorization: send `Bearer` and an API key".to_owned(),
        }
    }

    pub fn forbidden(front_end: &str) -> Problem {
        Problem {
            status: StatusCode::FORBIDDEN,
            kind: "forbidden",
            title: "This API key may not act here",
            detail: format!("front_end: there is no `{front_end}` for this API key"),
        }
    }

    pub fn not_found(detail: &str) -> Problem {
        Problem {
            status: StatusCode::NOT_FOUND,
            kind: "not-found",
            title: "There is no such thing",
            detail: detail.to_owned(),
        }
    }

    pub fn respond(&self) -> HttpResponse {
        let body = json!({
            "type": format!("urn:tillgate:problem:{}", self.kind),
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let mut response = HttpResponse::build(self.status);
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header(("www-authenticate", "Bearer"));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header(("retry-after", "5"));
        }
        response.content_type("application/problem+json").body(body.to_string())
    }

    pub fn refused(code: RefusalCode, detail: String) -> Problem {
        let (status, title) = match code {
            RefusalCode::BadField => (StatusCode::UNPROCESSABLE_ENTITY, "A field is not as it must be"),
            RefusalCode::CustomerNotFound | RefusalCode::NotFound => {
                (StatusCode::NOT_FOUND, "There is no such thing")
            }
            RefusalCode::Conflict => (StatusCode::CONFLICT, "The key was used before with other content"),
            RefusalCode::CustomerBlocked
            | RefusalCode::OtherFrontEnd
            | RefusalCode::CurrencyMismatch
            | RefusalCode::InsufficientFunds
            | RefusalCode::Rule
            | RefusalCode::IllegalStep
            | RefusalCode::AmountFixed
            | RefusalCode::AlreadyReversed
            | RefusalCode::NotAuthenticated => (StatusCode::UNPROCESSABLE_ENTITY, "A rule refuses it"),
        };
        Problem { status, kind: code.name(), title, detail }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        Problem::refused(refusal.code(), refusal.to_string())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        tracing::warn!(%error, "a platform call could not be completed");
        match error {
            StoreError::Corrupt(_) | StoreError::Panicked => Problem {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                kind: "internal",
                title: "A defect of ours",
                detail: "the request had no effect".to_owned(),
            },
            StoreError::Raced
            | StoreError::Locked(_)
            | StoreError::Database(_)
            | StoreError::Unreachable(_)
            | StoreError::Full
            | StoreError::Closed
            | StoreError::NotFlushed(_) => Problem {
                status: StatusCode::SERVICE_UNAVAILABLE,
                kind: "try-again",
                title: "Not now",
                detail: "the request could not be completed now, please repeat it".to_owned(),
            },
        }
    }
}

impl From<OperationError> for Problem {
    fn from(error: OperationError) -> Problem {
        match error {
            OperationError::Refused(refusal) => refusal.into(),
            OperationError::NotYet(why) => Problem {
                status: StatusCode::SERVICE_UNAVAILABLE,
                kind: "try-again",
                title: "Not yet",
                detail: why.to_owned(),
            },
            OperationError::Failed(error) => error.into(),
        }
    }
}
