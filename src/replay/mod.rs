//! Replays payout and deposit flows against a running server, ours or another.
//!
//! This room stands in the cashier's place: a client with its own requests and its own reading of replies, which uses
//! no part of the service. A `flow` is read from a file, `play` makes its calls, `check` compares, `report` and
//! `junit` tell.

pub mod args;
mod cast;
mod check;
mod flow;
mod junit;
mod play;
mod record;
mod report;
mod target;
mod wire;

pub use args::Args;
pub use check::Difference;
pub use flow::Trouble;
pub use report::{Failure, Outcome, Report, Verdict};
pub use target::{Address, CallError};
pub use wire::Encoding;

use crate::clock::{Clock, Entropy};
use flow::Flow;
use futures_util::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use play::{Played, Stage};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use target::Target;

#[derive(Clone)]
pub struct Options {
    /// A folder of flow files, or one file.
    pub flows: PathBuf,
    pub address: Address,
    pub encodings: Vec<Encoding>,
    pub junit: Option<PathBuf>,
    /// Where to write what the server did; then nothing is judged.
    pub record: Option<PathBuf>,
    pub only: Option<String>,
    /// Take the server for another's without asking it.
    pub foreign: bool,
    pub customer: Option<String>,
    /// The flows' front ends by the names that the server has for them.
    pub front_ends: BTreeMap<String, String>,
    pub first_trace: Option<i64>,
    pub jobs: usize,
    /// Show a bar, if somebody is there to see it.
    pub progress: bool,
    pub clock: Clock,
    pub entropy: Entropy,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Options");
        shown.field("flows", &self.flows).field("address", &self.address).field("encodings", &self.encodings);
        shown.finish_non_exhaustive()
    }
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("{}", told(.0))]
    BadFlows(Vec<Trouble>),
    #[error("no flow has `{0}` in its name or file name")]
    NoSuchFlow(String),
    #[error("{target} can't be reached: {cause}")]
    Unreachable { target: String, cause: CallError },
    #[error("{} can't be written: {cause}", .file.display())]
    Unwritable { file: PathBuf, cause: std::io::Error },
}

fn told(troubles: &[Trouble]) -> String {
    troubles.iter().map(Trouble::to_string).collect::<Vec<_>>().join("\n")
}

/// Plays every flow in every encoding.
pub async fn run(options: Options) -> Result<Report, ReplayError> {
    let flows = chosen(&options)?;
    let unreachable = |cause| ReplayError::Unreachable { target: options.address.url.clone(), cause };
    let target = Target::new(options.address.clone()).map_err(unreachable)?;
    let ours = !options.foreign && target.has_platform().await.map_err(unreachable)?;
    let stage = Stage {
        target,
        numbers: cast::Numbers::new(options.entropy.next(), options.first_trace),
        ours,
        front_ends: options.front_ends.clone(),
        customer: options.customer.clone(),
    };

    let began = options.clock.now();
    let runs: Vec<(&Flow, Encoding)> =
        options.encodings.iter().flat_map(|encoding| flows.iter().map(|flow| (flow, *encoding))).collect();
    let bar = bar(&options, runs.len());
    let mut played: Vec<(usize, Played)> = stream::iter(runs.into_iter().enumerate())
        .map(|(index, (flow, encoding))| {
            let (stage, bar, clock) = (&stage, &bar, &options.clock);
            let recording = options.record.is_some();
            async move {
                let began = clock.now();
                let mut played = play::play(stage, flow, encoding, recording).await;
                played.outcome.took_ms = (clock.now() - began).num_milliseconds();
                bar.set_message(played.outcome.flow.clone());
                bar.inc(1);
                (index, played)
            }
        })
        .buffer_unordered(options.jobs.max(1))
        .collect()
        .await;
    bar.finish_and_clear();
    // In the order of the files, however the runs overtook each other.
    played.sort_by_key(|(index, _)| *index);
    let played: Vec<Played> = played.into_iter().map(|(_, played)| played).collect();

    let recorded = match &options.record {
        Some(folder) => record::write(folder, &played, options.encodings.first().copied())?,
        None => Vec::new(),
    };
    let report = Report {
        target: options.address.url.clone(),
        ours,
        outcomes: played.into_iter().map(|played| played.outcome).collect(),
        took_ms: (options.clock.now() - began).num_milliseconds(),
        recorded,
    };
    if let Some(file) = &options.junit {
        save(file, &junit::write(&report))?;
    }
    Ok(report)
}

fn chosen(options: &Options) -> Result<Vec<Flow>, ReplayError> {
    let mut flows = flow::load(&options.flows).map_err(ReplayError::BadFlows)?;
    if let Some(only) = &options.only {
        let part = only.to_lowercase();
        let named = |flow: &Flow| {
            let file = flow.file.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            flow.title().to_lowercase().contains(&part) || file.contains(&part)
        };
        flows.retain(named);
        if flows.is_empty() {
            return Err(ReplayError::NoSuchFlow(only.clone()));
        }
    }
    Ok(flows)
}

fn bar(options: &Options, length: usize) -> ProgressBar {
    // Draws on a terminal alone.
    let target = if options.progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(length as u64), target);
    match ProgressStyle::with_template("{bar:32} {pos}/{len} {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn save(file: &Path, text: &str) -> Result<(), ReplayError> {
    let written = match file.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => std::fs::create_dir_all(parent).and_then(|()| std::fs::write(file, text)),
        None => std::fs::write(file, text),
    };
    written.map_err(|cause| ReplayError::Unwritable { file: file.to_owned(), cause })
}
