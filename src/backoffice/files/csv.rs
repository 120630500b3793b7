//! Lists as CSV (RFC 4180), in UTF-8. Spreadsheets take a text that begins like a formula for one, so such a text gets
//! an apostrophe before it: what a customer typed at the cashier is never run on an operator's desk.

use super::{Sheet, Value};

pub struct Csv(Vec<u8>);

impl Csv {
    pub fn new(header: &[String]) -> Csv {
        let mut csv = Csv(Vec::new());
        csv.write(header.iter().map(|name| harmless(name)));
        csv
    }

    fn write(&mut self, cells: impl Iterator<Item = String>) {
        for (index, cell) in cells.enumerate() {
            if index > 0 {
                self.0.push(b',');
            }
            let quoted =
                cell.contains(['"', ',', '\n', '\r']) || cell.starts_with(' ') || cell.ends_with(' ');
            if quoted {
                self.0.push(b'"');
                self.0.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
                self.0.push(b'"');
            } else {
                self.0.extend_from_slice(cell.as_bytes());
            }
        }
        self.0.extend_from_slice(b"\r\n");
    }
}

impl Sheet for Csv {
    fn row(&mut self, cells: &[Value]) {
        self.write(cells.iter().map(|cell| match cell {
            Value::Empty => String::new(),
            Value::Text(text) => harmless(text),
            Value::Amount(money) => money.major(),
            Value::Time(at) => at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }));
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        self.0
    }
}

fn harmless(text: &str) -> String {
    let first = text.trim_start_matches([' ', '"', '\'']).chars().next();
    let formula = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}')
    );
    if formula { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::{Currency, Money};

    fn row(cells: &[Value]) -> String {
        let mut csv = Csv::new(&["A".to_owned()]);
        let _header = csv.take();
        csv.row(cells);
        String::from_utf8(Box::new(csv).finish()).expect("UTF-8")
    }

    #[test]
    fn no_text_becomes_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\"=1", "＝1"] {
            let written = row(&[Value::Text(text.to_owned())]);
            let cell = written.trim_end_matches("\r\n").trim_start_matches('"');
            assert!(cell.starts_with('\''), "{text:?} is written {written:?}");
        }
        assert_eq!(row(&[Value::Text("PO-1".to_owned())]), "PO-1\r\n");
    }

    #[test]
    fn cells_come_back_as_a_reader_of_csv_reads_them() {
        let money = Money::from_minor(-1250, Currency::find("EUR").expect("EUR"));
        let at = DateTime::from_timestamp(1_795_521_600, 0).expect("a time");
        let texts = ["a,b", "say \"x\"", "two\nlines", " spaced ", ""];
        let mut cells: Vec<Value> = texts.iter().map(|text| Value::Text((*text).to_owned())).collect();
        cells.extend([Value::Amount(money), Value::Time(at), Value::Empty]);
        let written = row(&cells);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(written.as_bytes());
        let read: Vec<String> =
            reader.records().next().expect("a row").expect("good").iter().map(str::to_owned).collect();
        let expected =
            ["a,b", "say \"x\"", "two\nlines", " spaced ", "", "-12.50", "2026-11-24T12:00:00Z", ""];
        assert_eq!(read, expected, "an amount is a number and keeps its sign");
    }

    use chrono::DateTime;
}
