//! `creditex.aspx`: pays out to a card that we know only by its pseudo number.
//!
//! Not here: encryption and MAC (`codec`), HTTP and time-outs (`client`), when to try again (the worker).

use super::acquirer::{self, Sources};
use super::client::Client;
use super::codes::Status;
use super::inquire::{self, Found, Payment};
use super::request::{self, Request};
use super::settings::{Acquirer, CardAs};
use super::values::{BadValue, card, format, reference};
use super::{EXTRA_ORDER_TEXT, EXTRA_REF_NR, not_sendable};
use crate::domain::customer::Instrument;
use crate::domain::outcome::Outcome;
use crate::domain::remark::Remark;
use crate::processors::PayoutOrder;
use serde::Serialize;

pub async fn send(client: &Client, order: &PayoutOrder) -> Outcome {
    let request = match request(client, order) {
        Ok(request) => request,
        Err(bad) => return not_sendable(&bad),
    };
    let outcome = match client.post(request).await {
        Ok(answer) => answer.outcome(&order.reference, client.settings().answer_mac),
        Err(error) => error.into(),
    };
    let Outcome::Declined { .. } = outcome else { return outcome };
    // A refused payout is soon tried again under a new ReqID, so one that was booked all the same must be seen now. Where
    // the platform does not confirm that nothing was paid, it is asked again.
    match inquire(client, order).await {
        Outcome::Declined { .. } | Outcome::NotFound => outcome,
        other @ (Outcome::Paid { .. }
        | Outcome::Open { .. }
        | Outcome::Unknown { .. }
        | Outcome::NotSent { .. }) => doubtful(other),
    }
}

/// What a question said after the payout was sent: that the question did not leave says nothing of the payout.
fn doubtful(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::NotSent { cause } => Outcome::Unknown { cause },
        Outcome::Paid { .. }
        | Outcome::Declined { .. }
        | Outcome::Open { .. }
        | Outcome::NotFound
        | Outcome::Unknown { .. } => outcome,
    }
}

/// Looks the payout up by our TransID: there is no PayID yet when an answer got lost.
pub async fn inquire(client: &Client, order: &PayoutOrder) -> Outcome {
    match inquire::ask(client, &order.reference, None, order.amount.currency()).await {
        Found::Payment(payment) => read(&payment, order.amount.minor()),
        Found::NotFound => Outcome::NotFound,
        Found::Unknown(cause) => Outcome::Unknown { cause },
    }
}

fn read(payment: &Payment, amount: i64) -> Outcome {
    if payment.credited == amount {
        return Outcome::Paid { reference: payment.pay_id.clone() };
    }
    if payment.credited != 0 {
        let cause = format!("the platform paid {} minor units instead of {amount}", payment.credited);
        return Outcome::Unknown { cause };
    }
    match payment.last_status {
        // The TransID is this payout's alone, so the last action is the payout and nothing was paid.
        Status::Failed => {
            Outcome::Declined { code: "FAILED".to_owned(), reason: Remark::PayoutFailedThere.into() }
        }
        Status::Pending | Status::AuthorizeRequest => Outcome::Open { cause: Remark::Undecided.into() },
        Status::Ok | Status::Authorized | Status::AuthenticationRequest | Status::Absent | Status::Other => {
            Outcome::Unknown { cause: Remark::PaidNothing.into() }
        }
    }
}

fn request(client: &Client, order: &PayoutOrder) -> Result<Request, BadValue> {
    let settings = client.settings();
    let mut request = Request::new("creditex.aspx", settings, &order.reference)?;
    request.money(order.amount, settings)?;
    request.req_id(&order.request_id)?;
    let ref_nr = order.extra.get(EXTRA_REF_NR).unwrap_or(&order.reference);
    // A reference of our own making that an acquirer's format can't hold is optional, a demanded one is not.
    match reference::ref_nr(ref_nr, settings.acquirer) {
        Ok(ref_nr) => request.put("RefNr", format::ns(30), &ref_nr)?,
        Err(bad) if order.extra.contains_key(EXTRA_REF_NR) => return Err(bad),
        Err(_) => {}
    }
    if settings.acquirer != Acquirer::Clearhaus {
        let text = request::order_text(settings, &order.reference);
        let text = order.extra.get(EXTRA_ORDER_TEXT).unwrap_or(&text);
        request.words("OrderDesc", format::ans(768), text)?;
    }
    let holder = acquirer::holder(&order.customer);
    put_card(&mut request, client, order.instrument.as_ref(), holder.as_deref())?;
    let sources = Sources {
        customer: &order.customer,
        pin: &order.pin,
        order: &order.extra,
        configured: &settings.creditex.extra,
    };
    acquirer::add_to_creditex(&mut request, settings.acquirer, &sources)?;
    if settings.acquirer == Acquirer::Omnipay && settings.creditex.winnings {
        request.put("PaymentOfWinnings", format::ans(4), "True")?;
        let data = settings.creditex.payment_add_data.clone().unwrap_or_default();
        request.put("PaymentAddData", format::ans(4096), &data.encode(holder.as_deref())?)?;
    }
    Ok(request)
}

/// The card object of 3-D Secure 2.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StoredCard<'a> {
    number: &'a str,
    expiry_date: &'a str,
    cardholder_name: &'a str,
    brand: &'a str,
}

fn put_card(
    request: &mut Request,
    client: &Client,
    instrument: Option<&Instrument>,
    holder: Option<&str>,
) -> Result<(), BadValue> {
    let missing = || BadValue::new("CCNr", "n16", "is missing: the customer has no stored card");
    let instrument = instrument.ok_or_else(missing)?;
    if instrument.issuer != super::ROOM {
        return Err(BadValue::new("CCNr", "n16", "is another processor's token"));
    }
    let number = card::pcnr(&instrument.token)?;
    let expiry = card::expiry("CCExpiry", &instrument.expiry)?;
    let brand = request::brand(&instrument.brand)?;
    match client.settings().creditex.card_as {
        CardAs::Fields => {
            request.put("CCNr", format::n(19).at_least(12), number)?;
            request.put("CCExpiry", format::n(6).exactly(), expiry)?;
            // Some brands have digits and spaces, although the table says letters.
            request.put("CCBrand", format::ans(22), brand)
        }
        CardAs::Json => {
            let bad = |problem| BadValue::new("card.cardholderName", "ans2..45", problem);
            let holder = holder.ok_or_else(|| bad("is missing"))?;
            if !(2..=45).contains(&holder.chars().count()) {
                return Err(bad("is too short or too long"));
            }
            request.put("MsgVer", format::ans(5), "2.0")?;
            let card = StoredCard { number, expiry_date: expiry, cardholder_name: holder, brand };
            request.json("card", &card)
        }
    }
}
