//! Times in the viewer's zone; UTC is shown by the pointer, and stands in the attribute for programs.

use super::Escaped;
use askama::filters::HtmlSafe;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::fmt::{Display, Formatter, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    micros: i64,
    zone: Tz,
    german: bool,
}

impl When {
    pub fn new(micros: i64, zone: Tz, language: &str) -> When {
        When { micros, zone, german: language == "de" }
    }

    /// The text alone, for files and titles.
    pub fn text(&self) -> String {
        let Some(at) = DateTime::from_timestamp_micros(self.micros) else { return self.micros.to_string() };
        let form = if self.german { "%d.%m.%Y %H:%M:%S" } else { "%d %b %Y %H:%M:%S" };
        at.with_timezone(&self.zone).format(form).to_string()
    }
}

impl HtmlSafe for When {}

impl Display for When {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Some(at) = DateTime::<Utc>::from_timestamp_micros(self.micros) else { return Ok(()) };
        write!(
            f,
            "<time datetime=\"{}\" title=\"{}\">{}</time>",
            at.format("%Y-%m-%dT%H:%M:%S%.6fZ"),
            at.format("%Y-%m-%d %H:%M:%S%.6f UTC"),
            Escaped(&self.text())
        )
    }
}

/// How long something has been waiting, in the largest unit that says it: `45 s`, `12 min`, `5 h`, `3 d`.
pub fn age(micros: i64) -> String {
    let seconds = (micros / 1_000_000).max(0);
    match seconds {
        0..60 => format!("{seconds}\u{a0}s"),
        60..3_600 => format!("{}\u{a0}min", seconds / 60),
        3_600..172_800 => format!("{}\u{a0}h", seconds / 3_600),
        _ => format!("{}\u{a0}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_viewer_s_and_utc_is_behind_it() {
        let noon = 1_795_521_600_000_001;
        let english = When::new(noon, chrono_tz::Europe::Berlin, "en").to_string();
        assert_eq!(
            english,
            "<time datetime=\"2026-11-24T12:00:00.000001Z\" title=\"2026-11-24 12:00:00.000001 UTC\">\
             24 Nov 2026 13:00:00</time>"
        );
        assert_eq!(When::new(noon, chrono_tz::UTC, "de").text(), "24.11.2026 12:00:00");
    }

    #[test]
    fn ages_are_said_in_one_unit() {
        let minute = 60_000_000;
        for (micros, said) in [
            (-5, "0 s"),
            (59_999_999, "59 s"),
            (minute, "1 min"),
            (119 * minute, "1 h"),
            (47 * 60 * minute, "47 h"),
            (72 * 60 * minute, "3 d"),
        ] {
            assert_eq!(age(micros).replace('\u{a0}', " "), said);
        }
    }
}
