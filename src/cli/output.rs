//! What commands print: tables for people, one JSON value for programs.

use super::Failed;
use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;
use std::io::{ErrorKind, Write};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

/// Prints a text as it is, with a line end behind it.
pub fn line(text: &str) -> Result<(), Failed> {
    bytes(text.as_bytes())
}

/// The same for what may be no UTF-8.
pub fn bytes(bytes: &[u8]) -> Result<(), Failed> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        // `tillgate payout list | head` is no failure.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failed::Unheard),
        Err(error) => Err(Failed::Down(format!("the output can't be written: {error}"))),
    }
}

pub fn json(value: &Value) -> Result<(), Failed> {
    line(&format!("{value:#}"))
}

/// Rows under a header.
pub fn table<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<(), Failed> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header);
    for row in rows {
        table.add_row(row.map(|cell| visible(&cell)));
    }
    line(&table.trim_fmt())
}

/// One thing, a line for each of its properties; those it does not have are left out.
pub fn properties(pairs: &[(&str, Value)]) -> Result<(), Failed> {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let lines = pairs.iter().filter_map(|(name, value)| {
        let value = match value {
            Value::Null => return None,
            Value::String(text) => visible(text),
            other => other.to_string(),
        };
        Some(format!("{name:width$}  {value}"))
    });
    line(&lines.collect::<Vec<_>>().join("\n"))
}

pub fn object(pairs: &[(&str, Value)]) -> Value {
    Value::Object(pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

/// Stored text may hold anything; a terminal must not obey it.
fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// A time in microseconds since 1970, as people and programs read it.
pub fn time(micros: i64) -> String {
    chrono::DateTime::from_timestamp_micros(micros)
        .map_or_else(|| micros.to_string(), |at| at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(visible("a\u{1b}[31mb\n"), "a\u{fffd}[31mb\u{fffd}");
    }

    #[test]
    fn times_are_utc_to_the_microsecond() {
        assert_eq!(time(1_795_521_600_000_001), "2026-11-24T12:00:00.000001Z");
    }
}
