//! XML answers as trees: the root's members, without the root.

use super::answer::{DEEPEST, MOST_NODES, Node, UnreadableAnswer};
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, Event};
use quick_xml::reader::Reader;

/// An element that is still open.
struct Open {
    name: String,
    text: String,
    members: Vec<(String, Node)>,
}

impl Open {
    fn close(self) -> (String, Option<Node>) {
        let node = if !self.members.is_empty() {
            Some(Node::Group(self.members))
        } else if self.text.trim().is_empty() {
            None
        } else {
            Some(Node::Text(self.text))
        };
        (self.name, node)
    }
}

pub(super) fn read(text: &str) -> Result<Node, UnreadableAnswer> {
    let broken = |what: &str| UnreadableAnswer::Broken("XML", what.to_owned());
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Open> = Vec::new();
    let mut root: Option<Node> = None;
    let mut left = MOST_NODES;
    loop {
        match reader.read_event().map_err(|_| broken("not well-formed"))? {
            Event::Start(start) => {
                if open.is_empty() && root.is_some() {
                    return Err(broken("a second root"));
                }
                left = left.checked_sub(1).ok_or(UnreadableAnswer::TooComplex)?;
                if open.len() >= DEEPEST {
                    return Err(UnreadableAnswer::TooComplex);
                }
                let name = start.local_name().into_inner().to_owned();
                open.push(Open { name, text: String::new(), members: Vec::new() });
            }
            Event::End(_) => {
                let (name, node) = open.pop().ok_or_else(|| broken("an end without a start"))?.close();
                match (open.last_mut(), node) {
                    (Some(parent), Some(node)) => parent.members.push((name, node)),
                    (Some(_), None) => {}
                    (None, Some(group @ Node::Group(_))) => root = Some(group),
                    (None, None) => root = Some(Node::Group(Vec::new())),
                    (None, Some(Node::Text(_))) => return Err(broken("text without members")),
                }
            }
            Event::Text(text) => push(&mut open, &text)?,
            Event::CData(text) => push(&mut open, &text)?,
            Event::GeneralRef(reference) => {
                let resolved = resolve(&reference).ok_or_else(|| broken("an unknown entity"))?;
                push(&mut open, &resolved)?;
            }
            Event::Decl(declaration) => match declaration.encoding() {
                None => {}
                Some(Ok(encoding)) if is_read(&encoding) => {}
                Some(_) => return Err(broken("an encoding that is not read here")),
            },
            Event::Comment(_) => {}
            Event::Empty(_) | Event::PI(_) | Event::DocType(_) => return Err(broken("not an answer")),
            Event::Eof => break,
        }
    }
    match root {
        Some(root) if open.is_empty() => Ok(root),
        Some(_) | None => Err(broken("cut off")),
    }
}

/// What `answer::decode` has already turned into text.
fn is_read(encoding: &str) -> bool {
    ["utf-8", "us-ascii", "iso-8859-1"].iter().any(|known| encoding.eq_ignore_ascii_case(known))
}

fn push(open: &mut [Open], text: &str) -> Result<(), UnreadableAnswer> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(UnreadableAnswer::Broken("XML", "text outside the root".to_owned())),
    }
    Ok(())
}

/// The five built-in entities and character references; nothing else is expanded.
fn resolve(reference: &BytesRef<'_>) -> Option<String> {
    if reference.is_char_ref() {
        return reference.resolve_char_ref().ok().flatten().map(String::from);
    }
    resolve_xml_entity(reference).map(str::to_owned)
}
