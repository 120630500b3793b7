//! What a request says of its card and of a forced result, and how an answer begins.

use super::books::{Payment, StoredCard};
use super::codec::Params;
use super::world::Merchant;
use base64::Engine;

/// An answer's parameters in the order they are written.
pub type Reply = Vec<(String, String)>;

pub const SUCCESS: &str = "00000000";

/// The card of a request: plain parameters, or the card object.
pub fn card_of(params: &Params) -> Result<StoredCard, String> {
    if params.has("card") {
        let json =
            base64::engine::general_purpose::STANDARD.decode(params.get("card")).ok().ok_or("20110015")?;
        let object: serde_json::Value = serde_json::from_slice(&json).ok().ok_or("20110015")?;
        let text = |name: &str| object[name].as_str().map(str::to_owned);
        return Ok(StoredCard {
            number: text("number").ok_or("20100015")?,
            expiry: text("expiryDate").ok_or("20100017")?,
            brand: text("brand").ok_or("20100018")?,
        });
    }
    let text = |name: &str, code: &str| -> Result<String, String> {
        if params.has(name) { Ok(params.get(name).to_owned()) } else { Err(code.to_owned()) }
    };
    Ok(StoredCard {
        number: text("CCNr", "20100015")?,
        expiry: text("CCExpiry", "20100017")?,
        brand: text("CCBrand", "20100018")?,
    })
}

/// The JSON that a parameter holds as Base64, or its text.
pub fn json_or_text(text: &str) -> String {
    let decoded = base64::engine::general_purpose::STANDARD.decode(text).ok();
    let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.filter(|decoded| decoded.starts_with('{')).unwrap_or_else(|| text.to_owned())
}

/// `Test:nnnn` in OrderDesc forces the detail nnnn; 0000 is success.
pub fn forced(params: &Params) -> Result<(), String> {
    let Some(detail) = params.get("OrderDesc").strip_prefix("Test:") else { return Ok(()) };
    match detail.trim() {
        "0000" => Ok(()),
        detail if detail.len() == 4 => Err(format!("2277{detail}")),
        _ => Ok(()),
    }
}

pub fn reply(merchant: &Merchant, payment: &Payment, status: &str, code: &str, description: &str) -> Reply {
    let mut fields = vec![
        ("mid".to_owned(), merchant.id.clone()),
        ("PayID".to_owned(), payment.pay_id.clone()),
        ("XID".to_owned(), payment.last_xid.clone()),
        ("TransID".to_owned(), payment.trans_id.clone()),
        ("Status".to_owned(), status.to_owned()),
        ("Description".to_owned(), description.to_owned()),
        ("Code".to_owned(), code.to_owned()),
    ];
    if !payment.ref_nr.is_empty() {
        fields.push(("RefNr".to_owned(), payment.ref_nr.clone()));
    }
    fields
}

pub fn failure(merchant: &Merchant, params: &Params, code: &str) -> Reply {
    let status = if code.starts_with('6') { "PENDING" } else { "FAILED" };
    vec![
        ("mid".to_owned(), merchant.id.clone()),
        ("PayID".to_owned(), params.get("PayID").to_owned()),
        ("XID".to_owned(), String::new()),
        ("TransID".to_owned(), params.get("TransID").to_owned()),
        ("Status".to_owned(), status.to_owned()),
        ("Description".to_owned(), "refused by the sandbox".to_owned()),
        ("Code".to_owned(), code.to_owned()),
    ]
}
