//! A request: dotted names and texts, written as a form or as nested JSON.
//!
//! A request carries card numbers and checksums, so its `Debug` shows names only.

use super::super::checksum::{Signed, Signer};
use serde_json::{Map, Value};

/// How requests are written. The form is what every installation reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    #[default]
    Form,
    Json,
}

impl Format {
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Form => "application/x-www-form-urlencoded",
            Format::Json => "application/json",
        }
    }
}

#[derive(Clone, Default)]
pub struct Request {
    fields: Vec<(String, String)>,
}

impl Request {
    pub fn new() -> Request {
        Request::default()
    }

    /// A request of a merchant, with the checksum of what it asks for.
    pub fn signed(member: &str, signer: &Signer, signed: Signed<'_>) -> Request {
        Request::new()
            .with("authentication.memberId", member)
            .with("authentication.checksum", &signer.sign(signed))
    }

    pub fn with(mut self, name: &str, value: &str) -> Request {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves an absent or empty value out: the gateway doesn't tell the two apart.
    pub fn with_some(self, name: &str, value: Option<&str>) -> Request {
        match value {
            Some(value) if !value.is_empty() => self.with(name, value),
            Some(_) | None => self,
        }
    }

    /// Free text, made fit: the gateway refuses a whole payment because of a tag or a long street name.
    pub fn with_text(self, name: &str, value: Option<&str>, longest: usize) -> Request {
        let clean: Option<String> = value.map(|value| {
            let kept = value.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>' | '"' | ';'));
            kept.take(longest).collect::<String>().trim().to_owned()
        });
        self.with_some(name, clean.as_deref())
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    pub fn write(&self, format: Format) -> Vec<u8> {
        match format {
            Format::Form => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                form.extend_pairs(&self.fields);
                form.finish().into_bytes()
            }
            Format::Json => self.json().to_string().into_bytes(),
        }
    }

    fn json(&self) -> Value {
        let mut root = Map::new();
        for (name, value) in &self.fields {
            // The one leaf that is called differently in JSON.
            let name = if name == "card.holder" { "card.cardholder" } else { name };
            match name.split_once('.') {
                None => {
                    root.insert(name.to_owned(), Value::from(value.as_str()));
                }
                Some((group, leaf)) => {
                    let group = root.entry(group).or_insert_with(|| Value::Object(Map::new()));
                    if let Value::Object(members) = group {
                        members.insert(leaf.to_owned(), Value::from(value.as_str()));
                    }
                }
            }
        }
        Value::Object(root)
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.fields.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request::new()
            .with("authentication.memberId", "10519")
            .with("amount", "50.00")
            .with("card.holder", "Ana Kovač & Co")
            .with_some("card.cvv", None)
            .with_some("remark", Some(""))
            .with_text("shipping.street1", Some(" Riva <1>\n "), 150)
    }

    #[test]
    fn a_form_keeps_dotted_names() {
        let body = String::from_utf8(request().write(Format::Form)).expect("text");
        assert_eq!(
            body,
            "authentication.memberId=10519&amount=50.00&card.holder=Ana+Kova%C4%8D+%26+Co&shipping.street1=Riva+1"
        );
    }

    #[test]
    fn json_nests_and_renames_the_holder() {
        let body = String::from_utf8(request().write(Format::Json)).expect("text");
        assert_eq!(
            body,
            r#"{"authentication":{"memberId":"10519"},"amount":"50.00","card":{"cardholder":"Ana Kovač & Co"},"shipping":{"street1":"Riva 1"}}"#
        );
    }

    #[test]
    fn values_are_not_in_the_debug_output() {
        let request = Request::new().with("card.number", "4000000000000051");
        assert_eq!(format!("{request:?}"), r#"["card.number"]"#);
    }
}
