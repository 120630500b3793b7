//! `tillgate paygate`: messages by hand, for whoever debugs an integration.

mod batch;

use super::output::{self, Format};
use super::{Failed, Global, secret_file};
use crate::clock::Entropy;
use crate::processors::paygate::debug::{self, Kind};
use clap::ValueEnum;
use serde_json::json;
use std::path::PathBuf;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Decrypt the Data of a message. Card numbers are masked unless asked for.
    #[command(after_help = OPEN_EXAMPLES)]
    Open {
        #[command(flatten)]
        key: Key,
        /// The message's Len.
        #[arg(long, value_name = "BYTES")]
        len: usize,
        /// The message's Data: hexadecimal, with AES behind its vector and a hyphen.
        data: String,
        /// Show card numbers and check values. Mind who looks over your shoulder.
        #[arg(long)]
        show_card: bool,
    },
    /// Encrypt a parameter text, and print Len and Data.
    #[command(after_help = SEAL_EXAMPLES)]
    Seal {
        #[command(flatten)]
        key: Key,
        /// The text's file; `-` for the standard input. It may hold a card number, so it is no argument.
        #[arg(long, value_name = "FILE")]
        text_file: PathBuf,
    },
    /// Payouts in files: write one, read its answer.
    #[command(subcommand)]
    Batch(batch::Command),
    /// Print the MAC of a text.
    #[command(after_help = MAC_EXAMPLES)]
    Mac {
        /// The MAC password's file; `-` for the standard input.
        #[arg(long, value_name = "FILE")]
        key_file: PathBuf,
        /// The values joined by stars, as the manual says.
        text: String,
    },
}

#[derive(clap::Args)]
pub struct Key {
    /// The encryption password's file; `-` for the standard input.
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    #[arg(long, value_enum, default_value_t = CipherName::Blowfish, value_name = "NAME")]
    cipher: CipherName,
}

#[derive(Clone, Copy, ValueEnum)]
enum CipherName {
    Blowfish,
    Aes,
}

impl CipherName {
    fn kind(self) -> Kind {
        match self {
            CipherName::Blowfish => Kind::Blowfish,
            CipherName::Aes => Kind::Aes,
        }
    }
}

const OPEN_EXAMPLES: &str = "\
Examples:
  tillgate paygate open --key-file password.txt --len 51 4f6c…
  pass show paygate/password | tillgate paygate open --key-file - --cipher aes --len 51 9a0b…-4f6c…";
const SEAL_EXAMPLES: &str = "\
Examples:
  printf 'TransID=T-1&Amount=100&Currency=EUR' | tillgate paygate seal --key-file password.txt --text-file -";
const MAC_EXAMPLES: &str = "\
Examples:
  tillgate paygate mac --key-file mac-password.txt '*T-1*sandbox_shop*100*EUR'";

pub fn run(global: &Global, command: &Command) -> Result<(), Failed> {
    let unusable = |error: &dyn std::fmt::Display| Failed::Check(error.to_string());
    let (name, value) = match command {
        Command::Batch(command) => return batch::run(global, command),
        Command::Open { key, len, data, show_card } => {
            let password = secret_file::key(&key.key_file)?;
            let plain = debug::open(key.cipher.kind(), &password, *len, data, *show_card);
            let plain = plain.map_err(|error| unusable(&error))?;
            ("text", String::from_utf8_lossy(&plain).into_owned())
        }
        Command::Seal { key, text_file } => {
            if secret_file::is_stdin(&key.key_file) && secret_file::is_stdin(text_file) {
                return Err(Failed::Usage("key and text can't both come from the standard input".to_owned()));
            }
            let password = secret_file::key(&key.key_file)?;
            let text = secret_file::bytes(text_file)?;
            let sealed = debug::seal(key.cipher.kind(), &password, &text, &Entropy::system());
            ("message", sealed.map_err(|error| unusable(&error))?)
        }
        Command::Mac { key_file, text } => ("mac", debug::mac(&secret_file::key(key_file)?, text)),
    };
    match global.format {
        Format::Text => output::line(&value),
        Format::Json => output::json(&json!({ name: value })),
    }
}
