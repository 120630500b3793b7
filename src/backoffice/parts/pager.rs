//! Turning pages by cursor: a page is found by the last row before it, so the millionth costs what the first does.

use super::Escaped;
use crate::backoffice::call::Call;
use askama::filters::HtmlSafe;
use std::fmt::{Display, Formatter, Result};

/// The name of the cursor in an address.
pub const AFTER: &str = "after";

pub struct Pager {
    label: String,
    first: Option<(String, String)>,
    next: Option<(String, String)>,
}

impl Pager {
    /// `next` is the cursor of the rows behind these, if there are any. The filter in the address stays.
    pub fn new(call: &Call, next: Option<&str>) -> Pager {
        let to = |cursor: &str| format!("{}?{}", call.path, call.query.query_with(AFTER, cursor));
        let after = call.query.text(AFTER);
        Pager {
            label: call.say("pager").to_owned(),
            first: (!after.is_empty()).then(|| (to(""), call.say("pager.first").to_owned())),
            next: next.map(|cursor| (to(cursor), call.say("pager.next").to_owned())),
        }
    }
}

impl HtmlSafe for Pager {}

impl Display for Pager {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.first.is_none() && self.next.is_none() {
            return Ok(());
        }
        write!(f, "<nav class=\"pager\" aria-label=\"{}\">", Escaped(&self.label))?;
        for (rel, link) in [("first", &self.first), ("next", &self.next)] {
            if let Some((to, text)) = link {
                write!(f, "<a rel=\"{rel}\" href=\"{}\">{}</a>", Escaped(to), Escaped(text))?;
            }
        }
        f.write_str("</nav>")
    }
}
