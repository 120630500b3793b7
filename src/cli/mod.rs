//! The command line. Exit codes: 0 ok, 1 a check failed, 2 usage, 3 configuration, 4 something we depend on is down.
//!
//! One file a command. Commands that change something are one more writer on the database, with an audit lane of
//! their own, and run the same operations as the doors.

mod audit;
mod check_config;
mod completions;
mod customer;
mod deposit;
mod failed;
mod house;
mod ledger;
mod migrate;
mod outbox;
mod output;
mod paygate;
mod payout;
mod replay;
mod rest_gateway;
mod sandbox;
mod secret_file;
mod serve;
mod user;

use clap::{Parser, Subcommand};
use failed::Failed;
use output::Format;
use std::path::PathBuf;
use std::process::ExitCode;

const EXIT_CODES: &str = "\
Exit codes: 0 ok, 1 a check failed or a call was refused, 2 usage, 3 configuration, 4 something we depend on is down.

First steps:
  tillgate migrate
  tillgate serve --sandbox
  tillgate customer show --front-end 'MyPhoneCards EUR' --pin Bigdaddy";

/// The platform side of a payment cashier.
#[derive(Parser)]
#[command(name = "tillgate", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(clap::Args)]
struct Global {
    /// The configuration file.
    #[arg(long, global = true, default_value = "config.toml", env = "TILLGATE_CONFIG", value_name = "FILE")]
    config: PathBuf,
    /// For people or for programs.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM; SIGHUP reloads front ends, processor map and keys.
    #[command(after_help = serve::EXAMPLES)]
    Serve(serve::Args),
    /// Bring the database's schema up to date.
    #[command(after_help = migrate::EXAMPLES)]
    Migrate(migrate::Args),
    /// Show the configuration in force, secrets masked, and every problem with its key.
    #[command(after_help = check_config::EXAMPLES)]
    CheckConfig,
    Replay(Box<crate::replay::Args>),
    /// Customers: add, import, show, adjust their balance.
    #[command(subcommand)]
    Customer(customer::Command),
    /// The ledger: prove its invariants, sum its accounts.
    #[command(subcommand)]
    Ledger(ledger::Command),
    /// The audit trail: prove its chains, tell what happened to something.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Payouts: where they stand and their postings.
    #[command(subcommand)]
    Payout(payout::Command),
    /// Deposits: where they stand and their postings.
    #[command(subcommand)]
    Deposit(deposit::Command),
    /// People of the back office: add, passwords, roles, shut out, list.
    #[command(subcommand)]
    User(user::Command),
    /// Errands that are to be done outside: list, retry, park.
    #[command(subcommand)]
    Outbox(outbox::Command),
    /// Paygate by hand: open, seal and sign messages; payouts in batch files.
    #[command(subcommand)]
    Paygate(paygate::Command),
    /// The REST gateway by hand: checksums, balance, transactions, what is stored there, invoices.
    #[command(subcommand)]
    RestGateway(rest_gateway::Command),
    /// Run a processor's simulator by itself.
    #[command(subcommand)]
    Sandbox(sandbox::Command),
    /// Print a completion script for a shell.
    #[command(after_help = completions::EXAMPLES)]
    Completions(completions::Args),
}

/// Everything `main` does.
pub fn run() -> ExitCode {
    let Cli { global, command } = Cli::parse();
    let result = match command {
        Command::Serve(args) => serve::run(&global.config, &args),
        Command::Migrate(args) => migrate::run(&global, &args),
        Command::CheckConfig => check_config::run(&global),
        Command::Replay(args) => replay::run(&global, *args),
        Command::Customer(command) => customer::run(&global, command),
        Command::Ledger(command) => ledger::run(&global, &command),
        Command::Audit(command) => audit::run(&global, &command),
        Command::Payout(command) => payout::run(&global, &command),
        Command::Deposit(command) => deposit::run(&global, &command),
        Command::User(command) => user::run(&global, command),
        Command::Outbox(command) => outbox::run(&global, command),
        Command::Paygate(command) => paygate::run(&global, &command),
        Command::RestGateway(command) => rest_gateway::run(&global, command),
        Command::Sandbox(command) => sandbox::run(&command),
        Command::Completions(args) => completions::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            failed.tell(global.format);
            failed.into()
        }
    }
}
