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
        /// The message's Len, where the message itself does not say it.
        #[arg(long, value_name = "BYTES")]
        len: Option<usize>,
        /// The message: its Data alone, or `Len=…&Data=…` as it came. Hexadecimal, with AES behind its vector and a hyphen.
        #[arg(value_name = "DATA")]
        message: String,
        /// Show card numbers and check values. Mind who looks over your shoulder.
        #[arg(long)]
        show_card: bool,
    },
    /// Encrypt a parameter text, and print Len and Data.
    #[command(after_help = SEAL_EXAMPLES)]
    Seal {
        #[command(flatten)]
        key: Key,
        /// The text's file; `-` for the standard input. It may hold a card number, so it is no argument. A line end
        /// behind it is no part of it.
        #[arg(long, value_name = "FILE", default_value = "-")]
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
        /// The values joined by stars, empty ones too: PayID*TransID*MerchantID*Amount*Currency of a request,
        /// PayID*TransID*MerchantID*Status*Code of a result.
        text: String,
    },
}

#[derive(clap::Args)]
pub struct Key {
    /// The encryption password's file; `-` for the standard input.
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// The account's cipher.
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
  tillgate paygate open --key-file password.txt 'Len=51&Data=4f6c…'
  pass show paygate/password | tillgate paygate open --key-file - --cipher aes --len 51 9a0b…-4f6c…";
const SEAL_EXAMPLES: &str = "\
Examples:
  printf 'TransID=T-1&Amount=100&Currency=EUR' | tillgate paygate seal --key-file password.txt";
const MAC_EXAMPLES: &str = "\
Examples:
  tillgate paygate mac --key-file mac-password.txt '*T-1*sandbox_shop*100*EUR'";

/// Len and Data of what was given: Data alone with its Len beside it, or a message that names both.
fn message_of(len: Option<usize>, message: &str) -> Result<(usize, &str), Failed> {
    let named = |name: &str| {
        let mut pairs = message.trim().split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    let len = match (len, named("Len")) {
        (Some(len), _) => len,
        (None, Some(told)) => {
            told.parse().map_err(|_| Failed::Usage(format!("Len is no number of bytes: {told}")))?
        }
        (None, None) => {
            return Err(Failed::Usage("--len is missing, and the message does not say it".to_owned()));
        }
    };
    Ok((len, named("Data").unwrap_or(message.trim())))
}

/// No text of parameters, and no other that people would write.
fn is_noise(plain: &[u8]) -> bool {
    let equals = plain.iter().position(|&byte| byte == b'=');
    let begins_with_a_name =
        equals.is_some_and(|at| plain[..at].iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    !begins_with_a_name && plain.iter().any(u8::is_ascii_control)
}

pub fn run(global: &Global, command: &Command) -> Result<(), Failed> {
    let unusable = |error: &dyn std::fmt::Display| Failed::Check(error.to_string());
    let (name, value) = match command {
        Command::Batch(command) => return batch::run(global, command),
        Command::Open { key, len, message, show_card } => {
            let (len, data) = message_of(*len, message)?;
            let password = secret_file::key(&key.key_file)?;
            let plain = debug::open(key.cipher.kind(), &password, len, data, *show_card);
            let plain = plain.map_err(|error| unusable(&error))?;
            if is_noise(&plain) {
                let noise = "what comes out is noise: the key, the cipher or Data is not the right one";
                return Err(unusable(&noise));
            }
            match global.format {
                Format::Text => return output::bytes(&plain),
                // The platform writes ISO-8859-1.
                Format::Json => ("text", plain.iter().copied().map(char::from).collect()),
            }
        }
        Command::Seal { key, text_file } => {
            if secret_file::is_stdin(&key.key_file) && secret_file::is_stdin(text_file) {
                return Err(Failed::Usage("key and text can't both come from the standard input".to_owned()));
            }
            let password = secret_file::key(&key.key_file)?;
            let text = secret_file::bytes(text_file)?;
            let text = text.strip_suffix(b"\n").unwrap_or(&text);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            if text.is_empty() {
                return Err(Failed::Usage("the text is empty: there is nothing to encrypt".to_owned()));
            }
            let sealed = debug::seal(key.cipher.kind(), &password, text, &Entropy::system());
            ("message", sealed.map_err(|error| unusable(&error))?)
        }
        Command::Mac { key_file, text } => ("mac", debug::mac(&secret_file::key(key_file)?, text)),
    };
    match global.format {
        Format::Text => output::line(&value),
        Format::Json => output::json(&json!({ name: value })),
    }
}
