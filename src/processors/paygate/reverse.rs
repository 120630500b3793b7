//! `reverse.aspx`: undoes the last step of a payment, whatever it was, a capture too.
//!
//! So it is called only right after an inquiry said that the last step is the authorisation we want to give up.

use super::client::Client;
use super::codes::{Status, Verdict};
use super::inquire::{self, Found, LastStep, Payment};
use super::request::Request;
use super::values::{BadValue, reference};
use super::{cancel_auth, stationary};
use crate::domain::money::Money;
use crate::domain::outcome::DepositOutcome;
use crate::domain::remark::Remark;
use crate::processors::GivenUp;

/// What is to be given up.
pub struct Held<'a> {
    pub trans_id: &'a str,
    pub pay_id: Option<&'a str>,
    pub amount: Money,
}

/// Gives up an authorisation of which nothing was captured. `Failed` is the wanted end. `terminal` is the action of a
/// payment at a terminal, which has a reversal of its own.
pub async fn authorization(client: &Client, held: &Held<'_>, terminal: Option<&str>) -> GivenUp {
    match reverse(client, held, terminal).await {
        Ok(outcome) => GivenUp::Outcome(outcome),
        Err(other) => *other,
    }
}

/// `Err` is a definite refusal, or that nothing is held yet.
async fn reverse(
    client: &Client,
    held: &Held<'_>,
    terminal: Option<&str>,
) -> Result<DepositOutcome, Box<GivenUp>> {
    let Held { trans_id, pay_id, amount } = *held;
    let payment = match inquire::ask(client, trans_id, pay_id, amount.currency()).await {
        Found::Payment(payment) => payment,
        Found::NotFound => return Ok(DepositOutcome::NotFound),
        Found::Unknown(cause) => return Ok(DepositOutcome::Unknown { cause }),
    };
    match payment.last_step() {
        LastStep::Authorization => {}
        // The money was taken: a reversal would be a refund in disguise.
        LastStep::Capture | LastStep::Credit => {
            return Ok(DepositOutcome::Paid {
                reference: payment.pay_id,
                minor: payment.captured,
                currency: amount.currency().code().to_owned(),
            });
        }
        LastStep::None => return nothing_held(&payment),
    }
    let request = match terminal {
        Some(xid) => stationary::reversal(client, trans_id, &payment.pay_id, xid),
        None => request(client, trans_id, &payment, amount),
    };
    let request = match request {
        Ok(request) => request,
        Err(bad) => return Ok(DepositOutcome::Unknown { cause: bad.to_string() }),
    };
    let answer = match client.post(request).await {
        Ok(answer) => answer,
        Err(error) => return Ok(error.into()),
    };
    Ok(match answer.verdict(trans_id, client.settings().answer_mac) {
        Verdict::Success => reversed(),
        Verdict::Refused(_) => {
            // A refusal is believed only if the sums agree: the reserve is gone if it was given up all the same.
            match inquire::ask(client, trans_id, Some(&payment.pay_id), amount.currency()).await {
                Found::Payment(now) if now.last_step() == LastStep::Authorization => {}
                Found::Payment(now) if now.last_step() == LastStep::None => return Ok(reversed()),
                Found::Payment(_) | Found::NotFound => {
                    let cause = answer.doubt(Remark::RefusedOtherwise);
                    return Ok(DepositOutcome::Unknown { cause });
                }
                Found::Unknown(cause) => return Ok(DepositOutcome::Unknown { cause }),
            }
            // Still authorised, and the same ReqID is answered alike for ever.
            let (code, reason) = (answer.code().to_owned(), answer.reason());
            // What can't be undone is at least not renewed when it runs out.
            if let Err(error) = cancel_auth::stop_renewal(client, trans_id, &payment.pay_id).await {
                tracing::warn!(trans_id, %error, "an authorisation goes on being renewed");
            }
            return Err(Box::new(GivenUp::Refused { reference: payment.pay_id, code, reason }));
        }
        Verdict::Open => DepositOutcome::Open { cause: answer.reason() },
        Verdict::Authenticate => DepositOutcome::Unknown { cause: answer.doubt(Remark::ReversalAsksSecure) },
        Verdict::Unknown(cause) => DepositOutcome::Unknown { cause: answer.doubt(cause) },
    })
}

fn nothing_held(payment: &Payment) -> Result<DepositOutcome, Box<GivenUp>> {
    let failed = |code: &str, reason: &str| DepositOutcome::Failed {
        code: code.to_owned(),
        reason: reason.to_owned(),
    };
    match payment.last_status {
        // Reversed before, or a payment that never came to be.
        Status::Ok | Status::Authorized => Ok(reversed()),
        Status::Failed => Ok(failed("FAILED", "the payment failed, nothing was held")),
        // It waits for its customer, who may still come.
        Status::AuthenticationRequest | Status::AuthorizeRequest | Status::Absent => {
            let left = failed("UNFINISHED", "nothing is held, the customer has not finished");
            Err(Box::new(GivenUp::StillPayable(left)))
        }
        // The platform has taken it in and has not decided.
        Status::Pending | Status::Other => {
            Ok(DepositOutcome::Open { cause: Remark::NothingHeldUndecided.into() })
        }
    }
}

fn reversed() -> DepositOutcome {
    DepositOutcome::Failed { code: "REVERSED".to_owned(), reason: Remark::GivenUpThere.into() }
}

fn request(client: &Client, trans_id: &str, payment: &Payment, amount: Money) -> Result<Request, BadValue> {
    let mut request = Request::new("reverse.aspx", client.settings(), trans_id)?;
    request.pay_id(&payment.pay_id)?;
    // The platform's own sum: it may have authorised less than was asked for.
    request.money(Money::from_minor(payment.authorized, amount.currency()), client.settings())?;
    request.req_id(&reference::req_id(&["reverse", trans_id]))?;
    Ok(request)
}
