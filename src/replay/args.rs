//! `tillgate replay`: its arguments.

use super::Options;
use super::target::Address;
use super::wire::Encoding;
use crate::clock::{Clock, Entropy};
use clap::ValueEnum;
use secrecy::SecretString;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  Run all flows against the sandbox, in every encoding:
    tillgate replay tests/flows --target http://127.0.0.1:8080 --encoding all

  One flow, with a report for the build server:
    tillgate replay tests/flows/processed.toml --junit target/flows.xml

  Write down what a server does with the steps of a flow:
    tillgate replay draft.toml --encoding json --record

  Another platform's service, with a customer who is there already:
    tillgate replay tests/flows --target https://shop.example/praxis --foreign \\
      --customer 10042 --front-end \"Flows EUR InProgress=Shop EUR\"

Exit code: 0 when every flow went as it says, 1 when one did not.";

/// Run payout and deposit flows against a running server.
///
/// A flow (a TOML file) names a customer and a balance, then calls of the cashier's web service, and after each call
/// the expected Status, payout status, balance and postings. PINs and TraceIDs are new for every run, so flows can be
/// run again and again on one server.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder of flow files (*.toml), or one file
    #[arg(value_name = "DIR")]
    pub flows: PathBuf,

    /// The server, without the path /cashier
    #[arg(long, value_name = "URL", env = "TILLGATE_REPLAY_TARGET", default_value = "http://127.0.0.1:8080")]
    pub target: String,

    /// How the calls are written; several with commas
    #[arg(long, value_enum, value_delimiter = ',', default_value = "json")]
    pub encoding: Vec<EncodingArg>,

    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,

    /// Judge nothing; write what the server did as new flows, into DIR/recorded or the folder given
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, require_equals = true)]
    pub record: Option<Option<PathBuf>>,

    /// Run only the flows whose name or file contains this
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,

    /// The pass code of the front ends (WSPassCode)
    #[arg(
        long,
        value_name = "CODE",
        env = "TILLGATE_REPLAY_PASS_CODE",
        hide_env_values = true,
        default_value = "sandbox",
        hide_default_value = true
    )]
    pub pass_code: SecretString,

    /// The key of the platform interface, which adds the customers
    #[arg(
        long,
        value_name = "KEY",
        env = "TILLGATE_REPLAY_PLATFORM_KEY",
        hide_env_values = true,
        default_value = "sandbox-platform-key",
        hide_default_value = true
    )]
    pub platform_key: SecretString,

    /// The server is not ours, and need not be asked
    #[arg(long)]
    pub foreign: bool,

    /// A customer of a server that is not ours
    #[arg(long, value_name = "PIN", env = "TILLGATE_REPLAY_CUSTOMER")]
    pub customer: Option<String>,

    /// A front end of the flows and what it is called on the server; may be given several times
    #[arg(long, value_name = "FLOW=SERVER", value_parser = renamed)]
    pub front_end: Vec<(String, String)>,

    /// The first TraceID, where the server takes no large ones
    #[arg(long, value_name = "NUMBER")]
    pub first_trace: Option<i64>,

    /// Namespace of the SOAP messages
    #[arg(long, value_name = "URI", default_value = "urn:tillgate:cashier:1")]
    pub soap_namespace: String,

    /// How many flows run at once
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: u16,

    /// How long to wait for an answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub timeout: u64,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum EncodingArg {
    Form,
    Json,
    Xml,
    /// SOAP 1.1
    Soap,
    /// SOAP 1.2
    Soap12,
    All,
}

fn renamed(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((flow, server)) if !flow.is_empty() && !server.is_empty() => {
            Ok((flow.to_owned(), server.to_owned()))
        }
        _ => Err("write it as `Flows EUR InProgress=Shop EUR`".to_owned()),
    }
}

impl Args {
    /// What to run, with time and randomness from whoever starts us.
    pub fn options(self, clock: Clock, entropy: Entropy) -> Options {
        Options {
            encodings: encodings(&self.encoding),
            record: self.record.map(|folder| folder.unwrap_or_else(|| recorded_beside(&self.flows))),
            flows: self.flows,
            address: Address {
                url: self.target.trim_end_matches('/').to_owned(),
                pass_code: self.pass_code,
                platform_key: self.platform_key,
                namespace: self.soap_namespace,
                timeout: Duration::from_secs(self.timeout),
            },
            junit: self.junit,
            only: self.only,
            foreign: self.foreign,
            customer: self.customer,
            front_ends: self.front_end.into_iter().collect(),
            first_trace: self.first_trace,
            jobs: usize::from(self.jobs),
            progress: true,
            clock,
            entropy,
        }
    }
}

fn encodings(args: &[EncodingArg]) -> Vec<Encoding> {
    let mut encodings: Vec<Encoding> = args
        .iter()
        .flat_map(|arg| match arg {
            EncodingArg::Form => vec![Encoding::Form],
            EncodingArg::Json => vec![Encoding::Json],
            EncodingArg::Xml => vec![Encoding::Xml],
            EncodingArg::Soap => vec![Encoding::Soap],
            EncodingArg::Soap12 => vec![Encoding::Soap12],
            EncodingArg::All => Encoding::ALL.to_vec(),
        })
        .collect();
    encodings.sort();
    encodings.dedup();
    encodings
}

/// A folder of its own: nobody wants to run unread flows by accident.
fn recorded_beside(flows: &std::path::Path) -> PathBuf {
    let folder = if flows.is_file() { flows.parent().unwrap_or(flows) } else { flows };
    folder.join("recorded")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        args: Args,
    }

    fn options(arguments: &[&str]) -> Result<Options, clap::Error> {
        let arguments = ["replay", "flows"].iter().chain(arguments);
        let alone = Alone::try_parse_from(arguments)?;
        Ok(alone.args.options(Clock::system(), Entropy::seeded(1)))
    }

    #[test]
    fn the_arguments_are_a_cli() {
        use clap::CommandFactory;
        Alone::command().debug_assert();
        let plain = options(&[]).expect("arguments");
        assert_eq!(plain.encodings, [Encoding::Json]);
        assert_eq!(plain.record, None);
        let all =
            options(&["--encoding", "all,json", "--record", "--target", "http://h/p/"]).expect("arguments");
        assert_eq!(all.encodings, Encoding::ALL);
        assert_eq!(all.record, Some(PathBuf::from("flows/recorded")));
        assert_eq!(all.address.url, "http://h/p");
        let renamed = options(&["--front-end", "A=B", "--record=x"]).expect("arguments");
        assert_eq!(renamed.front_ends["A"], "B");
        assert_eq!(renamed.record, Some(PathBuf::from("x")));
        assert!(options(&["--front-end", "A"]).is_err());
        assert!(options(&["--encoding", "yaml"]).is_err());
        assert!(options(&["--jobs", "0"]).is_err());
    }

    #[test]
    fn secrets_are_not_shown() {
        let shown = format!("{:?}", options(&["--pass-code", "s3cret"]).expect("arguments"));
        assert!(!shown.contains("s3cret") && !shown.contains("sandbox-platform-key"), "{shown}");
    }
}
