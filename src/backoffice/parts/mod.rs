//! What pages are made of. Each part escapes what it is given and writes itself as HTML, so a template puts it down by
//! `{{ table }}` alone.

pub mod badge;
pub mod chart;
pub mod facts;
pub mod filter;
pub mod form;
pub mod money;
pub mod notice;
pub mod pager;
pub mod raw;
pub mod stack;
pub mod table;
pub mod when;

pub use badge::{Badge, Tone};
pub use filter::{Choice, Filter, Input};
pub use notice::Notice;
pub use pager::Pager;
pub use table::{Cell, Column, Row, Table};
pub use when::When;

use std::fmt::{Formatter, Result, Write};

/// Writes text so that it stays text wherever HTML may have it: between tags, and in an attribute's quotes.
pub(crate) fn escape(f: &mut Formatter<'_>, text: &str) -> Result {
    for c in text.chars() {
        match c {
            '&' => f.write_str("&amp;")?,
            '<' => f.write_str("&lt;")?,
            '>' => f.write_str("&gt;")?,
            '"' => f.write_str("&quot;")?,
            '\'' => f.write_str("&#39;")?,
            // Stored text may hold anything; what steers the direction of writing could make it read as another.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => f.write_char('\u{fffd}')?,
            c if c.is_control() && c != '\n' && c != '\t' => f.write_char('\u{fffd}')?,
            c => f.write_char(c)?,
        }
    }
    Ok(())
}

/// A text that writes itself escaped.
pub(crate) struct Escaped<'a>(pub &'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        escape(f, self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let written = Escaped("<b onclick='x()'>\"A & B\"\u{202e}\u{1b}").to_string();
        assert_eq!(written, "&lt;b onclick=&#39;x()&#39;&gt;&quot;A &amp; B&quot;\u{fffd}\u{fffd}");
    }
}
