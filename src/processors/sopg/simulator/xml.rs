//! The simulator's own reading and writing of XML, by hand, so that the client's is checked against something else.
//!
//! Takes what SOAP stacks send: any prefixes, either quote, CDATA, comments, character references, a byte order mark.
//! Refuses DOCTYPEs, other entities, and anything that is not well formed.

use std::fmt::Write;

const DEEPEST: usize = 40;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    pub space: String,
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub text: String,
    pub children: Vec<Node>,
}

impl Node {
    pub fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

pub fn parse(document: &str) -> Result<Node, String> {
    let document = document.strip_prefix('\u{feff}').unwrap_or(document);
    if document.contains("<!DOCTYPE") {
        return Err("a DOCTYPE is not accepted".to_owned());
    }
    let mut scanner = Scanner { rest: document, scope: vec![("xml".to_owned(), "xml".to_owned())] };
    if scanner.rest.starts_with("<?xml ") {
        scanner.skip_past("?>")?;
    }
    scanner.skip_misc()?;
    let root = scanner.element(0)?;
    scanner.skip_misc()?;
    if scanner.rest.is_empty() { Ok(root) } else { Err("something follows the root element".to_owned()) }
}

struct Scanner<'a> {
    rest: &'a str,
    /// Prefix and namespace, the innermost last.
    scope: Vec<(String, String)>,
}

impl<'a> Scanner<'a> {
    fn element(&mut self, depth: usize) -> Result<Node, String> {
        if depth > DEEPEST {
            return Err("nested too deeply".to_owned());
        }
        self.expect("<")?;
        let qualified = self.name()?;
        let outer = self.scope.len();
        let mut raw = Vec::new();
        let empty = loop {
            let blanks = self.skip_blanks();
            if self.eat("/>") {
                break true;
            }
            if self.eat(">") {
                break false;
            }
            if !blanks {
                return Err(format!("<{qualified}> is malformed"));
            }
            raw.push(self.attribute()?);
        };
        for (name, value) in &raw {
            if name == "xmlns" {
                self.scope.push((String::new(), value.clone()));
            } else if let Some(prefix) = name.strip_prefix("xmlns:") {
                self.scope.push((prefix.to_owned(), value.clone()));
            }
        }
        let (prefix, local) = qualified.split_once(':').unwrap_or(("", &qualified));
        let mut node = Node { space: self.space(prefix)?, name: local.to_owned(), ..Node::default() };
        for (name, value) in
            raw.into_iter().filter(|(name, _)| name != "xmlns" && !name.starts_with("xmlns:"))
        {
            let local = name.split_once(':').map_or(name.as_str(), |(_, local)| local).to_owned();
            node.attributes.push((local, value));
        }
        if !empty {
            self.content(&mut node, depth)?;
            let closing = self.name()?;
            self.skip_blanks();
            self.expect(">")?;
            if closing != qualified {
                return Err(format!("<{qualified}> is closed by </{closing}>"));
            }
        }
        self.scope.truncate(outer);
        Ok(node)
    }

    /// Everything up to and including the `</` of the end tag.
    fn content(&mut self, node: &mut Node, depth: usize) -> Result<(), String> {
        loop {
            let (text, rest) = self.rest.split_at(self.rest.find('<').ok_or("the document ends too early")?);
            self.rest = rest;
            if text.contains("]]>") {
                return Err("]]> stands in the text".to_owned());
            }
            node.text.push_str(&unescape(text)?);
            if self.eat("</") {
                return Ok(());
            }
            if self.eat("<!--") {
                self.skip_past("-->")?;
            } else if self.eat("<![CDATA[") {
                let before = self.skip_past("]]>")?;
                node.text.push_str(before);
            } else if self.rest.starts_with("<?") || self.rest.starts_with("<!") {
                return Err("processing instructions and declarations are not accepted".to_owned());
            } else {
                node.children.push(self.element(depth + 1)?);
            }
        }
    }

    fn attribute(&mut self) -> Result<(String, String), String> {
        let name = self.name()?;
        self.skip_blanks();
        self.expect("=")?;
        self.skip_blanks();
        let quote = if self.eat("\"") { "\"" } else { self.expect("'").map(|()| "'")? };
        let value = self.skip_past(quote)?;
        if value.contains('<') {
            return Err(format!("attribute {name} holds a <"));
        }
        Ok((name, unescape(value)?))
    }

    fn name(&mut self) -> Result<String, String> {
        let ends = |c: char| !(c.is_alphanumeric() || matches!(c, ':' | '_' | '-' | '.'));
        let (name, rest) = self.rest.split_at(self.rest.find(ends).unwrap_or(self.rest.len()));
        if !name.starts_with(|first: char| first.is_alphabetic() || first == '_') {
            return Err("a name is missing".to_owned());
        }
        self.rest = rest;
        Ok(name.to_owned())
    }

    fn space(&self, prefix: &str) -> Result<String, String> {
        match self.scope.iter().rev().find(|(known, _)| known == prefix) {
            Some((_, space)) => Ok(space.clone()),
            None if prefix.is_empty() => Ok(String::new()),
            None => Err(format!("prefix {prefix} is not bound")),
        }
    }

    fn skip_misc(&mut self) -> Result<(), String> {
        loop {
            self.skip_blanks();
            if !self.eat("<!--") {
                return Ok(());
            }
            self.skip_past("-->")?;
        }
    }

    fn skip_blanks(&mut self) -> bool {
        let trimmed = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let moved = trimmed.len() != self.rest.len();
        self.rest = trimmed;
        moved
    }

    fn skip_past(&mut self, mark: &str) -> Result<&'a str, String> {
        let (before, rest) = self.rest.split_once(mark).ok_or_else(|| format!("{mark} is missing"))?;
        self.rest = rest;
        Ok(before)
    }

    fn eat(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) { Ok(()) } else { Err(format!("{token} is missing")) }
    }
}

fn unescape(text: &str) -> Result<String, String> {
    // Line ends are one character to an XML reader, however they were sent.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (entity, after) = after.split_once(';').ok_or("an & stands alone")?;
        out.push(match entity {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            _ => reference(entity).ok_or_else(|| format!("&{entity}; is not known"))?,
        });
        rest = after;
    }
    out.push_str(rest);
    if out.chars().any(|c| c < ' ' && !matches!(c, '\t' | '\n' | '\r')) {
        return Err("a control character is not allowed".to_owned());
    }
    Ok(out)
}

fn reference(entity: &str) -> Option<char> {
    let number = entity.strip_prefix('#')?;
    let code = match number.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code)
}

/// Appends `text` so that a reader finds the same text.
pub fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '\r' => out.push_str("&#xD;"),
            other => {
                // Writing to a String can't fail.
                let _ = out.write_char(other);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_soap_stacks_send_is_read() {
        let text = "<?xml version='1.0' encoding='utf-8'?><!-- hi --><a:E xmlns:a='urn:1'><b:B xmlns:b='urn:1' id = \"x>y\">\
            <c xmlns='urn:2'>1 &lt; &#x32;<![CDATA[&]]></c></b:B><a:H/></a:E>\n";
        let root = parse(text).unwrap();
        let body = root.child("B").unwrap();
        assert_eq!(
            (root.space.as_str(), body.space.as_str(), body.attribute("id")),
            ("urn:1", "urn:1", Some("x>y"))
        );
        assert_eq!((body.children[0].space.as_str(), body.children[0].text.as_str()), ("urn:2", "1 < 2&"));
    }

    #[test]
    fn what_is_broken_is_refused() {
        for bad in [
            "",
            "x",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<p:a/>",
            "<a>&nbsp;</a>",
            "<a>&</a>",
            "<a b=c/>",
            "<a b='1'c='2'/>",
            "<!DOCTYPE a><a/>",
            "<a>&#1;</a>",
            "<a>]]></a>",
            "<a b='<'/>",
            "<a><?x?></a>",
            "<1/>",
            "<a",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse(&"<a>".repeat(60)).is_err());
    }
}
