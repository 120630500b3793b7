//! `PaymentAddData`: who pays and who receives, for payouts of winnings through Omnipay.
//!
//! The published schema forbids further keys, so unknown ones are refused when the configuration is read.

use super::values::{BadValue, ascii, format};
use base64::Engine;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PaymentAddData {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_data: Option<SenderData>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient_data: Option<RecipientData>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SenderData {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_acc_num: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_addr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_city: Option<String>,
    /// Three digits, ISO 3166-1 numeric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub src_of_funds: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_acc_type: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RecipientData {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient_name: Option<String>,
}

/// Credit, debit, prepaid, cash, deposit account, mobile money.
const SOURCES_OF_FUNDS: &[&str] = &["01", "02", "03", "04", "05", "07"];
/// Routing number and account, IBAN, card account, account and BIC.
const ACCOUNT_TYPES: &[&str] = &["01", "02", "03", "06"];

impl PaymentAddData {
    pub fn check(&self) -> Result<(), BadValue> {
        if let Some(sender) = &self.sender_data {
            text("senderAccNum", &sender.sender_acc_num, 34)?;
            text("senderName", &sender.sender_name, 30)?;
            text("senderAddr", &sender.sender_addr, 35)?;
            text("senderCity", &sender.sender_city, 25)?;
            if let Some(country) = &sender.sender_country {
                format::n(3).exactly().check("senderCountry", country)?;
            }
            listed("srcOfFunds", &sender.src_of_funds, SOURCES_OF_FUNDS)?;
            listed("senderAccType", &sender.sender_acc_type, ACCOUNT_TYPES)?;
            if sender.sender_acc_type.is_some() && sender.sender_acc_num.is_none() {
                return Err(BadValue::new("senderAccNum", "an..34", "is missing beside senderAccType"));
            }
        }
        if let Some(recipient) = &self.recipient_data {
            text("recipientName", &recipient.recipient_name, 30)?;
        }
        Ok(())
    }

    /// The value of the parameter, with the receiver's name filled in where the configuration leaves it out.
    pub fn encode(&self, recipient: Option<&str>) -> Result<String, BadValue> {
        let mut data = self.clone();
        let name = data.recipient_data.get_or_insert_default();
        if name.recipient_name.is_none() {
            name.recipient_name = recipient.map(shorten);
        }
        if name.recipient_name.is_none() {
            data.recipient_data = None;
        }
        data.check()?;
        let json = serde_json::to_vec(&data)
            .map_err(|_| BadValue::new("PaymentAddData", "JSON", "can't be written as JSON"))?;
        Ok(base64::engine::general_purpose::STANDARD.encode(json))
    }
}

/// A name may be cut where a reference may not: it identifies nothing.
fn shorten(name: &str) -> String {
    let ascii = ascii::transliterate(name).map(|text| text.into_owned()).unwrap_or_else(|| name.to_owned());
    ascii.chars().take(30).collect::<String>().trim_end().to_owned()
}

fn text(name: &str, value: &Option<String>, most: usize) -> Result<(), BadValue> {
    let Some(value) = value else { return Ok(()) };
    format::an(most).check(name, value)
}

fn listed(name: &str, value: &Option<String>, allowed: &[&str]) -> Result<(), BadValue> {
    match value {
        Some(value) if !allowed.contains(&value.as_str()) => {
            Err(BadValue::new(name, "enum", "is not one of the listed values"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_base64_of_camel_case_json_and_knows_no_other_keys() {
        let data: PaymentAddData = toml::from_str(
            "senderData = { senderName = 'Casino', senderCountry = '276', srcOfFunds = '05', senderAccType = '02', senderAccNum = 'DE02+X' }",
        )
        .expect("data");
        let written = data.encode(Some("José Ñandú")).expect("sound");
        let json = base64::engine::general_purpose::STANDARD.decode(written).expect("Base64");
        assert_eq!(
            String::from_utf8(json).expect("UTF-8"),
            r#"{"senderData":{"senderAccNum":"DE02+X","senderName":"Casino","senderCountry":"276","srcOfFunds":"05","senderAccType":"02"},"recipientData":{"recipientName":"Jose Nandu"}}"#
        );
        assert!(toml::from_str::<PaymentAddData>("senderData = { iban = 'x' }").is_err());
        let bad: PaymentAddData = toml::from_str("senderData = { senderCountry = 'DE' }").expect("data");
        assert!(bad.encode(None).is_err());
    }
}
