//! The bodies of the platform's requests, as they are on the wire. Unknown fields are refused, and errors name the
//! field.

use super::problem::Problem;
use crate::domain::customer::Details;
use crate::domain::money::{Currency, Money};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomerRequest {
    pub front_end: String,
    pub pin: String,
    #[serde(default)]
    pub blocked: bool,
    #[serde(default)]
    pub details: DetailsRequest,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct DetailsRequest {
    first_name: Option<String>,
    last_name: Option<String>,
    street: Option<String>,
    city: Option<String>,
    province: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    /// `YYYY-MM-DD`.
    born: Option<chrono::NaiveDate>,
    gender: Option<String>,
    profile: Option<i64>,
    ip_address: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdjustmentRequest {
    pub front_end: String,
    pub pin: String,
    /// Major units as text; a minus takes from the customer.
    pub amount: String,
    pub reason: String,
    /// Whether a negative adjustment may lead below zero.
    #[serde(default)]
    pub below_zero: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    pub front_end: String,
    pub pin: String,
}

#[derive(Deserialize)]
pub struct CustomerQuery {
    pub front_end: String,
    pub pin: String,
}

#[derive(Deserialize)]
pub struct EventsQuery {
    #[serde(default)]
    pub after: String,
    pub limit: Option<usize>,
}

/// Reads a JSON body, or names the field that is wrong.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        // The error's own text may quote a value: the place is enough, with the reason in our words.
        let path = error.path().to_string();
        let inner = error.into_inner();
        let reason = match inner.classify() {
            serde_json::error::Category::Data => {
                let text = inner.to_string();
                let known = ["missing field", "unknown field", "duplicate field"];
                let told = known.iter().any(|known| text.starts_with(known));
                if told {
                    text.split(" at line").next().unwrap_or_default().to_owned()
                } else {
                    "has the wrong type".to_owned()
                }
            }
            _ => "the body is not JSON".to_owned(),
        };
        if path == "." { Problem::bad(reason) } else { Problem::bad(format!("{path}: {reason}")) }
    })?;
    json.end().map_err(|_| Problem::bad("something follows the JSON"))?;
    Ok(value)
}

/// A text within its length and without control characters.
pub fn text(field: &'static str, value: &str, longest: usize) -> Result<(), Problem> {
    let wrong = |reason: String| Err(Problem::from(crate::domain::refusal::Refusal::bad(field, reason)));
    if value.trim().is_empty() {
        return wrong("must not be empty".to_owned());
    }
    if value.chars().count() > longest {
        return wrong(format!("is longer than {longest} characters"));
    }
    if value.chars().any(char::is_control) {
        return wrong("holds a control character".to_owned());
    }
    Ok(())
}

/// An amount that may have a minus in front.
pub fn signed_amount(text: &str, currency: Currency) -> Result<Money, Problem> {
    let (digits, negative) = match text.strip_prefix('-') {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    let amount = Money::parse_major(digits, currency)
        .map_err(|error| Problem::from(crate::domain::refusal::Refusal::bad("amount", error)))?;
    Ok(if negative { amount.negated() } else { amount })
}

impl DetailsRequest {
    /// The details with every text checked against its length.
    pub fn into_details(self) -> Result<Details, Problem> {
        let texts: [(&'static str, &Option<String>, usize); 11] = [
            ("details.first_name", &self.first_name, 50),
            ("details.last_name", &self.last_name, 50),
            ("details.street", &self.street, 100),
            ("details.city", &self.city, 50),
            ("details.province", &self.province, 50),
            ("details.postal_code", &self.postal_code, 12),
            ("details.country", &self.country, 2),
            ("details.phone", &self.phone, 30),
            ("details.email", &self.email, 254),
            ("details.gender", &self.gender, 10),
            ("details.ip_address", &self.ip_address, 45),
        ];
        for (field, value, longest) in texts {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                text(field, value, longest)?;
            }
        }
        if self.profile.is_some_and(|level| !(0..=5).contains(&level)) {
            return Err(crate::domain::refusal::Refusal::bad("details.profile", "must be from 0 to 5").into());
        }
        Ok(Details {
            first_name: self.first_name,
            last_name: self.last_name,
            street: self.street,
            city: self.city,
            province: self.province,
            postal_code: self.postal_code,
            country: self.country,
            phone: self.phone,
            email: self.email,
            born: self.born,
            gender: self.gender,
            profile: self.profile,
            ip_address: self.ip_address,
        })
    }
}
