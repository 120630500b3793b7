//! `stationary.aspx` and `stationary_rev.aspx`: payments at a terminal. Off unless `allow_pan` is set.

use super::client::{CallError, Client};
use super::codes::Verdict;
use super::direct::permit;
use super::hosted_page::capture_text;
use super::request::{self, Request};
use super::values::card::{self, PanCard};
use super::values::{BadValue, format, reference};
use crate::domain::money::Money;
use crate::domain::outcome::DepositOutcome;
use crate::processors::Capture;
use secrecy::{ExposeSecret, SecretString};

/// One payment at a terminal.
pub struct Payment<'a> {
    pub trans_id: &'a str,
    pub amount: Money,
    pub capture: Capture,
    pub card: &'a PanCard,
    pub track2: &'a SecretString,
    pub track3: &'a SecretString,
}

/// What the terminal prints, and what a reversal needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    pub pay_id: String,
    pub xid: String,
    pub terminal: String,
    pub auth_code: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paid {
    Authorized(Slip),
    Other(DepositOutcome),
}

pub async fn pay(client: &Client, payment: &Payment<'_>) -> Paid {
    let request = match request(client, payment) {
        Ok(request) => request,
        Err(bad) => return Paid::Other(refused(&bad)),
    };
    let answer = match client.post(request).await {
        Ok(answer) => answer,
        Err(error) => return Paid::Other(error.into()),
    };
    Paid::Other(match answer.verdict(payment.trans_id, client.settings().answer_mac) {
        Verdict::Success => {
            return Paid::Authorized(Slip {
                pay_id: answer.text("PayID").to_owned(),
                xid: answer.text("XID").to_owned(),
                terminal: answer.text("TID").to_owned(),
                auth_code: answer.text("AuthCode").to_owned(),
            });
        }
        Verdict::Refused(_) => {
            DepositOutcome::Failed { code: answer.code().to_owned(), reason: answer.reason() }
        }
        Verdict::Open | Verdict::Authenticate => DepositOutcome::Open { cause: answer.reason() },
        Verdict::Unknown(cause) => DepositOutcome::Unknown { cause: answer.doubt(cause) },
    })
}

/// Undoes the payment of a slip. It has no ReqID; a lost answer is settled by an inquiry.
pub async fn reverse(client: &Client, trans_id: &str, slip: &Slip) -> Result<(), CallError> {
    let request = reversal(client, trans_id, slip).map_err(|bad| CallError::NotSent(bad.to_string()))?;
    let answer = client.post(request).await?;
    match answer.verdict(trans_id, client.settings().answer_mac) {
        Verdict::Success => Ok(()),
        Verdict::Refused(_) | Verdict::Open | Verdict::Authenticate => {
            Err(CallError::Unknown(answer.reason()))
        }
        Verdict::Unknown(cause) => Err(CallError::Unknown(answer.doubt(cause))),
    }
}

fn refused(bad: &BadValue) -> DepositOutcome {
    DepositOutcome::Failed { code: super::NOT_SENDABLE.to_owned(), reason: bad.to_string() }
}

fn request(client: &Client, payment: &Payment<'_>) -> Result<Request, BadValue> {
    permit(client)?;
    let settings = client.settings();
    let mut request = Request::new("stationary.aspx", settings, payment.trans_id)?;
    request.money(payment.amount, settings)?;
    request.req_id(&reference::req_id(&["stationary", payment.trans_id]))?;
    request.put("CCNr", format::n(16).at_least(12), payment.card.checked_number(16)?)?;
    request.put_some("CCCVC", format::n(4), payment.card.checked_code()?)?;
    request.put("CCExpiry", format::n(6).exactly(), card::expiry("CCExpiry", &payment.card.expiry)?)?;
    request.put("CCBrand", format::ans(22), request::brand(&payment.card.brand)?)?;
    request.put("Track2", format::ans(80), payment.track2.expose_secret())?;
    request.put("Track3", format::ans(80), payment.track3.expose_secret())?;
    request.words("OrderDesc", format::ans(768), &request::order_text(settings, payment.trans_id))?;
    request.put("Capture", format::ans(6), &capture_text(payment.capture)?)?;
    Ok(request)
}

fn reversal(client: &Client, trans_id: &str, slip: &Slip) -> Result<Request, BadValue> {
    permit(client)?;
    let mut request = Request::new("stationary_rev.aspx", client.settings(), trans_id)?;
    request.pay_id(&slip.pay_id)?;
    request.put("XID", format::an(32).exactly(), &slip.xid)?;
    Ok(request)
}
