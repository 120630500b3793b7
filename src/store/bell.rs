//! The bell: it rings when an errand is due now, so that a worker need not wait for its next look.
//!
//! A commit of this process rings it as soon as it is on the disk. One of another node on the same PostgreSQL is heard
//! by NOTIFY, on a connection that does nothing else. Whoever misses a ring finds the errand at his next look all the
//! same.

use super::connection::{Connection, DatabaseUrl, Purpose};
use super::error::StoreError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::Notify;

/// The channel on which nodes tell each other of errands.
const CHANNEL: &str = "tillgate_errands";
/// The part of a writing statement that rings at other nodes, when it commits.
pub(super) const RING: &str = "n_errands AS (SELECT pg_notify('tillgate_errands', ''))";
/// What counts whether it did, which makes it do so.
pub(super) const RUNG: &str = "(SELECT count(*) FROM n_errands)";
/// How often the connection is looked at: that is one system call and no query.
const LOOK: Duration = Duration::from_millis(20);
/// After so long a lost connection is opened again.
const AGAIN: Duration = Duration::from_secs(1);

/// Cheap to clone: there is one a store.
#[derive(Clone, Debug, Default)]
pub struct Bell {
    rung: Arc<Notify>,
    closed: Arc<AtomicBool>,
}

impl Bell {
    pub fn ring(&self) {
        self.rung.notify_one();
    }

    /// Waits for the next ring; one that came since the last wait counts.
    pub async fn rings(&self) {
        self.rung.notified().await;
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Rings whenever another node says that there is an errand.
    pub(super) fn listen(&self, url: &DatabaseUrl) -> Result<JoinHandle<()>, StoreError> {
        let (bell, url) = (self.clone(), url.clone());
        let thread = std::thread::Builder::new().name("bell".to_owned());
        let thread = thread.spawn(move || bell.hear(&url));
        thread.map_err(|error| StoreError::Unreachable(format!("no thread for the bell: {error}")))
    }

    fn hear(&self, url: &DatabaseUrl) {
        while !self.closed.load(Ordering::Relaxed) {
            if let Err(error) = self.hear_on(url) {
                tracing::debug!(%error, "other nodes are not heard for a moment");
                std::thread::sleep(AGAIN);
            }
        }
    }

    fn hear_on(&self, url: &DatabaseUrl) -> Result<(), StoreError> {
        let mut connection = Connection::open(url, Purpose::Read)?;
        connection.batch(&format!("LISTEN {CHANNEL}"))?;
        // What was said while nobody listened.
        self.ring();
        while !self.closed.load(Ordering::Relaxed) {
            if connection.has_notices()? {
                self.ring();
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }
}
