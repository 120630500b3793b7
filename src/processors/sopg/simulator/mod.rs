//! A gateway of our own: the vendor's contract, the customer panel, notifications, and faults to order.
//!
//! Written apart from the client: it shares no builder and no parser with it. What the vendor's documents leave open
//! is settled here by rules of our own and is no claim about the real gateway. Everything lives in memory; time is
//! the given clock plus whatever `/control/advance` has added.

mod assign;
mod book;
mod call;
mod cards;
mod contract;
mod control;
mod dispositions;
mod faults;
mod notices;
mod number;
mod panel;
mod service;
mod transfers;
mod xml;

pub use book::{Book, Letter, Merchant};
pub use faults::{Fault, Kind};
pub use notices::{Delivery, NoticePlan};

use crate::clock::Clock;
use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::task::JoinHandle;

/// Where SOAP calls go.
pub const SERVICE_PATH: &str = "/psc/services/PscService";
pub const PANEL_PATH: &str = "/psccustomer/GetCustomerPanelServlet";
pub const CASH_TICKET_PANEL_PATH: &str = "/ctcustomer/GetCustomerPanelServlet";

/// How strictly and in which dialect the simulator speaks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Switches {
    /// Refuses unknown and misplaced request elements.
    pub strict: bool,
    /// Card lists with four fields a card instead of two.
    pub four_fields: bool,
    /// Callers; empty: everybody.
    pub allowed: Vec<IpAddr>,
    /// Nothing ever expires, as on the vendor's test system.
    pub never_expires: bool,
}

pub struct Shared {
    clock: Clock,
    ahead: Mutex<Duration>,
    book: Mutex<Book>,
    faults: Mutex<Vec<Fault>>,
    waiting: Mutex<Vec<notices::Waiting>>,
    deliveries: Mutex<Vec<Delivery>>,
    plan: Mutex<NoticePlan>,
    switches: Mutex<Switches>,
    /// The operations that were called, in order, whatever became of them.
    calls: Mutex<Vec<String>>,
    /// Ends all answers that are being held back.
    release: tokio::sync::Notify,
    /// Held by whoever delivers notifications.
    delivering: tokio::sync::Mutex<()>,
    http: reqwest::Client,
}

/// A poisoned lock means that a handler panicked; the books are still the best there are.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Shared {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now() + *lock(&self.ahead)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        lock(&self.book)
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<notices::Waiting>> {
        lock(&self.waiting)
    }

    fn deliveries(&self) -> MutexGuard<'_, Vec<Delivery>> {
        lock(&self.deliveries)
    }

    /// Queues the notifications of a payment that was just made.
    fn notify(&self, username: &str, mtid: &str) {
        let plan = lock(&self.plan).clone();
        let now = self.now();
        let planned = self.book().find(username, mtid).map(|paid| notices::plan(paid, &plan, now));
        self.waiting().extend(planned.unwrap_or_default());
    }

    fn set_switches(&self, switches: Switches) {
        self.book().never_expires = switches.never_expires;
        *lock(&self.switches) = switches;
    }
}

/// A running simulator. Dropping it doesn't stop it; [`Simulator::stop`] does.
pub struct Simulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: ServerHandle,
    serving: JoinHandle<std::io::Result<()>>,
    ticker: Option<JoinHandle<()>>,
}

/// The accounts of every simulator: two for trying out with ten minutes in S, and one with the usual minute.
pub fn demo_merchants() -> Vec<Merchant> {
    vec![
        Merchant::new(0, "psc_demo_shop_test", "s3cret-Pass", Duration::minutes(10)),
        Merchant::new(1, "psc_demo_escape", "a<b&c>\"d'é€", Duration::minutes(10)),
        Merchant::new(2, "psc_example_shop_test", "example-password", Duration::seconds(60)),
    ]
}

/// Who delivers notifications that are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deliver {
    /// A task of the simulator's, several times a second.
    ByItself,
    /// Only [`Simulator::deliver_due`] and `/control/deliver`, for tests.
    OnDemand,
}

/// Starts a simulator on a bound listener, inside the caller's tokio runtime.
pub fn start(listener: TcpListener, clock: Clock, deliver: Deliver) -> std::io::Result<Simulator> {
    // Already installed is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(std::time::Duration::from_secs(5))
        .build()
        .map_err(std::io::Error::other)?;
    let shared = Arc::new(Shared {
        clock,
        ahead: Mutex::new(Duration::zero()),
        book: Mutex::new(Book::fresh(demo_merchants())),
        faults: Mutex::default(),
        waiting: Mutex::default(),
        deliveries: Mutex::default(),
        plan: Mutex::default(),
        switches: Mutex::default(),
        calls: Mutex::default(),
        release: tokio::sync::Notify::new(),
        delivering: tokio::sync::Mutex::new(()),
        http,
    });
    let address = listener.local_addr()?;
    let data = web::Data::from(shared.clone());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(data.clone())
            .configure(service::routes)
            .configure(panel::routes)
            .configure(control::routes)
    })
    .on_connect(service::remember_connection)
    .workers(2)
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    let ticker = (deliver == Deliver::ByItself).then(|| {
        let shared = shared.clone();
        tokio::spawn(async move {
            let mut every = tokio::time::interval(std::time::Duration::from_millis(200));
            loop {
                every.tick().await;
                notices::deliver_due(&shared).await;
            }
        })
    });
    Ok(Simulator { shared, address, server: handle, serving: tokio::spawn(server), ticker })
}

/// Runs a simulator for itself until it is stopped from outside: `tillgate sandbox sopg`.
pub async fn serve(address: SocketAddr) -> std::io::Result<()> {
    let simulator = start(TcpListener::bind(address)?, Clock::system(), Deliver::ByItself)?;
    tracing::info!(endpoint = simulator.endpoint(), panel = simulator.panel(), "the SOPG simulator listens");
    tokio::signal::ctrl_c().await?;
    simulator.stop().await;
    Ok(())
}

impl Simulator {
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// For the `endpoint` of an account.
    pub fn endpoint(&self) -> String {
        format!("{}{SERVICE_PATH}", self.base())
    }

    /// For the `panel` of a paysafecard account.
    pub fn panel(&self) -> String {
        format!("{}{PANEL_PATH}", self.base())
    }

    /// For the `panel` of a Cash-Ticket account.
    pub fn cash_ticket_panel(&self) -> String {
        format!("{}{CASH_TICKET_PANEL_PATH}", self.base())
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.shared.now()
    }

    pub fn advance(&self, by: Duration) {
        *lock(&self.shared.ahead) += by;
    }

    /// Sets a fault; faults of one operation are met in the order they were set.
    pub fn fault(&self, fault: Fault) {
        lock(&self.shared.faults).push(fault);
    }

    pub fn plan_notices(&self, plan: NoticePlan) {
        *lock(&self.shared.plan) = plan;
    }

    pub fn switch(&self, switches: Switches) {
        self.shared.set_switches(switches);
    }

    /// Looks at the books as they are now, after whatever has run out of its time.
    pub fn look<T>(&self, look: impl FnOnce(&mut Book) -> T) -> T {
        let now = self.shared.now();
        let mut book = self.shared.book();
        book.expire(now);
        look(&mut book)
    }

    /// The state letter of a transaction, if there is one.
    pub fn letter(&self, mtid: &str) -> Option<Letter> {
        self.look(|book| book.dispositions.iter().find(|known| known.mtid == mtid).map(|known| known.letter))
    }

    pub fn force(&self, mtid: &str, letter: Letter) -> bool {
        let now = self.shared.now();
        self.shared.book().force(mtid, letter, now)
    }

    /// How often an operation was called.
    pub fn calls(&self, operation: &str) -> usize {
        lock(&self.shared.calls).iter().filter(|called| *called == operation).count()
    }

    /// The operations that were called so far, in order.
    pub fn called(&self) -> Vec<String> {
        lock(&self.shared.calls).clone()
    }

    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.deliveries().clone()
    }

    /// Delivers the notifications that are due and returns how many tries were made.
    pub async fn deliver_due(&self) -> usize {
        notices::deliver_due(&self.shared).await
    }

    pub async fn stop(self) {
        self.shared.release.notify_waiters();
        if let Some(ticker) = self.ticker {
            ticker.abort();
        }
        self.server.stop(false).await;
        // Its own result tells nothing that the stop did not.
        let _ = self.serving.await;
    }
}
