//! `tillgate audit`: who did what, when and why.

use super::house::House;
use super::output::{self, Format};
use super::{Failed, Global};
use crate::store::audit::{self, AuditRow};
use serde_json::{Value, json};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Walk every chain from its first row and compare hashes.
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify,
    /// Tell what happened to a payout, a deposit, a customer or an errand.
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        /// PO-…, DE-…, `front end/PIN` of a customer, or whatever `subject` an event has.
        #[arg(value_name = "SUBJECT")]
        subject: String,
        /// The most rows, oldest first.
        #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(i64).range(1..=100_000))]
        limit: i64,
    },
}

const VERIFY_EXAMPLES: &str = "\
Examples:
  tillgate audit verify
  tillgate audit verify --format json

Exit code 1 when a row was changed, dropped or slipped in.";

const SHOW_EXAMPLES: &str = "\
Examples:
  tillgate audit show PO-01H6ZKX8W3Q2M
  tillgate audit show 'MyPhoneCards EUR/Bigdaddy' --format json";

pub fn run(global: &Global, command: &Command) -> Result<(), Failed> {
    let house = House::of(global)?;
    match command {
        Command::Verify => verify(global, &house),
        Command::Show { subject, limit } => show(global, &house, subject, *limit),
    }
}

fn verify(global: &Global, house: &House) -> Result<(), Failed> {
    let verified = house.read(audit::verify)?;
    match global.format {
        Format::Text => {
            for breach in &verified.breaches {
                output::line(&format!("BREACH  {breach}"))?;
            }
            output::line(&format!("{} row(s) in {} lane(s) were verified.", verified.rows, verified.lanes))?;
        }
        Format::Json => output::json(&json!({
            "whole": verified.breaches.is_empty(),
            "lanes": verified.lanes,
            "rows": verified.rows,
            "breaches": verified.breaches,
        }))?,
    }
    if verified.breaches.is_empty() {
        return Ok(());
    }
    Err(Failed::Check("the audit trail is not whole; somebody or something wrote past Tillgate".to_owned()))
}

fn show(global: &Global, house: &House, subject: &str, limit: i64) -> Result<(), Failed> {
    let rows = house.read(|connection| audit::of_subject(connection, subject, limit))?;
    if rows.is_empty() {
        return Err(Failed::Check(format!("nothing is recorded of `{subject}`")));
    }
    match global.format {
        Format::Text => output::table(
            ["TIME", "WHAT", "FROM", "TO", "WHO", "WHY", "REQUEST", "DETAIL"],
            rows.into_iter().map(|row| {
                let detail = if row.detail == "{}" { String::new() } else { row.detail };
                let time = output::time(row.at);
                [time, row.kind, row.from_state, row.to_state, row.who, row.why, row.request_id, detail]
            }),
        ),
        Format::Json => output::json(&rows.iter().map(told).collect()),
    }
}

fn told(row: &AuditRow) -> Value {
    json!({
        "lane": row.lane,
        "seq": row.seq,
        "at": output::time(row.at),
        "kind": row.kind,
        "subject": row.subject,
        "front_end": row.front_end,
        "pin": row.pin,
        "who": row.who,
        "why": row.why,
        "from": row.from_state,
        "to": row.to_state,
        "request_id": row.request_id,
        "detail": serde_json::from_str::<Value>(&row.detail).unwrap_or(Value::Null),
    })
}
