//! Names with their values, as a sheet: what is known of one thing.

use super::{Cell, Escaped};
use askama::filters::HtmlSafe;
use std::fmt::{Display, Formatter, Result};

#[derive(Clone, Debug)]
pub struct Facts {
    title: String,
    facts: Vec<(String, Cell)>,
}

impl Facts {
    pub fn new(title: impl Into<String>) -> Facts {
        Facts { title: title.into(), facts: Vec::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// A value that is not there leaves no line.
    pub fn fact(mut self, name: impl Into<String>, value: Cell) -> Facts {
        match &value {
            Cell::Empty => {}
            Cell::Text(text) | Cell::Number(text) | Cell::Code(text) if text.is_empty() => {}
            Cell::Text(_)
            | Cell::Number(_)
            | Cell::Code(_)
            | Cell::When(_)
            | Cell::Badge(_)
            | Cell::Link { .. }
            | Cell::Typed { .. }
            | Cell::Folded { .. }
            | Cell::Several(_) => self.facts.push((name.into(), value)),
        }
        self
    }
}

impl HtmlSafe for Facts {}

impl Display for Facts {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "<section class=\"sheet\"><h2>{}</h2><dl class=\"facts\">", Escaped(&self.title))?;
        for (name, value) in &self.facts {
            write!(f, "<dt>{}</dt><dd>{value}</dd>", Escaped(name))?;
        }
        f.write_str("</dl></section>")
    }
}

/// Sheets beside each other, where there is room.
#[derive(Default)]
pub struct Sheets(Vec<String>);

impl Sheets {
    pub fn new() -> Sheets {
        Sheets::default()
    }

    pub fn with(mut self, sheet: impl HtmlSafe) -> Sheets {
        self.0.push(sheet.to_string());
        self
    }
}

impl HtmlSafe for Sheets {}

impl Display for Sheets {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("<div class=\"columns\">")?;
        for sheet in &self.0 {
            f.write_str(sheet)?;
        }
        f.write_str("</div>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_text_and_absent_ones_leave_no_line() {
        let facts = Facts::new("<t>").fact("<n>", Cell::text("<v>")).fact("none", Cell::Empty);
        let html = Sheets::new().with(facts).to_string();
        assert!(html.contains("<dt>&lt;n&gt;</dt><dd>&lt;v&gt;</dd>") && !html.contains("none"), "{html}");
    }
}
