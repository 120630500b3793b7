//! The customer's pages. They need no script to be read; a script only saves a click and the reloading.

use super::words::Words;
use crate::desk::CardInputs;
use askama::Template;
use chrono::{DateTime, Datelike, Utc};

/// Posts the processor's form.
#[derive(Template)]
#[template(path = "player/form.html")]
pub struct FormPage<'a> {
    pub words: &'static Words,
    pub action: &'a str,
    pub fields: &'a [(String, String)],
    pub amount: &'a str,
}

/// A card form whose content goes from the browser straight to the processor, and never through us.
#[derive(Template)]
#[template(path = "player/card.html")]
pub struct CardPage<'a> {
    pub words: &'static Words,
    pub action: &'a str,
    pub fields: &'a [(String, String)],
    pub inputs: &'a CardInputs,
    pub months: &'a [Month],
    pub amount: &'a str,
}

/// Posts one value into a frame, and waits for what comes of it.
#[derive(Template)]
#[template(path = "player/frames.html")]
pub struct FramesPage<'a> {
    pub words: &'static Words,
    pub amount: &'a str,
    /// `method`: the bank looks at the browser. `challenge`: it asks the customer.
    pub step: &'static str,
    pub state_url: &'a str,
    pub action: &'a str,
    pub name: &'static str,
    pub value: &'a str,
}

/// A month as the processor takes it and as people read it.
pub struct Month {
    pub value: String,
    pub shown: String,
}

/// The months in which a card may end, without any script: from this one on.
pub fn months(now: DateTime<Utc>) -> Vec<Month> {
    let first = now.year() * 12 + now.month0() as i32;
    let month = |at: i32| {
        let (year, month) = (at / 12, at % 12 + 1);
        Month { value: format!("{year:04}{month:02}"), shown: format!("{month:02}/{year}") }
    };
    (first..first + YEARS * 12).map(month).collect()
}

const YEARS: i32 = 12;

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
