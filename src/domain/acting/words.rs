//! What people give as a reason or leave as a note.

use super::{Impossible, WrongWords};
use crate::domain::card_number;

/// A reason or a note: words, of a length that fits, and no card number.
pub fn words(field: &'static str, text: &str, longest: usize) -> Result<(), Impossible> {
    let wrong = |wrong| Err(Impossible::Words { field, wrong });
    if text.trim().is_empty() {
        return wrong(WrongWords::Empty);
    }
    if text.chars().count() > longest {
        return wrong(WrongWords::Long { most: longest });
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return wrong(WrongWords::Control);
    }
    if card_number::is_in(text) {
        return wrong(WrongWords::CardNumber);
    }
    Ok(())
}

/// The longest reason.
pub const LONGEST_REASON: usize = 200;
/// The longest note.
pub const LONGEST_NOTE: usize = 1_000;
