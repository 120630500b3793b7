//! `tillgate serve`.

use super::{Failed, output};
use crate::clock::{Clock, Entropy};
use crate::config::{self, Settings};
use crate::server::{self, Running, StartError};
use crate::telemetry;
use std::path::Path;
use tokio::signal::unix::{SignalKind, signal};

pub const EXAMPLES: &str = "\
Examples:
  tillgate serve
  tillgate serve --sandbox
  TILLGATE__LISTEN__CASHIER=127.0.0.1:9000 tillgate serve --config my.toml";

#[derive(clap::Args)]
pub struct Args {
    /// Demo customers, weak secrets allowed, simulators of the processors. Never with real money.
    #[arg(long)]
    sandbox: bool,
}

pub fn run(file: &Path, args: &Args) -> Result<(), Failed> {
    let mut settings = config::load(file, std::env::vars())?;
    settings.sandbox.enabled |= args.sandbox;
    telemetry::start_logging(&settings.log).map_err(Failed::Config)?;
    Ok(actix_web::rt::System::new().block_on(serve(file, &settings, args.sandbox))?)
}

async fn serve(file: &Path, settings: &Settings, sandbox: bool) -> Result<(), StartError> {
    let unhandled = |error: std::io::Error| StartError::Sandbox(format!("no signal handler: {error}"));
    let mut stop = signal(SignalKind::terminate()).map_err(unhandled)?;
    let mut reload = signal(SignalKind::hangup()).map_err(unhandled)?;
    let entropy = Entropy::system();
    // A start may wait long for its database, and can be told to end meanwhile.
    let running = tokio::select! {
        running = server::start(settings, Clock::system(), entropy.clone()) => running?,
        _ = stop.recv() => return Ok(()),
        _ = tokio::signal::ctrl_c() => return Ok(()),
    };
    actix_web::rt::spawn(telemetry::upkeep());
    tracing::info!(address = %running.address, sandbox = settings.sandbox.enabled, "serving");
    if settings.sandbox.enabled {
        greet(&running, settings);
    }
    loop {
        tokio::select! {
            _ = stop.recv() => break,
            _ = tokio::signal::ctrl_c() => break,
            _ = reload.recv() => reread(file, sandbox, &running, &entropy),
        }
    }
    tracing::info!("stopping: no new calls, those under way are finished");
    running.stop().await;
    Ok(())
}

/// A good file replaces what was in force; a bad one is refused and the old one stays.
fn reread(file: &Path, sandbox: bool, running: &Running, entropy: &Entropy) {
    let settings = config::load(file, std::env::vars());
    let result = settings.map_err(|error| error.to_string()).and_then(|mut settings| {
        settings.sandbox.enabled |= sandbox;
        let problems = running.reload(&settings, entropy);
        problems.map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    });
    match result {
        Ok(()) => tracing::info!("front ends, processor map and keys were read again"),
        Err(reason) => {
            tracing::error!(reason, "the new configuration is refused, the old one stays in force")
        }
    }
}

/// Where to go and what to try first. Somebody who does not listen is no reason to stop.
fn greet(running: &Running, settings: &Settings) {
    let base = format!("http://{}", running.address);
    let Some(demo) = settings.sandbox.customers.first() else { return };
    let who =
        format!("FrontEndName={}&PIN={}&WSPassCode=sandbox", demo.front_end.replace(' ', "+"), demo.pin);
    let people =
        settings.sandbox.people.iter().map(|person| format!("{} / {}", person.name, person.password));
    let people = people.collect::<Vec<_>>().join("\n  ");
    let _ = output::line(&format!(
        "Tillgate sandbox at {base} (API {base}/docs, health {base}/health/ready)\nTry:\n  \
         curl -d '{who}' {base}/cashier/GetBalance\n  \
         curl -d '{who}&TraceID=1&PP=CFT&Amount=120.00&Fee=2.50' {base}/cashier/CreatePayout\nBack office at {base}/office, name / password:\n  {people}"
    ));
}
