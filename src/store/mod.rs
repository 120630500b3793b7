//! The only room with SQL.
//!
//! [`Store::transact`] is the one way to write: it hands a command to a writer, which runs it in a batch with others
//! (`engine`) and answers when it is committed and on the disk. [`Store::read`] lends a read-only connection.

mod anchors;
pub mod attempts;
pub mod audit;
pub mod bell;
pub mod check;
mod connection;
pub mod customers;
pub mod deposits;
mod engine;
pub mod error;
pub mod every_statement;
pub mod exchanges;
mod flush;
pub mod handling;
pub mod ledger;
pub mod lists;
mod load;
pub mod migrations;
pub mod notices;
pub mod outbox;
mod own;
pub mod payouts;
pub mod people;
mod pool;
pub mod proposals;
pub mod queue;
pub mod refunds;
pub mod replies;
mod row;
mod rows;
mod set;
pub mod statement;
mod texts;
pub mod tx;
pub mod wants;
mod write;
mod write_rows;
mod write_sets;

pub use connection::{Connection, DatabaseUrl, Purpose};
pub use engine::BatchLimits;
pub use error::{OperationError, StoreError};
pub use tx::Tx;
pub use wants::Wants;

use crate::clock::Clock;
use anchors::Anchor;
use bell::Bell;
use engine::{Job, Writer};
use flush::{Flush, Log};
use own::Own;
use pool::Pool;
use queue::{Queue, Refused};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    pub url: DatabaseUrl,
    /// The name of this process among those that share the database.
    pub node: String,
    /// Writers on PostgreSQL; SQLite has one.
    pub writers: usize,
    /// Read-only connections.
    pub readers: usize,
    /// How many commands may wait for a writer.
    pub queue: usize,
    pub batch: BatchLimits,
}

/// The store. Cheap to clone; closed by [`Store::close`].
#[derive(Clone)]
pub struct Store(Arc<Shared>);

struct Shared {
    url: DatabaseUrl,
    queues: Vec<Arc<Queue<Box<dyn Job>>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    pool: Pool,
    bell: Bell,
    /// SQLite's log where it is flushed apart.
    log: Option<Arc<Log>>,
}

impl Store {
    /// Opens the database, which must be there and migrated.
    pub fn open(options: Options, clock: Clock) -> Result<Store, StoreError> {
        Store::open_on(options, clock, |flush| flush)
    }

    /// The same on a disk of one's own.
    fn open_on(
        options: Options,
        clock: Clock,
        disk: impl FnOnce(Flush) -> Flush,
    ) -> Result<Store, StoreError> {
        let writers = match options.url {
            DatabaseUrl::Sqlite(_) => 1,
            DatabaseUrl::Postgres(_) => options.writers.max(1),
        };
        let bell = Bell::default();
        let mut queues = Vec::with_capacity(writers);
        let mut threads = Vec::with_capacity(writers);
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
            thread.map_err(|error| StoreError::Unreachable(format!("no thread for a {name}: {error}")))
        };
        let mut connections = Vec::with_capacity(writers);
        for _ in 0..writers {
            connections.push(Connection::open(&options.url, Purpose::Write)?);
        }
        let log = match connections.first_mut() {
            // Whoever wants a commit for each command wants a flush for each as well.
            Some(connection) if !connection.is_postgres() && options.batch.most > 1 => {
                flush::clear(connection)?;
                Some(Arc::new(Log::new(disk(flush::apart(connection)?))))
            }
            _ => None,
        };
        for (number, connection) in connections.into_iter().enumerate() {
            let queue = Arc::new(Queue::new(options.queue));
            let writer = Writer {
                url: options.url.clone(),
                lane_name: format!("{}/{number}", options.node),
                clock: clock.clone(),
                queue: queue.clone(),
                limits: options.batch,
                connection: Some(connection),
                log: log.clone(),
                own: Own::default(),
                anchor: Anchor::default(),
                bell: bell.clone(),
                holding: 0,
            };
            threads.push(spawn(&format!("writer-{number}"), Box::new(move || writer.run()))?);
            if let Some(log) = log.clone() {
                let queue = queue.clone();
                threads.push(spawn("flush", Box::new(move || log.run(&queue)))?);
            }
            queues.push(queue);
        }
        if let DatabaseUrl::Postgres(_) = options.url {
            threads.push(bell.listen(&options.url)?);
        }
        let pool = Pool::new(options.url.clone(), options.readers);
        let threads = Mutex::new(threads);
        Ok(Store(Arc::new(Shared { url: options.url, queues, threads, pool, bell, log })))
    }

    /// Runs a command in a batch and answers when it is committed and on the disk.
    ///
    /// `turn` names whose command it is: commands of one customer run in the order they came, and customers take
    /// turns. The closure may run more than once; what it returns is that of the run that was committed. It runs on
    /// the writer's thread, so awaiting a processor while rows are held does not compile. A refusal writes nothing.
    pub async fn transact<T, F>(&self, turn: &str, wants: Wants, operation: F) -> Result<T, OperationError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, OperationError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let mut hasher = DefaultHasher::new();
        turn.hash(&mut hasher);
        let customer = hasher.finish();
        let queue = &self.0.queues[(customer % self.0.queues.len() as u64) as usize];
        match queue.push(customer, Box::new(Call { wants, operation, result: None, reply })) {
            Ok(()) => {}
            Err(Refused::Full(_)) => return Err(StoreError::Full.into()),
            Err(Refused::Closed(_)) => return Err(StoreError::Closed.into()),
        }
        answer.await.unwrap_or(Err(StoreError::Closed.into()))
    }

    /// Lends a read-only connection on a thread where waiting is allowed.
    pub async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let shared = self.0.clone();
        let result = tokio::task::spawn_blocking(move || {
            let Some(log) = &shared.log else {
                return shared.pool.with(|connection| connection.lasting(query));
            };
            let seen = shared.pool.with(query);
            log.wait()?;
            seen
        })
        .await;
        result.unwrap_or(Err(StoreError::Panicked))
    }

    /// Whether the database answers and no migration is due.
    pub async fn is_ready(&self) -> Result<(), StoreError> {
        let pending = self.read(migrations::pending).await?;
        match pending.first() {
            None => Ok(()),
            Some(name) => Err(StoreError::Corrupt(format!("migration {name} has not run"))),
        }
    }

    pub fn url(&self) -> &DatabaseUrl {
        &self.0.url
    }

    /// Rings when an errand is due.
    pub fn bell(&self) -> &Bell {
        &self.0.bell
    }

    /// How many commands wait.
    pub fn waiting(&self) -> usize {
        self.0.queues.iter().map(|queue| queue.len()).sum()
    }

    /// Takes no more commands, finishes those that wait, and ends the writers.
    pub fn close(&self) {
        for queue in &self.0.queues {
            queue.close();
        }
        self.0.bell.close();
        let mut threads = self.0.threads.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for thread in threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a writer's thread had panicked");
            }
        }
    }
}

/// A command as it waits: the closure, its last result, and who waits for it.
struct Call<T, F> {
    wants: Wants,
    operation: F,
    result: Option<Result<T, OperationError>>,
    reply: oneshot::Sender<Result<T, OperationError>>,
}

impl<T, F> Job for Call<T, F>
where
    T: Send + 'static,
    F: FnMut(&mut Tx<'_>) -> Result<T, OperationError> + Send,
{
    fn wants(&self) -> &Wants {
        &self.wants
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        self.result = None;
        let mark = tx.set.mark();
        match (self.operation)(tx) {
            Err(OperationError::Failed(error)) => return Err(error),
            Err(no) => {
                tx.set.roll_back(&mark);
                self.result = Some(Err(no));
            }
            done => self.result = Some(done),
        }
        Ok(())
    }

    fn answer(mut self: Box<Self>, committed: Result<(), StoreError>) {
        let result = match committed {
            Ok(()) => self.result.take().unwrap_or(Err(StoreError::Panicked.into())),
            Err(error) => Err(error.into()),
        };
        // Nobody waits any more when the caller hung up: the command is done all the same.
        let _ = self.reply.send(result);
    }
}
