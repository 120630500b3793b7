//! What is kept for a time only is deleted when its time is over: exchanges with processors, and sessions that have
//! ended long ago. A little at a time, so that nothing waits for it.

use crate::clock::Clock;
use crate::operations::OperationError;
use crate::store::people::sessions;
use crate::store::{Store, StoreError, Tx, Wants, exchanges};
use chrono::{DateTime, Duration, Utc};

/// How long what is kept.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    pub exchanges: Duration,
    /// From its beginning. No session may live as long as this.
    pub sessions: Duration,
}

#[derive(Clone)]
pub struct Housekeeper {
    store: Store,
    clock: Clock,
    kept: Kept,
}

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    pub exchanges: usize,
    pub sessions: usize,
}

const EVERY: std::time::Duration = std::time::Duration::from_secs(3600);
const AT_ONCE: i64 = 500;

impl Housekeeper {
    pub fn new(store: Store, clock: Clock, kept: Kept) -> Housekeeper {
        Housekeeper { store, clock, kept }
    }

    /// Looks every hour until the task is dropped.
    pub async fn run(self) {
        let mut hours = tokio::time::interval(EVERY);
        loop {
            hours.tick().await;
            match self.run_once().await {
                Ok(Purged { exchanges: 0, sessions: 0 }) => {}
                Ok(purged) => tracing::info!(?purged, "what was old is deleted"),
                Err(error) => tracing::warn!(%error, "what is old could not be deleted"),
            }
        }
    }

    /// Deletes everything whose time is over.
    pub async fn run_once(&self) -> Result<Purged, OperationError> {
        let now = self.clock.now();
        let before = |kept: Duration| now.checked_sub_signed(kept).unwrap_or(DateTime::<Utc>::MIN_UTC);
        Ok(Purged {
            exchanges: self.purge(before(self.kept.exchanges), exchanges::purge).await?,
            sessions: self.purge(before(self.kept.sessions), sessions::purge).await?,
        })
    }

    async fn purge(
        &self,
        before: DateTime<Utc>,
        some: fn(&mut Tx<'_>, DateTime<Utc>, i64) -> Result<usize, StoreError>,
    ) -> Result<usize, OperationError> {
        let mut all = 0;
        loop {
            let run = move |tx: &mut Tx<'_>| Ok(some(tx, before, AT_ONCE)?);
            let purged = self.store.transact("housekeeping", Wants::nothing(), run).await?;
            all += purged;
            if (purged as i64) < AT_ONCE {
                return Ok(all);
            }
        }
    }
}
