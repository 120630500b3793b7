//! What one parameter may hold, and how our values become such texts.
//!
//! A value that does not fit is refused before anything is sent, with the parameter's name and format and never
//! with the value itself, which may be a card number.

pub mod amount;
pub mod ascii;
pub mod brand;
pub mod card;
pub mod country;
pub mod format;
pub mod reference;

pub use format::Format;

/// A value that can't be sent. What it says completes a sentence that begins with the parameter's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter} ({format}) {problem}")]
pub struct BadValue {
    pub parameter: String,
    pub format: String,
    pub problem: &'static str,
}

impl BadValue {
    pub fn new(parameter: &str, format: impl ToString, problem: &'static str) -> BadValue {
        BadValue { parameter: parameter.to_owned(), format: format.to_string(), problem }
    }
}
