//! `tillgate rest-gateway balance` and `transactions`.

use super::super::output::{self, Format};
use super::super::{Failed, Global};
use super::{Account, Gateway};
use crate::domain::money::{Currency, Money};
use crate::processors::rest_gateway::operations::balance;
use crate::processors::rest_gateway::operations::transactions::{self, Period};
use chrono::NaiveDate;
use serde_json::json;

pub const BALANCE_EXAMPLES: &str = "\
Examples:
  tillgate rest-gateway balance --account rest --currency EUR";

pub const TRANSACTIONS_EXAMPLES: &str = "\
Examples:
  tillgate rest-gateway transactions --account rest --from 2026-11-01 --to 2026-11-24
  tillgate rest-gateway transactions --account rest --payment 620417
  tillgate rest-gateway transactions --account rest --page 2 --format json";

#[derive(clap::Args)]
pub struct Balance {
    #[command(flatten)]
    account: Account,
    /// The account's currency at the gateway, whose answer names none.
    #[arg(long, value_name = "CODE")]
    currency: String,
}

#[derive(clap::Args)]
pub struct Transactions {
    #[command(flatten)]
    account: Account,
    /// The first day, as the gateway's calendar counts it.
    #[arg(long, value_name = "DATE", requires = "to")]
    from: Option<NaiveDate>,
    /// The last day.
    #[arg(long, value_name = "DATE", requires = "from")]
    to: Option<NaiveDate>,
    /// Only the gateway's payment of this number.
    #[arg(long, value_name = "NUMBER")]
    payment: Option<String>,
    #[arg(long, default_value_t = 1, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    page: u16,
}

pub fn balance(global: &Global, Balance { account, currency }: &Balance) -> Result<(), Failed> {
    let code = currency.to_uppercase();
    let currency = Currency::find(&code)
        .ok_or_else(|| Failed::Usage(format!("--currency {code} is not an ISO 4217 code such as EUR")))?;
    let gateway = Gateway::of(global, account)?;
    let told = gateway.ask(balance::send(gateway.gateway.client(), currency))?;
    let pairs =
        [("total", json!(told.total.to_string())), ("for_payouts", json!(told.for_payouts.to_string()))];
    match global.format {
        Format::Text => output::properties(&pairs),
        Format::Json => output::json(&output::object(&pairs)),
    }
}

pub fn transactions(global: &Global, args: &Transactions) -> Result<(), Failed> {
    let period = args.from.zip(args.to).map(|(from, to)| Period { from, to });
    let gateway = Gateway::of(global, &args.account)?;
    let client = gateway.gateway.client();
    let rows = transactions::page(client, period, args.payment.as_deref(), usize::from(args.page));
    let rows = gateway.ask(rows)?;
    let told = |money: Option<Money>| money.map_or_else(String::new, |money| money.to_string());
    match global.format {
        Format::Text => {
            let header = ["PAYMENT", "REFERENCE", "AMOUNT", "STANDING", "CAPTURED", "REFUNDED"];
            let rows = rows.into_iter().map(|row| {
                let standing = format!("{:?}", row.standing);
                let amount = row.amount.to_string();
                [row.payment, row.reference, amount, standing, told(row.captured), told(row.refunded)]
            });
            output::table(header, rows)
        }
        Format::Json => {
            let rows = rows.iter().map(|row| {
                json!({
                    "payment": row.payment, "reference": row.reference, "amount": row.amount.to_string(),
                    "standing": format!("{:?}", row.standing), "captured": row.captured.map(|sum| sum.to_string()),
                    "refunded": row.refunded.map(|sum| sum.to_string()),
                })
            });
            output::json(&rows.collect())
        }
    }
}
