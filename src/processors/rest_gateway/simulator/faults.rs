//! What can go wrong on purpose.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// No answer ever, and nothing was done.
    TimeoutBefore,
    /// No answer ever, though it was done.
    TimeoutAfter,
    ResetBefore,
    ResetAfter,
    BadGatewayBefore,
    BadGatewayAfter,
    /// It was done, and the connection ends in the middle of the answer.
    HalfAnswer,
    /// It was done, and the answer is no answer.
    Garbage,
    /// HTTP 200 and a body that says the token is bad; nothing was done.
    TokenRefused,
    /// HTTP 200 and a body with the code 403, though it was done.
    ForbiddenAfter,
    /// A real HTTP 401; nothing was done.
    HttpUnauthorized,
    /// It says that the checksum is wrong; nothing was done.
    ChecksumRefused,
    /// It was done, and the answer is right but written as careless installations do: numbers for texts, members that
    /// nobody knows, blanks and a mark in front, and HTML for its type.
    Quirky,
    /// Taken in, and done when somebody lets go, whether or not its caller is still there.
    DoneLate,
}

impl Fault {
    /// Every one that strikes a single call.
    pub const ALL: [Fault; 13] = [
        Fault::TimeoutBefore,
        Fault::TimeoutAfter,
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::BadGatewayBefore,
        Fault::BadGatewayAfter,
        Fault::HalfAnswer,
        Fault::Garbage,
        Fault::TokenRefused,
        Fault::ForbiddenAfter,
        Fault::HttpUnauthorized,
        Fault::ChecksumRefused,
        Fault::Quirky,
    ];

    pub fn is_before(self) -> bool {
        match self {
            Fault::TimeoutBefore
            | Fault::ResetBefore
            | Fault::BadGatewayBefore
            | Fault::TokenRefused
            | Fault::HttpUnauthorized
            | Fault::ChecksumRefused => true,
            Fault::TimeoutAfter
            | Fault::ResetAfter
            | Fault::BadGatewayAfter
            | Fault::HalfAnswer
            | Fault::Garbage
            | Fault::ForbiddenAfter
            | Fault::Quirky
            | Fault::DoneLate => false,
        }
    }
}

/// A fault for the next calls of one operation, or of any with `*`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    pub operation: String,
    pub fault: Fault,
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

#[derive(Debug, Default)]
pub(super) struct Faults {
    planned: Vec<Planned>,
}

impl Faults {
    pub fn plan(&mut self, planned: Planned) {
        self.planned.push(planned);
    }

    pub fn clear(&mut self) {
        self.planned.clear();
    }

    pub fn next(&mut self, operation: &str) -> Option<Fault> {
        let matches = |planned: &Planned| planned.operation == operation || planned.operation == "*";
        let at = self.planned.iter().position(|planned| planned.times > 0 && matches(planned))?;
        self.planned[at].times -= 1;
        Some(self.planned[at].fault)
    }
}
