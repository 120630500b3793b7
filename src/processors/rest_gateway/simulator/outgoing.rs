//! Answers as the simulator writes them, with the habits of the real thing: in "mapped" JSON a list of one is a bare
//! object and an empty text is `null`; newer installations write plain arrays.

use serde_json::{Map, Value};

#[derive(Clone, Debug)]
pub(super) enum Tree {
    Text(String),
    Group(Vec<(&'static str, Tree)>),
    List(Vec<Tree>),
}

/// How JSON is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    #[default]
    Mapped,
    Arrays,
}

impl Tree {
    pub fn group() -> Tree {
        Tree::Group(Vec::new())
    }

    pub fn with(mut self, name: &'static str, tree: Tree) -> Tree {
        if let Tree::Group(members) = &mut self {
            members.push((name, tree));
        }
        self
    }

    pub fn text(self, name: &'static str, value: impl Into<String>) -> Tree {
        self.with(name, Tree::Text(value.into()))
    }

    pub fn maybe(self, name: &'static str, value: Option<impl Into<String>>) -> Tree {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    pub fn result(self, code: &str, description: &str) -> Tree {
        let result = Tree::group().text("code", code).text("description", description);
        self.with("result", result)
    }

    pub fn json(&self, style: Style) -> Value {
        match self {
            Tree::Text(text) if text.is_empty() && style == Style::Mapped => Value::Null,
            Tree::Text(text) => Value::from(text.as_str()),
            Tree::Group(members) => {
                let pairs = members.iter().map(|(name, tree)| ((*name).to_owned(), tree.json(style)));
                Value::Object(pairs.collect::<Map<String, Value>>())
            }
            Tree::List(items) => match (items.as_slice(), style) {
                ([one], Style::Mapped) => one.json(style),
                (items, _) => Value::Array(items.iter().map(|item| item.json(style)).collect()),
            },
        }
    }

    pub fn xml(&self) -> String {
        let mut out = String::from(r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#);
        element(&mut out, "response", self);
        out
    }
}

fn element(out: &mut String, name: &str, tree: &Tree) {
    if let Tree::List(items) = tree {
        for item in items {
            element(out, name, item);
        }
        return;
    }
    out.push_str(&format!("<{name}>"));
    match tree {
        Tree::Text(text) => out.push_str(&escape(text)),
        Tree::Group(members) => {
            for (name, tree) in members {
                element(out, name, tree);
            }
        }
        Tree::List(_) => {}
    }
    out.push_str(&format!("</{name}>"));
}

/// For XML and HTML, in text and in quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
