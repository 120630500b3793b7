//! A small form that does something: posts, bears the session's token, and says what it will do on its button.

use super::{Choice, Escaped};
use crate::backoffice::call::Call;
use askama::filters::HtmlSafe;
use std::fmt::{Display, Formatter, Result, Write};

/// How a button looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weight {
    Plain,
    First,
    Danger,
}

pub struct Form {
    html: String,
    buttons: String,
}

impl Form {
    /// `in_a_row` is a form that stands in a line of its own, without a frame.
    pub fn new(call: &Call, action: &str, in_a_row: bool) -> Form {
        let class = if in_a_row { "row" } else { "card" };
        let html = format!(
            "<form class=\"{class}\" method=\"post\" action=\"{}\">{}",
            Escaped(action),
            call.csrf_field()
        );
        Form { html, buttons: String::new() }
    }

    /// A name for fields that stand elsewhere on the page.
    pub fn called(mut self, id: &'static str) -> Form {
        self.html = self.html.replacen("<form ", &format!("<form id=\"{id}\" "), 1);
        self
    }

    pub fn title(self, text: &str) -> Form {
        self.adding(format_args!("<h2>{}</h2>", Escaped(text)))
    }

    pub fn hidden(self, name: &str, value: &str) -> Form {
        let (name, value) = (Escaped(name), Escaped(value));
        self.adding(format_args!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">"))
    }

    pub fn text(self, name: &str, label: &str, required: bool) -> Form {
        let (name, label) = (Escaped(name), Escaped(label));
        let required = if required { " required" } else { "" };
        self.adding(format_args!(
            "<label>{label} <input type=\"text\" name=\"{name}\" maxlength=\"500\" autocomplete=\"off\"{required}></label>"
        ))
    }

    /// The same with something in it already.
    pub fn text_with(self, name: &str, label: &str, value: &str) -> Form {
        let (name, label, value) = (Escaped(name), Escaped(label), Escaped(value));
        self.adding(format_args!(
            "<label>{label} <input type=\"text\" name=\"{name}\" value=\"{value}\" autocomplete=\"off\"></label>"
        ))
    }

    /// A code of an authenticator program.
    pub fn code(self, label: &str) -> Form {
        let label = Escaped(label);
        self.adding(format_args!(
            "<label>{label} <input type=\"text\" name=\"code\" inputmode=\"numeric\" autocomplete=\"one-time-code\" maxlength=\"9\"></label>"
        ))
    }

    pub fn tick(self, name: &str, label: &str) -> Form {
        let (name, label) = (Escaped(name), Escaped(label));
        self.adding(format_args!(
            "<label class=\"tick\"><input type=\"checkbox\" name=\"{name}\" value=\"yes\"> {label}</label>"
        ))
    }

    pub fn one(self, name: &str, label: &str, choices: &[Choice]) -> Form {
        let mut form =
            self.adding(format_args!("<label>{} <select name=\"{}\">", Escaped(label), Escaped(name)));
        for choice in choices {
            let (value, text) = (Escaped(&choice.value), Escaped(&choice.text));
            form = form.adding(format_args!("<option value=\"{value}\">{text}</option>"));
        }
        form.adding(format_args!("</select></label>"))
    }

    /// A button; a form may have several that differ by the value of a name.
    pub fn button(mut self, text: &str, weight: Weight, value: Option<(&str, &str)>) -> Form {
        let class = match weight {
            Weight::Plain => "",
            Weight::First => " class=\"first\"",
            Weight::Danger => " class=\"danger\"",
        };
        let value = value.map_or(String::new(), |(name, value)| {
            format!(" name=\"{}\" value=\"{}\"", Escaped(name), Escaped(value))
        });
        // Writing to a text can't fail.
        let _ = write!(self.buttons, "<button type=\"submit\"{class}{value}>{}</button>", Escaped(text));
        self
    }

    fn adding(mut self, what: std::fmt::Arguments<'_>) -> Form {
        // Writing to a text can't fail.
        let _ = self.html.write_fmt(what);
        self
    }
}

impl HtmlSafe for Form {}

impl Display for Form {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}<div class=\"buttons\">{}</div></form>", self.html, self.buttons)
    }
}
