//! A node that starts while its PostgreSQL is away waits for it, and goes on when it is back.
//!
//! Meanwhile its main address says that it lives and is not ready, and cashiers are told to call again. What is wrong
//! while the database answers (a migration that is due, a schema of somebody else) ends the start as ever.

use super::{Serving, StartError, bind, health, unbound};
use crate::cashier::waiting::{self, Namespace};
use crate::config::Settings;
use crate::store::{Connection, DatabaseUrl, Purpose, StoreError};
use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, HttpServer, web};
use std::net::TcpListener;
use std::time::Duration;
use tokio::time::Instant;

/// How often the database is tried.
const EVERY: Duration = Duration::from_millis(500);
/// How often the log says that it still is away.
const REMINDER: Duration = Duration::from_secs(10);

/// Opens what `open` opens, and binds the main address.
pub(super) async fn for_database<T>(
    settings: &Settings,
    url: &DatabaseUrl,
    mut open: impl AsyncFnMut() -> Result<T, StartError>,
) -> Result<(T, TcpListener), StartError> {
    let patience = Duration::from_secs(settings.database.wait_seconds);
    let began = Instant::now();
    let mut waiting: Option<Waiting> = None;
    let opened = loop {
        let error = match open().await {
            Ok(opened) => break Ok(opened),
            Err(error) => error,
        };
        // Whatever it is, it is not that the database is away: waiting will not mend it.
        let Err(away) = look(url).await else { break Err(error) };
        let may_wait = matches!(url, DatabaseUrl::Postgres(_)) && began.elapsed() < patience;
        if !may_wait {
            break Err(error);
        }
        match &mut waiting {
            None => {
                let listener = bind(&settings.listen.cashier)?;
                tracing::warn!(
                    error = %away, wait_seconds = settings.database.wait_seconds,
                    "the database can't be reached: waiting for it"
                );
                waiting = Some(Waiting::at(settings, listener)?);
            }
            Some(waiting) if waiting.said.elapsed() >= REMINDER => {
                waiting.said = Instant::now();
                let waited = began.elapsed().as_secs();
                tracing::warn!(error = %away, waited_seconds = waited, "the database still can't be reached");
            }
            Some(_) => {}
        }
        tokio::time::sleep(EVERY).await;
    };
    let listener = match waiting {
        None => None,
        Some(waiting) => {
            // The address stays bound, so that nobody is turned away in between.
            waiting.serving.stop().await;
            if opened.is_ok() {
                tracing::info!(waited_seconds = began.elapsed().as_secs(), "the database answers");
            }
            Some(waiting.listener)
        }
    };
    let opened = opened?;
    let listener = match listener {
        Some(listener) => listener,
        None => bind(&settings.listen.cashier)?,
    };
    Ok((opened, listener))
}

/// Whether the database answers at all.
async fn look(url: &DatabaseUrl) -> Result<(), StoreError> {
    let url = url.clone();
    let looked = tokio::task::spawn_blocking(move || Connection::open(&url, Purpose::Read).map(drop)).await;
    looked.unwrap_or(Err(StoreError::Panicked))
}

/// The door while the house is not open.
struct Waiting {
    listener: TcpListener,
    serving: Serving,
    said: Instant,
}

impl Waiting {
    fn at(settings: &Settings, listener: TcpListener) -> Result<Waiting, StartError> {
        let wrong = |error: std::io::Error| unbound(&settings.listen.cashier, &error);
        let namespace = Namespace(settings.cashier.namespace.as_str().into());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::new(namespace.clone()))
                .route("/health", web::get().to(health))
                .configure(waiting::configure)
                .default_service(web::to(not_ready))
        });
        let server = server.workers(1).disable_signals().shutdown_timeout(1);
        let server = server.listen(listener.try_clone().map_err(wrong)?).map_err(wrong)?;
        Ok(Waiting { listener, serving: Serving::run(server.run()), said: Instant::now() })
    }
}

async fn not_ready() -> HttpResponse {
    HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE)
        .content_type("application/json")
        .insert_header(("retry-after", "5"))
        .body("{\"status\":\"waiting for the database\"}\n")
}
