//! Which of a file's flows is being read: chooses among values given for each, and puts the value into texts.

use toml::Value;

/// The key that stands for every value without an entry of its own.
const OTHERWISE: &str = "otherwise";

/// One value of `over`, or none in a file that has no `over`.
#[derive(Clone, Copy)]
pub struct OneOf<'a> {
    pub chosen: Option<(&'a str, &'a str)>,
}

impl OneOf<'_> {
    /// The value itself, or the entry for this flow in a table of values.
    fn choose<'v>(&self, value: &'v Value) -> Result<&'v Value, String> {
        let Value::Table(table) = value else { return Ok(value) };
        let Some((_, chosen)) = self.chosen else {
            return Err("must not be a table, because the flow has no `over`".to_owned());
        };
        let found = table.get(chosen).or_else(|| table.get(OTHERWISE));
        found.ok_or_else(|| format!("has no entry for `{chosen}` and none for `{OTHERWISE}`"))
    }

    pub fn text(&self, value: &Value) -> Result<String, String> {
        match self.choose(value)? {
            Value::String(text) => Ok(self.put(text)),
            Value::Integer(number) => Ok(number.to_string()),
            Value::Boolean(flag) => Ok(flag.to_string()),
            Value::Float(_) => Err("must be written as a text, such as \"120.00\"".to_owned()),
            Value::Datetime(_) | Value::Array(_) | Value::Table(_) => Err("must be a text".to_owned()),
        }
    }

    /// One text or a list of texts.
    pub fn texts(&self, value: &Value) -> Result<Vec<String>, String> {
        match self.choose(value)? {
            Value::Array(list) => list.iter().map(|entry| self.text(entry)).collect(),
            single => Ok(vec![self.text(single)?]),
        }
    }

    pub fn flag(&self, value: &Value) -> Result<bool, String> {
        self.choose(value)?.as_bool().ok_or_else(|| "must be true or false".to_owned())
    }

    /// A number, or `positive` or `negative`.
    pub fn status(&self, value: &Value) -> Result<super::Status, String> {
        match self.choose(value)? {
            Value::Integer(number) => Ok(super::Status::Exactly(*number)),
            Value::String(text) => match text.as_str() {
                "positive" | "+" => Ok(super::Status::Positive),
                "negative" | "-" => Ok(super::Status::Negative),
                _ => Err("must be a number, `positive` or `negative`".to_owned()),
            },
            _ => Err("must be a number, `positive` or `negative`".to_owned()),
        }
    }

    /// Puts the chosen value where the text names it: `Flows EUR {debit_event}`.
    pub fn put(&self, text: &str) -> String {
        match self.chosen {
            Some((name, value)) => text.replace(&format!("{{{name}}}"), value),
            None => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        let table: toml::Table = toml::from_str(&format!("v = {text}")).expect("a value");
        table["v"].clone()
    }

    const AUTHORIZED: OneOf<'static> = OneOf { chosen: Some(("debit_event", "Authorized")) };
    const ALONE: OneOf<'static> = OneOf { chosen: None };

    #[test]
    fn a_table_is_a_choice() {
        assert_eq!(AUTHORIZED.text(&value("{ Authorized = \"a\", otherwise = \"o\" }")), Ok("a".to_owned()));
        assert_eq!(AUTHORIZED.text(&value("{ Requested = \"r\", otherwise = \"o\" }")), Ok("o".to_owned()));
        assert!(AUTHORIZED.text(&value("{ Requested = \"r\" }")).unwrap_err().contains("`Authorized`"));
        assert!(ALONE.text(&value("{ Requested = \"r\" }")).unwrap_err().contains("no `over`"));
        assert_eq!(AUTHORIZED.texts(&value("[\"x {debit_event}\"]")), Ok(vec!["x Authorized".to_owned()]));
    }

    #[test]
    fn amounts_are_texts() {
        assert!(ALONE.text(&value("120.0")).unwrap_err().contains("\"120.00\""));
        assert_eq!(ALONE.text(&value("\"{pin}\"")), Ok("{pin}".to_owned()));
    }
}
