//! Requests as the simulator reads them: a form, or nested JSON flattened to the same dotted names.

use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Incoming {
    fields: BTreeMap<String, String>,
}

impl Incoming {
    pub fn read(content_type: &str, body: &[u8]) -> Option<Incoming> {
        let mut incoming = Incoming::default();
        if content_type.starts_with("application/json") {
            let Ok(Value::Object(members)) = serde_json::from_slice(body) else { return None };
            for (name, value) in members {
                incoming.flatten(name, value);
            }
            return Some(incoming);
        }
        if !content_type.starts_with("application/x-www-form-urlencoded") {
            return None;
        }
        for (name, value) in form_urlencoded::parse(body) {
            incoming.fields.entry(name.into_owned()).or_insert_with(|| value.into_owned());
        }
        Some(incoming)
    }

    fn flatten(&mut self, name: String, value: Value) {
        match value {
            Value::Object(members) => {
                for (leaf, value) in members {
                    self.flatten(format!("{name}.{leaf}"), value);
                }
            }
            Value::String(text) => {
                // The holder has another name in JSON bodies.
                let name = if name == "card.cardholder" { "card.holder".to_owned() } else { name };
                self.fields.insert(name, text);
            }
            Value::Number(number) => {
                self.fields.insert(name, number.to_string());
            }
            Value::Bool(truth) => {
                self.fields.insert(name, truth.to_string());
            }
            Value::Null | Value::Array(_) => {}
        }
    }

    pub fn get(&self, name: &str) -> &str {
        self.fields.get(name).map(String::as_str).unwrap_or_default()
    }

    pub fn has(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }
}
