//! `tillgate migrate`: the schema, as a step of its own.

use super::house::{House, exists};
use super::output::{self, Format};
use super::{Failed, Global};
use crate::store::{Connection, DatabaseUrl, Purpose, migrations};
use serde_json::json;
use std::path::Path;

pub const EXAMPLES: &str = "\
Examples:
  tillgate migrate
  tillgate migrate --check          (exit code 1 when a migration is due)
  TILLGATE__DATABASE__URL=postgres://tillgate@db/tillgate tillgate migrate";

#[derive(clap::Args)]
pub struct Args {
    /// Change nothing; only tell which migrations are due.
    #[arg(long)]
    check: bool,
}

pub fn run(global: &Global, args: &Args) -> Result<(), Failed> {
    let house = House::of(global)?;
    if args.check { check(global, &house) } else { migrate(global, &house) }
}

fn migrate(global: &Global, house: &House) -> Result<(), Failed> {
    if let DatabaseUrl::Sqlite(path) = house.url()
        && let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty())
        && !folder.is_dir()
    {
        let folder = folder.display();
        return Err(Failed::Down(format!(
            "there is no folder {folder} for the database (`database.url`); make it first"
        )));
    }
    let ran = migrations::run(house.url())?;
    match (global.format, ran.as_slice()) {
        (Format::Json, ran) => output::json(&json!({ "ran": ran })),
        (Format::Text, []) => output::line("The database is up to date."),
        (Format::Text, ran) => output::line(&format!("Ran {} migration(s): {}.", ran.len(), ran.join(", "))),
    }
}

fn check(global: &Global, house: &House) -> Result<(), Failed> {
    exists(house.url())
        .map_err(|_| Failed::Check("the database is not there yet: all migrations are due".to_owned()))?;
    let mut connection = Connection::open(house.url(), Purpose::Write)?;
    let due = migrations::pending(&mut connection)?;
    if global.format == Format::Json {
        output::json(&json!({ "due": due }))?;
    }
    if !due.is_empty() {
        return Err(Failed::Check(format!("{} migration(s) are due: {}", due.len(), due.join(", "))));
    }
    if global.format == Format::Text {
        output::line("The database is up to date.")?;
    }
    Ok(())
}
