//! A REST payment gateway to try things out against: same paths, same habits, no money.
//!
//! It is written apart from the client beside it and shares nothing with it but recorded examples: own parsers, own
//! writers, own checksums, own books. It has one merchant, test cards, a bank's 3-D page, an invoice page, and faults
//! on demand, through the methods of [`Simulator`] or as JSON under `/control`.
//!
//! Alone: `start(listener, Simulator::new(Setup::default(), Clock::system(), Entropy::system()))?.wait().await`.

mod books;
mod callbacks;
mod cents;
mod control;
mod customer;
mod desk;
mod door;
mod faults;
mod followups;
mod incoming;
mod invoices;
mod outflow;
mod outgoing;
mod pages;
mod payments;
mod stored;
mod sums;
mod tokens;
mod words;
mod world;

pub use books::{Books, Entry, Movement, Totals};
pub use callbacks::{Callback, Delivery, Manner};
pub use customer::{Decision, Return};
pub use faults::{Fault, Planned};
pub use outflow::ACCOUNT_DECLINED;
pub use outgoing::Style;
pub use world::{
    CARD_APPROVED, CARD_CRASH, CARD_DECLINED, CARD_PENDING, CARD_SILENT, CARD_THREE_D, InvoiceRow, Payment,
    Setup, Switches,
};

use crate::clock::{Clock, Entropy};
use actix_web::{App, HttpServer, dev::ServerHandle, web::Data};
use desk::Desk;
use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;
use world::World;

const CALLBACK_TIMEOUT: Duration = Duration::from_secs(10);

/// The state of a simulator; clones share it.
#[derive(Clone)]
pub struct Simulator(Arc<Inner>);

struct Inner {
    world: Mutex<World>,
    clock: Clock,
    entropy: Entropy,
    base: OnceLock<String>,
    http: OnceLock<Option<reqwest::Client>>,
    /// Wakes those who get no answer.
    released: tokio::sync::Notify,
    /// How many got no answer so far.
    silent: tokio::sync::watch::Sender<u32>,
}

/// A simulator that listens.
pub struct Running {
    pub address: SocketAddr,
    pub simulator: Simulator,
    server: ServerHandle,
    ended: tokio::task::JoinHandle<io::Result<()>>,
}

impl Running {
    pub fn base_url(&self) -> String {
        format!("http://{}/transactionServices/REST/v1", self.address)
    }

    pub fn invoice_base_url(&self) -> String {
        format!("http://{}/invoiceServices/REST/v1", self.address)
    }

    /// Ends it without waiting for those who still wait for an answer.
    pub async fn stop(self) {
        self.simulator.release();
        self.server.stop(false).await;
    }

    /// Runs until it is stopped.
    pub async fn wait(self) -> io::Result<()> {
        match self.ended.await {
            Ok(ended) => ended,
            Err(error) => Err(io::Error::other(error)),
        }
    }
}

/// Serves a simulator on a listener, inside the running Tokio runtime.
pub fn start(listener: TcpListener, simulator: Simulator) -> io::Result<Running> {
    let address = listener.local_addr()?;
    let public = simulator.world().setup.public_url.clone();
    let base = public.unwrap_or_else(|| format!("http://{address}"));
    if simulator.0.base.set(base.trim_end_matches('/').to_owned()).is_err() {
        return Err(io::Error::other("this simulator is listening already"));
    }
    let data = Data::new(simulator.clone());
    let server = HttpServer::new(move || App::new().app_data(data.clone()).configure(door::routes))
        .workers(1)
        .disable_signals()
        .shutdown_timeout(1)
        .on_connect(|connection, extensions| {
            if let Some(wire) = door::Wire::of(connection) {
                extensions.insert(wire);
            }
        })
        .listen(listener)?
        .run();
    let handle = server.handle();
    let ended = tokio::spawn(server);
    Ok(Running { address, simulator, server: handle, ended })
}

impl Simulator {
    pub fn new(setup: Setup, clock: Clock, entropy: Entropy) -> Simulator {
        Simulator(Arc::new(Inner {
            world: Mutex::new(World::new(setup)),
            clock,
            entropy,
            base: OnceLock::new(),
            http: OnceLock::new(),
            released: tokio::sync::Notify::new(),
            silent: tokio::sync::watch::Sender::new(0),
        }))
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn at_desk<T>(&self, work: impl FnOnce(&mut Desk<'_>) -> T) -> T {
        let base = self.0.base.get().map(String::as_str).unwrap_or_default();
        let now = self.0.clock.now();
        work(&mut Desk { world: &mut self.world(), now, entropy: &self.0.entropy, base })
    }

    async fn let_go(&self) {
        let released = self.0.released.notified();
        self.0.silent.send_modify(|count| *count += 1);
        released.await;
    }

    /// Waits until so many calls were left without an answer, each after it was processed or not, as was planned.
    pub async fn silenced(&self, count: u32) {
        let mut seen = self.0.silent.subscribe();
        // The sender lives as long as this simulator.
        let _ = seen.wait_for(|silent| *silent >= count).await;
    }

    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub fn books(&self) -> Books {
        self.world().books.clone()
    }

    pub fn payments(&self) -> Vec<Payment> {
        self.world().payments.clone()
    }

    pub fn invoices(&self) -> Vec<InvoiceRow> {
        self.world().invoices.clone()
    }

    /// The newest payment or payout of that reference.
    pub fn payment(&self, reference: &str) -> Option<Payment> {
        self.world().newest(reference).cloned()
    }

    /// How often an operation was processed.
    pub fn processed(&self, operation: &str) -> u32 {
        self.world().processed.get(operation).copied().unwrap_or_default()
    }

    pub fn tokens_given(&self) -> u32 {
        self.world().tokens_given
    }

    /// Every token given so far ends now.
    pub fn expire_tokens(&self) {
        self.world().tokens.clear();
    }

    pub fn switch(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.world().switches);
    }

    pub fn set_payout_balance(&self, currency: &str, cents: i64) {
        self.world().payout_balance = BTreeMap::from([(currency.to_owned(), cents)]);
    }

    /// Plans a fault for the next call of an operation: `payments`, `capture`, `reversal`, `refund`, `inquiry`,
    /// `repeated`, `registrations`, `paywithtoken`, `deletion`, `getCardsAndAccounts`, `payout`, `getTransactionList`,
    /// `getPayoutBalance`, `authToken`, `invoice.generate` and so on; `*` is any.
    pub fn plan(&self, operation: &str, fault: Fault) {
        self.world().faults.plan(Planned { operation: operation.to_owned(), fault, times: 1 });
    }

    pub fn clear_faults(&self) {
        self.world().faults.clear();
    }

    /// Answers those who wait in vain, long after they have given up.
    pub fn release(&self) {
        self.0.released.notify_waiters();
    }

    pub fn set_callbacks(&self, manner: Manner) {
        self.world().callbacks.manner = manner;
    }

    /// Takes the held callbacks away instead of delivering them.
    pub fn take_callbacks(&self) -> Vec<Callback> {
        self.world().callbacks.take()
    }

    /// Delivers the held callbacks, each once, and says how many were accepted with HTTP 200.
    pub async fn deliver(&self) -> usize {
        let due = self.world().callbacks.take();
        self.post(due).await
    }

    async fn post(&self, due: Vec<Callback>) -> usize {
        let build = || reqwest::Client::builder().no_proxy().timeout(CALLBACK_TIMEOUT).build().ok();
        // Made when the first callback goes out: reading all the machine's certificates takes a while.
        let Some(http) = self.0.http.get_or_init(build) else {
            tracing::warn!("no HTTP client can be built, so callbacks are lost");
            return 0;
        };
        let mut accepted = 0;
        for callback in due {
            let sent =
                http.post(&callback.url).header("Content-Type", "application/json").body(callback.body);
            // One attempt and no more, like the real thing.
            match sent.send().await {
                Ok(response) if response.status() == reqwest::StatusCode::OK => accepted += 1,
                Ok(response) => {
                    tracing::info!(status = response.status().as_u16(), "a callback was not accepted")
                }
                Err(_) => tracing::info!("a callback could not be delivered"),
            }
        }
        accepted
    }

    /// Makes the callback of a payment's present status once more.
    pub fn resend(&self, payment: u64) -> bool {
        self.at_desk(|desk| {
            let found = desk.world.payment(&payment.to_string()).is_some();
            desk.notify(payment, callbacks::Kind::Sale, None);
            found
        })
    }

    /// Puts a payment into any status, as the gateway's staff can; a chargeback is booked.
    pub fn set_status(&self, payment: u64, status: &str) -> bool {
        self.at_desk(|desk| {
            let Some(before) = desk.world.payment(&payment.to_string()).cloned() else { return false };
            desk.set_status(payment, status, &before.remark);
            if status == "chargeback" && before.status != "chargeback" {
                desk.book(&before, Movement::ChargedBack, before.captured - before.refunded);
                desk.notify(payment, callbacks::Kind::Chargeback, None);
            }
            true
        })
    }

    /// The customer's click at the bank's or provider's page, and how his browser goes back.
    pub fn customer_decides(&self, payment: u64, decision: Decision) -> Option<Return> {
        self.at_desk(|desk| {
            let session = desk.world.payment(&payment.to_string())?.session.clone();
            desk.decide(&session, decision)
        })
    }

    /// The acquirer gives back what was requested, for accounts with slow refunds.
    pub fn finish_refunds(&self) {
        self.at_desk(|desk| {
            let requested = |payment: &&Payment| payment.status == "markedforreversal";
            let ids: Vec<u64> =
                desk.world.payments.iter().filter(requested).map(|payment| payment.id).collect();
            for id in ids {
                desk.finish_refund(id);
            }
        });
    }

    /// The bank ends a payout that was under way.
    pub fn finish_payout(&self, reference: &str, paid: bool) -> bool {
        self.at_desk(|desk| {
            let Some(id) = desk.world.newest(reference).map(|payment| payment.id) else { return false };
            desk.finish_payout(id, paid);
            true
        })
    }
}
