//! 3-D Secure 1, for banks that know no other: the whole window goes to the bank by a form, the bank's answer comes
//! back by the browser, and `direct3d.aspx` hands it on.

use super::answer::Answer;
use super::client::{CallError, Client};
use super::codes::{Status, Verdict};
use super::deposit;
use super::inquire::Found;
use super::request::Request;
use super::three_ds::object;
use super::values::{BadValue, format};
use crate::domain::outcome::DepositOutcome;
use crate::processors::{DepositOrder, Opened};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// What a form to the bank needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Legacy {
    pub pay_id: String,
    pub acs_url: String,
    pub pa_req: String,
    /// Our own address, to which the platform has added the payment's names: it must reach the bank unaltered.
    pub term_url: Option<String>,
}

#[derive(Deserialize)]
struct LegacyData {
    #[serde(rename = "acsURL", alias = "ACSURL", alias = "acsUrl")]
    acs_url: String,
    #[serde(rename = "PAReq", alias = "PaReq", alias = "paReq")]
    pa_req: String,
    // The table of the manual prints termURL, its schema TermURL.
    #[serde(rename = "TermURL", alias = "termURL", alias = "TermUrl", default)]
    term_url: Option<String>,
}

impl Legacy {
    pub fn of(answer: &Answer) -> Option<Legacy> {
        let legacy = answer.present("threeDSLegacy").and_then(object::<LegacyData>)?;
        Some(Legacy {
            pay_id: answer.text("PayID").to_owned(),
            acs_url: legacy.acs_url,
            pa_req: legacy.pa_req,
            term_url: legacy.term_url,
        })
    }

    /// The form that takes the browser to the bank. `ours` is where we asked to have it back.
    pub fn form(self, ours: &str) -> Opened {
        let completed = |url: &String| {
            url.strip_prefix(ours).is_some_and(|rest| rest.is_empty() || rest.starts_with('?'))
        };
        let term_url = self.term_url.filter(completed).unwrap_or_else(|| ours.to_owned());
        // Banks want MD whether or not it says anything, and what it says comes back: nothing we need.
        let fields = [("PaReq", self.pa_req), ("TermUrl", term_url), ("MD", self.pay_id.clone())];
        Opened::Form {
            action: self.acs_url,
            fields: fields.map(|(name, text)| (name.to_owned(), text)).to_vec(),
            reference: Some(self.pay_id),
        }
    }
}

/// So often an answer is handed on: nobody but this call has it.
const MOST_TIMES: usize = 3;

/// Hands the bank's answer on; what it leads to, an inquiry tells. Where the platform's word got lost and the payment
/// still waits for the bank's, it is handed on again: a payment is authorised once, however often its answer comes.
pub async fn bank_answered(client: &Client, order: &DepositOrder, answer: &SecretString) -> DepositOutcome {
    if let Some(pay_id) = &order.processor_reference {
        for _ in 0..MOST_TIMES {
            let Err(error) = hand_on(client, &order.reference, pay_id, answer).await else { break };
            tracing::warn!(trans_id = order.reference, %error, "a bank's answer may not have been taken");
            if !waits(client, order).await {
                break;
            }
        }
    }
    deposit::settle(client, order).await
}

/// Whether a payment waits for its payer and his bank, as far as the platform says.
pub async fn waits(client: &Client, order: &DepositOrder) -> bool {
    let found = deposit::ask(client, order).await;
    matches!(found, Found::Payment(payment) if payment.last_status == Status::AuthenticationRequest)
}

/// `direct3d.aspx`. `Err` when nobody knows whether it was taken.
async fn hand_on(
    client: &Client,
    trans_id: &str,
    pay_id: &str,
    pa_res: &SecretString,
) -> Result<(), CallError> {
    let bad = |bad: BadValue| CallError::NotSent(bad.to_string());
    let mut request = Request::new("direct3d.aspx", client.settings(), trans_id).map_err(bad)?;
    request.pay_id(pay_id).map_err(bad)?;
    request.put("PAResponse", format::ans(LONGEST_ANSWER), pa_res.expose_secret()).map_err(bad)?;
    let answer = client.post(request).await?;
    match answer.verdict(trans_id, client.settings().answer_mac) {
        Verdict::Success | Verdict::Refused(_) | Verdict::Open | Verdict::Authenticate => Ok(()),
        Verdict::Unknown(cause) => Err(CallError::Unknown(answer.doubt(cause))),
    }
}

/// No bank's signed answer comes near this size.
const LONGEST_ANSWER: usize = 48 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn term_url(told: Option<&str>) -> String {
        let legacy = Legacy {
            pay_id: "p".to_owned(),
            acs_url: "https://bank.example/pareq".to_owned(),
            pa_req: "eJx".to_owned(),
            term_url: told.map(str::to_owned),
        };
        let Opened::Form { fields, .. } = legacy.form("https://till.example/player/t/bank") else {
            unreachable!("a form")
        };
        assert_eq!(
            fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["PaReq", "TermUrl", "MD"]
        );
        fields[1].1.clone()
    }

    #[test]
    fn the_platform_may_complete_our_address_and_not_replace_it() {
        let ours = "https://till.example/player/t/bank";
        let completed = "https://till.example/player/t/bank?PayID=p&TransID=t&MID=m";
        assert_eq!(term_url(Some(completed)), completed);
        for other in
            [None, Some(ours), Some("https://till.example/player/t/bank2"), Some("https://else.example/?x")]
        {
            assert_eq!(term_url(other), ours);
        }
    }
}
