//! `tillgate customer add`.

use super::super::house::{House, transact};
use super::super::output::{self, Format};
use super::super::{Failed, Global};
use super::Who;
use super::record::Record;
use crate::operations::{Caller, Rules, add_customer};
use crate::store::{Tx, customers};
use serde_json::json;

pub const EXAMPLES: &str = "\
Examples:
  tillgate customer add --front-end 'MyPhoneCards EUR' --pin Bigdaddy
  tillgate customer add --front-end 'MyPhoneCards EUR' --pin 4711 --first-name Ann --country GB --born 1984-04-23
  tillgate customer add --front-end 'MyPhoneCards EUR' --pin 4711 --blocked true --update

An update replaces all details by those that are given.";

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    who: Who,
    /// Replace the details of a customer who is there already.
    #[arg(long)]
    update: bool,
    /// Whether he may do nothing until he is unblocked.
    #[arg(long, value_name = "BOOL")]
    blocked: Option<String>,
    #[arg(long)]
    first_name: Option<String>,
    #[arg(long)]
    last_name: Option<String>,
    #[arg(long)]
    street: Option<String>,
    #[arg(long)]
    city: Option<String>,
    #[arg(long)]
    province: Option<String>,
    #[arg(long)]
    postal_code: Option<String>,
    /// Two letters of ISO 3166-1.
    #[arg(long)]
    country: Option<String>,
    #[arg(long)]
    phone: Option<String>,
    #[arg(long)]
    email: Option<String>,
    /// Date of birth, YYYY-MM-DD.
    #[arg(long, value_name = "DATE")]
    born: Option<String>,
    #[arg(long)]
    gender: Option<String>,
    /// Profile level, 0 to 5.
    #[arg(long, value_name = "LEVEL")]
    profile: Option<String>,
    #[arg(long)]
    ip_address: Option<String>,
}

impl Args {
    fn record(&self) -> Result<Record, Failed> {
        let texts = [
            ("blocked", &self.blocked),
            ("first_name", &self.first_name),
            ("last_name", &self.last_name),
            ("street", &self.street),
            ("city", &self.city),
            ("province", &self.province),
            ("postal_code", &self.postal_code),
            ("country", &self.country),
            ("phone", &self.phone),
            ("email", &self.email),
            ("born", &self.born),
            ("gender", &self.gender),
            ("profile", &self.profile),
            ("ip_address", &self.ip_address),
        ];
        let given = texts.iter().filter_map(|(name, text)| Some((*name, text.as_deref()?)));
        let named = [("front_end", self.who.front_end.as_str()), ("pin", self.who.pin.as_str())];
        Ok(Record::of_texts(named.into_iter().chain(given))?)
    }
}

pub fn run(global: &Global, house: &House, args: Args) -> Result<(), Failed> {
    let record = args.record()?;
    let rules = house.rules(&record.front_end)?;
    let known = house.read(|connection| customers::find_now(connection, &record.front_end, &record.pin))?;
    if known.is_some() && !args.update {
        return Err(Failed::Check(format!(
            "{} has a customer {} already; say --update to replace his details",
            record.front_end, record.pin
        )));
    }
    let caller = house.caller();
    let answer = house.write(|store| async move {
        let wish = record.wish();
        let (pin, wants) = (wish.pin.clone(), wish.wants(&rules));
        let run = move |tx: &mut Tx<'_>, rules: &Rules, by: &Caller| add_customer::run(tx, &wish, rules, by);
        transact(&store, &rules, &caller, &pin, wants, run).await
    })?;
    match global.format {
        Format::Text => output::line(&format!("{}.", answer.description)),
        Format::Json => output::json(&json!({ "result": answer.description, "unchanged": answer.replayed })),
    }
}
