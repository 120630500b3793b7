//! What became of something that was asked for: done, refused, not possible now. Screen readers say it at once.

use super::{Escaped, Tone};
use askama::filters::HtmlSafe;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt::{Display, Formatter, Result};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub tone: Tone,
    pub text: String,
    /// What there is to say besides, a line each.
    pub more: Vec<String>,
}

/// Browsers keep cookies of up to 4096 bytes.
const LONGEST: usize = 2_000;

impl Notice {
    pub fn good(text: impl Into<String>) -> Notice {
        Notice { tone: Tone::Good, text: text.into(), more: Vec::new() }
    }

    /// Refused, or failed.
    pub fn bad(text: impl Into<String>) -> Notice {
        Notice { tone: Tone::Bad, text: text.into(), more: Vec::new() }
    }

    /// Done, and yet somebody should look.
    pub fn alarm(text: impl Into<String>) -> Notice {
        Notice { tone: Tone::Alarm, text: text.into(), more: Vec::new() }
    }

    pub fn with(mut self, more: impl Into<String>) -> Notice {
        self.more.push(more.into());
        self
    }

    /// As a cookie carries it to the next page. It is text and is shown as text: whoever could write the cookie could
    /// say something, and do nothing.
    pub fn kept(&self) -> String {
        let lines: Vec<&str> = std::iter::once(self.tone.name())
            .chain(std::iter::once(self.text.as_str()))
            .chain(self.more.iter().map(String::as_str))
            .collect();
        let text: String = lines.join("\n").chars().take(LONGEST / 2).collect();
        URL_SAFE_NO_PAD.encode(text)
    }

    pub fn of_kept(kept: &str) -> Option<Notice> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(kept).ok()?).ok()?;
        let mut lines = text.split('\n').map(str::to_owned);
        let tone = match lines.next()?.as_str() {
            "good" => Tone::Good,
            "alarm" => Tone::Alarm,
            _ => Tone::Bad,
        };
        Some(Notice { tone, text: lines.next()?, more: lines.collect() })
    }
}

impl HtmlSafe for Notice {}

impl Display for Notice {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (role, shape) = match self.tone {
            Tone::Bad | Tone::Alarm => ("alert", "!"),
            Tone::Quiet | Tone::Waiting | Tone::Moving | Tone::Good => ("status", "✔"),
        };
        let tone = self.tone.name();
        write!(
            f,
            "<div class=\"notice {tone}\" role=\"{role}\"><p><span aria-hidden=\"true\">{shape}</span> "
        )?;
        write!(f, "{}</p>", Escaped(&self.text))?;
        if !self.more.is_empty() {
            f.write_str("<ul>")?;
            for line in &self.more {
                write!(f, "<li>{}</li>", Escaped(line))?;
            }
            f.write_str("</ul>")?;
        }
        f.write_str("</div>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_comes_back_from_its_cookie() {
        let notice = Notice::bad("Ünmöglich: <b>").with("one").with("two");
        assert_eq!(Notice::of_kept(&notice.kept()), Some(notice));
        assert_eq!(Notice::of_kept("no notice"), None);
        assert!(Notice::good("x".repeat(100_000)).kept().len() < 4_000, "it fits into a cookie");
    }

    #[test]
    fn a_notice_is_text() {
        let html = Notice::bad("<script>").with("<b>").to_string();
        assert!(html.contains("&lt;script&gt;") && html.contains("<li>&lt;b&gt;</li>"), "{html}");
        assert!(html.contains("role=\"alert\""));
    }
}
