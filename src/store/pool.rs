//! Read-only connections, opened when needed and lent one at a time.

use super::connection::{Connection, DatabaseUrl, Purpose};
use super::error::StoreError;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

pub(super) struct Pool {
    url: DatabaseUrl,
    most: usize,
    state: Mutex<State>,
    returned: Condvar,
}

struct State {
    idle: Vec<Connection>,
    lent: usize,
}

/// How long a reader waits for a connection before it is told to come again.
const PATIENCE: Duration = Duration::from_secs(5);

impl Pool {
    pub fn new(url: DatabaseUrl, most: usize) -> Pool {
        let state = Mutex::new(State { idle: Vec::new(), lent: 0 });
        Pool { url, most: most.max(1), state, returned: Condvar::new() }
    }

    pub fn with<T>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut lent = self.lend()?;
        let result = query(&mut lent.connection);
        lent.give_back(result.is_ok());
        result
    }

    fn lend(&self) -> Result<Lent<'_>, StoreError> {
        let state = self.lock();
        let (mut state, waited) = self
            .returned
            .wait_timeout_while(state, PATIENCE, |state| state.idle.is_empty() && state.lent >= self.most)
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if waited.timed_out() {
            return Err(StoreError::Full);
        }
        state.lent += 1;
        let place = Place { pool: self };
        let idle = state.idle.pop();
        drop(state);
        let connection = match idle {
            Some(connection) => connection,
            None => Connection::open(&self.url, Purpose::Read)?,
        };
        Ok(Lent { connection, place })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

struct Lent<'a> {
    connection: Connection,
    place: Place<'a>,
}

impl Lent<'_> {
    /// A connection that failed is not lent again: whatever is wrong with it ends with it.
    fn give_back(self, good: bool) {
        if good {
            self.place.pool.lock().idle.push(self.connection);
        }
    }
}

/// A lent connection's place in the pool, free again however the loan ends.
struct Place<'a> {
    pool: &'a Pool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.pool.lock().lent -= 1;
        self.pool.returned.notify_one();
    }
}
