//! JSON answers as trees.

use super::answer::{DEEPEST, MOST_NODES, Node, UnreadableAnswer};
use serde_json::Value;

pub(super) fn read(text: &str) -> Result<Node, UnreadableAnswer> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| UnreadableAnswer::Broken("JSON", format!("line {}", error.line())))?;
    let Value::Object(members) = value else {
        return Err(UnreadableAnswer::NoKnownFormat);
    };
    let mut left = MOST_NODES;
    let mut root = Vec::with_capacity(members.len());
    for (name, value) in members {
        add(&mut root, name, value, DEEPEST, &mut left)?;
    }
    Ok(Node::Group(root))
}

/// A list becomes a repeated name, and nothing becomes nothing.
fn add(
    group: &mut Vec<(String, Node)>,
    name: String,
    value: Value,
    depth: usize,
    left: &mut usize,
) -> Result<(), UnreadableAnswer> {
    *left = left.checked_sub(1).ok_or(UnreadableAnswer::TooComplex)?;
    let depth = depth.checked_sub(1).ok_or(UnreadableAnswer::TooComplex)?;
    let node = match value {
        Value::Null => return Ok(()),
        Value::String(text) if text.is_empty() => return Ok(()),
        Value::String(text) => Node::Text(text),
        // Numbers are kept as they were written: an amount must not pass through a float.
        Value::Number(number) => Node::Text(number.to_string()),
        Value::Bool(truth) => Node::Text(truth.to_string()),
        Value::Array(items) => {
            for item in items {
                add(group, name.clone(), item, depth, left)?;
            }
            return Ok(());
        }
        Value::Object(members) => {
            let mut inner = Vec::with_capacity(members.len());
            for (name, value) in members {
                add(&mut inner, name, value, depth, left)?;
            }
            Node::Group(inner)
        }
    };
    group.push((name, node));
    Ok(())
}
