//! The command line. Exit codes: 0 ok, 1 a check failed, 2 usage, 3 configuration, 4 something we depend on is down.

mod serve;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// The platform side of a payment cashier.
#[derive(Parser)]
#[command(name = "tillgate", version, max_term_width = 100)]
struct Cli {
    /// The configuration file.
    #[arg(long, global = true, default_value = "config.toml", env = "TILLGATE_CONFIG", value_name = "FILE")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM; SIGHUP reloads front ends, processor map and keys.
    #[command(
        after_help = "Examples:\n  tillgate serve\n  TILLGATE__LISTEN__CASHIER=127.0.0.1:9000 tillgate serve --config my.toml"
    )]
    Serve(serve::Args),
}

/// Everything `main` does.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        Command::Serve(args) => serve::run(&cli.config, &args),
    }
}

/// Why a command ended badly.
pub enum Failed {
    /// A check or comparison says no.
    Check,
    Usage,
    Config,
    Down,
}

impl From<Failed> for ExitCode {
    fn from(failed: Failed) -> ExitCode {
        ExitCode::from(match failed {
            Failed::Check => 1,
            Failed::Usage => 2,
            Failed::Config => 3,
            Failed::Down => 4,
        })
    }
}
