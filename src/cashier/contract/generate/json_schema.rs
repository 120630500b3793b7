//! The JSON Schema (2020-12) of every request and reply, as definitions of one document.

use crate::cashier::catalog::{Field, Kind, LONGEST_STATUS, METHODS, Method, Need};
use crate::cashier::codes::CODES;
use crate::cashier::contract::samples::{EXACT, json_value};
use serde_json::{Map, Value, json};

pub fn document() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:tillgate:cashier:1:schema",
        "title": "The cashier's messages in JSON",
        "description": "Names are shown in their canonical spelling; in requests case, _ and - do not count, fields \
                        that are not listed are ignored, and an empty text or null means that a field is absent. \
                        Replies of a front end that prefers lower case have status and description instead of \
                        Status and Description.",
        "$defs": definitions(),
    })
}

pub fn definitions() -> Map<String, Value> {
    METHODS
        .iter()
        .flat_map(|method| {
            [
                (format!("{}Request", method.name), request(method)),
                (format!("{}Response", method.name), reply(method)),
            ]
        })
        .collect()
}

fn request(method: &Method) -> Value {
    let properties: Map<String, Value> = method
        .request_fields()
        .map(|field| {
            (field.name.to_owned(), described(field, request_type(field, field.need == Need::Required)))
        })
        .collect();
    let mut schema = json!({
        "type": "object",
        "description": method.summary,
        "properties": properties,
        "required": required(method.request.iter()),
    });
    if !method.one_of.is_empty() {
        let choices = method.one_of.iter().map(|name| json!({ "required": [name] }));
        schema["anyOf"] = choices.collect();
    }
    schema
}

fn reply(method: &Method) -> Value {
    let properties: Map<String, Value> = method
        .reply_fields()
        .map(|field| (field.name.to_owned(), described(field, reply_type(field))))
        .collect();
    let mut schema = json!({
        "type": "object",
        "description": format!("The answer to {}.", method.name),
        "properties": properties,
        "required": ["Status", "Description"],
    });
    let when_done = required(method.reply.iter());
    if !when_done.is_empty() {
        schema["if"] = json!({ "properties": { "Status": { "const": 0 } } });
        schema["then"] = json!({ "required": when_done });
    }
    schema
}

fn required<'a>(fields: impl Iterator<Item = &'a Field>) -> Vec<&'a str> {
    fields.filter(|field| field.need == Need::Required).map(|field| field.name).collect()
}

fn described(field: &Field, mut schema: Value) -> Value {
    schema["description"] = field.meaning.into();
    if !field.example.is_empty() {
        schema["examples"] = json!([json_value(field)]);
    }
    schema
}

/// What may be sent: numbers also as texts, and for what is not required also nothing at all.
fn request_type(field: &Field, required: bool) -> Value {
    let text = |pattern: &str| {
        if required { format!("^{pattern}$") } else { format!("^({pattern})?$") }
    };
    let types = |types: &[&'static str]| {
        let mut types = types.to_vec();
        if !required {
            types.push("null");
        }
        types
    };
    match field.kind {
        Kind::Text { max } => {
            // A text that is made of digits may come as a number, so ids of other systems need no quotes.
            json!({ "type": types(&["string", "integer"]), "minLength": i32::from(required), "maxLength": max })
        }
        Kind::Int { least, most } => json!({
            "type": types(&["integer", "string"]), "minimum": least, "maximum": most, "pattern": text(digits(least)),
        }),
        Kind::Amount => json!({
            "type": types(&["string", "number"]), "exclusiveMinimum": 0, "pattern": text(PLAIN_DECIMAL),
        }),
        Kind::Fee => {
            json!({ "type": types(&["string", "number"]), "minimum": 0, "pattern": text(PLAIN_DECIMAL) })
        }
        Kind::Currency => json!({ "type": types(&["string"]), "pattern": text("[A-Za-z]{3}") }),
        Kind::StatusLetter => {
            json!({ "type": types(&["string"]), "minLength": 1, "maxLength": LONGEST_STATUS })
        }
        Kind::Balance | Kind::Code | Kind::Word(_) | Kind::Date => {
            unreachable!("{} is asked, though its kind is only told", field.name)
        }
    }
}

/// Whole numbers that come as texts. The upper bound is left to the door: as a pattern nobody could read it.
fn digits(least: i64) -> &'static str {
    if least > 0 { "0*[1-9][0-9]{0,18}" } else { "[0-9]{1,19}" }
}

/// What is answered: whole numbers as numbers, amounts as texts.
fn reply_type(field: &Field) -> Value {
    match field.kind {
        Kind::Text { max } => json!({ "type": "string", "maxLength": max }),
        Kind::Int { least, most } if most <= EXACT => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Kind::Int { .. } => json!({ "type": "string", "pattern": "^[0-9]{1,19}$" }),
        Kind::Amount | Kind::Fee => json!({ "type": "string", "pattern": format!("^{PLAIN_DECIMAL}$") }),
        Kind::Balance => json!({ "type": "string", "pattern": format!("^-?{PLAIN_DECIMAL}$") }),
        Kind::Code => {
            json!({ "type": "integer", "enum": CODES.iter().map(|code| code.number).collect::<Vec<_>>() })
        }
        Kind::Currency => json!({ "type": "string", "pattern": "^[A-Z]{3}$" }),
        Kind::StatusLetter => json!({ "type": "string", "maxLength": LONGEST_STATUS }),
        Kind::Word(words) => json!({ "type": "string", "enum": words }),
        Kind::Date => json!({ "type": "string", "pattern": "^([0-9]{2}/[0-9]{2}/[0-9]{4})?$" }),
    }
}

/// No sign, no exponent, at most four decimals, as `domain::money` reads it.
const PLAIN_DECIMAL: &str = "[0-9]{1,15}(\\.[0-9]{1,4})?";
