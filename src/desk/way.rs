//! How a customer gets to the processor, as it is kept beside his deposit.

use crate::processors::paygate::three_ds;
use crate::processors::{CardInputs, Frames};
use crate::store::deposits::Managed;
use serde_json::{Value, json};

/// How the customer gets to the processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    Redirect(String),
    Form {
        action: String,
        fields: Vec<(String, String)>,
    },
    /// Our page shows a card form that goes from the browser straight to the processor.
    CardForm {
        action: String,
        fields: Vec<(String, String)>,
        inputs: CardInputs,
    },
    /// Our page carries the frames in which the bank sees the customer.
    Frames(Frames),
}

/// Where the bank asks the customer, and what is posted there as `creq`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    pub url: String,
    pub creq: String,
}

/// The challenge that the bank wants before it lets a deposit pass, once the processor has told us of it.
pub fn challenge(frames: &Frames, managed: &Managed) -> Option<Challenge> {
    let url = managed.told.get(three_ds::ACS_URL)?.clone();
    if !frames.may_show(&url) {
        return None;
    }
    let acs_trans_id = managed.told.get(three_ds::ACS_TRANS_ID)?;
    let creq = three_ds::creq(&frames.server_trans_id, acs_trans_id, &frames.version);
    Some(Challenge { url, creq })
}

impl Way {
    pub(super) fn keep(&self) -> String {
        match self {
            Way::Redirect(url) => json!({ "redirect": url }).to_string(),
            Way::Frames(frames) => {
                let Frames { method_url, method_data, server_trans_id, version, processor_url } = frames;
                let frames = json!({
                    "method_url": method_url, "method_data": method_data, "server_trans_id": server_trans_id,
                    "version": version, "processor_url": processor_url,
                });
                json!({ "frames": frames }).to_string()
            }
            Way::Form { action, fields } => json!({ "action": action, "fields": fields }).to_string(),
            Way::CardForm { action, fields, inputs } => {
                let CardInputs { number, check_value, expiry, brand, brands } = inputs;
                let card = json!({
                    "number": number, "check_value": check_value, "expiry": expiry, "brand": brand, "brands": brands,
                });
                json!({ "action": action, "fields": fields, "card": card }).to_string()
            }
        }
    }

    /// Reads what [`Way::keep`] wrote.
    pub fn kept(text: &str) -> Option<Way> {
        let value: Value = serde_json::from_str(text).ok()?;
        if let Some(url) = value.get("redirect") {
            return Some(Way::Redirect(url.as_str()?.to_owned()));
        }
        if let Some(frames) = value.get("frames") {
            let text = |key: &str| frames.get(key)?.as_str().map(str::to_owned);
            return Some(Way::Frames(Frames {
                method_url: text("method_url")?,
                method_data: text("method_data")?,
                server_trans_id: text("server_trans_id")?,
                version: text("version")?,
                processor_url: text("processor_url")?,
            }));
        }
        let action = value.get("action")?.as_str()?.to_owned();
        let fields = value.get("fields")?.as_array()?.iter();
        let fields =
            fields.map(|pair| Some((pair.get(0)?.as_str()?.to_owned(), pair.get(1)?.as_str()?.to_owned())));
        let fields = fields.collect::<Option<_>>()?;
        let Some(card) = value.get("card") else { return Some(Way::Form { action, fields }) };
        let name = |key: &str| card.get(key)?.as_str().map(str::to_owned);
        let brands = card.get("brands")?.as_array()?.iter();
        let inputs = CardInputs {
            number: name("number")?,
            check_value: name("check_value")?,
            expiry: name("expiry")?,
            brand: name("brand")?,
            brands: brands.map(|brand| brand.as_str().map(str::to_owned)).collect::<Option<_>>()?,
        };
        Some(Way::CardForm { action, fields, inputs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn asked_at(processor: &str, bank: &str) -> Option<String> {
        let frames = Frames {
            method_url: String::new(),
            method_data: String::new(),
            server_trans_id: "3f1c9a7e-5b2d-4860-a1c3-e5f70819b2d4".to_owned(),
            version: "2.1.0".to_owned(),
            processor_url: processor.to_owned(),
        };
        let told = [(three_ds::ACS_URL, bank), (three_ds::ACS_TRANS_ID, "a")];
        let managed = Managed {
            account: String::new(),
            method: String::new(),
            reference: String::new(),
            processor_reference: None,
            capture: String::new(),
            language: String::new(),
            token: String::new(),
            opened: None,
            attempted: None,
            extra: BTreeMap::new(),
            told: told.map(|(name, text)| (name.to_owned(), text.to_owned())).into(),
            created_at: 0,
            updated_at: 0,
        };
        challenge(&frames, &managed).map(|challenge| challenge.url)
    }

    #[test]
    fn a_bank_without_https_is_shown_in_a_sandbox_alone() {
        let (live, sandbox) = ("https://www.computop-paygate.com/", "http://127.0.0.1:9000/");
        for (processor, bank, shown) in [
            (live, "https://acs.bank.example/c", true),
            (live, "http://acs.bank.example/c", false),
            (live, "HTTP://acs.bank.example/c", false),
            (live, "javascript:alert(1)", false),
            (live, "//acs.bank.example/c", false),
            (live, "", false),
            (sandbox, "http://localhost:9000/c", true),
            (sandbox, "javascript:alert(1)", false),
        ] {
            assert_eq!(asked_at(processor, bank).is_some(), shown, "{bank} behind {processor}");
        }
    }
}
