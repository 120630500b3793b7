//! Example calls and answers, written from the catalog's examples in each encoding.

use crate::cashier::catalog::{Field, Kind, Method, Need};
use crate::cashier::wire::{Casing, Encoding, Reply, Value, encode};

/// The encodings that are shown, with their names in documents.
pub const SHOWN: [(Encoding, &str); 4] =
    [(Encoding::Form, "Form"), (Encoding::Json, "JSON"), (Encoding::Xml, "XML"), (Encoding::Soap11, "SOAP")];

/// The fields of an example call: what is required or recommended, one of a choice, and the pass code.
pub fn request_fields(method: &Method) -> Vec<&'static Field> {
    // The last of a choice is the cashier's own number, which the reader can know beforehand.
    let spare_choice = method.one_of.split_last().map_or(&[][..], |(_, others)| others);
    method
        .request_fields()
        .filter(|field| field.need != Need::Optional || field.name == "Fee")
        .filter(|field| !spare_choice.contains(&field.name) && !field.example.is_empty())
        .collect()
}

/// The fields of an example answer: all but the mark of a repeat, and what only some payouts have.
pub fn reply_fields(method: &Method) -> Vec<&'static Field> {
    let rare = ["Replayed", "ExtReversalID"];
    method
        .reply_fields()
        .filter(|field| field.need == Need::Required || !rare.contains(&field.name))
        .collect()
}

/// The body of an example call.
pub fn request(method: &Method, encoding: Encoding, namespace: &str) -> String {
    let fields = request_fields(method);
    match encoding {
        Encoding::Form => {
            let mut query = form_urlencoded::Serializer::new(String::new());
            for field in fields {
                query.append_pair(field.name, field.example);
            }
            query.finish()
        }
        Encoding::Json => {
            let pairs = fields.iter().map(|field| (field.name.to_owned(), json_value(field)));
            pretty(&serde_json::Value::Object(pairs.collect()))
        }
        Encoding::Xml => element(method.name, &fields, "", ""),
        Encoding::Soap11 => {
            envelope("http://schemas.xmlsoap.org/soap/envelope/", method.name, &fields, namespace)
        }
        Encoding::Soap12 => {
            envelope("http://www.w3.org/2003/05/soap-envelope", method.name, &fields, namespace)
        }
    }
}

/// The body of an example answer, written by the door's own encoder.
pub fn reply(method: &Method, encoding: Encoding, namespace: &str) -> String {
    let fields = reply_fields(method).into_iter().map(|field| {
        let value = match whole(field) {
            Some(number) => Value::Int(number),
            None => Value::Text(field.example.to_owned()),
        };
        (field.name, value)
    });
    let reply = Reply { method: method.name.to_owned(), casing: Casing::Pascal, fields: fields.collect() };
    let (_, body) = encode(encoding, &reply, namespace);
    String::from_utf8_lossy(&body).into_owned()
}

/// The largest whole number that a reader who keeps all numbers as floats holds exactly.
pub const EXACT: i64 = 1 << 53;

/// In JSON whole numbers are numbers if every reader holds them exactly. Amounts are texts, because a number may lose
/// its decimals on the way.
pub fn json_value(field: &Field) -> serde_json::Value {
    whole(field).map_or_else(|| field.example.into(), Into::into)
}

fn whole(field: &Field) -> Option<i64> {
    match field.kind {
        Kind::Int { most, .. } if most <= EXACT => field.example.parse().ok(),
        Kind::Code => field.example.parse().ok(),
        Kind::Int { .. }
        | Kind::Text { .. }
        | Kind::Amount
        | Kind::Fee
        | Kind::Balance
        | Kind::Currency
        | Kind::StatusLetter
        | Kind::Word(_)
        | Kind::Date => None,
    }
}

pub fn pretty(value: &serde_json::Value) -> String {
    // A tree of texts and numbers always has a text.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn element(name: &str, fields: &[&Field], namespace: &str, indent: &str) -> String {
    let inside = fields.iter().map(|field| {
        let name = field.name;
        format!("{indent}  <{name}>{}</{name}>\n", escaped(field.example))
    });
    format!("{indent}<{name}{namespace}>\n{}{indent}</{name}>", inside.collect::<String>())
}

fn envelope(soap: &str, name: &str, fields: &[&Field], namespace: &str) -> String {
    let call = element(name, fields, &format!(" xmlns=\"{}\"", escaped(namespace)), "    ");
    format!("<soap:Envelope xmlns:soap=\"{soap}\">\n  <soap:Body>\n{call}\n  </soap:Body>\n</soap:Envelope>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cashier::catalog::METHODS;
    use crate::cashier::wire::{DEFAULT_NAMESPACE, decode};

    #[test]
    fn the_door_reads_every_example_alike_and_finds_nothing_wrong() {
        for method in METHODS {
            let all = [Encoding::Form, Encoding::Json, Encoding::Xml, Encoding::Soap11, Encoding::Soap12];
            let expected: Vec<_> =
                request_fields(method).iter().map(|field| (field.name, field.example)).collect();
            for encoding in all {
                let body = request(method, encoding, DEFAULT_NAMESPACE);
                let request = decode(None, None, Some(method.name), body.as_bytes()).unwrap();
                assert_eq!(request.encoding, encoding);
                assert_eq!(request.fields.iter().collect::<Vec<_>>(), expected, "{}", method.name);
                assert_eq!(method.check(&request.fields), Ok(()), "{}", method.name);
            }
        }
    }
}
