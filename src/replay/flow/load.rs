//! Reads flow files, and says of a bad one which step and which key are wrong.

use super::one_of::OneOf;
use super::{CUSTOMER, Flow, Person, raw, step};
use std::fmt;
use std::path::{Path, PathBuf};
use toml::Value;

/// What is wrong with a flow file, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    pub file: PathBuf,
    /// `step 3, expect.balance`, or nothing.
    pub place: String,
    pub problem: String,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.place.is_empty() { String::new() } else { format!("{}: ", self.place) };
        write!(f, "{}: {place}{}", self.file.display(), self.problem)
    }
}

/// Where in a file something is wrong, and what.
pub(super) type Wrong = (String, String);

/// All flows of a folder's `*.toml`, or of one file, in the order of their names.
pub fn load(path: &Path) -> Result<Vec<Flow>, Vec<Trouble>> {
    let files = files(path)
        .map_err(|problem| vec![Trouble { file: path.to_owned(), place: String::new(), problem }])?;
    let mut flows = Vec::new();
    let mut troubles = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|error| vec![(String::new(), error.to_string())]);
        match text.and_then(|text| read(&file, &text)) {
            Ok(found) => flows.extend(found),
            Err(wrongs) => troubles.extend(wrongs.into_iter().map(|(place, problem)| Trouble {
                file: file.clone(),
                place,
                problem,
            })),
        }
    }
    if troubles.is_empty() { Ok(flows) } else { Err(troubles) }
}

fn files(path: &Path) -> Result<Vec<PathBuf>, String> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(|error| error.to_string())?;
    let mut files = Vec::new();
    for entry in entries {
        let file = entry.map_err(|error| error.to_string())?.path();
        if file.extension().is_some_and(|extension| extension == "toml") && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() { Err("holds no flow (*.toml)".to_owned()) } else { Ok(files) }
}

/// The flows of one file: one, or one for each value of `over`.
pub(super) fn read(file: &Path, text: &str) -> Result<Vec<Flow>, Vec<Wrong>> {
    let raw = parse(text).map_err(|wrong| vec![wrong])?;
    if raw.step.is_empty() {
        return Err(vec![("step".to_owned(), "the flow has no step".to_owned())]);
    }
    let mut over = raw.over.iter();
    let choices: Vec<OneOf<'_>> = match (over.next(), over.next()) {
        (None, _) => vec![OneOf { chosen: None }],
        (Some((name, values)), None) if !values.is_empty() => {
            values.iter().map(|value| OneOf { chosen: Some((name, value)) }).collect()
        }
        _ => return Err(vec![("over".to_owned(), "must have one name with a list of values".to_owned())]),
    };
    let mut flows = Vec::new();
    let mut wrongs: Vec<Wrong> = Vec::new();
    for one in choices {
        match flow(file, &raw, &one) {
            Ok(flow) => flows.push(flow),
            // What is wrong for every value is told once.
            Err(found) => {
                wrongs.extend(found.into_iter().filter(|wrong| !wrongs.contains(wrong)).collect::<Vec<_>>())
            }
        }
    }
    if wrongs.is_empty() { Ok(flows) } else { Err(wrongs) }
}

fn parse(text: &str) -> Result<raw::Flow, Wrong> {
    let line = |error: &toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        before.map(|before| format!("line {}", before.matches('\n').count() + 1)).unwrap_or_default()
    };
    let document =
        toml::Deserializer::parse(text).map_err(|error| (line(&error), error.message().to_owned()))?;
    serde_path_to_error::deserialize(document).map_err(|error| {
        let place = place(&error.path().to_string());
        let line = line(error.inner());
        let place = [place, line].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        (place, error.inner().message().to_owned())
    })
}

/// `step[2].expect` is `step 3, expect` to a person.
fn place(path: &str) -> String {
    if path == "." {
        return String::new();
    }
    let step = path.strip_prefix("step[").and_then(|rest| rest.split_once(']'));
    let Some((index, key)) = step else { return path.to_owned() };
    let number = index.parse::<usize>().map_or_else(|_| index.to_owned(), |index| (index + 1).to_string());
    match key.strip_prefix('.') {
        Some(key) => format!("step {number}, {key}"),
        None => format!("step {number}"),
    }
}

fn flow(file: &Path, raw: &raw::Flow, one: &OneOf<'_>) -> Result<Flow, Vec<Wrong>> {
    let people = people(&raw.given, one).map_err(|wrong| vec![wrong])?;
    let mut steps = Vec::new();
    let mut wrongs = Vec::new();
    let mut known = step::Known { people: &people, saved: Vec::new(), subjects: Vec::new() };
    for (index, raw_step) in raw.step.iter().enumerate() {
        let number = index + 1;
        match step::read(number, raw_step, one, &mut known, raw.over.values().next()) {
            Ok(Some(step)) => steps.push(step),
            Ok(None) => {}
            Err((key, problem)) => wrongs.push((format!("step {number}, {key}"), problem)),
        }
    }
    if !wrongs.is_empty() {
        return Err(wrongs);
    }
    Ok(Flow {
        file: file.to_owned(),
        name: raw.name.clone(),
        about: raw.about.clone(),
        variant: one.chosen.map(|(_, value)| value.to_owned()),
        people,
        steps,
    })
}

fn people(given: &raw::Given, one: &OneOf<'_>) -> Result<Vec<Person>, Wrong> {
    let front_end = front_end(given, one)?;
    let text = |key: &str, value: &Option<Value>| match value {
        Some(value) => one.text(value).map(Some).map_err(|problem| (format!("given.{key}"), problem)),
        None => Ok(None),
    };
    let pin = |pin: &Option<String>| pin.clone().unwrap_or_else(|| "Bigdaddy".to_owned());
    let mut people = vec![Person {
        role: CUSTOMER.to_owned(),
        front_end: front_end.clone(),
        pin: pin(&given.customer),
        balance: text("balance", &given.balance)?,
        blocked: given.blocked,
    }];
    for (role, other) in &given.others {
        if role == CUSTOMER {
            return Err((
                format!("given.others.{role}"),
                "is the name of the flow's own customer".to_owned(),
            ));
        }
        let own = text(&format!("others.{role}.front_end"), &other.front_end)?;
        people.push(Person {
            role: role.clone(),
            front_end: own.unwrap_or_else(|| front_end.clone()),
            pin: pin(&other.customer),
            balance: text(&format!("others.{role}.balance"), &other.balance)?,
            blocked: other.blocked,
        });
    }
    for person in &people {
        let place = || {
            if person.role == CUSTOMER { "given".to_owned() } else { format!("given.others.{}", person.role) }
        };
        // A PIN has fifty characters, and what makes it unique takes some.
        if person.pin.is_empty() || 25 < person.pin.chars().count() {
            return Err((format!("{}.customer", place()), "must have 1 to 25 characters".to_owned()));
        }
        let balance = person.balance.as_deref();
        if balance.is_some_and(|text| text.parse::<rust_decimal::Decimal>().is_err()) {
            return Err((
                format!("{}.balance", place()),
                "must be a decimal number such as \"1000.00\"".to_owned(),
            ));
        }
    }
    Ok(people)
}

/// The front end by its name, or the sandbox's front end with these rules.
fn front_end(given: &raw::Given, one: &OneOf<'_>) -> Result<String, Wrong> {
    let by_rules = [&given.debit_event, &given.fee_mode, &given.currency];
    if let Some(front_end) = &given.front_end {
        if by_rules.iter().any(|rule| rule.is_some()) {
            let problem = "give either a name or debit_event, fee_mode and currency".to_owned();
            return Err(("given.front_end".to_owned(), problem));
        }
        return one.text(front_end).map_err(|problem| ("given.front_end".to_owned(), problem));
    }
    let rule = |key: &str, value: &Option<Value>, usual: &str| match value {
        Some(value) => one.text(value).map_err(|problem| (format!("given.{key}"), problem)),
        None => Ok(usual.to_owned()),
    };
    let debit_event = rule("debit_event", &given.debit_event, "InProgress")?;
    let fee_mode = rule("fee_mode", &given.fee_mode, "on_top")?;
    let currency = rule("currency", &given.currency, "EUR")?;
    let name = match (debit_event.as_str(), fee_mode.as_str(), currency.as_str()) {
        ("Requested" | "Authorized" | "InProgress", "on_top", "EUR") => format!("Flows EUR {debit_event}"),
        ("Requested", "included", "EUR") => "Flows EUR Included".to_owned(),
        ("Requested", "ignore", "EUR") => "Flows EUR Ignore".to_owned(),
        ("Requested", "on_top", "JPY" | "KWD") => format!("Flows {currency}"),
        _ => {
            let problem = format!(
                "the sandbox has no front end that debits at {debit_event}, with fee mode {fee_mode}, in {currency}"
            );
            return Err(("given".to_owned(), problem));
        }
    };
    Ok(name)
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
