//! A Paygate that behaves as documented, keeps its own books, and goes wrong on demand.
//!
//! It shares recorded examples with the client beside it and nothing else: its codec, parser and MAC are its own.

mod bank;
mod batch;
mod books;
mod checks;
mod codec;
mod control;
mod delivery;
mod engine;
mod faults;
mod pages;
mod replies;
mod results;
mod three_ds;
mod wire;
mod world;

pub use books::{Moved, Movement, Payment};
pub use codec::Filling;
pub use faults::{Fault, NoticeFault, Random, Script};
pub use world::Merchant;

use crate::clock::{Clock, Entropy};
use actix_web::dev::ServerHandle;
use actix_web::web::{self, Data};
use actix_web::{App as Web, HttpServer};
use std::any::Any;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use world::World;

type LateWork = Box<dyn FnOnce(&mut World) + Send>;

/// What the handlers share.
pub struct App {
    world: Arc<Mutex<World>>,
    http: reqwest::Client,
    /// Held by whoever delivers.
    delivering: tokio::sync::Mutex<()>,
    released: watch::Sender<u64>,
    late: Mutex<Vec<LateWork>>,
}

/// A running simulator. Dropping it stops the server.
pub struct Simulator {
    app: Data<App>,
    server: ServerHandle,
    pub base_url: String,
}

/// Delivers every notification that is due; those that somebody else is delivering have arrived too when it returns.
async fn deliver(app: &App) -> usize {
    let _only = app.delivering.lock().await;
    delivery::deliver_due(&app.world, &app.http).await
}

impl Simulator {
    /// Serves on the listener until stopped. Must be called within a tokio runtime.
    pub fn start(
        listener: TcpListener,
        merchants: Vec<Merchant>,
        clock: Clock,
        entropy: Entropy,
    ) -> std::io::Result<Simulator> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let base_url = format!("http://{}", listener.local_addr()?);
        let mut world = World::new(clock, entropy, base_url.clone());
        for merchant in merchants {
            let id = merchant.id.clone();
            if !world.set_up(merchant) {
                return Err(std::io::Error::other(format!("the password of merchant {id} can't be a key")));
            }
        }
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(10))
            .build()
            .map_err(std::io::Error::other)?;
        let app = Data::new(App {
            world: Arc::new(Mutex::new(world)),
            http,
            delivering: tokio::sync::Mutex::new(()),
            released: watch::Sender::new(0),
            late: Mutex::new(Vec::new()),
        });
        let shared = app.clone();
        let server = HttpServer::new(move || Web::new().app_data(shared.clone()).configure(routes))
            .workers(1)
            .disable_signals()
            .shutdown_timeout(0)
            .on_connect(remember_connection)
            .listen(listener)?
            .run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Simulator { app, server: handle, base_url })
    }

    /// Goes on delivering what comes due; for people, whose clock moves by itself.
    pub async fn keep_delivering(&self) {
        loop {
            deliver(&self.app).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// The same beside the server, until the process ends.
    pub fn deliver_by_itself(&self) {
        let app = self.app.clone();
        tokio::spawn(async move {
            loop {
                deliver(&app).await;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
    }

    pub async fn stop(&self) {
        self.app.release();
        self.server.stop(false).await;
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.app.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a card a pseudo number, as an earlier payment would have done.
    pub fn store_card(&self, number: &str, expiry: &str, brand: &str) -> String {
        self.world().token_for(&books::StoredCard {
            number: number.to_owned(),
            expiry: expiry.to_owned(),
            brand: brand.to_owned(),
        })
    }

    /// Processes a batch file and gives the answer.
    pub fn run_batch(&self, text: &str) -> Option<String> {
        self.world().run_batch(text)
    }

    pub fn set_up(&self, merchant: Merchant) -> bool {
        self.world().set_up(merchant)
    }

    pub fn script(&self, script: Script) {
        self.world().faults.add(script);
    }

    /// How many scripts have not struck for the last time.
    pub fn scripts(&self) -> usize {
        self.world().faults.scripts()
    }

    /// The next server call for this order goes wrong.
    pub fn next_call(&self, trans_id: &str, fault: Fault) {
        let trans_id = Some(trans_id.to_owned());
        self.script(Script { endpoint: None, trans_id, times: 1, call: Some(fault), notice: None });
    }

    pub fn next_notice(&self, trans_id: &str, fault: NoticeFault) {
        let trans_id = Some(trans_id.to_owned());
        self.script(Script { endpoint: None, trans_id, times: 1, call: None, notice: Some(fault) });
    }

    pub fn randomize(&self, random: Random) {
        self.world().faults.randomize(random);
    }

    pub fn clear_faults(&self) {
        self.world().faults.clear();
    }

    /// Ends what hangs, and processes what was taken in to be processed late.
    pub fn release(&self) {
        self.app.release();
    }

    /// Decides the oldest open action of an order.
    pub fn decide(&self, trans_id: &str, success: bool) -> bool {
        self.world().decide(trans_id, success)
    }

    /// Does what has come due by the clock and delivers what is due; returns how many letters arrived.
    pub async fn deliver(&self) -> usize {
        deliver(&self.app).await
    }

    /// What the last `direct.aspx` of an order said: the parameter's text, or its JSON.
    pub fn asked(&self, trans_id: &str, name: &str) -> String {
        let world = self.world();
        let text = world.asked.get(trans_id).map(|params| params.get(name).to_owned()).unwrap_or_default();
        if text.is_empty() { text } else { replies::json_or_text(&text) }
    }

    /// From now on banks are said to be at this address, or here again.
    pub fn bank_is_at(&self, elsewhere: Option<&str>) {
        self.world().bank = elsewhere.map(str::to_owned);
    }

    /// Letters that still wait for their time.
    pub fn letters(&self) -> usize {
        self.world().letters.len()
    }

    pub fn payment(&self, merchant: &str, trans_id: &str) -> Option<Payment> {
        self.world().books.payment(merchant, trans_id).cloned()
    }

    pub fn movements(&self) -> Vec<Movement> {
        self.world().books.movements.clone()
    }

    /// The sum of one kind of movement for one order: what the simulator really did.
    pub fn sum(&self, trans_id: &str, kind: Moved) -> i64 {
        self.world().books.sum(trans_id, kind)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.app.release();
        // The future only carries the answer; the command itself is sent when it is made.
        drop(self.server.stop(false));
    }
}

fn remember_connection(connection: &dyn Any, data: &mut actix_web::dev::Extensions) {
    let stream = connection.downcast_ref::<actix_web::rt::net::TcpStream>();
    if let Some(Ok(copy)) = stream.map(|stream| stream.as_fd().try_clone_to_owned()) {
        data.insert(wire::Connection(copy.into()));
    }
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(control::index))
        .route("/{endpoint:payssl\\.aspx|twint\\.aspx}", web::to(pages::start))
        .route("/paynow.aspx", web::post().to(pages::paynow))
        .route("/sandbox/card/{id}", web::post().to(pages::card))
        .route("/sandbox/twint/{id}", web::post().to(pages::twint))
        .route("/sandbox/bank/method", web::post().to(bank::method))
        .route("/sandbox/bank/challenge", web::post().to(bank::challenge))
        .route("/sandbox/bank/challenged", web::post().to(bank::challenged))
        .route("/sandbox/bank/pareq", web::post().to(bank::first_version))
        .route("/sandbox/bank/pares", web::post().to(bank::first_version_answered))
        .route("/cbThreeDS.aspx", web::post().to(three_ds::from_bank))
        .route("/sandbox/challenge/{id}", web::to(three_ds::challenge))
        .route("/sandbox/challenge/{id}/answer", web::post().to(three_ds::challenge_answer))
        .route("/control/books", web::get().to(control::books))
        .route("/control/faults", web::post().to(control::add_fault))
        .route("/control/faults", web::delete().to(control::clear_faults))
        .route("/control/random", web::post().to(control::randomize))
        .route("/control/release", web::post().to(control::release))
        .route("/control/decide", web::post().to(control::decide))
        .route("/control/advance", web::post().to(control::advance))
        .route("/control/deliver", web::post().to(control::deliver))
        .route("/control/merchant", web::put().to(control::merchant))
        .route("/control/batch", web::post().to(control::batch))
        .route("/control/cards", web::post().to(control::card))
        .route("/{endpoint:[A-Za-z0-9_]+\\.aspx}", web::to(wire::server_call));
}
