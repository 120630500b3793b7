//! SQLite's log on its way to the disk.
//!
//! The writer commits without waiting for the disk; a thread of its own flushes the log, and the next batch runs
//! meanwhile. Nobody is told what is not on the disk: callers are answered after a flush that began after their commit,
//! and whoever reads waits for what he may have seen. Before SQLite carries the log over it flushes it itself.
//!
//! After a flush that failed nobody knows what is on the disk, and to flush again would not tell. The store then answers
//! nobody any more, until it is opened anew.

use super::connection::Connection;
use super::engine::{Answers, Job};
use super::error::StoreError;
use super::queue::Queue;
use diesel::sql_types::Text;
use std::fs::File;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// What makes everything durable that was written before it was called.
pub(super) type Flush = Arc<dyn Fn() -> io::Result<()> + Send + Sync>;

pub(super) struct Log {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    flush: Flush,
    /// Commits are numbered by the one writer: how many it has begun, has ended, and has on the disk.
    begun: u64,
    ended: u64,
    flushed: u64,
    /// What is said after the next flush.
    answers: Vec<Answers>,
    /// Commands that were committed and not answered.
    under_way: usize,
    failed: bool,
    closed: bool,
}

impl Log {
    /// What is in the log already counts as a commit: whoever wrote it may have been killed before it was flushed.
    pub fn new(flush: Flush) -> Log {
        let state = State {
            flush,
            begun: 1,
            ended: 1,
            flushed: 0,
            answers: Vec::new(),
            under_way: 0,
            failed: false,
            closed: false,
        };
        Log { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// From now on flushes the log of a connection that was opened in the place of another. What the other one wrote is
    /// in the same file, or was carried over when it was closed.
    pub fn follow(&self, flush: Flush) {
        self.lock().flush = flush;
    }

    /// A commit begins: from now on it may be seen.
    pub fn begin(&self) {
        self.lock().begun += 1;
    }

    /// It has ended, well or not, and these are to be answered once it is on the disk.
    pub fn end(&self, answers: Option<Answers>) {
        let mut state = self.lock();
        state.ended = state.begun;
        state.under_way += answers.as_ref().map_or(0, Answers::len);
        state.answers.extend(answers);
        drop(state);
        self.changed.notify_all();
    }

    /// How many commands are on their way to the disk.
    pub fn under_way(&self) -> usize {
        self.lock().under_way
    }

    /// Waits until everything is on the disk that can have been seen by now.
    pub fn wait(&self) -> Result<(), StoreError> {
        let mut state = self.lock();
        let seen = state.begun;
        while state.flushed < seen && !state.failed {
            state = self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        state.verdict()
    }

    /// Whether flushes do what they must.
    pub fn verdict(&self) -> Result<(), StoreError> {
        self.lock().verdict()
    }

    /// No more commits come: the thread ends when all are flushed.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Flushes until the log is closed. The writer waits at its queue, so that is told when a flush has ended.
    pub fn run(&self, queue: &Queue<Box<dyn Job>>) {
        while let Some((flush, upto, answers)) = self.next() {
            let result = flush();
            if let Err(error) = &result {
                tracing::error!(%error, "the log could not be flushed: the store takes nothing more until it is opened anew");
            }
            let mut state = self.lock();
            match result {
                Ok(()) => state.flushed = upto,
                Err(_) => state.failed = true,
            }
            state.under_way -= answers.iter().map(Answers::len).sum::<usize>();
            let verdict = state.verdict();
            drop(state);
            // First whoever waits to go on, then whoever waits to be told.
            self.changed.notify_all();
            queue.wake();
            for answers in answers {
                answers.give(verdict.as_ref().map_or_else(|error| Err(error.again()), |()| Ok(())));
            }
        }
    }

    fn next(&self) -> Option<(Flush, u64, Vec<Answers>)> {
        let mut state = self.lock();
        while state.flushed == state.ended || (state.failed && state.answers.is_empty()) {
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        Some((state.flush.clone(), state.ended, std::mem::take(&mut state.answers)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl State {
    fn verdict(&self) -> Result<(), StoreError> {
        if self.failed {
            return Err(StoreError::Corrupt("a flush of the log has failed".to_owned()));
        }
        Ok(())
    }
}

/// Has a connection commit without waiting, and says how its log is flushed.
pub(super) fn apart(connection: &mut Connection) -> Result<Flush, StoreError> {
    connection.batch("PRAGMA synchronous = NORMAL")?;
    let sql = "SELECT file FROM pragma_database_list WHERE name = 'main'";
    let file = connection.load::<Text, String>(sql, &[])?.pop().unwrap_or_default();
    let unreachable = |error: io::Error| StoreError::Unreachable(format!("{file}-wal: {error}"));
    let log = File::open(format!("{file}-wal")).map_err(unreachable)?;
    Ok(Arc::new(move || log.sync_data()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::store::outbox::{self, Errand, Task};
    use crate::store::{
        BatchLimits, DatabaseUrl, OperationError, Options, Purpose, Store, Wants, migrations,
    };
    use std::future::Future;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Duration;

    /// A disk whose flushes last until they are let go.
    struct Disk {
        asked: Receiver<()>,
        goes: Sender<io::Result<()>>,
    }

    impl Disk {
        fn new() -> (Disk, Flush) {
            let (asks, asked) = channel();
            let (goes, go) = channel();
            let (asks, go) = (Mutex::new(asks), Mutex::new(go));
            let flush = move || {
                asks.lock().expect("no panic").send(()).expect("the test listens");
                go.lock().expect("no panic").recv().expect("the test answers")
            };
            (Disk { asked, goes }, Arc::new(flush))
        }

        fn is_asked(&self) {
            self.asked.recv().expect("the store flushes");
        }

        fn ends(&self, result: io::Result<()>) {
            self.goes.send(result).expect("the store waits");
        }
    }

    struct House {
        _folder: tempfile::TempDir,
        options: Options,
        store: Store,
        disk: Disk,
    }

    impl House {
        fn open() -> House {
            let folder = tempfile::tempdir().expect("a folder");
            let url = DatabaseUrl::Sqlite(folder.path().join("till.db").display().to_string());
            migrations::run(&url).expect("migrated");
            let batch = BatchLimits { most: 256, share: 256 };
            let options = Options { url, node: "here".to_owned(), writers: 1, readers: 2, queue: 256, batch };
            let (disk, flush) = Disk::new();
            let store = Store::open_on(options.clone(), Clock::system(), |_| flush).expect("a store");
            // What was found in the log.
            disk.is_asked();
            disk.ends(Ok(()));
            House { _folder: folder, options, store, disk }
        }

        fn puts(&self, subject: &str) -> tokio::task::JoinHandle<Result<(), OperationError>> {
            let kind = Task::PayOut.name().to_owned();
            let errand = Errand { kind, subject: subject.to_owned(), payload: String::new() };
            let store = self.store.clone();
            tokio::spawn(async move {
                let put = store
                    .transact("here", Wants::nothing(), move |tx| Ok(outbox::put(tx, &errand, tx.now())?));
                put.await
            })
        }

        fn sees(&self) -> tokio::task::JoinHandle<Result<usize, StoreError>> {
            let store = self.store.clone();
            tokio::spawn(async move { store.read(count).await })
        }
    }

    fn count(connection: &mut Connection) -> Result<usize, StoreError> {
        Ok(connection.load::<Text, String>("SELECT subject FROM outbox", &[])?.len())
    }

    async fn is_open<T>(task: &mut (impl Future<Output = T> + Unpin)) -> bool {
        tokio::time::timeout(Duration::from_millis(30), task).await.is_err()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nobody_is_told_what_is_not_on_the_disk() {
        let house = House::open();
        assert_eq!(
            house.sees().await.expect("a task").expect("read"),
            0,
            "nothing is under way: nobody waits"
        );
        let mut put = house.puts("1");
        house.disk.is_asked();
        let mut beside = Connection::open(&house.options.url, Purpose::Read).expect("a connection");
        assert_eq!(count(&mut beside).expect("read"), 1, "it is committed");
        let mut seen = house.sees();
        assert!(is_open(&mut put).await, "the caller was answered before the flush");
        assert!(is_open(&mut seen).await, "a reader was shown what may yet be lost");
        let mut next = house.puts("2");
        house.disk.ends(Ok(()));
        put.await.expect("a task").expect("put");
        house.disk.is_asked();
        assert!(is_open(&mut next).await, "the first flush does not hold the second commit");
        assert!((1..=2).contains(&seen.await.expect("a task").expect("read")));
        house.disk.ends(Ok(()));
        next.await.expect("a task").expect("put");
        house.store.close();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn after_a_flush_that_failed_nobody_is_answered_until_the_store_is_opened_anew() {
        let house = House::open();
        let put = house.puts("1");
        house.disk.is_asked();
        house.disk.ends(Err(io::Error::other("no such luck")));
        assert!(put.await.expect("a task").is_err(), "nobody knows what is on the disk");
        assert!(house.puts("2").await.expect("a task").is_err());
        assert!(house.sees().await.expect("a task").is_err());
        house.store.close();
        let again = Store::open(house.options.clone(), Clock::system()).expect("a store");
        assert_eq!(
            again.read(count).await.expect("read"),
            1,
            "the first was committed, the second never ran"
        );
        again.close();
    }
}
