//! Logs for people or machines, and metrics. What is logged is decided where it is logged: ids, states, durations;
//! never a body, a name, a secret or a card number.

use crate::config::{Log, LogFormat};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// Starts logging; `Err` names a filter that can't be read.
pub fn start_logging(log: &Log) -> Result<(), String> {
    let filter = filter(log).map_err(|reason| format!("log.level: {reason}"))?;
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let builder = builder.with_ansi(std::io::stderr().is_terminal());
    let result = match log.format {
        LogFormat::Pretty => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    // A second server in one process logs through the first one's subscriber.
    let _ = result;
    Ok(())
}

/// The filter that `log.level` describes.
pub fn filter(log: &Log) -> Result<EnvFilter, String> {
    EnvFilter::try_new(&log.level).map_err(|error| error.to_string())
}

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Upper bounds of the histograms' buckets, in seconds.
const SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
const COMMANDS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// The process's metrics, installed once.
pub fn metrics() -> &'static PrometheusHandle {
    METRICS.get_or_init(|| {
        use metrics_exporter_prometheus::Matcher;
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .and_then(|builder| {
                builder.set_buckets_for_metric(Matcher::Suffix("_commands".to_owned()), &COMMANDS)
            });
        let recorder = builder.unwrap_or_else(|_| PrometheusBuilder::new()).build_recorder();
        let handle = recorder.handle();
        // Somebody else's recorder stays; ours then renders empty, which `/metrics` shows.
        let _ = metrics::set_global_recorder(recorder);
        handle
    })
}

/// Keeps histograms from growing; runs for the life of the process.
pub async fn upkeep() {
    let mut ticks = tokio::time::interval(Duration::from_secs(5));
    loop {
        ticks.tick().await;
        metrics().run_upkeep();
    }
}
