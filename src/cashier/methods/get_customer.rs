//! `GetCustomer`: the cashier pulls a customer's data. A stored value that breaks a rule of the protocol is brought
//! into its form, never a reason to fail.

use super::super::call::Call;
use super::super::reply::Told;
use super::super::wire::Value;
use crate::domain::customer::{Customer, Details};
use crate::domain::ledger::Account;
use crate::domain::money::Money;
use crate::domain::refusal::Refusal;
use crate::operations::OperationError;
use crate::store::{customers, ledger};

pub async fn run(call: &Call<'_>) -> Result<Told, OperationError> {
    let pin = call.pin()?;
    let (customer, balance) = find(call, pin).await?;
    let mut fields = vec![
        ("PIN", Value::Text(customer.pin.clone())),
        ("CustName", Value::Text(cut(&full_name(&customer.details), 50))),
        ("Currency", Value::Text(customer.currency.to_string())),
    ];
    fields.extend(details(&customer.details));
    fields.push(("Balance", Value::Text(call.door.write_amount(balance))));
    Ok(Told::ok(fields))
}

/// A customer and what he has.
pub(super) async fn find(call: &Call<'_>, pin: String) -> Result<(Customer, Money), OperationError> {
    call.read(move |connection, rules| {
        let front_end = &rules.front_end.name;
        let Some(customer) = customers::find_now(connection, front_end, &pin)? else {
            return Ok(Err(Refusal::CustomerNotFound));
        };
        let account = Account::customer(front_end, &pin, customer.currency);
        let balance = ledger::balance_now(connection, &account)?;
        Ok(Ok((customer, balance)))
    })
    .await
}

fn full_name(details: &Details) -> String {
    let parts = [details.first_name.as_deref(), details.last_name.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn details(details: &Details) -> Vec<(&'static str, Value)> {
    let country = country(details.country.as_deref());
    let text =
        |value: &Option<String>, longest| Value::Text(cut(value.as_deref().unwrap_or_default(), longest));
    vec![
        ("FirstName", text(&details.first_name, 50)),
        ("LastName", text(&details.last_name, 50)),
        ("Street", text(&details.street, 100)),
        ("City", text(&details.city, 50)),
        ("Province", Value::Text(province(details.province.as_deref(), &country))),
        ("PCode", text(&details.postal_code, 12)),
        ("Country", Value::Text(country)),
        ("Phone", Value::Text(phone(details.phone.as_deref()))),
        ("Email", text(&details.email, 50)),
        (
            "DOB",
            Value::Text(details.born.map(|born| born.format("%m/%d/%Y").to_string()).unwrap_or_default()),
        ),
        ("Gender", Value::Text(gender(details.gender.as_deref()))),
        ("Profile", Value::Int(details.profile.unwrap_or(0).clamp(0, 5))),
        ("IP_Address", text(&details.ip_address, 15)),
    ]
}

fn cut(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}

fn country(text: Option<&str>) -> String {
    let text = text.unwrap_or_default().trim().to_ascii_uppercase();
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) { text } else { String::new() }
}

/// Two letters, and only where the protocol has provinces.
fn province(text: Option<&str>, country: &str) -> String {
    let text = text.unwrap_or_default().trim().to_ascii_uppercase();
    let fits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    if fits && matches!(country, "US" | "CA" | "AU") { text } else { String::new() }
}

/// Digits only, at least six; dummies are worse than nothing.
fn phone(text: Option<&str>) -> String {
    let digits: String = text.unwrap_or_default().chars().filter(char::is_ascii_digit).take(20).collect();
    let bytes = digits.as_bytes();
    let same = bytes.windows(2).all(|pair| pair[0] == pair[1]);
    let run = bytes.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    if bytes.len() < 6 || same || run { String::new() } else { digits }
}

fn gender(text: Option<&str>) -> String {
    match text.unwrap_or_default().trim().chars().next() {
        Some('m' | 'M') => "M".to_owned(),
        Some('f' | 'F') => "F".to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_values_are_brought_into_the_protocols_form() {
        assert_eq!(phone(Some("+44 (113) 000-0000")), "441130000000");
        for dummy in ["123456", "111111", "12345", "", "call me"] {
            assert_eq!(phone(Some(dummy)), "", "{dummy}");
        }
        assert_eq!(province(Some("ca"), "US"), "CA");
        assert_eq!(province(Some("BY"), "DE"), "");
        assert_eq!(country(Some("gb")), "GB");
        assert_eq!(country(Some("GBR")), "");
        assert_eq!(gender(Some("female")), "F");
        assert_eq!(cut("äöü", 2), "äö");
    }
}
