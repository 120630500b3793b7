//! `tillgate ledger`: proofs and sums.

use super::house::House;
use super::output::{self, Format};
use super::{Failed, Global};
use crate::store::{check, ledger};
use serde_json::json;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Prove the invariants of the ledger on the live database.
    #[command(after_help = CHECK_EXAMPLES)]
    Check,
    /// Sum the balances by kind of account and currency; each currency sums to zero.
    #[command(after_help = TRIAL_EXAMPLES)]
    TrialBalance,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  tillgate ledger check
  tillgate ledger check --format json

Exit code 1 on any breach. Payouts whose outcome is open are listed: they are to be inquired at their processors,
first of all after a restore from a backup.";

const TRIAL_EXAMPLES: &str = "\
Examples:
  tillgate ledger trial-balance
  tillgate ledger trial-balance --format json";

pub fn run(global: &Global, command: &Command) -> Result<(), Failed> {
    let house = House::of(global)?;
    match command {
        Command::Check => prove(global, &house),
        Command::TrialBalance => sum(global, &house),
    }
}

fn prove(global: &Global, house: &House) -> Result<(), Failed> {
    let checked = house.read(check::run)?;
    match global.format {
        Format::Text => {
            for check in &checked.checks {
                output::line(&format!(
                    "{}  {}",
                    if check.breaches.is_empty() { "ok    " } else { "BREACH" },
                    check.what
                ))?;
                for breach in &check.breaches {
                    output::line(&format!("          {breach}"))?;
                }
            }
            if !checked.to_inquire.is_empty() {
                output::line(&format!("Payouts to inquire: {}", checked.to_inquire.join(", ")))?;
            }
        }
        Format::Json => {
            let checks: Vec<_> = checked
                .checks
                .iter()
                .map(|check| json!({ "invariant": check.what, "ok": check.breaches.is_empty(), "breaches": check.breaches }))
                .collect();
            output::json(
                &json!({ "sound": checked.is_sound(), "checks": checks, "to_inquire": checked.to_inquire }),
            )?;
        }
    }
    let breached = checked.checks.iter().filter(|check| !check.breaches.is_empty()).count();
    if breached > 0 {
        return Err(Failed::Check(format!(
            "{breached} invariant(s) are broken; stop paying out and find the cause before anything else"
        )));
    }
    Ok(())
}

fn sum(global: &Global, house: &House) -> Result<(), Failed> {
    let sums = house.read(ledger::trial_balance)?;
    match global.format {
        Format::Text => output::table(
            ["KIND", "CURRENCY", "ACCOUNTS", "BALANCE"],
            sums.iter().map(|sum| {
                let currency = sum.balance.currency().to_string();
                [sum.kind.clone(), currency, sum.accounts.to_string(), sum.balance.major()]
            }),
        ),
        Format::Json => {
            let sums = sums.iter().map(|sum| {
                json!({
                    "kind": sum.kind,
                    "currency": sum.balance.currency().code(),
                    "accounts": sum.accounts,
                    "balance": sum.balance.major(),
                })
            });
            output::json(&sums.collect())
        }
    }
}
