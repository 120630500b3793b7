//! Builds everything once, plugs the rooms together, and serves until it is told to stop.

use crate::backoffice::passwords::Gate;
use crate::backoffice::{self, DemoPerson, Jar, Office};
use crate::cashier::contract::{self, Contract};
use crate::cashier::directory::Directory;
use crate::cashier::routes::{self, Cashier};
use crate::clock::{Clock, Entropy};
use crate::config::{self, Built, Settings};
use crate::desk::{self, Desk, Keeper};
use crate::messenger;
use crate::notifications::{self, Notifications};
use crate::operations::begin_deposit::SETTLE_DEPOSIT;
use crate::platform::{self, Platform};
use crate::player::{self, Player};
use crate::processors::Health;
use crate::store::lists::figures::Figures;
use crate::store::lists::trial::Movements;
use crate::store::{OperationError, Options, Store, StoreError, Wants, migrations, outbox};
use crate::telemetry;
use crate::worker::housekeeping::{self, Housekeeper};
use crate::worker::{Pace, Worker};
use actix_web::dev::{Server, ServerHandle};
use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, HttpServer, web};
use secrecy::SecretString;
use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

mod sandbox;
mod waiting;

pub use sandbox::Simulators;

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the configuration has {} problem(s):\n{}", .0.len(), lines(.0))]
    Config(Vec<config::Problem>),
    #[error("the database: {0}")]
    Database(#[from] StoreError),
    #[error("migrations have not run: {0}; run `tillgate migrate`")]
    Migrations(String),
    #[error("can't listen on {address}: {reason}")]
    Listen { address: String, reason: String },
    #[error("the sandbox: {0}")]
    Sandbox(String),
    #[error("the page of the API can't be written: {0}")]
    Page(#[from] askama::Error),
}

fn lines(problems: &[config::Problem]) -> String {
    problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n")
}

/// A server that is running.
pub struct Running {
    pub address: SocketAddr,
    pub store: Store,
    pub directory: Directory,
    pub platform: Platform,
    pub worker: Worker,
    pub housekeeper: Housekeeper,
    /// Keeps exchanges with processors, where they are kept.
    pub exchanges: Option<Keeper>,
    /// The processors of the sandbox.
    pub simulators: Option<Simulators>,
    working: Vec<JoinHandle<()>>,
    serving: Vec<Serving>,
    draining: Arc<AtomicBool>,
}

/// Opens the store, binds, and begins to serve.
pub async fn start(settings: &Settings, clock: Clock, entropy: Entropy) -> Result<Running, StartError> {
    let mut settings = settings.clone();
    let simulators = if settings.sandbox.enabled {
        Some(Simulators::start(&mut settings, &clock, &entropy).map_err(StartError::Sandbox)?)
    } else {
        None
    };
    let settings = &settings;
    let Built { store: options, front_ends, keys, trusted_proxies, cashiers, office } =
        config::build(settings, &entropy).map_err(StartError::Config)?;
    let processors = config::processors(settings, &clock, &entropy).map_err(StartError::Config)?;
    let open = async || open_store(settings, options.clone(), &clock).await;
    let (store, listener) = waiting::for_database(settings, &options.url, open).await?;
    let (processors, exchanges) = match settings.worker.keep_exchanges_days {
        0 => (processors, None),
        _ => {
            let (book, keeper) = desk::keep(store.clone(), clock.clone());
            (processors.recorded(&book), Some(keeper))
        }
    };
    let days = |days: u32| chrono::Duration::days(days.into());
    let kept = housekeeping::Kept {
        exchanges: days(settings.worker.keep_exchanges_days),
        sessions: office.rules.absolute + days(settings.worker.keep_sessions_days),
    };
    let housekeeper = Housekeeper::new(store.clone(), clock.clone(), kept);
    let directory = Directory::new(front_ends);
    if settings.sandbox.enabled {
        sandbox::fill(&store, &directory, &settings.sandbox).await.map_err(StartError::Sandbox)?;
    }
    let address = listener.local_addr().map_err(|error| unbound(&settings.listen.cashier, &error))?;
    let public_url = match settings.player.public_url.trim_end_matches('/') {
        "" => format!("http://{address}"),
        url => url.to_owned(),
    };
    let found = directory.clone();
    let desk_processors = processors.clone();
    let desk = Desk {
        store: store.clone(),
        processors,
        rules: Arc::new(move |name: &str| found.now().find(name).map(|door| door.rules.clone())),
        clock: clock.clone(),
        entropy: entropy.clone(),
        public_url: public_url.into(),
        abandon_after: chrono::Duration::minutes(settings.worker.abandon_minutes as i64),
        not_found_grace: chrono::Duration::seconds(settings.worker.not_found_grace_seconds as i64),
        // Not the worker's name, whose errands are free as soon as this node is back.
        holder: format!("{}/desk", settings.node.name).into(),
        lease: chrono::Duration::seconds(settings.worker.lease_seconds as i64),
    };
    let cashier = Cashier {
        desk,
        directory: directory.clone(),
        store: store.clone(),
        entropy: entropy.clone(),
        namespace: settings.cashier.namespace.as_str().into(),
        trusted_proxies: trusted_proxies.into(),
        body_timeout: Duration::from_secs(settings.cashier.body_timeout_seconds),
        authentication_failed: StatusCode::from_u16(settings.cashier.authentication_failed_status)
            .unwrap_or(StatusCode::OK),
    };
    let office_address = match settings.listen.backoffice.as_str() {
        "" => &settings.listen.cashier,
        address => address,
    };
    let on_loopback = office_address.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback());
    let office = Office {
        store: store.clone(),
        clock: clock.clone(),
        entropy: entropy.clone(),
        rules_of: {
            let directory = directory.clone();
            Arc::new(move |name: &str| directory.now().find(name).map(|door| door.rules.clone()))
        },
        front_ends: {
            let directory = directory.clone();
            Arc::new(move || {
                let names = directory.now().all().map(|door| door.rules.front_end.name.clone()).collect();
                sorted(names)
            })
        },
        left_alone: {
            let processors = desk_processors.clone();
            Arc::new(move || {
                let seen = processors.health();
                seen.map(|(name, health)| (name.to_owned(), health == Health::LeftAlone)).collect()
            })
        },
        figures: Figures::default(),
        movements: Movements::default(),
        rules: office.rules,
        jar: Jar { secure: !(settings.sandbox.enabled && on_loopback) },
        passwords: Gate::new(SecretString::from(entropy.hex(32))),
        seal: office.seal,
        demo_people: if settings.sandbox.enabled { demo_people(settings) } else { Arc::new([]) },
    };
    let platform = Platform::new(directory.clone(), store.clone(), keys, entropy, clock);
    let inside = Inside { housekeeper, exchanges, simulators, cashiers };
    serve(settings, listener, cashier, platform, office, inside)
}

/// A store whose database is there, migrated, and free of what an earlier run of this node held.
async fn open_store(settings: &Settings, options: Options, clock: &Clock) -> Result<Store, StartError> {
    if settings.database.migrate_on_start {
        let url = options.url.clone();
        let migrated = tokio::task::spawn_blocking(move || migrations::run(&url)).await;
        migrated.map_err(|error| StartError::Sandbox(error.to_string()))??;
    }
    let store = Store::open(options, clock.clone())?;
    let pending = store.read(migrations::pending).await;
    let opened = match pending.map(|names| names.first().cloned()) {
        Ok(Some(name)) => Err(StartError::Migrations(name)),
        Ok(None) => free_own_errands(&store, &settings.node.name).await,
        Err(error) => Err(error.into()),
    };
    match opened {
        Ok(()) => Ok(store),
        Err(error) => {
            store.close();
            Err(error)
        }
    }
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names
}

fn demo_people(settings: &Settings) -> Arc<[DemoPerson]> {
    let people = settings.sandbox.people.iter().map(|person| DemoPerson {
        name: person.name.clone(),
        full_name: person.full_name.clone(),
        password: person.password.clone(),
    });
    people.collect()
}

/// What is behind the doors.
struct Inside {
    housekeeper: Housekeeper,
    exchanges: Option<Keeper>,
    simulators: Option<Simulators>,
    cashiers: HashMap<String, messenger::Client>,
}

/// Which doors a listener has.
#[derive(Clone, Copy)]
struct Doors {
    cashier: bool,
    platform: bool,
    office: bool,
}

fn serve(
    settings: &Settings,
    listener: TcpListener,
    cashier: Cashier,
    platform: Platform,
    office: Office,
    inside: Inside,
) -> Result<Running, StartError> {
    let Inside { housekeeper, exchanges, simulators, cashiers } = inside;
    telemetry::metrics();
    let address = listener.local_addr().map_err(|error| unbound(&settings.listen.cashier, &error))?;
    let pace = Pace {
        concurrent: settings.worker.concurrent.max(1),
        poll: Duration::from_millis(settings.worker.poll_ms.max(10)),
        lease: chrono::Duration::seconds(settings.worker.lease_seconds as i64),
    };
    let worker = Worker::new(cashier.desk.clone(), &settings.node.name, pace);
    worker.speaks_to(cashiers);
    let book = exchanges.as_ref().map(|keeper| keeper.book(cashier.desk.clock.clone()));
    let notifications = Notifications::new(cashier.desk.clone(), cashier.trusted_proxies.clone(), book);
    let player = Player { desk: cashier.desk.clone(), notices: notifications.clone() };
    let draining = Arc::new(AtomicBool::new(false));
    let (store, directory) = (cashier.store.clone(), cashier.directory.clone());

    let (kept, flag) = (platform.clone(), draining.clone());
    let apart = !settings.listen.platform.is_empty();
    let office_apart = !settings.listen.backoffice.is_empty();
    let contract = web::Data::new(Contract::new(&cashier.namespace)?);
    let make = move |doors: Doors| {
        let (cashier, platform, flag) = (cashier.clone(), platform.clone(), flag.clone());
        let office = office.clone();
        let contract = contract.clone();
        let (notifications, player) = (notifications.clone(), player.clone());
        move |config: &mut web::ServiceConfig| {
            config.app_data(web::Data::new(flag.clone())).app_data(web::Data::new(cashier.store.clone()));
            config.route("/health", web::get().to(health));
            config.route("/health/ready", web::get().to(ready));
            if doors.cashier {
                config.route("/metrics", web::get().to(metrics));
                // Before the calls, which would take the question for the WSDL as one of theirs.
                config.app_data(contract.clone()).configure(contract::routes::configure);
                config.app_data(web::Data::new(cashier.clone())).configure(routes::configure);
                config.app_data(web::Data::new(notifications.clone())).configure(notifications::configure);
                config.app_data(web::Data::new(player.clone())).configure(player::configure);
            }
            if doors.platform {
                config.app_data(web::Data::new(platform.clone())).configure(platform::configure);
            }
            if doors.office {
                config.app_data(web::Data::new(office.clone())).configure(backoffice::configure);
            }
        }
    };
    let main = make(Doors { cashier: true, platform: !apart, office: !office_apart });
    let workers = match settings.listen.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        workers => workers,
    };
    let server = HttpServer::new(move || App::new().configure(main.clone()))
        .workers(workers)
        .disable_signals()
        .shutdown_timeout(settings.listen.drain_seconds)
        .listen(listener)
        .map_err(|error| unbound(&settings.listen.cashier, &error))?;
    let mut serving = Vec::new();
    if apart {
        let doors = make(Doors { cashier: false, platform: true, office: false });
        serving.push(serve_apart(settings, &settings.listen.platform, doors)?);
    }
    if office_apart {
        let doors = make(Doors { cashier: false, platform: false, office: true });
        serving.push(serve_apart(settings, &settings.listen.backoffice, doors)?);
    }
    serving.push(Serving::run(server.backlog(1024).run()));
    let working = if settings.worker.enabled {
        vec![tokio::spawn(worker.clone().run()), tokio::spawn(housekeeper.clone().run())]
    } else {
        Vec::new()
    };
    Ok(Running {
        address,
        store,
        directory,
        platform: kept,
        worker,
        housekeeper,
        exchanges,
        working,
        simulators,
        serving,
        draining,
    })
}

/// Doors at an address of their own.
fn serve_apart(
    settings: &Settings,
    address: &str,
    doors: impl FnOnce(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> Result<Serving, StartError> {
    let listener = bind(address)?;
    let server = HttpServer::new(move || App::new().configure(doors.clone()))
        .workers(1)
        .disable_signals()
        .shutdown_timeout(settings.listen.drain_seconds)
        .listen(listener)
        .map_err(|error| unbound(address, &error))?;
    Ok(Serving::run(server.run()))
}

/// The doors at one address.
struct Serving {
    handle: ServerHandle,
    served: JoinHandle<std::io::Result<()>>,
}

impl Serving {
    fn run(server: Server) -> Serving {
        Serving { handle: server.handle(), served: tokio::spawn(server) }
    }

    /// Takes no more calls and answers those that are under way.
    async fn stop(self) {
        self.handle.stop(true).await;
        if let Ok(Err(error)) = self.served.await {
            tracing::error!(%error, "the server ended with an error");
        }
    }
}

/// What this node was settling when it was killed can't wait for the end of its lease: a customer's money may be
/// reserved for a minute only. Payouts wait, because what was sent a moment ago may not be known there yet.
async fn free_own_errands(store: &Store, node: &str) -> Result<(), StartError> {
    let name = node.to_owned();
    let freed =
        store.transact("worker", Wants::nothing(), move |tx| Ok(outbox::release(tx, &name, SETTLE_DEPOSIT)?));
    match freed.await {
        Ok(0) => Ok(()),
        Ok(freed) => {
            tracing::info!(freed, "errands of an earlier run of this node are taken up again");
            Ok(())
        }
        Err(OperationError::Failed(error)) => Err(error.into()),
        Err(other) => Err(StartError::Sandbox(other.to_string())),
    }
}

fn bind(address: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).map_err(|error| unbound(address, &error))
}

fn unbound(address: &str, error: &std::io::Error) -> StartError {
    StartError::Listen { address: address.to_owned(), reason: error.to_string() }
}

impl Running {
    /// Puts the front ends, the processor map and the keys of new settings in the place of the old ones.
    pub fn reload(&self, settings: &Settings, entropy: &Entropy) -> Result<(), Vec<config::Problem>> {
        let built = config::build(settings, entropy)?;
        self.directory.replace(built.front_ends);
        self.platform.replace_keys(built.keys);
        self.worker.speaks_to(built.cashiers);
        Ok(())
    }

    /// Takes no new calls, finishes those that are under way, then the commands that wait.
    pub async fn stop(self) {
        self.draining.store(true, Ordering::SeqCst);
        // Errands under way keep their lease; whoever works next goes on with them.
        self.working.iter().for_each(JoinHandle::abort);
        // All at once: each may take as long as its calls may.
        futures_util::future::join_all(self.serving.into_iter().map(Serving::stop)).await;
        if let Some(simulators) = self.simulators {
            simulators.stop().await;
        }
        if let Some(exchanges) = &self.exchanges {
            exchanges.is_done().await;
        }
        let store = self.store.clone();
        let closed = tokio::task::spawn_blocking(move || store.close()).await;
        if closed.is_err() {
            tracing::error!("closing the store panicked");
        }
    }
}

/// The process lives. Asked by what restarts it, so it looks at nothing else.
async fn health() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body("{\"status\":\"up\"}\n")
}

/// It can do its work: the database answers, no migration is due, it is not stopping.
async fn ready(store: web::Data<Store>, draining: web::Data<Arc<AtomicBool>>) -> HttpResponse {
    let said = |status: StatusCode, text: &str| {
        let body = serde_json::json!({ "status": text }).to_string();
        HttpResponse::build(status).content_type("application/json").body(body + "\n")
    };
    if draining.load(Ordering::SeqCst) {
        return said(StatusCode::SERVICE_UNAVAILABLE, "stopping");
    }
    match store.is_ready().await {
        Ok(()) => said(StatusCode::OK, "ready"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            said(StatusCode::SERVICE_UNAVAILABLE, "the database is not ready")
        }
    }
}

async fn metrics(cashier: web::Data<Cashier>) -> HttpResponse {
    metrics::gauge!("tillgate_store_waiting").set(cashier.store.waiting() as f64);
    for (account, health) in cashier.desk.processors.health() {
        let open = if health == Health::LeftAlone { 1.0 } else { 0.0 };
        metrics::gauge!("tillgate_processor_breaker_open", "account" => account.to_owned()).set(open);
    }
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(telemetry::metrics().render())
}
