//! A flat JSON object, both ways.

use serde_json::Value;

/// What the cashier writes as a number rather than as a text.
const NUMBERS: [&str; 4] = ["Amount", "Fee", "TraceID", "RefTraceID"];

pub(super) fn write(fields: &[(String, String)]) -> String {
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| {
            let number = NUMBERS.iter().any(|known| super::same_name(known, name)) && is_number(value);
            let value = if number { value.clone() } else { Value::from(value.as_str()).to_string() };
            format!("{}:{value}", Value::from(name.as_str()))
        })
        .collect();
    format!("{{{}}}", pairs.join(","))
}

/// Plain digits with at most one point, as JSON's grammar takes them. Anything odd goes out as a text, unchanged.
fn is_number(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(w, f)| (w, Some(f)));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(digits)
}

pub(super) fn read(body: &str) -> Result<Vec<(String, String)>, String> {
    let value: Value =
        serde_json::from_str(body).map_err(|error| format!("the reply is not JSON: {error}"))?;
    let Value::Object(object) = value else { return Err("the reply is not a JSON object".to_owned()) };
    object
        .into_iter()
        .map(|(name, value)| match value {
            Value::String(text) => Ok((name, text)),
            Value::Number(number) => Ok((name, number.to_string())),
            Value::Bool(flag) => Ok((name, flag.to_string())),
            Value::Null => Ok((name, String::new())),
            Value::Array(_) | Value::Object(_) => Err(format!("the reply's `{name}` is not a plain value")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_json_takes_as_a_number_is_written_as_one() {
        for text in ["0", "1", "120.00", "0.5", "756850"] {
            assert!(is_number(text), "{text}");
        }
        for text in ["", "01", "1.", ".5", "-1", "1e3", "1,000", "1.2.3", "１"] {
            assert!(!is_number(text), "{text}");
        }
    }
}
