//! A JSON tree as YAML that reads well. Whatever might mean something else unquoted is quoted as in JSON, which every
//! YAML reader understands.

use serde_json::Value;

pub fn document(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, 0);
    out.trim_start_matches('\n').to_owned()
}

/// Writes what follows a `:` or a `-`, with its line break.
fn write(out: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            for (name, value) in map {
                out.push_str(&format!("{indent}{}:", text(name)));
                write(out, value, depth + 1);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            out.push('\n');
            for value in list {
                let mut item = String::new();
                write(&mut item, value, depth + 1);
                // The first line of a nested value stands behind the dash.
                out.push_str(&format!("{indent}- {}", item.trim_start()));
            }
        }
        Value::String(value) => out.push_str(&format!(" {}\n", text(value))),
        Value::Object(_) | Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {
            out.push_str(&format!(" {value}\n"));
        }
    }
}

fn text(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || " _/.,;()'+-".contains(c))
        && !text.ends_with(' ')
        && !is_word(text);
    if plain { text.to_owned() } else { Value::from(text).to_string() }
}

/// What YAML takes for something else than a text: all such words are short.
fn is_word(text: &str) -> bool {
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    WORDS.contains(&text.to_ascii_lowercase().as_str())
}

#[test]
fn only_what_is_surely_a_text_stays_unquoted() {
    let value = serde_json::json!({
        "on": ["y", "No", "plain text, (really)", "a: b", "200", "#/x", "", "two\nlines", {"a": 1, "b": [1, []]}],
        "empty": {}, "none": null, "flag": true, "pattern": "^-?[0-9]$", "end ": "x ",
    });
    let expected = "\
\"on\":
  - \"y\"
  - \"No\"
  - plain text, (really)
  - \"a: b\"
  - \"200\"
  - \"#/x\"
  - \"\"
  - \"two\\nlines\"
  - a: 1
    b:
      - 1
      - []
empty: {}
none: null
flag: true
pattern: \"^-?[0-9]$\"
\"end \": \"x \"
";
    assert_eq!(document(&value), expected);
}
