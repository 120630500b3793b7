//! The customer's pages. They need no script to be read; a script only saves a click and the reloading.

use super::words::Words;
use askama::Template;

/// Posts the processor's form.
#[derive(Template)]
#[template(path = "player/form.html")]
pub struct FormPage<'a> {
    pub words: &'static Words,
    pub action: &'a str,
    pub fields: &'a [(String, String)],
    pub amount: &'a str,
}

/// Says where the deposit stands, and waits while it is open.
#[derive(Template)]
#[template(path = "player/result.html")]
pub struct ResultPage<'a> {
    pub words: &'static Words,
    pub title: &'static str,
    pub text: &'static str,
    pub amount: &'a str,
    pub open: bool,
    pub state_url: &'a str,
}

#[derive(Template)]
#[template(path = "player/missing.html")]
pub struct MissingPage {
    pub words: &'static Words,
}
