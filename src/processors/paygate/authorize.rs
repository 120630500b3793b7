//! `authorize.aspx`: the second step of a payment that began with `TxType=Order`.
//!
//! It has no ReqID, so an inquiry must come before every call: what is authorised already is not asked for again.

use super::client::Client;
use super::codes::Verdict;
use super::hosted_page::{capture_text, order_text};
use super::inquire::Payment;
use super::request::Request;
use super::values::{BadValue, format};
use crate::domain::outcome::DepositOutcome;
use crate::domain::remark::Remark;
use crate::processors::DepositOrder;

/// Authorises what an inquiry just found agreed and not authorised.
pub async fn send(client: &Client, order: &DepositOrder, payment: &Payment) -> DepositOutcome {
    let request = match request(client, order, &payment.pay_id) {
        Ok(request) => request,
        Err(bad) => {
            return DepositOutcome::Failed { code: super::NOT_SENDABLE.to_owned(), reason: bad.to_string() };
        }
    };
    let answer = match client.post(request).await {
        Ok(answer) => answer,
        Err(error) => return error.into(),
    };
    match answer.verdict(&order.reference, client.settings().answer_mac) {
        // How much, and whether it was captured at once, only an inquiry tells.
        Verdict::Success => DepositOutcome::Open { cause: Remark::ToBeAsked.into() },
        Verdict::Refused(_) => {
            DepositOutcome::Failed { code: answer.code().to_owned(), reason: answer.reason() }
        }
        Verdict::Open | Verdict::Authenticate => DepositOutcome::Open { cause: answer.reason() },
        Verdict::Unknown(cause) => DepositOutcome::Unknown { cause: answer.doubt(cause) },
    }
}

fn request(client: &Client, order: &DepositOrder, pay_id: &str) -> Result<Request, BadValue> {
    let settings = client.settings();
    let mut request = Request::new("authorize.aspx", settings, &order.reference)?;
    request.pay_id(pay_id)?;
    request.money(order.amount, settings)?;
    request.words("OrderDesc", format::ans(768), &order_text(client, order))?;
    request.put("Capture", format::an(6), &capture_text(order.capture)?)?;
    Ok(request)
}
