//! `tillgate customer`: a merchant's customers by hand. The same operations as behind `/platform/v1`.

mod add;
mod adjust;
mod import;
mod record;
mod show;

use super::house::House;
use super::{Failed, Global};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Add a customer, or bring one up to date.
    #[command(after_help = add::EXAMPLES)]
    Add(Box<add::Args>),
    /// Add or update many customers from CSV or JSON lines.
    #[command(after_help = import::EXAMPLES)]
    Import(import::Args),
    /// Show a customer and what he has.
    #[command(after_help = show::EXAMPLES)]
    Show(Who),
    /// Give to or take from a customer's balance, once for each key.
    #[command(after_help = adjust::EXAMPLES)]
    Adjust(adjust::Args),
}

/// Which customer.
#[derive(clap::Args)]
pub struct Who {
    /// The front end by its name in the configuration.
    #[arg(long, value_name = "NAME")]
    front_end: String,
    /// The customer's id on the platform.
    #[arg(long)]
    pin: String,
}

pub fn run(global: &Global, command: Command) -> Result<(), Failed> {
    let house = House::of(global)?;
    match command {
        Command::Add(args) => add::run(global, &house, *args),
        Command::Import(args) => import::run(global, &house, &args),
        Command::Show(who) => show::run(global, &house, &who),
        Command::Adjust(args) => adjust::run(global, &house, args),
    }
}
