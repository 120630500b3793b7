//! 3-D Secure 2 between our page, the platform and the bank: method frame, challenge, and the way back.

use super::answer::Answer;
use super::client::Client;
use super::codec::{CodecError, Fields};
use super::direct::Step;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

/// What the hidden frame needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioning {
    pub pay_id: String,
    /// The PayID in UUID form.
    pub server_trans_id: String,
    /// The frame posts `threeDSMethodData` = [`Versioning::method_data`] there, also when the issuer has no page.
    pub method_url: String,
    /// Kept as it came: it holds the platform's own notification address.
    pub method_data: String,
    /// Whether the card takes part in 3-D Secure 2 at all.
    pub takes_part: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VersioningData {
    #[serde(rename = "threeDSServerTransID", default)]
    server_trans_id: String,
    #[serde(default)]
    acs_start_protocol_version: Option<String>,
    #[serde(rename = "threeDSMethodURL", default)]
    method_url: Option<String>,
    #[serde(rename = "threeDSMethodDataForm", default)]
    method_data: Option<String>,
}

pub fn after_direct(answer: &Answer) -> Option<Step> {
    // One manual prints VisioningData.
    let versioning = answer.present("versioningData").or_else(|| answer.present("VisioningData"));
    if let Some(data) = versioning.and_then(object::<VersioningData>)
        && let (Some(method_url), Some(method_data)) = (data.method_url, data.method_data)
    {
        return Some(Step::Method(Versioning {
            pay_id: answer.text("PayID").to_owned(),
            server_trans_id: data.server_trans_id,
            method_url,
            method_data,
            takes_part: data.acs_start_protocol_version.is_some(),
        }));
    }
    answer.present("threeDSLegacy").and_then(object::<Value>).map(Step::Legacy)
}

/// What the frame received from the platform after the method call, if the bank wants to ask the payer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Challenge {
    #[serde(rename = "acsChallengeMandated")]
    pub mandated: bool,
    /// To be posted as `creq`, in a visible frame.
    #[serde(rename = "base64EncodedChallengeRequest")]
    pub creq: String,
    #[serde(rename = "acsURL")]
    pub acs_url: String,
}

pub fn challenge(json: &str) -> Option<Challenge> {
    serde_json::from_str(json).ok()
}

/// The frame's last message: which payment it was about. The result itself comes by notification and inquiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    pub pay_id: String,
    pub trans_id: String,
}

#[derive(Deserialize)]
struct BrowserMessage {
    #[serde(rename = "MID")]
    merchant: String,
    #[serde(rename = "Len")]
    len: Value,
    #[serde(rename = "Data")]
    data: String,
}

/// Reads the browser's message, whose values are each Base64; the tables disagree with the text, so plain ones too.
pub fn returned(client: &Client, json: &str) -> Result<Returned, CodecError> {
    let message: BrowserMessage = serde_json::from_str(json).map_err(|_| CodecError::Empty)?;
    let account = client.account();
    if plain(&message.merchant) != account.merchant_id {
        return Err(CodecError::Empty);
    }
    let len = match &message.len {
        Value::Number(number) => number.to_string(),
        Value::String(text) => {
            if text.parse::<usize>().is_ok() {
                text.clone()
            } else {
                plain(text)
            }
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return Err(CodecError::BadLen),
    };
    let len = len.parse().map_err(|_| CodecError::BadLen)?;
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let data = if hex(&message.data) { message.data.clone() } else { plain(&message.data) };
    let fields = Fields::from_bytes(&account.cipher.open(len, &data)?);
    match (fields.present("PayID"), fields.present("TransID")) {
        (Some(pay_id), Some(trans_id)) => {
            Ok(Returned { pay_id: pay_id.to_owned(), trans_id: trans_id.to_owned() })
        }
        _ => Err(CodecError::Empty),
    }
}

fn plain(text: &str) -> String {
    let decoded = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded
        .filter(|decoded| decoded.bytes().all(|byte| (0x20..0x7f).contains(&byte)))
        .unwrap_or_else(|| text.to_owned())
}

fn object<T: for<'a> Deserialize<'a>>(encoded: &str) -> Option<T> {
    serde_json::from_slice(&STANDARD.decode(encoded).ok()?).ok()
}
