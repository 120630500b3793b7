//! Door 2: processors call us. A notice is verified by its room, stored once, answered, and then we ask the processor
//! ourselves: nothing is booked because of what a notice says.

use crate::desk::{self, Desk};
use crate::domain::deposit::Deposit;
use crate::operations::begin_deposit::settle_errand;
use crate::operations::update_payout::pay_out_errand;
use crate::processors::{Notice, NoticeError, RawNotice};
use crate::store::deposits::Managed;
use crate::store::{OperationError, Wants, attempts, audit, customers, deposits, notices, outbox};
use crate::worker::Worker;
use actix_web::{HttpRequest, HttpResponse, web};

/// The largest notice that is read.
const LARGEST_BODY: usize = 64 * 1024;

/// What this door needs of the house.
#[derive(Clone)]
pub struct Notifications {
    pub desk: Desk,
    pub worker: Worker,
}

pub fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/notify/{account}")
            .app_data(web::PayloadConfig::new(LARGEST_BODY))
            .route(web::get().to(take))
            .route(web::post().to(take)),
    );
}

async fn take(request: HttpRequest, body: web::Bytes, door: web::Data<Notifications>) -> HttpResponse {
    let account = request.match_info().get("account").unwrap_or_default().to_owned();
    match receive(&door.desk, &account, &raw(&request, &body)).await {
        Ok(fresh) => {
            count(&account, if fresh { "fresh" } else { "repeat" });
            door.worker.wake();
            HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("OK")
        }
        // A refusal is our answer as well: sending it again would change nothing.
        Err(Trouble::Refused(error)) => {
            count(&account, "refused");
            tracing::warn!(account, %error, "a notice is refused");
            HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("IGNORED")
        }
        Err(Trouble::Store(error)) => {
            count(&account, "failed");
            tracing::warn!(account, %error, "a notice could not be stored");
            HttpResponse::ServiceUnavailable().finish()
        }
        Err(Trouble::NoAccount) => HttpResponse::NotFound().finish(),
    }
}

fn count(account: &str, what: &'static str) {
    metrics::counter!("tillgate_notices_total", "account" => account.to_owned(), "result" => what)
        .increment(1);
}

/// The request as it came, for the room that can read it.
pub fn raw(request: &HttpRequest, body: &[u8]) -> RawNotice {
    let content_type = request.headers().get("content-type").and_then(|value| value.to_str().ok());
    RawNotice {
        method: request.method().to_string(),
        query: request.query_string().to_owned(),
        content_type: content_type.unwrap_or_default().to_owned(),
        body: body.to_vec(),
        peer: request.peer_addr().map(|address| address.ip()),
    }
}

#[derive(Debug)]
pub enum Trouble {
    NoAccount,
    Refused(NoticeError),
    Store(OperationError),
}

/// Reads, stores and follows a notice; whether it was new.
pub async fn receive(desk: &Desk, account: &str, raw: &RawNotice) -> Result<bool, Trouble> {
    let reader = desk.processors.notices.get(account).ok_or(Trouble::NoAccount)?;
    let notice = reader.read(raw).map_err(Trouble::Refused)?;
    let account = account.to_owned();
    let turn = format!("notice/{}", notice.reference);
    let stored = desk.store.transact(&turn, Wants::nothing(), move |tx| apply(tx, &account, &notice));
    stored.await.map_err(Trouble::Store)
}

/// Stores the notice once and makes the deposit's errand due; a repeat is only counted.
fn apply(tx: &mut crate::store::Tx<'_>, account: &str, notice: &Notice) -> Result<bool, OperationError> {
    if !notices::store(tx, account, &notice.key, &notice.reference, &notice.summary)? {
        return Ok(false);
    }
    if let Some(attempt) = attempt(tx, account, notice)? {
        outbox::put(tx, &pay_out_errand(attempt.id), tx.now())?;
        let fact = audit::Fact {
            who: format!("processor/{account}"),
            ..audit::Fact::of("notice.received", attempt.payout)
        };
        audit::record(tx, fact.with("summary", notice.summary.as_str()))?;
        return Ok(true);
    }
    let Some((deposit, managed)) = deposit(tx, account, notice)? else {
        let fact = audit::Fact::of("notice.unmatched", &notice.reference).with("account", account);
        audit::record(tx, fact.with("summary", notice.summary.as_str()))?;
        return Ok(true);
    };
    if let (None, Some(reference)) = (&managed.processor_reference, &notice.processor_reference) {
        deposits::note_reference(tx, deposit.id, reference)?;
    }
    if let (Some(instrument), Some(customer)) =
        (&notice.instrument, customers::find(tx, &deposit.front_end, &deposit.pin)?)
    {
        customers::keep_instrument(tx, &customer, instrument)?;
    }
    outbox::put(tx, &settle_errand(deposit.id), tx.now())?;
    let fact = audit::Fact {
        front_end: deposit.front_end.clone(),
        pin: deposit.pin.clone(),
        who: format!("processor/{account}"),
        ..audit::Fact::of("notice.received", deposit.id)
    };
    audit::record(tx, fact.with("summary", notice.summary.as_str()))?;
    Ok(true)
}

/// The attempt a notice speaks of, if it is one of a payout that this account carries out.
fn attempt(
    tx: &mut crate::store::Tx<'_>,
    account: &str,
    notice: &Notice,
) -> Result<Option<attempts::Attempt>, OperationError> {
    let Some(id) = desk::attempt_of(&notice.reference) else { return Ok(None) };
    Ok(attempts::lock(tx, id)?.filter(|attempt| attempt.account == account))
}

/// The deposit a notice speaks of, by our reference or, for payments that the processor names itself, by its own.
/// Other accounts' orders have nothing to do with a notice of this one.
fn deposit(
    tx: &mut crate::store::Tx<'_>,
    account: &str,
    notice: &Notice,
) -> Result<Option<(Deposit, Managed)>, OperationError> {
    let found = deposits::lock_by_reference(tx, &notice.reference)?;
    let found = found.filter(|(_, managed)| managed.account == account);
    match (found, &notice.processor_reference) {
        (None, Some(reference)) => Ok(deposits::lock_by_processor_reference(tx, account, reference)?),
        (found, _) => Ok(found),
    }
}
