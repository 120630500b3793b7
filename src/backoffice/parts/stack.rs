//! A page that is nothing but parts below each other: most pages that only show.

use super::Escaped;
use askama::Template;
use askama::filters::HtmlSafe;
use std::fmt::{Display, Formatter, Result};

/// Parts in their order. What is pushed writes itself as HTML and has escaped what it was given.
#[derive(Default, Template)]
#[template(path = "backoffice/stack.html")]
pub struct Stack {
    parts: Vec<String>,
}

impl Stack {
    pub fn new() -> Stack {
        Stack::default()
    }

    pub fn push(&mut self, part: impl HtmlSafe) -> &mut Stack {
        self.parts.push(part.to_string());
        self
    }

    pub fn with(mut self, part: impl HtmlSafe) -> Stack {
        self.push(part);
        self
    }
}

/// A heading under the page's own.
pub struct Heading(pub String);

impl Heading {
    pub fn new(text: impl Into<String>) -> Heading {
        Heading(text.into())
    }
}

impl HtmlSafe for Heading {}

impl Display for Heading {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "<h2>{}</h2>", Escaped(&self.0))
    }
}

/// A line of explanation.
pub struct Hint(pub String);

impl Hint {
    pub fn new(text: impl Into<String>) -> Hint {
        Hint(text.into())
    }
}

impl HtmlSafe for Hint {}

impl Display for Hint {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "<p class=\"hint\">{}</p>", Escaped(&self.0))
    }
}

/// Parts folded behind a name, where there are many of a kind and one of them is wanted.
pub struct Fold {
    name: String,
    hint: String,
    parts: String,
}

impl Fold {
    pub fn new(name: impl Into<String>, hint: impl Into<String>) -> Fold {
        Fold { name: name.into(), hint: hint.into(), parts: String::new() }
    }

    pub fn push(&mut self, part: impl HtmlSafe) -> &mut Fold {
        self.parts.push_str(&part.to_string());
        self
    }
}

impl HtmlSafe for Fold {}

impl Display for Fold {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (name, hint) = (Escaped(&self.name), Escaped(&self.hint));
        write!(
            f,
            "<details class=\"sheet fold\"><summary>{name} <span class=\"hint\">{hint}</span></summary>"
        )?;
        write!(f, "{}</details>", self.parts)
    }
}

/// Links beside each other: the neighbours of a page, the states of a list.
#[derive(Default)]
pub struct Links {
    label: String,
    links: Vec<(String, String, bool)>,
}

impl Links {
    /// The label is what screen readers call the group.
    pub fn new(label: impl Into<String>) -> Links {
        Links { label: label.into(), links: Vec::new() }
    }

    pub fn link(mut self, to: impl Into<String>, text: impl Into<String>, current: bool) -> Links {
        self.links.push((to.into(), text.into(), current));
        self
    }
}

impl HtmlSafe for Links {}

impl Display for Links {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "<nav class=\"links\" aria-label=\"{}\"><ul>", Escaped(&self.label))?;
        for (to, text, current) in &self.links {
            let current = if *current { " aria-current=\"page\"" } else { "" };
            write!(f, "<li><a href=\"{}\"{current}>{}</a></li>", Escaped(to), Escaped(text))?;
        }
        f.write_str("</ul></nav>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_below_each_other_as_text() {
        let links = Links::new("<pages>").link("/office/x?a=\"1\"", "<x>", true);
        let stack = Stack::new().with(Heading::new("<b>")).with(Hint::new("a & b")).with(links);
        let html = stack.render().expect("a page");
        assert!(html.contains("<h2>&lt;b&gt;</h2>") && html.contains("a &amp; b"), "{html}");
        assert!(html.contains("aria-label=\"&lt;pages&gt;\"") && html.contains("a=&quot;1&quot;"), "{html}");
    }
}
