//! One customer as he is told to us, from arguments, a CSV row or a JSON line: the same checks as at the platform's
//! door, with the field in every complaint.

use crate::domain::customer::Details;
use crate::operations::add_customer;
use crate::platform::Problem;
use crate::platform::requests::{CustomerRequest, read, text};
use serde_json::{Map, Value, json};

/// The details by their names on the wire, in the order of people.
pub const DETAILS: [&str; 13] = [
    "first_name",
    "last_name",
    "street",
    "city",
    "province",
    "postal_code",
    "country",
    "phone",
    "email",
    "born",
    "gender",
    "profile",
    "ip_address",
];

/// A customer who passed all checks.
#[derive(Debug)]
pub struct Record {
    pub front_end: String,
    pub pin: String,
    pub blocked: bool,
    pub details: Details,
}

impl Record {
    /// Reads the JSON body of `POST /platform/v1/customers`.
    pub fn read(body: &[u8]) -> Result<Record, Problem> {
        let asked: CustomerRequest = read(body)?;
        text("front_end", &asked.front_end, 256)?;
        text("pin", &asked.pin, 50)?;
        Ok(Record {
            front_end: asked.front_end,
            pin: asked.pin,
            blocked: asked.blocked,
            details: asked.details.into_details()?,
        })
    }

    /// Reads names and texts, as a CSV row has them. An empty text is absent.
    pub fn of_texts<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Record, Problem> {
        let (mut customer, mut details) = (Map::new(), Map::new());
        for (name, text) in pairs.into_iter().filter(|(_, text)| !text.is_empty()) {
            match name {
                "blocked" => customer.insert(name.to_owned(), flag(text)?),
                // A number if it is one; what is not is refused where the types are known.
                "profile" => {
                    details.insert(name.to_owned(), text.parse::<i64>().map_or(json!(text), Value::from))
                }
                _ if DETAILS.contains(&name) => details.insert(name.to_owned(), json!(text)),
                _ => customer.insert(name.to_owned(), json!(text)),
            };
        }
        customer.insert("details".to_owned(), Value::Object(details));
        Record::read(Value::Object(customer).to_string().as_bytes())
    }

    pub fn wish(&self) -> add_customer::Wish {
        add_customer::Wish { pin: self.pin.clone(), blocked: self.blocked, details: self.details.clone() }
    }
}

fn flag(text: &str) -> Result<Value, Problem> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(Value::Bool(true)),
        "false" | "no" | "0" => Ok(Value::Bool(false)),
        _ => Err(Problem::bad("blocked: must be true or false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(pairs: &[(&str, &str)]) -> String {
        let base = [("front_end", "Shop"), ("pin", "1")];
        let kept = base.iter().filter(|(name, _)| !pairs.iter().any(|(other, _)| other == name));
        Record::of_texts(kept.chain(pairs).copied()).expect_err("refused").detail
    }

    #[test]
    fn texts_become_a_customer() {
        let pairs = [
            ("front_end", "Shop"),
            ("pin", "1"),
            ("blocked", "Yes"),
            ("born", "1984-04-23"),
            ("profile", "2"),
            ("city", ""),
        ];
        let record = Record::of_texts(pairs).unwrap();
        assert!(record.blocked);
        assert_eq!(record.details.profile, Some(2));
        assert_eq!(record.details.born.map(|born| born.to_string()).as_deref(), Some("1984-04-23"));
        assert_eq!(record.details.city, None);
    }

    #[test]
    fn every_complaint_names_its_field() {
        assert!(complaint(&[("pin", "")]).contains("pin"));
        assert!(complaint(&[("pin", &"x".repeat(51))]).contains("pin"));
        assert!(complaint(&[("front_end", "")]).contains("front_end"));
        assert!(complaint(&[("blocked", "perhaps")]).contains("blocked"));
        assert!(complaint(&[("profile", "high")]).contains("profile"));
        assert!(complaint(&[("profile", "9")]).contains("profile"));
        assert!(complaint(&[("born", "23.04.1984")]).contains("born"));
        assert!(complaint(&[("country", "GBR")]).contains("country"));
        assert!(complaint(&[("shoe_size", "9")]).contains("shoe_size"));
    }
}
