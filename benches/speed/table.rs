//! The table of figures: name, bar, median, spread over the rounds, and whether the bar holds.

use serde_json::{Value, json};

pub enum Bar {
    AtLeast(f64),
    AtMost(f64),
    /// Printed for people, judged by nobody.
    None,
}

pub struct Line {
    pub name: &'static str,
    pub bar: Bar,
    pub rounds: Vec<f64>,
    pub note: String,
}

#[derive(Default)]
pub struct Table(Vec<Line>);

impl Line {
    fn median(&self) -> f64 {
        let mut sorted = self.rounds.clone();
        sorted.sort_by(f64::total_cmp);
        match sorted.len() {
            0 => f64::NAN,
            n if n % 2 == 1 => sorted[n / 2],
            n => (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0,
        }
    }

    fn holds(&self) -> bool {
        match self.bar {
            Bar::AtLeast(bar) => self.median() >= bar,
            Bar::AtMost(bar) => self.median() <= bar,
            Bar::None => true,
        }
    }

    fn bar_text(&self) -> String {
        match self.bar {
            Bar::AtLeast(bar) => format!(">= {bar}"),
            Bar::AtMost(bar) => format!("<= {bar}"),
            Bar::None => "-".to_owned(),
        }
    }
}

impl Table {
    pub fn add(&mut self, name: &'static str, bar: Bar, rounds: Vec<f64>, note: String) {
        let line = Line { name, bar, rounds, note };
        println!("{name}: {:.3} ({}) {}", line.median(), line.bar_text(), line.note);
        self.0.push(line);
    }

    pub fn holds(&self) -> bool {
        self.0.iter().all(Line::holds)
    }

    /// What was asked for and not measured is missed, not left out.
    pub fn require(&mut self, names: impl IntoIterator<Item = &'static str>) {
        for name in names {
            if !self.0.iter().any(|line| line.name == name) {
                let note = "NOT MEASURED: what it needs is not there".to_owned();
                self.0.push(Line { name, bar: Bar::AtLeast(0.0), rounds: Vec::new(), note });
            }
        }
    }

    pub fn print(&self) {
        println!("\n{:<32} {:>9} {:>10} {:>21}      note", "figure", "bar", "median", "min - max");
        for line in &self.0 {
            let least = line.rounds.iter().copied().fold(f64::INFINITY, f64::min);
            let most = line.rounds.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let verdict = match line.bar {
                Bar::None => "",
                _ if line.holds() => "ok",
                _ => "MISS",
            };
            let spread = format!("{least:.3} - {most:.3}");
            println!(
                "{:<32} {:>9} {:>10.3} {spread:>21} {verdict:<4} {}",
                line.name,
                line.bar_text(),
                line.median(),
                line.note
            );
        }
    }

    pub fn json(&self) -> Value {
        let lines = self.0.iter().map(|line| {
            let figures = json!({
                "median": line.median(),
                "rounds": line.rounds,
                "bar": line.bar_text(),
                "holds": line.holds(),
                "note": line.note,
            });
            (line.name.to_owned(), figures)
        });
        Value::Object(lines.collect())
    }
}
