//! Why a call brought no result, in the three kinds that matter for money.

use super::codec::answer::ResultCodes;
use super::scrub::scrub;
use crate::domain::outcome::{DepositOutcome, Outcome};
use crate::processors::Opened;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The gateway, or we before sending, said no to this call. It says nothing about an earlier try of it.
    #[error("{code}: {reason}")]
    Rejected { code: String, reason: String },
    /// Nothing reached the gateway's processing: the connection failed, or no token could be had.
    #[error("{0}")]
    NotSent(String),
    /// Something left us and no readable answer came back.
    #[error("{0}")]
    Unknown(String),
}

impl Trouble {
    /// We refuse to send it.
    pub fn unfit(reason: impl std::fmt::Display) -> Trouble {
        Trouble::Rejected { code: "unfit".to_owned(), reason: reason.to_string() }
    }

    pub fn rejected(result: &ResultCodes) -> Trouble {
        Trouble::Rejected { code: scrub(&result.code()), reason: scrub(&result.description) }
    }
}

impl From<Trouble> for Outcome {
    fn from(trouble: Trouble) -> Outcome {
        match trouble {
            Trouble::Rejected { code, reason } => Outcome::Declined { code, reason },
            Trouble::NotSent(cause) => Outcome::NotSent { cause },
            Trouble::Unknown(cause) => Outcome::Unknown { cause },
        }
    }
}

impl From<Trouble> for Opened {
    fn from(trouble: Trouble) -> Opened {
        match trouble {
            Trouble::Rejected { code, reason } => Opened::Refused { code, reason },
            Trouble::NotSent(cause) => Opened::NotSent { cause },
            Trouble::Unknown(cause) => Opened::Unknown { cause },
        }
    }
}

/// For questions about a deposit: no answer to a question changes a deposit, so all three mean "ask again".
impl From<Trouble> for DepositOutcome {
    fn from(trouble: Trouble) -> DepositOutcome {
        DepositOutcome::Unknown { cause: trouble.to_string() }
    }
}
