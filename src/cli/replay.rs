//! `tillgate replay`: flows against a running server.

use super::output::{self, Format};
use super::{Failed, Global};
use crate::clock::{Clock, Entropy};
use crate::replay::{self, ReplayError, Report, Verdict};
use serde_json::{Value, json};

pub fn run(global: &Global, args: replay::Args) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failed::Down(format!("no runtime: {error}")))?;
    let options = args.options(Clock::system(), Entropy::system());
    let report = runtime.block_on(replay::run(options)).map_err(|error| match error {
        ReplayError::Unreachable { .. } => Failed::Down(error.to_string()),
        ReplayError::BadFlows(_) | ReplayError::NoSuchFlow(_) | ReplayError::Unwritable { .. } => {
            Failed::Usage(error.to_string())
        }
    })?;
    match global.format {
        Format::Text => output::line(report.to_string().trim_end())?,
        Format::Json => output::json(&told(&report))?,
    }
    match report.failed().count() {
        0 => Ok(()),
        failed => Err(Failed::Check(format!("{failed} flow(s) did not go as they say"))),
    }
}

fn told(report: &Report) -> Value {
    let outcomes = report.outcomes.iter().map(|outcome| {
        let (verdict, why) = match &outcome.verdict {
            Verdict::Passed => ("passed", None),
            Verdict::Skipped(why) => ("skipped", Some(why.to_string())),
            Verdict::Failed(failure) => ("failed", Some(failure.to_string())),
        };
        json!({
            "flow": outcome.flow,
            "encoding": outcome.encoding.to_string(),
            "verdict": verdict,
            "why": why,
            "took_ms": outcome.took_ms,
        })
    });
    json!({ "target": report.target, "passed": report.passed(), "flows": outcomes.collect::<Vec<_>>() })
}
