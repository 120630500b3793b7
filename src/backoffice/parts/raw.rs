//! Small parts without a file of their own.

use super::{Cell, Escaped};
use askama::filters::HtmlSafe;
use std::fmt::{Display, Formatter, Result};

/// The hidden field that shows that a form is of this session.
#[derive(Clone)]
pub struct CsrfField(pub String);

impl HtmlSafe for CsrfField {}

impl Display for CsrfField {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "<input type=\"hidden\" name=\"csrf\" value=\"{}\">", Escaped(&self.0))
    }
}

/// One thing, a line for each of its properties; those it does not have are left out.
#[derive(Clone, Debug, Default)]
pub struct Facts(Vec<(String, Cell)>);

impl Facts {
    pub fn with(mut self, name: impl Into<String>, cell: Cell) -> Facts {
        let empty = match &cell {
            Cell::Empty => true,
            Cell::Text(text) | Cell::Number(text) | Cell::Code(text) => text.is_empty(),
            Cell::When(_) | Cell::Badge(_) | Cell::Link { .. } | Cell::Typed { .. } | Cell::Folded { .. } => {
                false
            }
            Cell::Several(cells) => cells.is_empty(),
        };
        if !empty {
            self.0.push((name.into(), cell));
        }
        self
    }
}

impl HtmlSafe for Facts {}

impl Display for Facts {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("<dl class=\"facts\">")?;
        for (name, cell) in &self.0 {
            write!(f, "<dt>{}</dt><dd>{cell}</dd>", Escaped(name))?;
        }
        f.write_str("</dl>")
    }
}

/// What went over the wire, in its lines: each body under its name.
#[derive(Clone, Debug, Default)]
pub struct Bodies(pub Vec<(String, String)>);

impl HtmlSafe for Bodies {}

impl Display for Bodies {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (name, body) in &self.0 {
            write!(f, "<h2>{}</h2><pre class=\"raw\" tabindex=\"0\">{}</pre>", Escaped(name), Escaped(body))?;
        }
        Ok(())
    }
}

/// A picture that [`crate::backoffice::qr`] has drawn.
#[derive(Clone, Debug)]
pub struct QrCode(pub String);

impl HtmlSafe for QrCode {}

impl Display for QrCode {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&self.0)
    }
}
