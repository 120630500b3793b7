//! `tillgate rest-gateway`: checksums by hand, for whoever debugs an integration.

use super::output::{self, Format};
use super::{Failed, Global, secret_file};
use crate::processors::rest_gateway::debug;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Print the checksum over values in an order.
    #[command(after_help = EXAMPLES)]
    Checksum {
        /// The names to sign, in their order; secureKey stands for the key.
        #[arg(long, value_delimiter = ',', required = true, value_name = "NAMES")]
        order: Vec<String>,
        /// The secure key's file; `-` for the standard input.
        #[arg(long, value_name = "FILE")]
        key_file: PathBuf,
        /// name=value for every name in the order but secureKey.
        #[arg(value_name = "NAME=VALUE")]
        values: Vec<String>,
    },
}

const EXAMPLES: &str = "\
Examples:
  tillgate rest-gateway checksum --key-file secure-key.txt --order memberId,secureKey,merchantTransactionId,amount \\
    memberId=10519 merchantTransactionId=ord-1 amount=50.00";

pub fn run(global: &Global, command: &Command) -> Result<(), Failed> {
    let Command::Checksum { order, key_file, values } = command;
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
