//! For people who debug an integration: the checksum of any list of values, as the command line prints it.

use super::checksum;
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DebugError {
    #[error("the order is empty: list the names to sign, for example memberId,secureKey,amount")]
    NothingToSign,
    #[error("{0} is in the order but has no value")]
    Missing(String),
    #[error("{0} has a value but is not in the order")]
    Unused(String),
    #[error("secureKey comes from the key file, not from the command line, where other users could read it")]
    KeyAmongValues,
}

/// The checksum over the values named in `order`; `secureKey` there stands for the key.
pub fn checksum(
    order: &[String],
    fields: &BTreeMap<String, String>,
    key: &SecretString,
) -> Result<String, DebugError> {
    if order.is_empty() {
        return Err(DebugError::NothingToSign);
    }
    if fields.contains_key("secureKey") {
        return Err(DebugError::KeyAmongValues);
    }
    if let Some(unused) = fields.keys().find(|name| !order.contains(name)) {
        return Err(DebugError::Unused(unused.clone()));
    }
    let value = |name: &String| match name.as_str() {
        "secureKey" => Ok(key.expose_secret()),
        name => fields.get(name).map(String::as_str).ok_or_else(|| DebugError::Missing(name.to_owned())),
    };
    let values = order.iter().map(value).collect::<Result<Vec<&str>, DebugError>>()?;
    Ok(checksum::join(&values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(order: &str, fields: &[(&str, &str)]) -> Result<String, DebugError> {
        let order: Vec<String> =
            order.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        checksum(&order, &fields, &SecretString::from("k9QmZ2vT7xLw4RbN8sYpD3hJ6fGcA1eU"))
    }

    #[test]
    fn the_order_decides() {
        let fields =
            [("memberId", "10519"), ("merchantTransactionId", "ord-20240117-000431"), ("amount", "50.00")];
        let sum = run("memberId,secureKey,merchantTransactionId,amount", &fields);
        assert_eq!(sum.as_deref(), Ok("29ecd4a5c55248080c0e304851edf7e3"));
        assert_ne!(run("secureKey,memberId,merchantTransactionId,amount", &fields), sum);
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(run("", &[]), Err(DebugError::NothingToSign));
        assert_eq!(run("memberId", &[]), Err(DebugError::Missing("memberId".to_owned())));
        assert_eq!(run("secureKey", &[("amount", "1")]), Err(DebugError::Unused("amount".to_owned())));
        assert_eq!(run("secureKey", &[("secureKey", "x")]), Err(DebugError::KeyAmongValues));
    }
}
