//! `tillgate payout`: where payouts stand.

use super::house::{self, House};
use super::output::{self, Format};
use super::{Failed, Global};
use crate::domain::ids::PayoutId;
use crate::domain::payout::Payout;
use crate::domain::payout::status::PayoutStatus;
use crate::operations::retry_payout;
use crate::store::ledger::{self, Posting};
use crate::store::payouts;
use serde_json::{Value, json};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Show a payout with its postings.
    #[command(after_help = SHOW_EXAMPLES)]
    Show(Which),
    /// Try a payout again that its processor refused: a new attempt, under a new request id.
    #[command(after_help = RETRY_EXAMPLES)]
    Retry {
        id: String,
        /// Why; it goes into the audit trail.
        #[arg(long)]
        reason: String,
    },
    /// List a front end's payouts, oldest first.
    #[command(after_help = LIST_EXAMPLES)]
    List {
        #[arg(long, value_name = "NAME")]
        front_end: String,
        /// Only those that stand here: Requested, Authorized, InProgress, Approved, …
        #[arg(long)]
        status: Option<String>,
        /// Go on behind this payout.
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
    /// PO-…
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
  tillgate payout show PO-01H6ZKX8W3Q2M
  tillgate payout show --front-end 'MyPhoneCards EUR' --trace 756850 --format json";

const RETRY_EXAMPLES: &str = "\
Examples:
  tillgate payout retry PO-01H6ZKX8W3Q2M --reason 'the card was unblocked'

Only a payout in progress whose last attempt was refused is tried again. One whose outcome is unknown is not.";

const LIST_EXAMPLES: &str = "\
Examples:
  tillgate payout list --front-end 'MyPhoneCards EUR'
  tillgate payout list --front-end 'MyPhoneCards EUR' --status InProgress --limit 500";

pub fn run(global: &Global, command: &Command) -> Result<(), Failed> {
    match command {
        Command::Show(which) => show(global, which),
        Command::Retry { id, reason } => retry(global, id, reason),
        Command::List { front_end, status, after, limit } => {
            list(global, front_end, status.as_deref(), after.as_deref(), *limit as usize)
        }
    }
}

fn id(text: &str) -> Result<PayoutId, Failed> {
    let unlike =
        || Failed::Usage(format!("`{text}` is not the id of a payout, which looks like PO-01H6ZKX8W3Q2M"));
    PayoutId::parse(text).ok_or_else(unlike)
}

fn retry(global: &Global, text: &str, reason: &str) -> Result<(), Failed> {
    let id = id(text)?;
    let house = House::of(global)?;
    let found = house.read(|connection| payouts::find_now(connection, id))?;
    let payout = found.ok_or_else(|| Failed::Check("there is no such payout".to_owned()))?;
    let rules = house.rules(&payout.front_end)?;
    let caller = house.caller();
    let wish =
        retry_payout::Wish { payout: id, reason: reason.to_owned(), attempt_key: house.entropy.hex(16) };
    let answer = house.write(|store| async move {
        let wants = wish.wants();
        house::transact(&store, &rules, &caller, &payout.pin, wants, move |tx, rules, caller| {
            retry_payout::run(tx, &wish, rules, caller)
        })
        .await
    })?;
    match global.format {
        Format::Text => output::line(&answer.description),
        Format::Json => output::json(&json!({ "id": id.to_string(), "result": answer.description })),
    }
}

fn show(global: &Global, which: &Which) -> Result<(), Failed> {
    let id = which.id.as_deref().map(id).transpose()?;
    let house = House::of(global)?;
    let found = house.read(|connection| {
        let payout = match (id, &which.front_end, which.trace) {
            (Some(id), _, _) => payouts::find_now(connection, id)?,
            (None, Some(front_end), Some(trace)) => payouts::find_by_trace(connection, front_end, trace)?,
            _ => None,
        };
        let Some(payout) = payout else { return Ok(None) };
        let postings = ledger::postings_of(connection, &payout.id.to_string())?;
        Ok(Some((payout, postings)))
    })?;
    let Some((payout, postings)) = found else {
        return Err(Failed::Check("there is no such payout".to_owned()));
    };
    let mut pairs = told(&payout);
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

/// The postings behind a blank line, if there are any.
pub fn show_postings(postings: &[Posting]) -> Result<(), Failed> {
    if postings.is_empty() {
        return Ok(());
    }
    output::line("")?;
    let rows = postings
        .iter()
        .map(|posting| [posting.kind.clone(), posting.account.clone(), posting.amount.to_string()]);
    output::table(["POSTING", "ACCOUNT", "AMOUNT"], rows)
}

pub fn postings_json(postings: &[Posting]) -> Value {
    let postings = postings.iter().map(|posting| {
        json!({
            "kind": posting.kind,
            "account": posting.account,
            "amount": posting.amount.major(),
            "currency": posting.amount.currency().code(),
        })
    });
    postings.collect()
}

fn told(payout: &Payout) -> Vec<(&'static str, Value)> {
    let named = payout.used.as_ref().or(payout.asked.as_ref());
    vec![
        ("id", json!(payout.id.to_string())),
        ("front_end", json!(payout.front_end)),
        ("pin", json!(payout.pin)),
        ("trace_id", json!(payout.trace_id)),
        ("status", json!(payout.status.name())),
        ("amount", json!(payout.amount.major())),
        ("fee", json!(payout.fee.major())),
        ("currency", json!(payout.amount.currency().code())),
        ("debit", json!(payout.debit.state.name())),
        ("debited_amount", json!(payout.debit.amount.major())),
        ("debited_fee", json!(payout.debit.fee.major())),
        ("pp", json!(named.map(|named| named.cashier.clone()))),
        ("processor", json!(named.map(|named| named.platform.clone()))),
        ("route", json!(named.map(|named| named.route.name()))),
        ("attempt", json!(payout.attempt.map(|state| state.name()))),
        ("payment_method", json!(payout.payment_method)),
        ("transaction_id", json!(payout.transaction_id)),
        ("created_by", json!(payout.created_by)),
        ("updated_by", json!(payout.updated_by)),
        ("reversal", json!(payout.reversal.map(|reversal| reversal.id.to_string()))),
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
        Some(text) => Some(PayoutStatus::from_word(text).ok_or_else(|| {
            let names = PayoutStatus::ALL.map(PayoutStatus::name).join(", ");
            Failed::Usage(format!("`{text}` is not a payout's status; there are {names}"))
        })?),
    };
    let house = House::of(global)?;
    house.rules(front_end)?;
    let found = house.read(|connection| {
        let mut found: Vec<Payout> = Vec::new();
        loop {
            let page = payouts::list(connection, front_end, after, PAGE)?;
            let Some(last) = page.last() else { return Ok(found) };
            after = last.id.0;
            found.extend(
                page.into_iter().filter(|payout| status.is_none_or(|status| status == payout.status)),
            );
            if found.len() >= limit {
                found.truncate(limit);
                return Ok(found);
            }
        }
    })?;
    match global.format {
        Format::Text => output::table(
            ["ID", "TRACE", "PIN", "STATUS", "AMOUNT", "FEE", "DEBIT", "ATTEMPT", "PROCESSOR"],
            found.iter().map(|payout| {
                [
                    payout.id.to_string(),
                    payout.trace_id.to_string(),
                    payout.pin.clone(),
                    payout.status.name().to_owned(),
                    payout.amount.to_string(),
                    payout.fee.major(),
                    payout.debit.state.name().to_owned(),
                    payout.attempt.map(|state| state.name().to_owned()).unwrap_or_default(),
                    payout.processor_name().to_owned(),
                ]
            }),
        ),
        Format::Json => output::json(&found.iter().map(|payout| output::object(&told(payout))).collect()),
    }
}
