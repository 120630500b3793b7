//! What XML 1.0 and its namespaces demand of characters, names, attributes and references, and the pull parser below
//! us does not check.

/// The characters that XML calls white space.
pub(super) const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// Whether a document may hold the character at all, raw or as a reference.
pub(in super::super) fn is_char(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => true,
        _ => ' ' <= c && !matches!(c, '\u{fffe}' | '\u{ffff}'),
    }
}

/// A name without a prefix.
pub(in super::super) fn is_plain_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(may_start_name) && chars.all(may_continue_name)
}

fn may_start_name(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

fn may_continue_name(c: char) -> bool {
    may_start_name(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// Prefix and local name.
pub(super) fn split_name(name: &str) -> Option<(Option<&str>, &str)> {
    let (prefix, local) = match name.split_once(':') {
        Some((prefix, local)) => (Some(prefix), local),
        None => (None, name),
    };
    (prefix.is_none_or(is_plain_name) && is_plain_name(local)).then_some((prefix, local))
}

/// The attributes of a tag as names and raw values; `raw` is everything behind the name of the element.
pub(super) fn attributes(raw: &str) -> Option<Vec<(&str, &str)>> {
    let mut found = Vec::new();
    let mut rest = raw;
    loop {
        let trimmed = rest.trim_start_matches(BLANKS);
        if trimmed.is_empty() {
            return Some(found);
        }
        if trimmed.len() == rest.len() {
            return None; // Nothing separates it from what went before.
        }
        let (name, after) = trimmed.split_once('=')?;
        let after = after.trim_start_matches(BLANKS);
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, after) = after[1..].split_once(quote)?;
        let name = name.trim_end_matches(BLANKS);
        if found.iter().any(|(earlier, _)| *earlier == name) {
            return None;
        }
        found.push((name, value));
        rest = after;
    }
}

/// The value of an attribute: references resolved, raw white space turned into spaces.
pub(super) fn attribute_value(raw: &str) -> Option<String> {
    if raw.contains('<') || !raw.chars().all(is_char) {
        return None;
    }
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '\t', '\r', '\n']) {
        value.push_str(&rest[..at]);
        rest = match rest[at..].strip_prefix('&') {
            Some(after) => {
                let (name, after) = after.split_once(';')?;
                value.push(reference(name)?);
                after
            }
            None => {
                value.push(' ');
                rest[at..].strip_prefix("\r\n").unwrap_or(&rest[at + 1..])
            }
        };
    }
    value.push_str(rest);
    Some(value)
}

/// The character that `&name;` stands for: one of the five that XML predefines, or one given by its number.
pub(super) fn reference(name: &str) -> Option<char> {
    match name {
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "amp" => return Some('&'),
        "apos" => return Some('\''),
        "quot" => return Some('"'),
        _ => {}
    }
    let number = name.strip_prefix('#')?;
    let (digits, radix) = match number.strip_prefix('x') {
        Some(hex) => (hex, 16),
        None => (number, 10),
    };
    // The standard library would also take a sign.
    let only_digits = digits.chars().all(|c| c.is_digit(radix));
    let code = u32::from_str_radix(digits, radix).ok().filter(|_| only_digits)?;
    char::from_u32(code).filter(|c| is_char(*c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_grammar() {
        for name in ["a", "_1", "PIN", "Größe", "a-b.c"] {
            assert_eq!(split_name(name), Some((None, name)));
        }
        assert_eq!(split_name("t:PIN"), Some((Some("t"), "PIN")));
        for name in
            ["", "1a", "-a", ".a", ":a", "a:", "a:b:c", "a:1", "a b", "a/", "a<", "a\u{7}", "×", "a=\"b\""]
        {
            assert_eq!(split_name(name), None, "{name}");
        }
    }

    #[test]
    fn attributes_are_quoted_and_apart() {
        assert_eq!(attributes(" a='1'\n b = \"2>'\" "), Some(vec![("a", "1"), ("b", "2>'")]));
        assert_eq!(attributes(""), Some(vec![]));
        assert_eq!(attributes(" \t"), Some(vec![]));
        for raw in
            [" a='1'b='2'", "a='1'", " a", " a=1", " a='1", " a='1' a='2'", " a='1' /", " a=", " a='1\""]
        {
            assert_eq!(attributes(raw), None, "{raw}");
        }
    }

    #[test]
    fn references_are_the_five_and_numbers() {
        assert_eq!(
            attribute_value("&lt;&gt;&amp;&apos;&quot;&#65;&#x42;&#x1F600;").as_deref(),
            Some("<>&'\"AB😀")
        );
        assert_eq!(attribute_value("a\r\nb\tc\nd&#10;").as_deref(), Some("a b c d\n"));
        for raw in [
            "&#0;",
            "&#1;",
            "&#x1f;",
            "&#xFFFE;",
            "&#xD800;",
            "&#x110000;",
            "&#99999999999;",
            "&#;",
            "&#x;",
            "&#+65;",
            "&#X41;",
            "&#x+41;",
            "&#-1;",
            "&nbsp;",
            "&;",
            "&",
            "&amp",
            "& amp;",
            "a<b",
            "a\u{1}",
            "a\u{ffff}",
        ] {
            assert_eq!(attribute_value(raw), None, "{raw}");
        }
    }
}
