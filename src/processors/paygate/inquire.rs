//! `inquire.aspx` and `inquire24.aspx`: what the platform has booked for a payment.
//!
//! Status and code are those of the inquiry. What counts are the sums; the last status only tells an undecided
//! action from a failed one.

use super::client::{CallError, Client};
use super::codes::{self, Status, Verdict};
use super::request::Request;
use super::values::{BadValue, amount};
use crate::domain::money::Currency;
use crate::domain::remark::Remark;

/// The sums of a payment in our minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub pay_id: String,
    pub authorized: i64,
    pub captured: i64,
    pub credited: i64,
    pub last_status: Status,
}

/// Which step came last, as far as sums can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastStep {
    Credit,
    Capture,
    Authorization,
    None,
}

impl Payment {
    pub fn last_step(&self) -> LastStep {
        if self.credited > 0 {
            LastStep::Credit
        } else if self.captured > 0 {
            LastStep::Capture
        } else if self.authorized > 0 {
            LastStep::Authorization
        } else {
            LastStep::None
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Payment(Payment),
    NotFound,
    /// The inquiry itself failed, or what it says can't be read.
    Unknown(String),
}

/// Asks by PayID where it is known, else by our TransID.
pub async fn ask(client: &Client, trans_id: &str, pay_id: Option<&str>, currency: Currency) -> Found {
    let request = match request(client, trans_id, pay_id) {
        Ok(request) => request,
        Err(bad) => return Found::Unknown(bad.to_string()),
    };
    let answer = match client.post(request).await {
        Ok(answer) => answer,
        Err(CallError::NotSent(cause) | CallError::Unknown(cause)) => return Found::Unknown(cause),
    };
    if let Some(cause) = answer.distrust(trans_id, client.settings().answer_mac) {
        return Found::Unknown(answer.doubt(cause));
    }
    if answer.status() == Status::Failed && codes::says_not_found(answer.code()) {
        return Found::NotFound;
    }
    match answer.verdict(trans_id, client.settings().answer_mac) {
        Verdict::Success => {}
        Verdict::Refused(_) | Verdict::Open | Verdict::Authenticate => {
            return Found::Unknown(answer.reason());
        }
        Verdict::Unknown(cause) => return Found::Unknown(answer.doubt(cause)),
    }
    if pay_id.is_some_and(|asked| !answer.text("PayID").eq_ignore_ascii_case(asked)) {
        return Found::Unknown(Remark::AboutAnother.into());
    }
    if answer.present("Currency").is_some_and(|told| !told.trim().eq_ignore_ascii_case(currency.code())) {
        return Found::Unknown(Remark::OtherCurrency.into());
    }
    let sum = |name| amount::read(answer.text(name).trim(), currency, &client.settings().digits);
    match (answer.present("PayID"), sum("AmountAuth"), sum("AmountCap"), sum("AmountCred")) {
        (Some(pay_id), Some(authorized), Some(captured), Some(credited)) => Found::Payment(Payment {
            pay_id: pay_id.to_owned(),
            authorized,
            captured,
            credited,
            last_status: Status::read(answer.text("LastStatus")),
        }),
        _ => Found::Unknown(Remark::SumsUnreadable.into()),
    }
}

fn request(client: &Client, trans_id: &str, pay_id: Option<&str>) -> Result<Request, BadValue> {
    let endpoint = if pay_id.is_some() { "inquire.aspx" } else { "inquire24.aspx" };
    let mut request = Request::new(endpoint, client.settings(), trans_id)?;
    if let Some(pay_id) = pay_id {
        request.pay_id(pay_id)?;
    }
    Ok(request)
}
