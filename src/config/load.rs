//! Reading the settings: the file, then the environment over it.

use super::settings::Settings;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// What every override begins with: `TILLGATE__DATABASE__URL`.
const PREFIX: &str = "TILLGATE__";

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("{}: {reason}", .file.display())]
    Unreadable { file: PathBuf, reason: String },
    /// The text of a TOML error quotes the line, which may hold a secret: only place and reason are kept.
    #[error("{}, line {line}: {reason}", .file.display())]
    Syntax { file: PathBuf, line: usize, reason: String },
    #[error("{key}: {reason}")]
    Key { key: String, reason: String },
}

/// Reads a file and lays the environment's `TILLGATE__…` variables over it.
pub fn load(
    file: &Path,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Settings, LoadError> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| LoadError::Unreadable { file: file.to_owned(), reason: error.to_string() })?;
    let mut table: Table = text.parse().map_err(|error: toml::de::Error| LoadError::Syntax {
        file: file.to_owned(),
        line: error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1),
        reason: error.message().to_owned(),
    })?;
    for (name, value) in environment {
        if let Some(path) = name.strip_prefix(PREFIX) {
            overlay(&mut table, path, &value)
                .map_err(|reason| LoadError::Key { key: name.clone(), reason })?;
        }
    }
    serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| LoadError::Key {
        key: error.path().to_string(),
        reason: error.inner().message().to_owned(),
    })
}

/// Sets one key. A number between the double underscores picks an entry of a list.
fn overlay(table: &mut Table, path: &str, text: &str) -> Result<(), String> {
    let steps: Vec<String> = path.split("__").map(str::to_lowercase).collect();
    let (last, front) = steps.split_last().ok_or("names no key")?;
    if steps.iter().any(String::is_empty) {
        return Err("names no key".to_owned());
    }
    let mut at = table;
    let mut front = front.iter();
    while let Some(step) = front.next() {
        let next = at.entry(step.clone()).or_insert_with(|| Value::Table(Table::new()));
        at = match next {
            Value::Table(table) => table,
            Value::Array(entries) => {
                let index: usize =
                    front.next().and_then(|n| n.parse().ok()).ok_or("a list needs a number")?;
                match entries.get_mut(index) {
                    Some(Value::Table(table)) => table,
                    _ => return Err(format!("there is no entry {index}")),
                }
            }
            _ => return Err(format!("{step} is not a section")),
        };
    }
    let known = at.get(last);
    at.insert(last.clone(), typed(text, known));
    Ok(())
}

/// The value in the type of what it replaces; a new key by its looks. A list is written with commas.
fn typed(text: &str, known: Option<&Value>) -> Value {
    let string = || Value::String(text.to_owned());
    match known {
        Some(Value::String(_)) => string(),
        Some(Value::Array(_)) => {
            let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
            Value::Array(entries.map(|entry| Value::String(entry.to_owned())).collect())
        }
        _ => match (text.parse::<bool>(), text.parse::<i64>()) {
            (Ok(flag), _) => Value::Boolean(flag),
            (_, Ok(number)) => Value::Integer(number),
            _ => string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = "[database]\nurl = 'sqlite://a.db'\n";

    fn load_text(text: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.toml");
        std::fs::write(&file, text).expect("written");
        let environment = environment.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        load(&file, environment).map_err(|error| error.to_string())
    }

    #[test]
    fn the_environment_beats_the_file() {
        let environment = [
            ("TILLGATE__DATABASE__URL", "sqlite://b.db"),
            ("TILLGATE__LISTEN__CASHIER", "127.0.0.1:9000"),
            ("TILLGATE__SANDBOX__ENABLED", "true"),
            ("HOME", "/root"),
        ];
        let settings = load_text(MINIMAL, &environment).expect("loaded");
        assert_eq!(settings.database.url, "sqlite://b.db");
        assert_eq!(settings.listen.cashier, "127.0.0.1:9000");
        assert!(settings.sandbox.enabled);
    }

    #[test]
    fn problems_name_the_key_and_no_value() {
        let unknown = load_text(&format!("{MINIMAL}\n[log]\ncolour = 'red'\n"), &[]);
        let unknown = unknown.err().expect("refused");
        assert!(unknown.contains("log") && unknown.contains("colour"), "{unknown}");
        let syntax = load_text("[database]\nurl = 'secret\n", &[]).err().expect("refused");
        assert!(syntax.contains("line 2") && !syntax.contains("secret"), "{syntax}");
        let wrong = load_text(MINIMAL, &[("TILLGATE__DATABASE__READERS", "many")]).err().expect("refused");
        assert!(wrong.contains("database.readers"), "{wrong}");
    }
}
