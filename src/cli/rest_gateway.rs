//! `tillgate rest-gateway`: the gateway by hand. What no call of the cashier's and no errand does is asked here, with the
//! keys of an account of the configuration; checksums need no account.

mod invoices;
mod lists;
mod stored;

use super::house::House;
use super::output::{self, Format};
use super::{Failed, Global, secret_file};
use crate::clock::Clock;
use crate::config;
use crate::processors::rest_gateway::trouble::Trouble;
use crate::processors::rest_gateway::{RestGateway, debug};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Print the checksum over values in an order.
    #[command(after_help = CHECKSUM_EXAMPLES)]
    Checksum(Checksum),
    /// What is left to pay out.
    #[command(after_help = lists::BALANCE_EXAMPLES)]
    Balance(lists::Balance),
    /// The gateway's list of transactions, a page at a time.
    #[command(after_help = lists::TRANSACTIONS_EXAMPLES)]
    Transactions(lists::Transactions),
    /// The cards and bank accounts that are stored at the gateway.
    #[command(after_help = stored::STORED_EXAMPLES)]
    Stored(stored::Stored),
    /// Store a customer's card or bank account without a payment; ChargeStored can charge it then.
    #[command(after_help = stored::REGISTER_EXAMPLES)]
    Register(stored::Register),
    /// Delete a stored card or bank account at the gateway.
    #[command(after_help = stored::FORGET_EXAMPLES)]
    Forget(stored::Forget),
    /// Have the gateway mail an invoice's link again.
    #[command(after_help = invoices::REMIND_EXAMPLES)]
    Remind(invoices::Named),
    /// Replace an invoice that ran out by a new one with a new link.
    #[command(after_help = invoices::REGENERATE_EXAMPLES)]
    Regenerate(invoices::Regenerate),
}

#[derive(clap::Args)]
pub struct Checksum {
    /// The names to sign, in their order; secureKey stands for the key.
    #[arg(long, value_delimiter = ',', required = true, value_name = "NAMES")]
    order: Vec<String>,
    /// The secure key's file; `-` for the standard input.
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// name=value for every name in the order but secureKey.
    #[arg(value_name = "NAME=VALUE")]
    values: Vec<String>,
}

/// Which account's keys are used.
#[derive(clap::Args)]
pub struct Account {
    /// The account's name in the configuration: the part behind `rest_gateway.`.
    #[arg(long, value_name = "NAME")]
    account: String,
}

const CHECKSUM_EXAMPLES: &str = "\
Examples:
  tillgate rest-gateway checksum --key-file secure-key.txt --order memberId,secureKey,merchantTransactionId,amount \\
    memberId=10519 merchantTransactionId=ord-1 amount=50.00";

pub fn run(global: &Global, command: Command) -> Result<(), Failed> {
    match command {
        Command::Checksum(args) => checksum(global, &args),
        Command::Balance(args) => lists::balance(global, &args),
        Command::Transactions(args) => lists::transactions(global, &args),
        Command::Stored(args) => stored::list(global, &args),
        Command::Register(args) => stored::register(global, args),
        Command::Forget(args) => stored::forget(global, &args),
        Command::Remind(args) => invoices::remind(global, &args),
        Command::Regenerate(args) => invoices::regenerate(global, &args),
    }
}

fn checksum(global: &Global, Checksum { order, key_file, values }: &Checksum) -> Result<(), Failed> {
    let mut fields = BTreeMap::new();
    for pair in values {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            Failed::Usage("every value is written name=value, for example amount=50.00".to_owned())
        })?;
        if fields.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Failed::Usage(format!("{name} is given twice")));
        }
    }
    let key = secret_file::text_key(key_file)?;
    let sum = debug::checksum(order, &fields, &key).map_err(|error| Failed::Usage(error.to_string()))?;
    match global.format {
        Format::Text => output::line(&sum),
        Format::Json => output::json(&json!({ "checksum": sum })),
    }
}

/// An account's client, and a runtime to call it on.
struct Gateway {
    gateway: RestGateway,
    /// Where browsers come back to.
    public_url: String,
    runtime: tokio::runtime::Runtime,
}

impl Gateway {
    fn of(global: &Global, Account { account }: &Account) -> Result<Gateway, Failed> {
        let mut settings = config::load(&global.config, std::env::vars())?;
        let Some(found) = settings.rest_gateway.remove(account) else {
            let names: Vec<&str> = settings.rest_gateway.keys().map(String::as_str).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(Failed::Usage(format!(
                "there is no account rest_gateway.{account}; configured: {names}"
            )));
        };
        if found.base_url == "sandbox" {
            return Err(Failed::Config(format!(
                "rest_gateway.{account}.base_url is \"sandbox\", whose address only `tillgate serve` knows; write the \
                 simulator's address there, for example by TILLGATE__REST_GATEWAY__{}__BASE_URL",
                account.to_uppercase()
            )));
        }
        let public_url = match settings.player.public_url.trim_end_matches('/') {
            "" => format!("http://{}", settings.listen.cashier),
            url => url.to_owned(),
        };
        // A client needs a crypto provider; one that is there already is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let gateway = RestGateway::new(found, Clock::system());
        let gateway = gateway.map_err(|error| Failed::Config(format!("rest_gateway.{account}: {error}")))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failed::Down(format!("no runtime: {error}")))?;
        Ok(Gateway { gateway, public_url, runtime })
    }

    fn ask<T>(&self, call: impl Future<Output = Result<T, Trouble>>) -> Result<T, Failed> {
        self.runtime.block_on(call).map_err(failed)
    }
}

fn failed(trouble: Trouble) -> Failed {
    match trouble {
        Trouble::Rejected { code, reason } if code == "unfit" => Failed::Usage(reason),
        Trouble::Rejected { code, reason } => Failed::Check(format!("the gateway refused: {code} {reason}")),
        Trouble::NotSent(cause) => Failed::Down(format!("the gateway could not be reached: {cause}")),
        Trouble::Unknown(cause) => Failed::Down(format!(
            "the gateway's answer is missing or can't be read: {cause}; whether it did anything is not known"
        )),
    }
}
