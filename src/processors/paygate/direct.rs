//! `direct.aspx`: a card payment from server to server, with 3-D Secure 2 in our own frames.
//!
//! Off unless `allow_pan` is set, because it brings card numbers into this process. A number is here only as long
//! as the call lasts: [`PanCard`] and the request are wiped when they are dropped.

use super::client::Client;
use super::codes::Verdict;
use super::credential::CredentialOnFile;
use super::first_version::Legacy;
use super::hosted_page;
use super::request::{self, Request};
use super::three_ds::{self, Versioning};
use super::values::card::{self, PanCard};
use super::values::{BadValue, format};
use super::{acquirer, deposit};
use crate::domain::outcome::DepositOutcome;
use crate::domain::remark::Remark;
use crate::processors::DepositOrder;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// A card payment from server to server.
pub struct Direct<'a> {
    pub order: &'a DepositOrder,
    pub card: &'a PanCard,
    pub payer: Payer<'a>,
    pub credential: Option<&'a CredentialOnFile>,
}

/// Whether the payer is there to be asked by his bank.
pub enum Payer<'a> {
    Present {
        browser: &'a BrowserInfo,
        /// Where the bank returns the browser to after 3-D Secure 1.
        term_url: &'a str,
        /// Of an authentication that somebody else made, as JSON.
        three_ds_data: Option<&'a SecretString>,
    },
    /// We charge what is on file; the scheme's name of the payment that it began with, where it is known.
    Absent { scheme_reference: Option<&'a str> },
}

/// What the payer's browser says of itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BrowserInfo {
    pub accept_headers: String,
    pub ip_address: String,
    pub java_script_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub java_enabled: Option<bool>,
    pub language: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color_depth: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub screen_height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub screen_width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone_offset: Option<String>,
    pub user_agent: String,
}

/// How it goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Decided(DepositOutcome),
    /// Post the method form in a hidden frame, always; the platform goes on by itself.
    Method(Versioning),
    /// The card knows only 3-D Secure 1: what the platform says to send the browser on with.
    Legacy(Legacy),
    /// Nothing left this process: the value does not fit.
    Unfit(BadValue),
}

impl Step {
    fn leads_to_https(&self) -> bool {
        let url = match self {
            Step::Method(versioning) => &versioning.method_url,
            Step::Legacy(legacy) => &legacy.acs_url,
            Step::Decided(_) | Step::Unfit(_) => return true,
        };
        url.starts_with("https://")
    }
}

pub async fn pay(client: &Client, payment: &Direct<'_>) -> Step {
    let request = match request(client, payment) {
        Ok(request) => request,
        Err(bad) => return Step::Unfit(bad),
    };
    let answer = match client.post(request).await {
        Ok(answer) => answer,
        Err(error) => return Step::Decided(error.into()),
    };
    let (order, settings) = (payment.order, client.settings());
    let outcome = match answer.verdict(&order.reference, settings.answer_mac) {
        // By its own name: an earlier try under our reference may be there too.
        Verdict::Success => {
            let processor_reference = answer.present("PayID").map(str::to_owned);
            deposit::settle(client, &DepositOrder { processor_reference, ..order.clone() }).await
        }
        Verdict::Authenticate => match three_ds::after_direct(&answer) {
            Some(step) if !settings.https_only || step.leads_to_https() => return step,
            Some(_) => DepositOutcome::Unknown { cause: answer.doubt(Remark::SecurePlain) },
            None => DepositOutcome::Unknown { cause: answer.doubt(Remark::SecureBare) },
        },
        Verdict::Refused(_) => {
            let (code, reason) = (answer.code().to_owned(), answer.reason());
            deposit::refused(client, order, code, reason).await
        }
        Verdict::Open => DepositOutcome::Open { cause: answer.reason() },
        Verdict::Unknown(cause) => DepositOutcome::Unknown { cause: answer.doubt(cause) },
    };
    Step::Decided(outcome)
}

/// The card object, borrowed from the card and never stored.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CardObject<'a> {
    number: &'a str,
    expiry_date: &'a str,
    cardholder_name: &'a str,
    brand: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    security_code: Option<&'a str>,
}

/// Refuses while the account does not allow card numbers.
pub fn permit(client: &Client) -> Result<(), BadValue> {
    if client.settings().allow_pan {
        return Ok(());
    }
    Err(BadValue::new("card", "JSON", "is not taken: the account's allow_pan is off"))
}

fn request(client: &Client, payment: &Direct<'_>) -> Result<Request, BadValue> {
    let (settings, order, pan) = (client.settings(), payment.order, payment.card);
    if !card::is_pcnr(pan.number.expose_secret()) {
        permit(client)?;
    }
    let mut request = hosted_page::begin(client, "direct.aspx", order)?;
    let holder = pan.holder.trim();
    if holder.is_empty() {
        return Err(BadValue::new(
            "card.cardholderName",
            "ans2..45",
            "is missing, and the customer has no name",
        ));
    }
    if !(2..=45).contains(&holder.chars().count()) {
        return Err(BadValue::new("card.cardholderName", "ans2..45", "is too short or too long"));
    }
    request.json(
        "card",
        &CardObject {
            number: pan.checked_number(19)?,
            expiry_date: card::expiry("card.expiryDate", &pan.expiry)?,
            cardholder_name: holder,
            brand: request::brand(&pan.brand)?,
            security_code: pan.checked_code()?,
        },
    )?;
    if let Some(credential) = payment.credential {
        request.json("credentialOnFile", credential)?;
    }
    let (browser, term_url, three_ds_data) = match payment.payer {
        Payer::Present { browser, term_url, three_ds_data } => (browser, term_url, three_ds_data),
        Payer::Absent { scheme_reference } => {
            request.put_some("schemeReferenceID", format::ans(64), scheme_reference)?;
            let kind = order.extra.get("industrySpecificTxType").map(String::as_str);
            request.put_some("industrySpecificTxType", format::ans(20), kind)?;
            return Ok(request);
        }
    };
    request.json("browserInfo", browser)?;
    if let Some(data) = three_ds_data {
        request.json_text("threeDSData", data.expose_secret())?;
    }
    hosted_page::put_objects(&mut request, client, order)?;
    let sources = acquirer::Sources {
        customer: &order.customer,
        pin: &order.pin,
        order: &order.extra,
        configured: &settings.payment_extra,
    };
    acquirer::add_to_payment(&mut request, settings.acquirer, &sources)?;
    request.url("TermURL", term_url, settings)?;
    request.url("URLNotify", &order.urls.notify, settings)?;
    Ok(request)
}
