//! Reads XML from outside into a small, bounded tree.
//!
//! quick-xml tokenizes and resolves namespaces; everything it is lenient about is checked here: no DOCTYPE and no
//! processing instruction, only the five built-in entities, only characters XML allows, one root, and limits on
//! bytes, depth and number of elements and attributes.

use quick_xml::NsReader;
use quick_xml::events::{BytesDecl, BytesStart, Event};
use quick_xml::name::ResolveResult;

pub const LARGEST_DOCUMENT: usize = 256 * 1024;
const DEEPEST: usize = 32;
const MOST_ELEMENTS: usize = 4096;
const MOST_ATTRIBUTES: usize = 64;
const MOST_BINDINGS: usize = 64;

/// An element with its namespace resolved; prefixes are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub namespace: String,
    pub name: String,
    /// `xsi:nil` was true.
    pub nil: bool,
    /// The character data directly inside, as it was written: blanks are kept.
    pub text: String,
    pub children: Vec<Element>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    #[error("is larger than {LARGEST_DOCUMENT} bytes")]
    TooLarge,
    #[error("is nested or populated beyond reason")]
    TooComplex,
    #[error("is not UTF-8")]
    NotUtf8,
    #[error("carries a DOCTYPE or a processing instruction")]
    Forbidden,
    #[error("is not well-formed XML: {0}")]
    IllFormed(String),
}

impl Element {
    pub fn is(&self, namespace: &str, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }

    pub fn all<'a>(&'a self, namespace: &'a str, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.is(namespace, name))
    }

    pub fn find(&self, namespace: &str, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.is(namespace, name))
    }
}

pub fn read(bytes: &[u8]) -> Result<Element, TreeError> {
    if bytes.len() > LARGEST_DOCUMENT {
        return Err(TreeError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| TreeError::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    reader.resolver_mut().set_max_namespace_bindings(MOST_BINDINGS);
    let mut builder = Builder::default();
    loop {
        let at_start = reader.buffer_position() == 0;
        match reader.read_event().map_err(ill)? {
            Event::Start(start) => {
                let element = open(&reader, &start)?;
                builder.start(element)?;
            }
            Event::End(_) => builder.end()?,
            Event::Text(text) => builder.text(&text.xml10_content())?,
            Event::CData(text) => builder.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref().map_err(ill)? {
                    Some(character) => character,
                    None => builtin(&reference)?,
                };
                builder.text(resolved.encode_utf8(&mut [0; 4]))?;
            }
            Event::Decl(declaration) => check_declaration(&declaration, at_start)?,
            Event::Comment(_) => {}
            Event::PI(_) | Event::DocType(_) => return Err(TreeError::Forbidden),
            Event::Eof => return builder.finish(),
            // `Empty` never comes: the reader expands it into a start and an end.
            Event::Empty(_) => return Err(ill("an unexpanded element")),
        }
    }
}

fn open(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<Element, TreeError> {
    let (namespace, local) = reader.resolver().resolve_element(start.name());
    let namespace = match namespace {
        ResolveResult::Bound(namespace) => namespace.0.to_owned(),
        ResolveResult::Unbound => String::new(),
        ResolveResult::Unknown(_) => return Err(ill("an unbound prefix")),
    };
    for (count, attribute) in start.attributes().enumerate() {
        let attribute = attribute.map_err(ill)?;
        if count == MOST_ATTRIBUTES {
            return Err(TreeError::TooComplex);
        }
        if attribute.value.contains('<') {
            return Err(ill("a `<` in an attribute"));
        }
    }
    let name = local.as_ref().to_owned();
    if !name.starts_with(|first: char| first.is_alphabetic() || first == '_') {
        return Err(ill("a name that starts with no letter"));
    }
    let nil = start.attributes().has_nil(reader.resolver());
    Ok(Element { namespace, name, nil, ..Element::default() })
}

fn check_declaration(declaration: &BytesDecl<'_>, at_start: bool) -> Result<(), TreeError> {
    if !at_start {
        return Err(ill("a declaration that is not at the start"));
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(name)) if ["utf-8", "utf8", "us-ascii"].contains(&name.to_ascii_lowercase().as_str()) => {
            Ok(())
        }
        Some(_) => Err(TreeError::NotUtf8),
    }
}

fn builtin(name: &str) -> Result<char, TreeError> {
    match name {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(ill("an entity that is not built in")),
    }
}

fn ill(problem: impl ToString) -> TreeError {
    TreeError::IllFormed(problem.to_string())
}

/// What XML 1.0 calls a character.
pub fn allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[derive(Default)]
struct Builder {
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Builder {
    fn start(&mut self, element: Element) -> Result<(), TreeError> {
        self.elements += 1;
        if self.open.len() == DEEPEST || self.elements > MOST_ELEMENTS {
            return Err(TreeError::TooComplex);
        }
        if self.root.is_some() {
            return Err(ill("a second root"));
        }
        self.open.push(element);
        Ok(())
    }

    fn end(&mut self) -> Result<(), TreeError> {
        let closed = self.open.pop().ok_or_else(|| ill("an end without a start"))?;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(closed),
            None => self.root = Some(closed),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), TreeError> {
        if !text.chars().all(allowed) {
            return Err(ill("a forbidden character"));
        }
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(ill("text outside the root")),
        }
        Ok(())
    }

    fn finish(self) -> Result<Element, TreeError> {
        if !self.open.is_empty() {
            return Err(ill("an element that is not closed"));
        }
        self.root.ok_or_else(|| ill("no element at all"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_vanish_and_text_stays_as_it_was() {
        let text = "<?xml version='1.0' encoding='UTF-8'?>\n<a:x xmlns:a='urn:one' xmlns='urn:two'>\
            <y> 1 &lt;&#x20AC;<![CDATA[<&]]></y><!-- no --><a:z xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='1'/></a:x>\n";
        let root = read(text.as_bytes()).unwrap();
        assert!(root.is("urn:one", "x"));
        assert_eq!(root.find("urn:two", "y").unwrap().text, " 1 <€<&");
        assert!(root.find("urn:one", "z").unwrap().nil);
        assert_eq!(root.find("urn:one", "y"), None);
    }

    #[test]
    fn what_is_dangerous_or_broken_is_refused() {
        for bad in [
            "",
            "text",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a/>tail",
            "<p:a/>",
            "<a>&nbsp;</a>",
            "<a>&#1;</a>",
            "<a>\u{1}</a>",
            "<a b='<'/>",
            "<a b='1' b='2'/>",
            "<1a/>",
            " <?xml version='1.0'?><a/>",
            "<?xml version='1.0' encoding='latin1'?><a/>",
            "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
            "<!DOCTYPE a><a/>",
            "<?php x?><a/>",
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
        assert_eq!(read(b"<a>\xff</a>"), Err(TreeError::NotUtf8));
        assert_eq!(read(&vec![b' '; LARGEST_DOCUMENT + 1]), Err(TreeError::TooLarge));
        assert_eq!(read("<a>".repeat(100).as_bytes()), Err(TreeError::TooComplex));
        assert_eq!(read(format!("<a>{}</a>", "<b/>".repeat(5000)).as_bytes()), Err(TreeError::TooComplex));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn no_tag_soup_makes_it_panic(text in "(<|>|/|a|:|!|\\?|&|;|#|'|=| |xmlns|\\[CDATA\\[|\\]\\]>|-){0,60}") {
            let _ = read(text.as_bytes());
        }
    }
}
