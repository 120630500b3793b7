//! A flat JSON object → `Fields`.
//!
//! Read token by token rather than into a tree: a number keeps the text it was sent in (`120.00` is not `120`), a
//! name given twice is seen, and a nested value is refused where it begins, whatever its depth. The texts of strings
//! and the grammar of numbers are `serde_json`'s.

use super::error::Problem;
use super::fields::Fields;

pub(super) fn read(text: &str) -> Result<Fields, Problem> {
    let mut tokens = Tokens { rest: text, length: text.len() };
    let mut fields = Fields::default();
    if !tokens.take('{') {
        return Err(Problem::malformed("the JSON body must be an object"));
    }
    if !tokens.take('}') {
        loop {
            let name = tokens.string()?;
            if !tokens.take(':') {
                return Err(tokens.unexpected());
            }
            let value = tokens.value(&name)?;
            fields.push(name, value)?;
            if tokens.take('}') {
                break;
            }
            if !tokens.take(',') {
                return Err(tokens.unexpected());
            }
        }
    }
    tokens.skip_blanks();
    if !tokens.rest.is_empty() {
        return Err(tokens.unexpected());
    }
    Ok(fields)
}

struct Tokens<'a> {
    rest: &'a str,
    length: usize,
}

impl<'a> Tokens<'a> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    fn take(&mut self, sign: char) -> bool {
        self.skip_blanks();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// The place of an error may be told, its text may not.
    fn unexpected(&self) -> Problem {
        Problem::malformed(format!("the JSON is not valid at byte {}", self.length - self.rest.len() + 1))
    }

    /// The text of a parameter; null becomes the empty text, which means absent.
    fn value(&mut self, name: &str) -> Result<String, Problem> {
        self.skip_blanks();
        match self.rest.as_bytes().first() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'{') => Err(Problem::field(name, "must be a text or a number, not an object")),
            Some(b'[') => Err(Problem::field(name, "must be a text or a number, not a list")),
            Some(_) => match self.word() {
                "true" => Ok("true".to_owned()),
                "false" => Ok("false".to_owned()),
                "null" => Ok(String::new()),
                _ => Err(self.unexpected()),
            },
            None => Err(self.unexpected()),
        }
    }

    fn string(&mut self) -> Result<String, Problem> {
        self.skip_blanks();
        let Some(inside) = self.rest.strip_prefix('"') else {
            return Err(self.unexpected());
        };
        let mut escaped = false;
        let end = inside.find(|c| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        let Some(end) = end else {
            return Err(Problem::malformed("the JSON ends inside a text"));
        };
        let (token, rest) = self.rest.split_at(end + 2);
        let text = serde_json::from_str(token).map_err(|_| self.unexpected())?;
        self.rest = rest;
        Ok(text)
    }

    fn number(&mut self) -> Result<String, Problem> {
        let part_of_number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let end = self.rest.find(|c| !part_of_number(c)).unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at(end);
        serde_json::from_str::<serde_json::Number>(token).map_err(|_| self.unexpected())?;
        self.rest = rest;
        Ok(token.to_owned())
    }

    fn word(&mut self) -> &'a str {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    fn refused(text: &str) -> String {
        read(text).unwrap_err().message
    }

    #[test]
    fn values_keep_the_text_they_were_sent_in() {
        let fields = read(
            " {\"Amount\":120.00,\"Fee\" : 2.5e0,\n\"TraceID\":756850,\"n\":-0,\"big\":123456789012345678901234567890.10,\
             \"yes\":true,\"no\":false,\"none\":null,\"empty\":\"\",\"text\":\" a\\u00e9\\n\\\"\\\\\"}\t",
        )
        .unwrap();
        let values: Vec<&str> = fields.iter().map(|(_, value)| value).collect();
        let big = "123456789012345678901234567890.10";
        assert_eq!(values, ["120.00", "2.5e0", "756850", "-0", big, "true", "false", "", "", " aé\n\"\\"]);
        assert_eq!(fields.get("none"), None);
        assert_eq!(fields.get("empty"), None);
        assert!(read("{ }").unwrap().is_empty());
    }

    #[test]
    fn the_body_is_one_object_and_nothing_more() {
        for text in ["", " ", "[]", "\"PIN\"", "1", "null", "PIN=1"] {
            assert_eq!(refused(text), "the JSON body must be an object", "{text}");
        }
        for text in [
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":}",
            "{\"a\":1",
            "{\"a\":1,",
            "{\"a\":1,}",
            "{,\"a\":1}",
            "{\"a\":1}{}",
            "{\"a\":1} x",
            "{\"a\":1 \"b\":2}",
            "{a:1}",
            "{'a':1}",
            "{\"a\":1/**/}",
            "{\"a\":\u{a0}1}",
        ] {
            assert!(refused(text).starts_with("the JSON is not valid at byte "), "{text}");
        }
        assert_eq!(refused("{\"a\":\"x"), "the JSON ends inside a text");
        assert_eq!(refused("{\"a\":1}{}"), "the JSON is not valid at byte 8");
    }

    #[test]
    fn numbers_words_and_escapes_follow_the_grammar() {
        for value in [
            "01",
            "1.",
            ".5",
            "+1",
            "-",
            "1e",
            "0x10",
            "1_000",
            "NaN",
            "Infinity",
            "-Infinity",
            "True",
            "nul",
            "nulls",
            "undefined",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\\u12\"",
            "\"a\nb\"",
            "\"a\u{1}\"",
        ] {
            assert!(read(&format!("{{\"a\":{value}}}")).is_err(), "{value}");
        }
    }

    #[test]
    fn nested_values_are_refused_by_name_at_any_depth() {
        assert_eq!(refused("{\"PIN\":{}}"), "PIN must be a text or a number, not an object");
        assert_eq!(refused("{\"PIN\":[1]}"), "PIN must be a text or a number, not a list");
        assert_eq!(
            refused(&format!("{{\"PIN\":{}", "[".repeat(60_000))),
            "PIN must be a text or a number, not a list"
        );
        assert_eq!(
            refused("{\"Amount\":{\"$serde_json::private::Number\":\"1\"}}"),
            "Amount must be a text or a number, not an object"
        );
    }

    #[test]
    fn duplicates_and_control_characters_are_refused_by_name() {
        let problem = read("{\"PIN\":null,\"p_i_n\":\"1\"}").unwrap_err();
        assert_eq!((problem.kind, problem.message.as_str()), (Kind::Field, "p_i_n is given twice"));
        assert_eq!(refused("{\"PIN\":\"a\\u0000\"}"), "PIN contains a control character");
        assert_eq!(refused("{\"\":1}"), "a field has no name");
    }
}
