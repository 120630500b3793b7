//! Names in braces, `{id.payout}`, stand for what is known only when the flow runs.

/// Puts values in the place of names; the first name that has none is the error.
pub fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut filled = String::with_capacity(text.len());
    for part in parts(text)? {
        match part {
            Part::Text(text) => filled.push_str(text),
            Part::Name(name) => {
                filled.push_str(&value(name).ok_or_else(|| format!("`{{{name}}}` has no value"))?);
            }
        }
    }
    Ok(filled)
}

/// The names that a text mentions.
pub fn names(text: &str) -> Result<Vec<&str>, String> {
    let name = |part| match part {
        Part::Name(name) => Some(name),
        Part::Text(_) => None,
    };
    Ok(parts(text)?.into_iter().filter_map(name).collect())
}

enum Part<'a> {
    Text(&'a str),
    Name(&'a str),
}

fn parts(text: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or("has a `{` without its `}`")?;
        parts.extend([Part::Text(before), Part::Name(name.trim())]);
        rest = after;
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in() {
        let known = |name: &str| (name == "pin").then(|| "B.1".to_owned());
        assert_eq!(fill("<{pin}>{ pin }", known), Ok("<B.1>B.1".to_owned()));
        assert_eq!(fill("{id.x}", known), Err("`{id.x}` has no value".to_owned()));
        assert!(fill("{pin", known).is_err());
        assert_eq!(names("a {b} c {d.e}"), Ok(vec!["b", "d.e"]));
    }
}
