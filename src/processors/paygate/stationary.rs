//! `stationary.aspx` and `stationary_rev.aspx`: payments at a terminal. Off unless `allow_pan` is set.

use super::client::Client;
use super::codes::Verdict;
use super::direct::permit;
use super::request::{self, Request};
use super::values::card::{self, PanCard};
use super::values::{BadValue, format, reference};
use super::{deposit, hosted_page};
use crate::domain::outcome::DepositOutcome;
use crate::processors::DepositOrder;
use secrecy::{ExposeSecret, SecretString};

/// One payment at a terminal.
pub struct Payment<'a> {
    pub order: &'a DepositOrder,
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
    /// What became of it, and the slip.
    Slip(DepositOutcome, Slip),
    Other(DepositOutcome),
    /// Nothing left this process: the value does not fit.
    Unfit(BadValue),
}

pub async fn pay(client: &Client, payment: &Payment<'_>) -> Paid {
    let request = match request(client, payment) {
        Ok(request) => request,
        Err(bad) => return Paid::Unfit(bad),
    };
    let answer = match client.post(request).await {
        Ok(answer) => answer,
        Err(error) => return Paid::Other(error.into()),
    };
    let order = payment.order;
    Paid::Other(match answer.verdict(&order.reference, client.settings().answer_mac) {
        // How much, and whether it was captured at once, only an inquiry tells.
        Verdict::Success => {
            let slip = Slip {
                pay_id: answer.text("PayID").to_owned(),
                xid: answer.text("XID").to_owned(),
                terminal: answer.text("TID").to_owned(),
                auth_code: answer.text("AuthCode").to_owned(),
            };
            return Paid::Slip(deposit::settle(client, order).await, slip);
        }
        Verdict::Refused(_) => {
            let (code, reason) = (answer.code().to_owned(), answer.reason());
            deposit::refused(client, order, code, reason).await
        }
        Verdict::Open | Verdict::Authenticate => DepositOutcome::Open { cause: answer.reason() },
        Verdict::Unknown(cause) => DepositOutcome::Unknown { cause: answer.doubt(cause) },
    })
}

fn request(client: &Client, payment: &Payment<'_>) -> Result<Request, BadValue> {
    permit(client)?;
    let settings = client.settings();
    let order = payment.order;
    let mut request = Request::new("stationary.aspx", settings, &order.reference)?;
    request.money(order.amount, settings)?;
    request.req_id(&reference::req_id(&["stationary", &order.reference]))?;
    hosted_page::put_ref_nr(&mut request, client, order)?;
    request.put("CCNr", format::n(16).at_least(12), payment.card.checked_number(16)?)?;
    request.put_some("CCCVC", format::n(4), payment.card.checked_code()?)?;
    request.put("CCExpiry", format::n(6).exactly(), card::expiry("CCExpiry", &payment.card.expiry)?)?;
    request.put("CCBrand", format::ans(22), request::brand(&payment.card.brand)?)?;
    request.put("Track2", format::ans(80), payment.track2.expose_secret())?;
    request.put("Track3", format::ans(80), payment.track3.expose_secret())?;
    request.words("OrderDesc", format::ans(768), &hosted_page::order_text(client, order))?;
    request.put("Capture", format::ans(6), &hosted_page::capture_text(order.capture)?)?;
    Ok(request)
}

/// `stationary_rev.aspx`: undoes the action of a slip. It has no ReqID, so an inquiry comes before every call.
pub fn reversal(client: &Client, trans_id: &str, pay_id: &str, xid: &str) -> Result<Request, BadValue> {
    let mut request = Request::new("stationary_rev.aspx", client.settings(), trans_id)?;
    request.pay_id(pay_id)?;
    request.put("XID", format::an(32).exactly(), xid)?;
    Ok(request)
}
