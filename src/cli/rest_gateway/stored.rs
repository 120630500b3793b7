//! `tillgate rest-gateway stored`, `register` and `forget`: what is stored at the gateway.

use super::super::house::{House, transact};
use super::super::output::{self, Format};
use super::super::{Failed, Global, secret_file};
use super::{Account, Gateway};
use crate::domain::customer::{Details, Instrument};
use crate::operations::keep_instrument::{self, Wish};
use crate::operations::{Caller, Rules};
use crate::processors::rest_gateway::ISSUER;
use crate::processors::rest_gateway::operations::purchase::Card;
use crate::processors::rest_gateway::operations::registration::{self, Registration, Storable};
use crate::processors::rest_gateway::operations::{token_deletion, token_listing};
use crate::store::{Tx, customers};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;

pub const STORED_EXAMPLES: &str = "\
Examples:
  tillgate rest-gateway stored --account rest
  tillgate rest-gateway stored --account rest --customer 8841 --show-token";

pub const REGISTER_EXAMPLES: &str = "\
The file has a line for each part: number, expiry (MM/YYYY), code, holder and brand of a card, which the account must allow
(allow_pan), or iban and bic of a bank account. It is sent to the gateway and kept nowhere.

Examples:
  tillgate rest-gateway register --account rest --front-end 'MyPhoneCards EUR' --pin Bigdaddy --means-file account.txt
  printf 'iban=DE89370400440532013000\\nbic=COBADEFFXXX\\n' | tillgate rest-gateway register --account rest \\
    --front-end 'MyPhoneCards EUR' --pin Bigdaddy --means-file -";

pub const FORGET_EXAMPLES: &str = "\
Examples:
  tillgate rest-gateway forget --account rest --token-file token.txt

Our own note of it stays, because payouts may have gone there; a charge of it is refused by the gateway from now on.";

#[derive(clap::Args)]
pub struct Stored {
    #[command(flatten)]
    account: Account,
    /// Only those of the gateway's customer of this number.
    #[arg(long, value_name = "NUMBER")]
    customer: Option<String>,
    /// Show the tokens. Whoever has one and the account's keys can charge it.
    #[arg(long)]
    show_token: bool,
}

#[derive(clap::Args)]
pub struct Register {
    #[command(flatten)]
    account: Account,
    #[arg(long, value_name = "NAME")]
    front_end: String,
    /// The customer it belongs to.
    #[arg(long)]
    pin: String,
    /// The file that describes the card or the bank account; `-` for the standard input. It is no argument, because
    /// every user of the machine could read it there.
    #[arg(long, value_name = "FILE")]
    means_file: PathBuf,
}

#[derive(clap::Args)]
pub struct Forget {
    #[command(flatten)]
    account: Account,
    /// The token's file; `-` for the standard input.
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
}

pub fn list(global: &Global, Stored { account, customer, show_token }: &Stored) -> Result<(), Failed> {
    let gateway = Gateway::of(global, account)?;
    let tokens = gateway.ask(token_listing::send(gateway.gateway.client(), customer.as_deref()))?;
    let shown = |token: &str| if *show_token { token.to_owned() } else { "…".to_owned() };
    match global.format {
        Format::Text => {
            let header = ["TOKEN", "ACTIVE", "BRAND", "ENDS IN", "EXPIRY", "CUSTOMER"];
            let rows = tokens.into_iter().map(|token| {
                let active = if token.active { "yes" } else { "no" }.to_owned();
                let customer = token.customer.unwrap_or_default();
                [shown(&token.registration), active, token.brand, token.last_four, token.expiry, customer]
            });
            output::table(header, rows)
        }
        Format::Json => {
            let rows = tokens.iter().map(|token| {
                json!({
                    "token": show_token.then_some(&token.registration), "active": token.active,
                    "brand": token.brand, "last_four": token.last_four, "expiry": token.expiry,
                    "customer": token.customer,
                })
            });
            output::json(&rows.collect())
        }
    }
}

pub fn register(global: &Global, args: Register) -> Result<(), Failed> {
    let means = Means::read(&args.means_file)?;
    let house = House::of(global)?;
    let rules = house.rules(&args.front_end)?;
    let found = house.read(|connection| customers::find_now(connection, &args.front_end, &args.pin))?;
    let customer =
        found.ok_or_else(|| Failed::Check(format!("{} has no customer {}", args.front_end, args.pin)))?;
    let gateway = Gateway::of(global, &args.account)?;
    // What the gateway tells of it there is kept for people, should its answer get lost.
    let notify_url = format!("{}/notify/{}", gateway.public_url, args.account.account);
    let wish = means.registration(&customer.details, &rules, &notify_url);
    let token = gateway.ask(registration::send(gateway.gateway.client(), &wish))?;
    let (caller, wish) = (house.caller(), Wish { pin: args.pin, instrument: means.instrument(token) });
    let masked = wish.instrument.masked.clone();
    house.write(|store| async move {
        let (pin, wants) = (wish.pin.clone(), wish.wants(&rules));
        let run =
            move |tx: &mut Tx<'_>, rules: &Rules, by: &Caller| keep_instrument::run(tx, &wish, rules, by);
        transact(&store, &rules, &caller, &pin, wants, run).await
    })?;
    match global.format {
        Format::Text => output::line(&format!("Stored {masked}.")),
        Format::Json => output::json(&json!({ "stored": masked })),
    }
}

pub fn forget(global: &Global, Forget { account, token_file }: &Forget) -> Result<(), Failed> {
    let token = secret_file::text_key(token_file)?;
    let gateway = Gateway::of(global, account)?;
    gateway.ask(token_deletion::send(gateway.gateway.client(), token.expose_secret().trim()))?;
    match global.format {
        Format::Text => output::line("The gateway has forgotten it."),
        Format::Json => output::json(&json!({ "forgotten": true })),
    }
}

/// What is to be stored. It lives as long as the call does.
enum Means {
    Card(Card),
    Account { iban: SecretString, bic: String },
}

impl Means {
    fn read(file: &std::path::Path) -> Result<Means, Failed> {
        let wrong = |what: &str| Failed::Usage(format!("{}: {what}", file.display()));
        let bytes = secret_file::bytes(file)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| wrong("is not UTF-8"))?;
        let mut parts = BTreeMap::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let (name, value) =
                line.split_once('=').ok_or_else(|| wrong("every line is written name=value"))?;
            if parts.insert(name.trim(), value.trim()).is_some() {
                return Err(wrong(&format!("{} is there twice", name.trim())));
            }
        }
        const KNOWN: [&str; 7] = ["number", "expiry", "code", "holder", "brand", "iban", "bic"];
        if let Some(other) = parts.keys().find(|name| !KNOWN.contains(name)) {
            return Err(wrong(&format!("{other} is none of {}", KNOWN.join(", "))));
        }
        let part = |name: &str| parts.get(name).copied();
        match (part("number"), part("iban")) {
            (Some(number), None) => {
                let expiry = part("expiry").and_then(|text| text.split_once('/'));
                let expiry = expiry.and_then(|(month, year)| Some((month.parse().ok()?, year.parse().ok()?)));
                let (month, year) = expiry.ok_or_else(|| wrong("expiry must be written MM/YYYY"))?;
                Ok(Means::Card(Card {
                    number: SecretString::from(number),
                    month,
                    year,
                    code: part("code").map(SecretString::from),
                    holder: part("holder").map(str::to_owned),
                    brand: part("brand").unwrap_or("VISA").to_owned(),
                }))
            }
            (None, Some(iban)) => Ok(Means::Account {
                iban: SecretString::from(iban.replace(' ', "")),
                bic: part("bic").ok_or_else(|| wrong("bic is missing"))?.to_owned(),
            }),
            (Some(_), Some(_)) => Err(wrong("number and iban exclude each other")),
            (None, None) => Err(wrong("number or iban is needed")),
        }
    }

    fn registration<'a>(
        &'a self,
        customer: &'a Details,
        rules: &Rules,
        notify_url: &'a str,
    ) -> Registration<'a> {
        let means = match self {
            Means::Card(card) => Storable::Card(card),
            Means::Account { iban, bic } => Storable::Account { iban, bic },
        };
        Registration { means, customer, currency: rules.front_end.currency, notify_url: Some(notify_url) }
    }

    /// As we keep it: the gateway's token, and what people see of it.
    fn instrument(&self, token: String) -> Instrument {
        let end = |secret: &SecretString| {
            let text = secret.expose_secret();
            format!("**** {}", text.get(text.len().saturating_sub(4)..).unwrap_or_default())
        };
        let (brand, expiry, masked) = match self {
            Means::Card(card) => {
                (card.brand.clone(), format!("{:04}{:02}", card.year, card.month), end(&card.number))
            }
            Means::Account { iban, .. } => ("SEPA".to_owned(), String::new(), end(iban)),
        };
        Instrument { issuer: ISSUER.to_owned(), token, brand, expiry, masked }
    }
}
