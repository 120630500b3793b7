//! `direct.aspx`: a card payment from server to server, with 3-D Secure 2 in our own frames.
//!
//! Off unless `allow_pan` is set, because it brings card numbers into this process. A number is here only as long
//! as the call lasts: [`PanCard`] and the request are wiped when they are dropped.

use super::client::Client;
use super::codes::Verdict;
use super::hosted_page;
use super::request::{self, Request};
use super::three_ds::{self, Versioning};
use super::values::card::{self, PanCard};
use super::values::{BadValue, format, reference};
use super::{NOT_SENDABLE, acquirer, deposit};
use crate::domain::outcome::DepositOutcome;
use crate::processors::DepositOrder;
use serde::Serialize;
use serde_json::Value;

/// A card payment that our own page collected.
pub struct Direct<'a> {
    pub order: &'a DepositOrder,
    pub card: &'a PanCard,
    /// Absent for payments without the payer.
    pub browser: Option<&'a BrowserInfo>,
    pub credential: Option<&'a CredentialOnFile>,
    /// Of the first payment of a series, for payments without the payer.
    pub scheme_reference: Option<&'a str>,
    /// Where the bank returns the browser to after 3-D Secure 1.
    pub term_url: &'a str,
}

/// What the payer's browser says of itself.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
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

/// Whether the card stays on file, and who started this payment.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialOnFile {
    #[serde(rename = "type")]
    pub kind: CredentialKind,
    pub initial_payment: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_case: Option<&'static str>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum CredentialKind {
    #[serde(rename_all = "camelCase")]
    Recurring {
        recurring_frequency: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        recurring_start_date: Option<String>,
        recurring_expiry_date: String,
    },
    /// `CIT` with the payer, `MIT` without.
    Unscheduled(Initiator),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Initiator {
    #[serde(rename = "CIT")]
    Payer,
    #[serde(rename = "MIT")]
    Merchant,
}

/// How it goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Decided(DepositOutcome),
    /// Post the method form in a hidden frame, always; the platform goes on by itself.
    Method(Versioning),
    /// The card knows only 3-D Secure 1: what the platform says to send the browser on with.
    Legacy(Value),
}

pub async fn pay(client: &Client, payment: &Direct<'_>) -> Step {
    let request = match request(client, payment) {
        Ok(request) => request,
        Err(bad) => {
            let reason = bad.to_string();
            return Step::Decided(DepositOutcome::Failed { code: NOT_SENDABLE.to_owned(), reason });
        }
    };
    let answer = match client.post(request).await {
        Ok(answer) => answer,
        Err(error) => return Step::Decided(error.into()),
    };
    let order = payment.order;
    let outcome = match answer.verdict(&order.reference, client.settings().answer_mac) {
        Verdict::Success => deposit::settle(client, order).await,
        Verdict::Authenticate => match three_ds::after_direct(&answer) {
            Some(step) => return step,
            None => DepositOutcome::Unknown { cause: answer.doubt("3-D Secure without its data") },
        },
        Verdict::Refused(_) => {
            DepositOutcome::Failed { code: answer.code().to_owned(), reason: answer.reason() }
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
    permit(client)?;
    let (settings, order, pan) = (client.settings(), payment.order, payment.card);
    let mut request = Request::new("direct.aspx", settings, &order.reference)?;
    request.put("MsgVer", format::ans(5), "2.0")?;
    request.req_id(&reference::req_id(&["direct", &order.reference]))?;
    request.money(order.amount, settings)?;
    request.put("Capture", format::ans(6), &hosted_page::capture_text(order.capture)?)?;
    request.words("OrderDesc", format::ans(768), &request::order_text(settings, &order.reference))?;
    let holder = pan.holder.trim();
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
    request.put_some("schemeReferenceID", format::ans(64), payment.scheme_reference)?;
    request.put_some(
        "industrySpecificTxType",
        format::ans(20),
        order.extra.get("industrySpecificTxType").map(String::as_str),
    )?;
    let unattended = payment.credential.is_some_and(|credential| {
        matches!(credential.kind, CredentialKind::Unscheduled(Initiator::Merchant))
            && !credential.initial_payment
    });
    if unattended {
        return Ok(request);
    }
    let browser = payment.browser.ok_or_else(|| BadValue::new("browserInfo", "JSON", "is missing"))?;
    request.json("browserInfo", browser)?;
    hosted_page::put_objects(&mut request, order)?;
    let sources = acquirer::Sources {
        customer: &order.customer,
        pin: &order.pin,
        order: &order.extra,
        configured: &settings.creditex.extra,
    };
    acquirer::add_to_payment(&mut request, settings.acquirer, &sources)?;
    request.url("TermURL", payment.term_url, settings)?;
    request.url("URLNotify", &order.urls.notify, settings)?;
    Ok(request)
}
