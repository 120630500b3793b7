//! Charts as SVG of our own, each with its numbers in a table behind it: nothing is told by the picture alone.

use super::{Cell, Escaped, Table};
use askama::filters::HtmlSafe;
use std::fmt::{Display, Formatter, Result};

/// Bars beside each other, each of several parts on top of each other.
#[derive(Clone, Debug)]
pub struct Bars {
    pub title: String,
    /// What is said to whom the picture is read: a sentence with the gist.
    pub gist: String,
    /// The parts by name, lowest first.
    pub parts: Vec<String>,
    /// Which of the stylesheet's looks each part has.
    pub looks: Vec<usize>,
    pub bars: Vec<Bar>,
    /// The header of the bars' names in the table, and what opens the table.
    pub header: String,
    pub numbers: String,
    /// What stands there without any bar.
    pub empty: String,
}

#[derive(Clone, Debug)]
pub struct Bar {
    /// Short, below the bar.
    pub label: String,
    /// One height for each part, and how it is written.
    pub values: Vec<(f64, String)>,
}

const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 150.0;
const BELOW: f64 = 22.0;
/// As many looks of parts as the stylesheet has.
const LOOKS: usize = 6;
/// More labels than this would run into each other.
const MOST_LABELS: usize = 7;

impl Bars {
    fn highest(&self) -> f64 {
        let sums = self.bars.iter().map(|bar| bar.values.iter().map(|(value, _)| value).sum::<f64>());
        sums.fold(0.0, f64::max)
    }

    fn look(&self, part: usize) -> usize {
        self.looks.get(part).copied().unwrap_or(part) % LOOKS
    }

    fn table(&self) -> Table {
        let mut table = Table::new(self.title.clone(), self.empty.clone()).column(self.header.clone());
        for part in &self.parts {
            table = table.number(part.clone());
        }
        for bar in &self.bars {
            let label = std::iter::once(Cell::text(&bar.label));
            let values = bar.values.iter().map(|(_, written)| Cell::Number(written.clone()));
            table.row(label.chain(values).collect());
        }
        table
    }

    fn write_picture(&self, f: &mut Formatter<'_>) -> Result {
        let (title, gist) = (Escaped(&self.title), Escaped(&self.gist));
        let all = HEIGHT + BELOW;
        write!(
            f,
            "<svg class=\"bars\" viewBox=\"0 0 {WIDTH} {all}\" role=\"img\" aria-label=\"{title}. {gist}\">"
        )?;
        write!(f, "<line class=\"ground\" x1=\"0\" y1=\"{HEIGHT}\" x2=\"{WIDTH}\" y2=\"{HEIGHT}\"/>")?;
        let step = WIDTH / self.bars.len().max(1) as f64;
        let scale = (HEIGHT - 6.0) / self.highest().max(f64::MIN_POSITIVE);
        for (place, bar) in self.bars.iter().enumerate() {
            let (x, width) = (place as f64 * step + step * 0.15, step * 0.7);
            let mut top = HEIGHT;
            for (part, (value, written)) in bar.values.iter().enumerate() {
                let height = value * scale;
                if height <= 0.0 {
                    continue;
                }
                top -= height;
                let name = self.parts.get(part).map_or("", String::as_str);
                write!(
                    f,
                    "<rect class=\"part p{}\" x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\">\
                     <title>{}, {}: {}</title></rect>",
                    self.look(part),
                    Escaped(&bar.label),
                    Escaped(name),
                    Escaped(written)
                )?;
            }
            // The last one is always named: it is the one that is looked at.
            let every = self.bars.len().div_ceil(MOST_LABELS);
            if !(self.bars.len() - 1 - place).is_multiple_of(every) {
                continue;
            }
            let (middle, below) = (x + width / 2.0, HEIGHT + 15.0);
            write!(f, "<text x=\"{middle:.1}\" y=\"{below}\">{}</text>", Escaped(&bar.label))?;
        }
        f.write_str("</svg>")
    }
}

impl HtmlSafe for Bars {}

impl Display for Bars {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "<figure class=\"sheet chart\"><figcaption>{}</figcaption>", Escaped(&self.title))?;
        if self.highest() <= 0.0 {
            return write!(f, "<p class=\"hint\">{}</p></figure>", Escaped(&self.empty));
        }
        self.write_picture(f)?;
        f.write_str("<ul class=\"legend\">")?;
        for (part, name) in self.parts.iter().enumerate() {
            let look = self.look(part);
            write!(
                f,
                "<li><svg class=\"bars\" viewBox=\"0 0 12 12\" aria-hidden=\"true\"><rect class=\"part p{look}\" \
                 width=\"12\" height=\"12\"/></svg> {}</li>",
                Escaped(name)
            )?;
        }
        let numbers = Escaped(&self.numbers);
        write!(f, "</ul><details><summary>{numbers}</summary>{}</details></figure>", self.table())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: &[f64]) -> Bars {
        Bars {
            title: "<Volume>".to_owned(),
            gist: "3 in all".to_owned(),
            parts: vec!["<One>".to_owned(), "Two".to_owned()],
            looks: Vec::new(),
            bars: values
                .iter()
                .map(|value| Bar {
                    label: "24 Nov".to_owned(),
                    values: vec![(*value, format!("{value}")), (1.0, "1".to_owned())],
                })
                .collect(),
            header: "Day".to_owned(),
            numbers: "Numbers".to_owned(),
            empty: "Nothing yet".to_owned(),
        }
    }

    #[test]
    fn a_picture_has_its_numbers_behind_it_and_text_stays_text() {
        let html = chart(&[2.0, 0.0]).to_string();
        assert!(html.contains("role=\"img\" aria-label=\"&lt;Volume&gt;. 3 in all\""), "{html}");
        assert!(html.contains("<td class=\"number\">2</td>"), "{html}");
        assert!(!html.contains("<One>") && html.contains("&lt;One&gt;"), "{html}");
        assert_eq!(html.matches("<rect").count(), 3 + 2, "parts of height nought are left out: {html}");
    }

    #[test]
    fn a_chart_of_nothing_says_so() {
        let html = chart(&[]).to_string();
        assert!(html.contains("Nothing yet") && !html.contains("<svg"), "{html}");
    }
}
