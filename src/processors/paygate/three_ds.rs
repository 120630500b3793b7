//! 3-D Secure 2 between our page, the platform and the bank: method frame and challenge.
//!
//! No step after the first needs the card: the platform has it under the payment's PayID.

use super::answer::Answer;
use super::codec::Fields;
use super::direct::Step;
use super::first_version::Legacy;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

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
    /// The newest version that the bank speaks; absent if the card takes no part in 3-D Secure 2.
    pub version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VersioningData {
    #[serde(rename = "threeDSServerTransID", default)]
    server_trans_id: String,
    #[serde(default)]
    acs_end_protocol_version: Option<String>,
    #[serde(rename = "threeDSMethodURL", default)]
    method_url: Option<String>,
    #[serde(rename = "threeDSMethodDataForm", default)]
    method_data: Option<String>,
}

pub fn after_direct(answer: &Answer) -> Option<Step> {
    // One manual prints VisioningData.
    let versioning = answer.present("versioningData").or_else(|| answer.present("VisioningData"));
    let data = versioning.and_then(object::<VersioningData>);
    // A bank without the second version has no version, and mostly no form either.
    let speaks_second = data
        .as_ref()
        .is_some_and(|data| data.acs_end_protocol_version.is_some() && data.method_data.is_some());
    if let (false, Some(legacy)) = (speaks_second, Legacy::of(answer)) {
        return Some(Step::Legacy(legacy));
    }
    if let Some(data) = data
        && let (Some(method_url), Some(method_data)) = (data.method_url, data.method_data)
    {
        return Some(Step::Method(Versioning {
            pay_id: answer.text("PayID").to_owned(),
            server_trans_id: data.server_trans_id,
            method_url,
            method_data,
            version: data.acs_end_protocol_version,
        }));
    }
    None
}

/// In a deposit's `extra`, told by the authentication notification: where the bank wants to ask the payer.
pub const ACS_URL: &str = "acsURL";
/// In a deposit's `extra`, told with it: the bank's name of the authentication.
pub const ACS_TRANS_ID: &str = "acsTransID";

#[derive(Deserialize)]
struct AuthenticationResponse {
    #[serde(rename = "acsChallengeMandated", default)]
    mandated: Value,
    #[serde(rename = "acsURL", default)]
    acs_url: Option<String>,
    #[serde(rename = "acsTransID", default)]
    acs_trans_id: Option<String>,
}

/// What an authentication notification tells of a challenge, if the bank wants one. The frame gets the same as JSON,
/// but a page can't read what another origin wrote into its frame.
pub fn challenge(fields: &Fields) -> BTreeMap<String, String> {
    let response = object::<AuthenticationResponse>(fields.text("authenticationResponse"));
    let Some(response) = response else { return BTreeMap::new() };
    // A boolean in the tables, a letter in the scheme's own messages.
    let mandated = match &response.mandated {
        Value::Bool(yes) => *yes,
        Value::String(text) => matches!(text.as_str(), "true" | "Y"),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    };
    match (response.acs_url, response.acs_trans_id) {
        (Some(url), Some(id)) if mandated => {
            BTreeMap::from([(ACS_URL.to_owned(), url), (ACS_TRANS_ID.to_owned(), id)])
        }
        _ => BTreeMap::new(),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChallengeRequest<'a> {
    #[serde(rename = "threeDSServerTransID")]
    server_trans_id: &'a str,
    #[serde(rename = "acsTransID")]
    acs_trans_id: &'a str,
    message_type: &'static str,
    message_version: &'a str,
    challenge_window_size: &'static str,
}

/// What our page posts to the bank as `creq`.
pub fn creq(server_trans_id: &str, acs_trans_id: &str, version: &str) -> String {
    let request = ChallengeRequest {
        server_trans_id,
        acs_trans_id,
        message_type: "CReq",
        message_version: version,
        // The whole frame, which our page makes as large as it can.
        challenge_window_size: "05",
    };
    // A struct of texts is always written.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&request).unwrap_or_default())
}

/// An object that is sent as Base64 of JSON.
pub(super) fn object<T: for<'a> Deserialize<'a>>(encoded: &str) -> Option<T> {
    serde_json::from_slice(&STANDARD.decode(encoded).ok()?).ok()
}
