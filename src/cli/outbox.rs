//! `tillgate outbox`: errands that are to be done outside, and what a person can do about them.

use super::house::House;
use super::output::{self, Format};
use super::{Failed, Global};
use crate::operations::change_errand::{self, Change};
use crate::store::{Tx, Wants, outbox};
use serde_json::json;

#[derive(clap::Subcommand)]
pub enum Command {
    /// List errands that are not done.
    #[command(after_help = LIST_EXAMPLES)]
    List {
        /// Those that were given up until a person retries them.
        #[arg(long)]
        parked: bool,
        /// Go on behind this errand.
        #[arg(long, default_value_t = 0, value_name = "ID")]
        after: i64,
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
    /// Make an errand due now, parked or not.
    #[command(after_help = RETRY_EXAMPLES)]
    Retry {
        id: i64,
        /// Why, for the audit trail.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Give an errand up until a person retries it.
    #[command(after_help = PARK_EXAMPLES)]
    Park {
        id: i64,
        /// Why, for the audit trail.
        #[arg(long)]
        reason: String,
    },
}

const LIST_EXAMPLES: &str = "\
Examples:
  tillgate outbox list
  tillgate outbox list --parked --format json";
const RETRY_EXAMPLES: &str = "\
Examples:
  tillgate outbox retry 7211846382157825
  tillgate outbox retry 7211846382157825 --reason 'the processor is back'

A payout of unknown outcome is not sent again by this: its errand asks the processor first.";
const PARK_EXAMPLES: &str = "\
Examples:
  tillgate outbox park 7211846382157825 --reason 'the processor asked us to wait'";

pub fn run(global: &Global, command: Command) -> Result<(), Failed> {
    let house = House::of(global)?;
    match command {
        Command::List { parked, after, limit } => list(global, &house, parked, after, limit),
        Command::Retry { id, reason } => {
            change(global, &house, change_errand::Wish { id, change: Change::Retry, reason })
        }
        Command::Park { id, reason } => {
            change(global, &house, change_errand::Wish { id, change: Change::Park, reason })
        }
    }
}

fn list(global: &Global, house: &House, parked: bool, after: i64, limit: i64) -> Result<(), Failed> {
    let errands = house.read(|connection| outbox::list(connection, parked, after, limit))?;
    match global.format {
        Format::Text => output::table(
            ["ID", "KIND", "SUBJECT", "DUE", "TRIES", "LAST ERROR"],
            errands.into_iter().map(|listed| {
                [
                    listed.id.to_string(),
                    listed.errand.kind,
                    listed.errand.subject,
                    if listed.parked { "parked".to_owned() } else { output::time(listed.due_at) },
                    listed.tries.to_string(),
                    listed.last_error.unwrap_or_default(),
                ]
            }),
        ),
        Format::Json => {
            let errands = errands.iter().map(|listed| {
                json!({
                    // Larger than what JavaScript holds exactly.
                    "id": listed.id.to_string(),
                    "kind": listed.errand.kind,
                    "subject": listed.errand.subject,
                    "due": output::time(listed.due_at),
                    "tries": listed.tries,
                    "parked": listed.parked,
                    "last_error": listed.last_error,
                })
            });
            output::json(&errands.collect())
        }
    }
}

/// Changes an errand and writes down who did it, in one commit.
fn change(global: &Global, house: &House, wish: change_errand::Wish) -> Result<(), Failed> {
    let caller = house.caller();
    let (id, kind) = (wish.id, wish.change.deed());
    let done = house.write(|store| async move {
        let run = move |tx: &mut Tx<'_>| change_errand::run(tx, &wish, &caller);
        Ok(store.transact("outbox", Wants::nothing(), run).await?)
    })?;
    if !done {
        return Err(Failed::Check(format!("there is no open errand {id}; see `tillgate outbox list`")));
    }
    match global.format {
        Format::Text => output::line("Done."),
        Format::Json => output::json(&json!({ "id": id.to_string(), "result": kind.name() })),
    }
}
