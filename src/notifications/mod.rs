//! Door 2: processors call us. A notice is verified by its room, stored once, answered, and then we ask the processor
//! ourselves: nothing is booked because of what a notice says.

mod bounds;

use crate::desk::{self, Desk};
use crate::domain::deed::Deed;
use crate::domain::deposit::Deposit;
use crate::domain::ids::AttemptId;
use crate::operations::begin_deposit::settle_errand;
use crate::operations::update_payout::pay_out_errand;
use crate::peer;
use crate::processors::exchange::{Book, Exchange, mask};
use crate::processors::{Notice, NoticeError, RawNotice};
use crate::store::deposits::Managed;
use crate::store::{OperationError, Wants, attempts, audit, customers, deposits, notices, outbox};
use actix_web::{HttpRequest, HttpResponse, web};
use bounds::{Bounds, OF_ONE_ORDER};
use ipnet::IpNet;
use std::sync::Arc;

/// The largest notice that is read.
const LARGEST_BODY: usize = 64 * 1024;

/// What this door needs of the house.
#[derive(Clone)]
pub struct Notifications {
    pub desk: Desk,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Arc<[IpNet]>,
    /// Where their bodies are kept for people, if they are.
    pub book: Option<Book>,
    bounds: Arc<Bounds>,
}

impl Notifications {
    pub fn new(desk: Desk, trusted_proxies: Arc<[IpNet]>, book: Option<Book>) -> Notifications {
        Notifications { desk, trusted_proxies, book, bounds: Arc::default() }
    }
}

/// What came of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    Fresh,
    /// The same news had come before.
    Repeat,
    /// Nothing is kept of it, because too much of its kind came.
    Dropped,
}

impl Received {
    fn name(self) -> &'static str {
        match self {
            Received::Fresh => "fresh",
            Received::Repeat => "repeat",
            Received::Dropped => "dropped",
        }
    }
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
    match receive(&door, &account, &raw(&request, &body, &door.trusted_proxies)).await {
        Ok(received) => {
            count(&account, received.name());
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
pub fn raw(request: &HttpRequest, body: &[u8], trusted_proxies: &[IpNet]) -> RawNotice {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let (content_type, forwarded) = (header("content-type"), header("x-forwarded-for"));
    let peer = request.peer_addr().map(|address| address.ip());
    RawNotice {
        method: request.method().to_string(),
        query: request.query_string().to_owned(),
        content_type: content_type.unwrap_or_default().to_owned(),
        body: body.to_vec(),
        peer: peer::address(peer, forwarded, trusted_proxies),
    }
}

#[derive(Debug)]
pub enum Trouble {
    NoAccount,
    Refused(NoticeError),
    Store(OperationError),
}

/// Reads, stores and follows a notice.
pub async fn receive(door: &Notifications, account: &str, raw: &RawNotice) -> Result<Received, Trouble> {
    let reader = door.desk.processors.notices.get(account).ok_or(Trouble::NoAccount)?;
    let notice = reader.read(raw).map_err(Trouble::Refused)?;
    let body = door.book.as_ref().map(|book| body(raw, &notice.opened, account, book));
    let (account, sender, bounds) = (account.to_owned(), raw.peer, door.bounds.clone());
    let turn = format!("notice/{}", notice.reference);
    // Asked once, however often the unit of work has to run.
    let mut admitted = None;
    let stored = door.desk.store.transact(&turn, Wants::nothing(), move |tx| {
        let now = tx.now();
        apply(tx, &account, &notice, || *admitted.get_or_insert_with(|| bounds.admit(&account, sender, now)))
    });
    let (received, stored) = stored.await.map_err(Trouble::Store)?;
    if let (Some(book), Some(body), Some(stored)) = (&door.book, body, stored) {
        (book.write)(Exchange { subject: stored.subject, notice: Some(stored.id), ..body });
    }
    Ok(received)
}

/// What came, for people: masked, and with what the room made of a ciphertext.
fn body(raw: &RawNotice, opened: &str, account: &str, book: &Book) -> Exchange {
    let came = if raw.body.is_empty() { raw.query.as_bytes() } else { &raw.body };
    let parted = if opened.is_empty() { "" } else { "\n\n" };
    Exchange {
        subject: String::new(),
        attempt: None,
        account: account.to_owned(),
        action: raw.method.clone(),
        address: format!("/notify/{account}"),
        sent: mask::masked(&[came, parted.as_bytes(), opened.as_bytes()].concat()),
        status: Some(200),
        received: None,
        failure: None,
        at: book.clock.now(),
        took: std::time::Duration::ZERO,
        notice: None,
    }
}

/// A notice that was stored now, and what it is about.
struct Stored {
    id: i64,
    subject: String,
}

/// Stores the notice once and makes its order's errand due; a repeat is only counted. What fits no order is stored
/// for people to look at, if it is `admitted`.
fn apply(
    tx: &mut crate::store::Tx<'_>,
    account: &str,
    notice: &Notice,
    admitted: impl FnOnce() -> bool,
) -> Result<(Received, Option<Stored>), OperationError> {
    if notices::repeat(tx, account, &notice.key)? {
        return Ok((Received::Repeat, None));
    }
    if let Some(attempt) = attempt(tx, account, notice)? {
        outbox::put(tx, &pay_out_errand(attempt.id), tx.now())?;
        let fact = audit::Fact {
            who: format!("processor/{account}"),
            ..audit::Fact::of(Deed::NoticeReceived, attempt.payout)
        };
        return keep(tx, account, notice, fact);
    }
    let Some((deposit, managed)) = deposit(tx, account, notice)? else {
        if !admitted() {
            return Ok((Received::Dropped, None));
        }
        let id = notices::store(tx, account, &notice.key, &notice.reference, &notice.summary)?;
        let fact = audit::Fact::of(Deed::NoticeUnmatched, &notice.reference).with("account", account);
        audit::record(tx, fact.with("summary", notice.summary.as_str()))?;
        return Ok((Received::Fresh, Some(Stored { id, subject: notice.reference.clone() })));
    };
    if let (None, Some(reference)) = (&managed.processor_reference, &notice.processor_reference) {
        deposits::note_reference(tx, deposit.id, reference)?;
    }
    if let (Some(instrument), Some(customer)) =
        (&notice.instrument, customers::find(tx, &deposit.front_end, &deposit.pin)?)
    {
        customers::keep_instrument(tx, &customer, instrument)?;
    }
    if !notice.told.is_empty() {
        deposits::note_told(tx, deposit.id, &notice.told)?;
    }
    outbox::put(tx, &settle_errand(deposit.id), tx.now())?;
    let fact = audit::Fact {
        front_end: deposit.front_end.clone(),
        pin: deposit.pin.clone(),
        who: format!("processor/{account}"),
        ..audit::Fact::of(Deed::NoticeReceived, deposit.id)
    };
    keep(tx, account, notice, fact)
}

/// Keeps a notice of an order of ours, of which nobody may invent more than so many. It has hurried us all the same.
fn keep(
    tx: &mut crate::store::Tx<'_>,
    account: &str,
    notice: &Notice,
    fact: audit::Fact,
) -> Result<(Received, Option<Stored>), OperationError> {
    let told = notices::different_ones(tx, account, &notice.reference)?;
    if told >= OF_ONE_ORDER {
        tracing::warn!(
            account,
            reference = notice.reference,
            told,
            "an order's notices are not kept any more"
        );
        return Ok((Received::Dropped, None));
    }
    let id = notices::store(tx, account, &notice.key, &notice.reference, &notice.summary)?;
    let stored = Stored { id, subject: fact.subject.clone() };
    audit::record(tx, fact.with("summary", notice.summary.as_str()))?;
    Ok((Received::Fresh, Some(stored)))
}

/// The attempt a notice speaks of, if it is one of a payout that this account carries out.
fn attempt(
    tx: &mut crate::store::Tx<'_>,
    account: &str,
    notice: &Notice,
) -> Result<Option<attempts::Attempt>, OperationError> {
    let Some(id) = AttemptId::at_end_of(&notice.reference) else { return Ok(None) };
    let ours = |attempt: &attempts::Attempt| {
        attempt.account == account && desk::reference_of(attempt) == notice.reference
    };
    Ok(attempts::lock(tx, id)?.filter(ours))
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
