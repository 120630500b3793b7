//! How a viewer is spoken to: the language of the words and amounts, and the zone of the times.

use super::parts::money::written;
use super::parts::when::When;
use super::words::Words;
use crate::domain::money::Money;
use chrono::NaiveDate;
use chrono_tz::Tz;

#[derive(Clone, Copy)]
pub struct Voice {
    pub words: &'static Words,
    pub zone: Tz,
}

impl Voice {
    pub fn say<'k>(&self, key: &'k str) -> &'k str {
        self.words.say(key)
    }

    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.words.fill(key, values)
    }

    /// A time as this viewer reads it.
    pub fn when(&self, micros: i64) -> When {
        When::new(micros, self.zone, self.words.language)
    }

    /// A day as this viewer writes it: `24 Nov 2026`, `24.11.2026`.
    pub fn day(&self, day: NaiveDate) -> String {
        let form = if self.words.language == "de" { "%d.%m.%Y" } else { "%d %b %Y" };
        day.format(form).to_string()
    }

    /// An amount as this viewer reads it: `1,234.50 EUR`, `1.234,50 EUR`.
    pub fn money(&self, money: Money) -> String {
        written(money, self.words.language)
    }
}
