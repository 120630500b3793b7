//! `credit.aspx`: gives money of a captured payment back, at most what was captured.
//!
//! The platform keeps one sum of credits for each payment. To tell our credit from earlier ones, the caller's own
//! books say how much had been credited before it.

use super::acquirer::{self, Sources};
use super::client::Client;
use super::codes::Status;
use super::inquire::{self, Found, Payment};
use super::not_sendable;
use super::request::{self, Request};
use super::settings::Acquirer;
use super::values::{BadValue, format, reference};
use crate::domain::customer::Details;
use crate::domain::money::Money;
use crate::domain::outcome::Outcome;
use crate::domain::remark::Remark;
use std::collections::BTreeMap;

/// One credit, which its `req_id` names for ever.
pub struct Credit<'a> {
    pub pay_id: &'a str,
    /// The payment's own TransID, not a new one.
    pub trans_id: &'a str,
    pub req_id: &'a str,
    pub amount: Money,
    /// Our books' sum of the credits of this payment before this one, in minor units.
    pub before: i64,
    pub twint: bool,
    pub customer: &'a Details,
    pub pin: &'a str,
    pub extra: &'a BTreeMap<String, String>,
}

pub async fn send(client: &Client, credit: &Credit<'_>) -> Outcome {
    let request = match request(client, credit) {
        Ok(request) => request,
        Err(bad) => return not_sendable(&bad),
    };
    let outcome = match client.post(request).await {
        Ok(answer) => answer.outcome(credit.trans_id, client.settings().answer_mac),
        Err(error) => error.into(),
    };
    let Outcome::Declined { .. } = outcome else { return outcome };
    // A refusal is believed only if the sums agree: the money is gone if it was booked all the same.
    match inquire(client, credit).await {
        Outcome::NotFound => outcome,
        booked_or_unknown => booked_or_unknown,
    }
}

pub async fn inquire(client: &Client, credit: &Credit<'_>) -> Outcome {
    match inquire::ask(client, credit.trans_id, Some(credit.pay_id), credit.amount.currency()).await {
        Found::Payment(payment) => read(&payment, credit),
        // The payment was captured there once, so "not found" is no news about the credit.
        Found::NotFound => Outcome::Unknown { cause: Remark::PaymentUnknownThere.into() },
        Found::Unknown(cause) => Outcome::Unknown { cause },
    }
}

/// `NotFound` here means that no credit was booked and none is being decided: the same ReqID may be sent.
fn read(payment: &Payment, credit: &Credit<'_>) -> Outcome {
    if credit.before.checked_add(credit.amount.minor()) == Some(payment.credited) {
        return Outcome::Paid { reference: payment.pay_id.clone() };
    }
    if payment.credited != credit.before {
        let cause = format!(
            "the platform credited {} minor units, our books say {} before this credit",
            payment.credited, credit.before
        );
        return Outcome::Unknown { cause };
    }
    match payment.last_status {
        Status::Pending | Status::AuthorizeRequest => Outcome::Open { cause: Remark::Undecided.into() },
        Status::Ok
        | Status::Authorized
        | Status::Failed
        | Status::AuthenticationRequest
        | Status::Absent
        | Status::Other => Outcome::NotFound,
    }
}

fn request(client: &Client, credit: &Credit<'_>) -> Result<Request, BadValue> {
    let settings = client.settings();
    let mut request = Request::new("credit.aspx", settings, credit.trans_id)?;
    request.pay_id(credit.pay_id)?;
    request.money(credit.amount, settings)?;
    request.req_id(credit.req_id)?;
    if let Some(ref_nr) = credit.extra.get(super::EXTRA_REF_NR) {
        let ref_nr = if credit.twint {
            reference::twint_ref_nr(ref_nr)?
        } else {
            reference::ref_nr(ref_nr, settings.acquirer)?
        };
        request.put("RefNr", format::ans(40), &ref_nr)?;
    }
    if credit.twint {
        return Ok(request);
    }
    if settings.acquirer != Acquirer::Clearhaus {
        request.words("OrderDesc", format::ans(768), &request::order_text(settings, credit.trans_id))?;
    }
    let sources = Sources {
        customer: credit.customer,
        pin: credit.pin,
        order: credit.extra,
        configured: &settings.creditex.extra,
    };
    acquirer::add_to_credit(&mut request, settings.acquirer, &sources)?;
    Ok(request)
}
