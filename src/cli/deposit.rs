//! `tillgate deposit`: where deposits stand.

use super::house::House;
use super::output::{self, Format};
use super::payout::{postings_json, show_postings};
use super::{Failed, Global};
use crate::domain::deposit::Deposit;
use crate::domain::deposit::status::DepositStatus;
use crate::domain::ids::DepositId;
use crate::store::{deposits, ledger};
use serde_json::{Value, json};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Show a deposit with its postings.
    #[command(after_help = SHOW_EXAMPLES)]
    Show(Which),
    /// List a front end's deposits, oldest first.
    #[command(after_help = LIST_EXAMPLES)]
    List {
        #[arg(long, value_name = "NAME")]
        front_end: String,
        /// Only those that stand here: Pending, Authorized, Credited, …
        #[arg(long)]
        status: Option<String>,
        /// Go on behind this deposit.
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
}

/// By our id, or by the cashier's number at a front end.
#[derive(clap::Args)]
#[group(required = true, multiple = true)]
pub struct Which {
    /// DE-…
    #[arg(conflicts_with_all = ["front_end", "trace"])]
    id: Option<String>,
    #[arg(long, value_name = "NAME", requires = "trace")]
    front_end: Option<String>,
    /// The cashier's TraceID.
    #[arg(long, value_name = "NUMBER", requires = "front_end")]
    trace: Option<i64>,
}

const SHOW_EXAMPLES: &str = "\
Examples:
  tillgate deposit show DE-01H6ZKX8W3Q2N
  tillgate deposit show --front-end 'MyPhoneCards EUR' --trace 756850 --format json";

const LIST_EXAMPLES: &str = "\
Examples:
  tillgate deposit list --front-end 'MyPhoneCards EUR'
  tillgate deposit list --front-end 'MyPhoneCards EUR' --status Pending --limit 500";

pub fn run(global: &Global, command: &Command) -> Result<(), Failed> {
    match command {
        Command::Show(which) => show(global, which),
        Command::List { front_end, status, after, limit } => {
            list(global, front_end, status.as_deref(), after.as_deref(), *limit as usize)
        }
    }
}

fn id(text: &str) -> Result<DepositId, Failed> {
    let unlike =
        || Failed::Usage(format!("`{text}` is not the id of a deposit, which looks like DE-01H6ZKX8W3Q2N"));
    DepositId::parse(text).ok_or_else(unlike)
}

fn show(global: &Global, which: &Which) -> Result<(), Failed> {
    let id = which.id.as_deref().map(id).transpose()?;
    let house = House::of(global)?;
    let found = house.read(|connection| {
        let deposit = match (id, &which.front_end, which.trace) {
            (Some(id), _, _) => deposits::find_now(connection, id)?,
            (None, Some(front_end), Some(trace)) => deposits::find_by_trace(connection, front_end, trace)?,
            _ => None,
        };
        let Some(deposit) = deposit else { return Ok(None) };
        let postings = ledger::postings_of(connection, &deposit.id.to_string())?;
        Ok(Some((deposit, postings)))
    })?;
    let Some((deposit, postings)) = found else {
        return Err(Failed::Check("there is no such deposit".to_owned()));
    };
    let mut pairs = told(&deposit);
    match global.format {
        Format::Text => {
            output::properties(&pairs)?;
            show_postings(&postings)
        }
        Format::Json => {
            pairs.push(("postings", postings_json(&postings)));
            output::json(&output::object(&pairs))
        }
    }
}

fn told(deposit: &Deposit) -> Vec<(&'static str, Value)> {
    let named = deposit.processor.as_ref();
    vec![
        ("id", json!(deposit.id.to_string())),
        ("front_end", json!(deposit.front_end)),
        ("pin", json!(deposit.pin)),
        ("trace_id", json!(deposit.trace_id)),
        ("status", json!(deposit.status.name())),
        ("amount", json!(deposit.amount.major())),
        ("captured", json!(deposit.captured.major())),
        ("refunded", json!(deposit.refunded.major())),
        ("currency", json!(deposit.amount.currency().code())),
        ("pp", json!(named.map(|named| named.cashier.clone()))),
        ("processor", json!(named.map(|named| named.platform.clone()))),
        ("route", json!(named.map(|named| named.route.name()))),
        ("payment_method", json!(deposit.payment_method)),
        ("transaction_id", json!(deposit.transaction_id)),
        ("created_by", json!(deposit.created_by)),
    ]
}

/// How many rows are read at once while looking for those of one status.
const PAGE: i64 = 500;

fn list(
    global: &Global,
    front_end: &str,
    status: Option<&str>,
    after: Option<&str>,
    limit: usize,
) -> Result<(), Failed> {
    let mut after = after.map(id).transpose()?.map_or(0, |id| id.0);
    let status = match status {
        None => None,
        Some(text) => Some(DepositStatus::from_name(text).ok_or_else(|| {
            let names = DepositStatus::ALL.map(DepositStatus::name).join(", ");
            Failed::Usage(format!("`{text}` is not a deposit's status; there are {names}"))
        })?),
    };
    let house = House::of(global)?;
    house.rules(front_end)?;
    let found = house.read(|connection| {
        let mut found: Vec<Deposit> = Vec::new();
        loop {
            let page = deposits::list(connection, front_end, after, PAGE)?;
            let Some(last) = page.last() else { return Ok(found) };
            after = last.id.0;
            found.extend(
                page.into_iter().filter(|deposit| status.is_none_or(|status| status == deposit.status)),
            );
            if found.len() >= limit {
                found.truncate(limit);
                return Ok(found);
            }
        }
    })?;
    match global.format {
        Format::Text => output::table(
            ["ID", "TRACE", "PIN", "STATUS", "AMOUNT", "CAPTURED", "REFUNDED", "PROCESSOR"],
            found.iter().map(|deposit| {
                [
                    deposit.id.to_string(),
                    deposit.trace_id.to_string(),
                    deposit.pin.clone(),
                    deposit.status.name().to_owned(),
                    deposit.amount.to_string(),
                    deposit.captured.major(),
                    deposit.refunded.major(),
                    deposit.processor.as_ref().map(|named| named.platform.clone()).unwrap_or_default(),
                ]
            }),
        ),
        Format::Json => output::json(&found.iter().map(|deposit| output::object(&told(deposit))).collect()),
    }
}
