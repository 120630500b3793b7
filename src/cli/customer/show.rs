//! `tillgate customer show`.

use super::super::house::House;
use super::super::output::{self, Format};
use super::super::{Failed, Global};
use super::Who;
use crate::domain::customer::Customer;
use crate::domain::ledger::Account;
use crate::domain::money::Money;
use crate::store::{customers, ledger};
use serde_json::{Value, json};

pub const EXAMPLES: &str = "\
Examples:
  tillgate customer show --front-end 'MyPhoneCards EUR' --pin Bigdaddy
  tillgate customer show --front-end 'MyPhoneCards EUR' --pin Bigdaddy --format json";

pub fn run(global: &Global, house: &House, who: &Who) -> Result<(), Failed> {
    let rules = house.rules(&who.front_end)?;
    let found = house.read(|connection| {
        let front_end = &rules.front_end.name;
        let Some(customer) = customers::find_now(connection, front_end, &who.pin)? else { return Ok(None) };
        let account = Account::customer(front_end, &who.pin, customer.currency);
        let balance = ledger::balance_now(connection, &account)?;
        Ok(Some((customer, balance)))
    })?;
    let Some((customer, balance)) = found else {
        return Err(Failed::Check(format!("{} has no customer {}", who.front_end, who.pin)));
    };
    let pairs = told(&customer, balance);
    match global.format {
        Format::Text => output::properties(&pairs),
        Format::Json => output::json(&output::object(&pairs)),
    }
}

fn told(customer: &Customer, balance: Money) -> Vec<(&'static str, Value)> {
    let details = &customer.details;
    vec![
        ("front_end", json!(customer.front_end)),
        ("pin", json!(customer.pin)),
        ("currency", json!(customer.currency.code())),
        ("balance", json!(balance.major())),
        ("blocked", json!(customer.blocked)),
        ("first_name", json!(details.first_name)),
        ("last_name", json!(details.last_name)),
        ("street", json!(details.street)),
        ("city", json!(details.city)),
        ("province", json!(details.province)),
        ("postal_code", json!(details.postal_code)),
        ("country", json!(details.country)),
        ("phone", json!(details.phone)),
        ("email", json!(details.email)),
        ("born", json!(details.born.map(|born| born.to_string()))),
        ("gender", json!(details.gender)),
        ("profile", json!(details.profile)),
        ("ip_address", json!(details.ip_address)),
    ]
}
