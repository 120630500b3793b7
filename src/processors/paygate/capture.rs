//! `capture.aspx`: takes the money of an authorised payment, in one part or in several.
//!
//! An inquiry comes first. Our books say what was captured before this part, so a part whose answer got lost is
//! recognised and not taken again.

use super::client::Client;
use super::codes::Verdict;
use super::inquire::{self, Found, Payment};
use super::request::Request;
use super::values::{BadValue, format, reference};
use crate::domain::money::Money;
use crate::domain::outcome::DepositOutcome;
use crate::domain::remark::Remark;

pub struct Part<'a> {
    pub trans_id: &'a str,
    pub pay_id: Option<&'a str>,
    pub amount: Money,
    /// Our books' sum of the parts before this one, in minor units.
    pub before: i64,
    /// No further part follows, so the platform need not renew the authorisation.
    pub last: bool,
    pub extra: &'a std::collections::BTreeMap<String, String>,
}

/// The outcome names the sum of all parts captured so far.
pub async fn send(client: &Client, part: &Part<'_>) -> DepositOutcome {
    let payment = match inquire::ask(client, part.trans_id, part.pay_id, part.amount.currency()).await {
        Found::Payment(payment) => payment,
        Found::NotFound => return DepositOutcome::NotFound,
        Found::Unknown(cause) => return DepositOutcome::Unknown { cause },
    };
    let Some(after) = part.before.checked_add(part.amount.minor()) else {
        return refused(&BadValue::new("Amount", format::n(10), "is too large"));
    };
    let paid = |payment: &Payment, minor| DepositOutcome::Paid {
        reference: payment.pay_id.clone(),
        minor,
        currency: part.amount.currency().code().to_owned(),
    };
    if payment.captured == after {
        return paid(&payment, after);
    }
    if payment.captured != part.before {
        let cause = format!(
            "the platform captured {} minor units, our books say {} before this part",
            payment.captured, part.before
        );
        return DepositOutcome::Unknown { cause };
    }
    let request = match request(client, part, &payment.pay_id) {
        Ok(request) => request,
        Err(bad) => return refused(&bad),
    };
    let answer = match client.post(request).await {
        Ok(answer) => answer,
        Err(error) => return error.into(),
    };
    match answer.verdict(part.trans_id, client.settings().answer_mac) {
        Verdict::Success => paid(&payment, after),
        // A refusal is believed only if the sums agree: the money is taken if it was booked all the same.
        Verdict::Refused(_) => {
            match inquire::ask(client, part.trans_id, Some(&payment.pay_id), part.amount.currency()).await {
                Found::Payment(now) if now.captured == after => paid(&now, after),
                Found::Payment(now) if now.captured == part.before => {
                    DepositOutcome::Failed { code: answer.code().to_owned(), reason: answer.reason() }
                }
                Found::Payment(_) | Found::NotFound => {
                    DepositOutcome::Unknown { cause: answer.doubt(Remark::RefusedOtherwise) }
                }
                Found::Unknown(cause) => DepositOutcome::Unknown { cause },
            }
        }
        Verdict::Open => DepositOutcome::Open { cause: answer.reason() },
        Verdict::Authenticate => DepositOutcome::Unknown { cause: answer.doubt(Remark::CaptureAsksSecure) },
        Verdict::Unknown(cause) => DepositOutcome::Unknown { cause: answer.doubt(cause) },
    }
}

fn refused(bad: &BadValue) -> DepositOutcome {
    DepositOutcome::Failed { code: super::NOT_SENDABLE.to_owned(), reason: bad.to_string() }
}

fn request(client: &Client, part: &Part<'_>, pay_id: &str) -> Result<Request, BadValue> {
    let settings = client.settings();
    let mut request = Request::new("capture.aspx", settings, part.trans_id)?;
    request.pay_id(pay_id)?;
    request.money(part.amount, settings)?;
    // Two equal parts differ in what was captured before them.
    let (before, amount) = (part.before.to_string(), part.amount.minor().to_string());
    // An answered ReqID is answered alike for ever, a refusal too: whoever asks anew brings a key of his own.
    let key = part.extra.get(super::EXTRA_CAPTURE_KEY).map_or("", String::as_str);
    request.req_id(&reference::req_id(&["capture", part.trans_id, &before, &amount, key]))?;
    if part.last && part.before > 0 && settings.acquirer != super::settings::Acquirer::Clearhaus {
        request.put("FinishAuth", format::a(1), "Y")?;
    }
    super::acquirer::add_to_capture(&mut request, settings.acquirer, part.extra)?;
    if let Some(ref_nr) = part.extra.get(super::EXTRA_REF_NR) {
        request.put("RefNr", format::ns(30), &reference::ref_nr(ref_nr, settings.acquirer)?)?;
    }
    Ok(request)
}
