//! `tillgate check-config`: what is in force, and what is wrong with it, before anything binds.

use super::output::{self, Format};
use super::{Failed, Global};
use crate::clock::Entropy;
use crate::{config, telemetry};
use serde_json::json;

pub const EXAMPLES: &str = "\
The file, then TILLGATE__… variables over it, then defaults. Exit code 3 when there is a problem;
remarks change nothing of it.

Examples:
  tillgate check-config
  tillgate check-config --config /etc/tillgate/config.toml --format json
  TILLGATE__LISTEN__CASHIER=127.0.0.1:9000 tillgate check-config | grep cashier";

pub fn run(global: &Global) -> Result<(), Failed> {
    let settings = config::load(&global.config, std::env::vars())?;
    let mut problems = config::build(&settings, &Entropy::system()).err().unwrap_or_default();
    problems.extend(config::routes(&settings));
    if let Err(reason) = telemetry::filter(&settings.log) {
        problems.push(config::Problem { key: "log.level".to_owned(), reason });
    }
    let remarks = config::remarks(&settings);
    match global.format {
        Format::Text => {
            let text = toml::to_string(&settings);
            output::line(
                &text.map_err(|error| Failed::Config(format!("the settings can't be shown: {error}")))?,
            )?;
            // Beside the settings, so that these can be read by programs.
            remarks.iter().for_each(|remark| eprintln!("tillgate: note: {remark}"));
        }
        Format::Json => {
            let told = |found: &[config::Problem]| -> Vec<_> {
                found.iter().map(|problem| json!({ "key": problem.key, "reason": problem.reason })).collect()
            };
            output::json(&json!({
                "settings": settings, "problems": told(&problems), "remarks": told(&remarks),
            }))?;
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Failed::problems(&problems)) }
}
