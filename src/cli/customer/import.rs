//! `tillgate customer import`: everything is read and checked before anything is written.

use super::super::house::{House, transact};
use super::super::output::{self, Format};
use super::super::{Failed, Global, secret_file};
use super::record::{DETAILS, Record};
use crate::operations::{Caller, Rules, add_customer};
use crate::store::Tx;
use clap::ValueEnum;
use futures_util::{StreamExt, stream};
use serde_json::json;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

pub const EXAMPLES: &str = "\
CSV needs a header: front_end, pin, and any of blocked, first_name, last_name, street, city, province, postal_code,
country, phone, email, born, gender, profile, ip_address. JSON lines are one object a line, as POST
/platform/v1/customers takes them. Who is there already gets the new details; the same import again changes nothing.

Examples:
  tillgate customer import customers.csv
  tillgate customer import export.jsonl --skip-bad
  zcat customers.csv.gz | tillgate customer import - --as csv

Every bad line is reported with its field. Without --skip-bad one bad line keeps the whole file out (exit code 1).";

#[derive(clap::Args)]
pub struct Args {
    /// A .csv or .jsonl file; `-` for the standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What the file is, when its name does not tell.
    #[arg(long = "as", value_enum, value_name = "KIND")]
    kind: Option<Kind>,
    /// Import the good lines and leave the bad ones out.
    #[arg(long)]
    skip_bad: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Kind {
    Csv,
    Jsonl,
}

/// A line that can't be imported.
struct Bad {
    line: u64,
    reason: String,
}

/// How many customers are on their way to the writer at once, so that they share commits.
const AT_ONCE: usize = 128;
/// The longest line of JSON.
const LONGEST_LINE: u64 = 64 * 1024;

pub fn run(global: &Global, house: &House, args: &Args) -> Result<(), Failed> {
    let kind = args.kind.or_else(|| kind_of(&args.file)).ok_or_else(|| {
        Failed::Usage(format!("{}: say --as csv or --as jsonl, the name does not tell", args.file.display()))
    })?;
    let (good, bad) = read(&args.file, kind, house)?;
    if global.format == Format::Text {
        for Bad { line, reason } in &bad {
            output::line(&format!("line {line}: {reason}"))?;
        }
    }
    let refused = !bad.is_empty() && !args.skip_bad;
    let counts = if refused { Counts::default() } else { write(house, good)? };
    if global.format == Format::Json {
        let bad: Vec<_> = bad.iter().map(|bad| json!({ "line": bad.line, "reason": bad.reason })).collect();
        output::json(&json!({
            "added": counts.added, "updated": counts.updated, "unchanged": counts.unchanged, "bad": bad,
        }))?;
    }
    if refused {
        return Err(Failed::Check(format!(
            "nothing was imported: {} bad line(s); correct them, or leave them out with --skip-bad",
            bad.len()
        )));
    }
    if global.format == Format::Text {
        output::line(&format!(
            "{} added, {} updated, {} unchanged, {} bad line(s) left out.",
            counts.added,
            counts.updated,
            counts.unchanged,
            bad.len()
        ))?;
    }
    Ok(())
}

fn kind_of(file: &Path) -> Option<Kind> {
    match file.extension()?.to_str()? {
        "csv" => Some(Kind::Csv),
        "jsonl" | "ndjson" => Some(Kind::Jsonl),
        _ => None,
    }
}

/// The good lines with their front ends' rules, and the bad ones.
type Sorted = (Vec<(Record, Rules)>, Vec<Bad>);

fn read(file: &Path, kind: Kind, house: &House) -> Result<Sorted, Failed> {
    let unreadable = |error: &dyn std::fmt::Display| Failed::Usage(format!("{}: {error}", file.display()));
    let input: Box<dyn Read> = if secret_file::is_stdin(file) {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(file).map_err(|error| unreadable(&error))?)
    };
    let mut lines =
        Lines { house, rules: HashMap::new(), seen: HashSet::new(), good: Vec::new(), bad: Vec::new() };
    match kind {
        Kind::Csv => read_csv(input, &mut lines).map_err(|error| unreadable(&error))?,
        Kind::Jsonl => read_json_lines(input, &mut lines).map_err(|error| unreadable(&error))?,
    }
    Ok((lines.good, lines.bad))
}

fn read_csv(input: Box<dyn Read>, lines: &mut Lines<'_>) -> Result<(), String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(input);
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let names: Vec<&str> = header.iter().map(|name| name.trim_start_matches('\u{feff}')).collect();
    let known = |name: &str| ["front_end", "pin", "blocked"].contains(&name) || DETAILS.contains(&name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        return Err(format!("the header has a column `{unknown}`, which is not one of a customer's"));
    }
    for needed in ["front_end", "pin"] {
        if names.iter().filter(|name| **name == needed).count() != 1 {
            return Err(format!("the header must have one column `{needed}`"));
        }
    }
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => match error.position().map(csv::Position::line) {
                Some(line) => {
                    lines.bad.push(Bad { line, reason: "is not UTF-8 or not CSV".to_owned() });
                    continue;
                }
                None => return Err(error.to_string()),
            },
        };
        let line = row.position().map_or(0, csv::Position::line);
        if row.len() != names.len() {
            let reason = format!("has {} columns where the header has {}", row.len(), names.len());
            lines.bad.push(Bad { line, reason });
            continue;
        }
        lines.take(
            line,
            Record::of_texts(names.iter().copied().zip(row.iter())).map_err(|problem| problem.detail),
        );
    }
    Ok(())
}

fn read_json_lines(input: Box<dyn Read>, lines: &mut Lines<'_>) -> Result<(), String> {
    let mut reader = BufReader::new(input);
    let mut line = 0;
    loop {
        let mut text = Vec::new();
        let read = reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut text);
        let read = read.map_err(|error| error.to_string())?;
        if read == 0 {
            return Ok(());
        }
        line += 1;
        if read as u64 == LONGEST_LINE && !text.ends_with(b"\n") {
            return Err(format!("line {line} is longer than {LONGEST_LINE} bytes"));
        }
        if !text.trim_ascii().is_empty() {
            lines.take(line, Record::read(&text).map_err(|problem| problem.detail));
        }
    }
}

/// What was read so far.
struct Lines<'a> {
    house: &'a House,
    rules: HashMap<String, Option<Rules>>,
    seen: HashSet<(String, String)>,
    good: Vec<(Record, Rules)>,
    bad: Vec<Bad>,
}

impl Lines<'_> {
    fn take(&mut self, line: u64, record: Result<Record, String>) {
        match record.and_then(|record| self.fit(record)) {
            Ok(good) => self.good.push(good),
            Err(reason) => self.bad.push(Bad { line, reason }),
        }
    }

    /// A customer of a front end we have, and who is in the file once.
    fn fit(&mut self, record: Record) -> Result<(Record, Rules), String> {
        let house = self.house;
        let rules =
            self.rules.entry(record.front_end.clone()).or_insert_with_key(|name| house.rules(name).ok());
        let rules = rules.clone().ok_or("front_end: there is no such front end in the configuration")?;
        if !self.seen.insert((record.front_end.clone(), record.pin.clone())) {
            return Err("pin: this customer is in the file already".to_owned());
        }
        Ok((record, rules))
    }
}

#[derive(Default)]
struct Counts {
    added: u64,
    updated: u64,
    unchanged: u64,
}

fn write(house: &House, good: Vec<(Record, Rules)>) -> Result<Counts, Failed> {
    let caller = house.caller();
    house.write(|store| async move {
        let mut counts = Counts::default();
        let calls = good.into_iter().map(|(record, rules)| {
            let (store, caller, wish) = (store.clone(), caller.clone(), record.wish());
            async move {
                let (pin, wants) = (wish.pin.clone(), wish.wants(&rules));
                let run = move |tx: &mut Tx<'_>, rules: &Rules, by: &Caller| {
                    add_customer::run(tx, &wish, rules, by)
                };
                transact(&store, &rules, &caller, &pin, wants, run).await
            }
        });
        let mut answers = stream::iter(calls).buffer_unordered(AT_ONCE);
        while let Some(answer) = answers.next().await {
            let answer = answer?;
            match (answer.replayed, answer.description == add_customer::ADDED) {
                (true, _) => counts.unchanged += 1,
                (false, true) => counts.added += 1,
                (false, false) => counts.updated += 1,
            }
        }
        Ok(counts)
    })
}
