//! The tree that a message becomes: elements with resolved namespaces, never more or deeper than a payment needs.

use super::super::error::Problem;
use super::super::soap;
use super::grammar;

const DEEPEST: usize = 32;
const MOST_ELEMENTS: usize = 1000;

/// The namespaces that mean something to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Namespace {
    None,
    Soap(soap::Version),
    /// Where `xsi:nil` comes from.
    Instance,
    Other,
}

/// Not `Debug`: its texts are pass codes and personal data.
pub(in super::super) struct Element {
    pub namespace: Namespace,
    pub name: String,
    /// Without the declarations of namespaces.
    pub attributes: Vec<Attribute>,
    pub children: Vec<Element>,
    /// All its own text, without that of its children.
    pub text: String,
}

pub(in super::super) struct Attribute {
    pub namespace: Namespace,
    pub name: String,
    pub value: String,
}

impl Element {
    pub fn attribute(&self, namespace: Namespace, name: &str) -> Option<&str> {
        let found =
            self.attributes.iter().find(|found| found.namespace == namespace && found.name == name)?;
        Some(&found.value)
    }
}

/// The elements that are open, the innermost last, and the root once it is closed.
#[derive(Default)]
pub(super) struct Tree {
    path: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Tree {
    pub fn open(&mut self, element: Element) -> Result<(), Problem> {
        if self.path.is_empty() && self.root.is_some() {
            return Err(Problem::malformed("the XML has a second root element"));
        }
        self.elements += 1;
        if MOST_ELEMENTS < self.elements {
            return Err(Problem::malformed("the XML has more than 1000 elements"));
        }
        if DEEPEST <= self.path.len() {
            return Err(Problem::malformed("the XML is nested deeper than 32 elements"));
        }
        self.path.push(element);
        Ok(())
    }

    pub fn close(&mut self) -> Result<(), Problem> {
        let closed = self
            .path
            .pop()
            .ok_or_else(|| Problem::malformed("the XML closes an element that is not open"))?;
        match self.path.last_mut() {
            Some(parent) => parent.children.push(closed),
            None => self.root = Some(closed),
        }
        Ok(())
    }

    /// Character data, of which blanks may also stand beside the root.
    pub fn text(&mut self, text: &str) -> Result<(), Problem> {
        if self.path.is_empty() && text.trim_matches(grammar::BLANKS).is_empty() {
            return Ok(());
        }
        self.content(text)
    }

    pub fn content(&mut self, text: &str) -> Result<(), Problem> {
        if !text.chars().all(grammar::is_char) {
            return Err(self.fault("contains a control character"));
        }
        match self.path.last_mut() {
            Some(element) => element.text.push_str(text),
            None => return Err(Problem::malformed("the XML has text outside of its root element")),
        }
        Ok(())
    }

    /// A fault in the text of the innermost element.
    pub fn fault(&self, reason: &str) -> Problem {
        match self.path.last() {
            Some(element) => Problem::field(&element.name, reason),
            None => Problem::malformed("the XML has text outside of its root element"),
        }
    }

    pub fn finish(self) -> Result<Element, Problem> {
        match self.root {
            Some(root) if self.path.is_empty() => Ok(root),
            Some(_) | None => Err(Problem::malformed("the XML ends before its root element is closed")),
        }
    }
}
