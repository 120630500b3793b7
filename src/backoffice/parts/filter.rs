//! The form above a list: what is filtered stands in the address, so that a page can be kept, sent and saved.

use super::Escaped;
use crate::backoffice::call::Call;
use askama::filters::HtmlSafe;
use std::fmt::{Display, Formatter, Result};

/// Something to choose.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub text: String,
}

impl Choice {
    pub fn new(value: impl Into<String>, text: impl Into<String>) -> Choice {
        Choice { value: value.into(), text: text.into() }
    }
}

#[derive(Clone, Debug)]
pub enum Input {
    Text {
        name: &'static str,
        label: String,
    },
    /// `2026-11-24`.
    Date {
        name: &'static str,
        label: String,
    },
    /// One of several, or any; a choice without a value stands for what is there when nothing is chosen.
    One {
        name: &'static str,
        label: String,
        choices: Vec<Choice>,
    },
    /// Any number of several; `folded` ones are seldom needed.
    Several {
        name: &'static str,
        label: String,
        choices: Vec<Choice>,
        folded: bool,
    },
}

pub struct Filter<'a> {
    call: &'a Call,
    inputs: Vec<Input>,
}

impl<'a> Filter<'a> {
    /// A filter of the page that is looked at; what the address holds is filled in.
    pub fn new(call: &'a Call) -> Filter<'a> {
        Filter { call, inputs: Vec::new() }
    }

    pub fn text(mut self, name: &'static str, label: impl Into<String>) -> Self {
        self.inputs.push(Input::Text { name, label: label.into() });
        self
    }

    pub fn date(mut self, name: &'static str, label: impl Into<String>) -> Self {
        self.inputs.push(Input::Date { name, label: label.into() });
        self
    }

    pub fn one(mut self, name: &'static str, label: impl Into<String>, choices: Vec<Choice>) -> Self {
        self.inputs.push(Input::One { name, label: label.into(), choices });
        self
    }

    pub fn several(mut self, name: &'static str, label: impl Into<String>, choices: Vec<Choice>) -> Self {
        self.inputs.push(Input::Several { name, label: label.into(), choices, folded: false });
        self
    }

    /// The same, out of sight until it is asked for.
    pub fn folded(mut self, name: &'static str, label: impl Into<String>, choices: Vec<Choice>) -> Self {
        self.inputs.push(Input::Several { name, label: label.into(), choices, folded: true });
        self
    }
}

impl HtmlSafe for Filter<'_> {}

impl Display for Filter<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (call, path) = (self.call, Escaped(&self.call.path));
        write!(
            f,
            "<form class=\"filter\" method=\"get\" action=\"{path}\" role=\"search\" aria-label=\"{}\">",
            Escaped(call.say("filter"))
        )?;
        for input in &self.inputs {
            self.write_input(f, input)?;
        }
        write!(
            f,
            "<div class=\"buttons\"><button type=\"submit\">{}</button> <a href=\"{path}\">{}</a></div></form>",
            Escaped(call.say("filter.apply")),
            Escaped(call.say("filter.clear"))
        )
    }
}

impl Filter<'_> {
    fn write_input(&self, f: &mut Formatter<'_>, input: &Input) -> Result {
        let query = &self.call.query;
        match input {
            Input::Text { name, label } | Input::Date { name, label } => {
                let kind = if matches!(input, Input::Date { .. }) { "date" } else { "text" };
                let value = Escaped(query.text(name));
                let label = Escaped(label);
                write!(f, "<label>{label} <input type=\"{kind}\" name=\"{name}\" value=\"{value}\"></label>")
            }
            Input::One { name, label, choices } => {
                write!(f, "<label>{} <select name=\"{name}\">", Escaped(label))?;
                if choices.iter().all(|choice| !choice.value.is_empty()) {
                    write!(f, "<option value=\"\">{}</option>", Escaped(self.call.say("filter.any")))?;
                }
                for choice in choices {
                    let chosen = if query.text(name) == choice.value { " selected" } else { "" };
                    let (value, text) = (Escaped(&choice.value), Escaped(&choice.text));
                    write!(f, "<option value=\"{value}\"{chosen}>{text}</option>")?;
                }
                f.write_str("</select></label>")
            }
            Input::Several { name, label, choices, folded } => {
                let label = Escaped(label);
                let (begin, end) = if *folded {
                    ("<details class=\"folded\"><summary>", "</fieldset></details>")
                } else {
                    ("", "</fieldset>")
                };
                f.write_str(begin)?;
                if *folded {
                    write!(f, "{label}</summary><fieldset><legend class=\"unseen\">{label}</legend>")?;
                } else {
                    write!(f, "<fieldset><legend>{label}</legend>")?;
                }
                for choice in choices {
                    let chosen = query.all(name).any(|value| value == choice.value);
                    let checked = if chosen { " checked" } else { "" };
                    let (value, text) = (Escaped(&choice.value), Escaped(&choice.text));
                    write!(
                        f,
                        "<label><input type=\"checkbox\" name=\"{name}\" value=\"{value}\"{checked}> {text}</label>"
                    )?;
                }
                f.write_str(end)
            }
        }
    }
}
