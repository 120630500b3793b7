//! A table with a caption and headers. Rows can be walked by j and k, opened by Enter, and picked for a bulk action.

use super::{Badge, Escaped, When};
use askama::filters::HtmlSafe;
use std::fmt::{Display, Formatter, Result};

/// What stands in a cell.
#[derive(Clone, Debug)]
pub enum Cell {
    Empty,
    Text(String),
    /// An amount as it is to be read, at the right.
    Number(String),
    /// An id: in letters of one width, and selected by one click.
    Code(String),
    When(When),
    Badge(Badge),
    Link {
        to: String,
        text: String,
    },
    Several(Vec<Cell>),
    /// A text that is typed, for a form elsewhere on the page.
    Typed {
        form: &'static str,
        name: String,
        /// What screen readers call it.
        label: String,
        longest: usize,
        /// Where typing begins.
        first: bool,
    },
    /// Long texts with their names, folded behind a line.
    Folded {
        summary: String,
        bodies: Vec<(String, String)>,
    },
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Cell {
        Cell::Text(text.into())
    }

    pub fn link(to: impl Into<String>, text: impl Into<String>) -> Cell {
        Cell::Link { to: to.into(), text: text.into() }
    }

    /// A text that may not be there.
    pub fn maybe(text: Option<impl Into<String>>) -> Cell {
        text.map_or(Cell::Empty, |text| Cell::Text(text.into()))
    }
}

impl Display for Cell {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Cell::Empty => Ok(()),
            Cell::Text(text) | Cell::Number(text) => write!(f, "{}", Escaped(text)),
            Cell::Code(text) => write!(f, "<code>{}</code>", Escaped(text)),
            Cell::When(when) => write!(f, "{when}"),
            Cell::Badge(badge) => write!(f, "{badge}"),
            Cell::Link { to, text } => write!(f, "<a href=\"{}\">{}</a>", Escaped(to), Escaped(text)),
            Cell::Typed { form, name, label, longest, first } => write!(
                f,
                "<input type=\"text\" form=\"{form}\" name=\"{}\" aria-label=\"{}\" maxlength=\"{longest}\" autocomplete=\"off\"{}>",
                Escaped(name),
                Escaped(label),
                if *first { " autofocus" } else { "" }
            ),
            Cell::Folded { summary, bodies } => {
                write!(f, "<details><summary>{}</summary>", Escaped(summary))?;
                for (name, body) in bodies {
                    write!(f, "<p class=\"hint\">{}</p>", Escaped(name))?;
                    write!(f, "<pre class=\"raw\" tabindex=\"0\">{}</pre>", Escaped(body))?;
                }
                f.write_str("</details>")
            }
            Cell::Several(cells) => {
                for (index, cell) in cells.iter().enumerate() {
                    if index > 0 {
                        f.write_str(" ")?;
                    }
                    write!(f, "{cell}")?;
                }
                Ok(())
            }
        }
    }
}

#[derive(Clone, Debug)]
pub struct Column {
    pub label: String,
    pub number: bool,
}

/// A row. `opens` is where Enter leads, `pick` the value of its box in a bulk form.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub cells: Vec<Cell>,
    pub opens: Option<String>,
    pub pick: Option<Pick>,
    /// It sums up the rows above it.
    pub sum: bool,
}

/// A box in front of a row.
#[derive(Clone, Debug)]
pub struct Pick {
    /// The form it belongs to.
    pub form: &'static str,
    pub value: String,
    /// What screen readers call it.
    pub label: String,
}

#[derive(Clone, Debug)]
pub struct Table {
    pub caption: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// What stands there when there are no rows.
    pub empty: String,
    /// The header of the boxes, where rows can be picked.
    pub picks: Option<String>,
    /// A heading right above says the same, so the caption is for screen readers alone.
    pub headed: bool,
    /// Long words break, so that many columns stand side by side without scrolling.
    pub narrow: bool,
}

impl Table {
    pub fn new(caption: impl Into<String>, empty: impl Into<String>) -> Table {
        Table {
            caption: caption.into(),
            columns: Vec::new(),
            rows: Vec::new(),
            empty: empty.into(),
            picks: None,
            headed: false,
            narrow: false,
        }
    }

    pub fn column(mut self, label: impl Into<String>) -> Table {
        self.columns.push(Column { label: label.into(), number: false });
        self
    }

    /// A column of amounts or counts.
    pub fn number(mut self, label: impl Into<String>) -> Table {
        self.columns.push(Column { label: label.into(), number: true });
        self
    }

    /// Puts a box before each row that has one.
    pub fn picking(mut self, header: impl Into<String>) -> Table {
        self.picks = Some(header.into());
        self
    }

    /// Stands under a heading of the same words.
    pub fn headed(mut self) -> Table {
        self.headed = true;
        self
    }

    /// Has long ids and texts break within their cells.
    pub fn narrow(mut self) -> Table {
        self.narrow = true;
        self
    }

    pub fn row(&mut self, cells: Vec<Cell>) -> &mut Row {
        self.push(Row { cells, ..Row::default() })
    }

    pub fn push(&mut self, row: Row) -> &mut Row {
        self.rows.push(row);
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }
}

impl HtmlSafe for Table {}

impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        // A wide table scrolls by itself, and by keys alone too.
        let caption = Escaped(&self.caption);
        write!(f, "<div class=\"wide\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\">")?;
        let class = if self.narrow { " class=\"narrow\"" } else { "" };
        let unseen = if self.headed { " class=\"unseen\"" } else { "" };
        write!(f, "<table{class}><caption{unseen}>{caption}</caption><thead><tr>")?;
        if let Some(header) = &self.picks {
            write!(
                f,
                "<th scope=\"col\" class=\"pick\"><span class=\"unseen\">{}</span></th>",
                Escaped(header)
            )?;
        }
        for column in &self.columns {
            let class = if column.number { " class=\"number\"" } else { "" };
            write!(f, "<th scope=\"col\"{class}>{}</th>", Escaped(&column.label))?;
        }
        f.write_str("</tr></thead><tbody>")?;
        for row in &self.rows {
            self.write_row(f, row)?;
        }
        if self.rows.is_empty() {
            let width = self.columns.len() + usize::from(self.picks.is_some());
            write!(f, "<tr><td colspan=\"{width}\" class=\"empty\">{}</td></tr>", Escaped(&self.empty))?;
        }
        f.write_str("</tbody></table></div>")
    }
}

impl Table {
    fn write_row(&self, f: &mut Formatter<'_>, row: &Row) -> Result {
        match &row.opens {
            Some(to) => write!(f, "<tr data-opens=\"{}\">", Escaped(to))?,
            None if row.sum => f.write_str("<tr class=\"sum\">")?,
            None => f.write_str("<tr>")?,
        }
        if self.picks.is_some() {
            f.write_str("<td class=\"pick\">")?;
            if let Some(pick) = &row.pick {
                write!(
                    f,
                    "<input type=\"checkbox\" name=\"pick\" form=\"{}\" value=\"{}\" aria-label=\"{}\">",
                    pick.form,
                    Escaped(&pick.value),
                    Escaped(&pick.label)
                )?;
            }
            f.write_str("</td>")?;
        }
        for (index, cell) in row.cells.iter().enumerate() {
            let number = self.columns.get(index).is_some_and(|column| column.number);
            let class = if number { " class=\"number\"" } else { "" };
            write!(f, "<td{class}>{cell}</td>")?;
        }
        f.write_str("</tr>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_text_whatever_they_hold() {
        let mut table = Table::new("<caption>", "none").column("<th>").number("Amount");
        let row = table.row(vec![Cell::link("/office/x?a=\"1\"", "<a>"), Cell::Number("1.00".to_owned())]);
        row.opens = Some("/office/<x>".to_owned());
        let html = table.to_string();
        for bad in ["<caption><", "<th><", "<a><", "\"1\"", "/office/<x>"] {
            assert!(!html.contains(bad), "{bad} in {html}");
        }
        assert!(html.contains("<td class=\"number\">1.00</td>"), "{html}");
    }

    #[test]
    fn a_table_without_rows_says_so() {
        let html = Table::new("Payouts", "There are none").column("A").column("B").to_string();
        assert!(html.contains("<td colspan=\"2\" class=\"empty\">There are none</td>"), "{html}");
    }
}
