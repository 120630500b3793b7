//! SQLite's log on its way to the disk.
//!
//! The writer commits without waiting for the disk; a thread of its own flushes the log, and the next batch runs
//! meanwhile. Nobody is told what is not on the disk: callers are answered after a flush that began after their
//! commit, and whoever reads waits for what he may have seen. Before SQLite carries the log over it flushes it itself.
//!
//! After a flush that failed nobody knows what is on the disk, and to flush again would not tell: the process ends at
//! once. The next one carries over all that it finds in the log and begins it anew, so that nothing is written behind
//! a hole.

use super::connection::Connection;
use super::engine::{Answers, Job};
use super::error::StoreError;
use super::queue::Queue;
use diesel::sql_types::{Integer, Text};
use std::fs::File;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// What makes everything durable that was written before it was called.
pub(super) type Flush = Arc<dyn Fn() -> io::Result<()> + Send + Sync>;

/// How long a reader waits for the disk before it is told to come again.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a start waits for others who read the log that it must begin anew, a backup for example.
const PATIENCE_AT_START: Duration = Duration::from_secs(60);
/// The log is carried over when it has so many pages of 4 KiB to carry, about 64 MB: a page that many batches change
/// is then written once for all of them. Measured at 64 connections with a million payouts, when that was done within
/// COMMIT: at 32 MB 3,170 calls a second with a p99 of 144 ms, at 64 MB 3,630 and 189, at 128 MB 3,530 and 255. A
/// thread that does nothing else never comes to the end of a log that is written without a rest.
const LONG: i32 = 16_000;

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
    closed: bool,
}

impl Log {
    /// For a log that was empty, or on the disk.
    pub fn new(flush: Flush) -> Log {
        let answers = Vec::new();
        let state = State { flush, begun: 0, ended: 0, flushed: 0, answers, under_way: 0, closed: false };
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

    /// Whether everything is on the disk.
    pub fn is_quiet(&self) -> bool {
        let state = self.lock();
        state.flushed == state.begun
    }

    /// Waits until everything is on the disk that can have been seen by now.
    pub fn wait(&self) -> Result<(), StoreError> {
        let state = self.lock();
        let seen = state.begun;
        let (_state, waited) = self
            .changed
            .wait_timeout_while(state, PATIENCE, |state| state.flushed < seen)
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if waited.timed_out() {
            return Err(StoreError::Unreachable("the disk takes too long".to_owned()));
        }
        Ok(())
    }

    /// No more commits come: the thread ends when all are flushed.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Flushes until the log is closed. The writer waits at its queue, so that is told when a flush has ended.
    pub fn run(&self, queue: &Queue<Box<dyn Job>>) {
        while let Some((flush, upto, answers)) = self.next() {
            if let Err(error) = flush() {
                tracing::error!(%error, "the log could not be flushed, and nobody knows what is on the disk");
                std::process::abort();
            }
            let mut state = self.lock();
            state.flushed = upto;
            state.under_way -= answers.iter().map(Answers::len).sum::<usize>();
            drop(state);
            // First whoever waits to go on, then whoever waits to be told.
            self.changed.notify_all();
            queue.wake();
            answers.into_iter().for_each(Answers::give);
        }
    }

    fn next(&self) -> Option<(Flush, u64, Vec<Answers>)> {
        let mut state = self.lock();
        while state.flushed == state.ended {
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

/// Busy or not, pages in the log, and how many of them are carried over.
type Checkpoint = (Integer, Integer, Integer);

/// Carries over and empties the log that was found. Whoever wrote it may have ended at a flush that failed, when the
/// system shows pages that are not on the disk and will not write them again: SQLite writes them once more, elsewhere.
pub(super) fn clear(connection: &mut Connection) -> Result<(), StoreError> {
    let begun = Instant::now();
    loop {
        let outcome =
            connection.load::<Checkpoint, (i32, i32, i32)>("PRAGMA wal_checkpoint(TRUNCATE)", &[])?;
        if outcome.first().is_some_and(|(busy, _, _)| *busy == 0) {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE_AT_START {
            let reason = "somebody else is reading the log that must be emptied first";
            return Err(StoreError::Unreachable(reason.to_owned()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Has a connection commit without waiting, and says how its log is flushed.
pub(super) fn apart(connection: &mut Connection) -> Result<Flush, StoreError> {
    connection.batch("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0")?;
    let file = log_of(connection)?;
    let log = File::open(&file).map_err(|error| StoreError::Unreachable(format!("{file}: {error}")))?;
    Ok(Arc::new(move || log.sync_data()))
}

/// Carries the log over if it has become long: between two batches, when those of the last wait for their flush alone.
pub(super) fn carry_over(connection: &mut Connection) -> Result<(), StoreError> {
    let found = connection.load::<Checkpoint, (i32, i32, i32)>("PRAGMA wal_checkpoint(NOOP)", &[])?;
    if found.first().is_some_and(|(_, pages, carried)| pages - carried >= LONG) {
        connection.batch("PRAGMA wal_checkpoint(PASSIVE)")?;
    }
    Ok(())
}

/// Makes what a connection has seen last: another process may have committed it and not flushed it yet.
pub(super) fn make_last(connection: &mut Connection) -> Result<(), StoreError> {
    if connection.is_postgres() {
        return Ok(());
    }
    match File::open(log_of(connection)?).and_then(|log| log.sync_data()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::NotFlushed(error.to_string()))
        }
        _ => Ok(()),
    }
}

fn log_of(connection: &mut Connection) -> Result<String, StoreError> {
    let sql = "SELECT file FROM pragma_database_list WHERE name = 'main'";
    let file = connection.load::<Text, String>(sql, &[])?.pop().unwrap_or_default();
    Ok(format!("{file}-wal"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::store::outbox::{self, Errand};
    use crate::store::{
        BatchLimits, DatabaseUrl, OperationError, Options, Purpose, Store, Tx, Wants, migrations,
    };
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// A disk whose flushes last until they are let go.
    struct Disk {
        asked: Receiver<()>,
        goes: Sender<()>,
    }

    impl Disk {
        fn new() -> (Disk, Flush) {
            let (asks, asked) = channel();
            let (goes, go) = channel();
            let (asks, go) = (Mutex::new(asks), Mutex::new(go));
            let flush = move || {
                asks.lock().expect("no panic").send(()).expect("the test listens");
                go.lock().expect("no panic").recv().expect("the test answers");
                Ok(())
            };
            (Disk { asked, goes }, Arc::new(flush))
        }

        fn is_asked(&self) {
            self.asked.recv().expect("the store flushes");
        }

        fn ends(&self) {
            self.goes.send(()).expect("the store waits");
        }
    }

    struct House {
        _folder: tempfile::TempDir,
        options: Options,
        store: Store,
        disk: Disk,
        /// Each command says so when it runs.
        ran: Receiver<()>,
        runs: Sender<()>,
        beside: Connection,
    }

    type Task<T> = tokio::task::JoinHandle<T>;

    impl House {
        fn open() -> House {
            let folder = tempfile::tempdir().expect("a folder");
            let url = DatabaseUrl::Sqlite(folder.path().join("till.db").display().to_string());
            migrations::run(&url).expect("migrated");
            let batch = BatchLimits { most: 256, share: 256 };
            let node = "here".to_owned();
            let options = Options { url, node, writers: 1, readers: 2, queue: 256, batch };
            let (disk, flush) = Disk::new();
            let store = Store::open_on(options.clone(), Clock::system(), |_| flush).expect("a store");
            let (runs, ran) = channel();
            let beside = Connection::open(&options.url, Purpose::Read).expect("a connection");
            House { _folder: folder, options, store, disk, ran, runs, beside }
        }

        fn runs<F>(&self, mut command: F) -> Task<Result<(), OperationError>>
        where
            F: FnMut(&mut Tx<'_>) -> Result<(), OperationError> + Send + 'static,
        {
            let (store, runs) = (self.store.clone(), self.runs.clone());
            tokio::spawn(async move {
                let run = store.transact("here", Wants::nothing(), move |tx| {
                    runs.send(()).expect("the test listens");
                    command(tx)
                });
                run.await
            })
        }

        /// Runs a command that writes one row.
        fn puts(&self, subject: &str) -> Task<Result<(), OperationError>> {
            let kind = outbox::Task::PayOut.name().to_owned();
            let errand = Errand { kind, subject: subject.to_owned(), payload: String::new() };
            self.runs(move |tx| Ok(outbox::put(tx, &errand, tx.now())?))
        }

        fn reads(&self) -> Task<Result<usize, StoreError>> {
            let store = self.store.clone();
            tokio::spawn(async move { store.read(count).await })
        }

        /// How many rows are committed, whoever may know it.
        fn committed(&mut self) -> usize {
            count(&mut self.beside).expect("read")
        }

        async fn until_committed(&mut self, rows: usize) {
            while self.committed() != rows {
                tokio::task::yield_now().await;
            }
        }
    }

    fn count(connection: &mut Connection) -> Result<usize, StoreError> {
        Ok(connection.load::<Text, String>("SELECT subject FROM outbox", &[])?.len())
    }

    async fn is_open<T>(task: &mut Task<T>) -> bool {
        tokio::time::timeout(Duration::from_millis(30), task).await.is_err()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nobody_is_told_what_is_not_on_the_disk() {
        let mut house = House::open();
        assert_eq!(house.reads().await.expect("a task").expect("read"), 0, "nothing is under way");
        house.runs(|_| Ok(())).await.expect("a task").expect("what changes nothing needs no flush");

        let bell = house.store.bell().clone();
        let mut rung = tokio::spawn(async move { bell.rings().await });
        let mut first = house.puts("first");
        house.disk.is_asked();
        assert_eq!(house.committed(), 1);
        let (mut read, mut looked) = (house.reads(), house.runs(|_| Ok(())));
        assert!(is_open(&mut first).await, "the caller was answered before the flush");
        assert!(is_open(&mut read).await, "a reader was shown what may yet be lost");
        assert!(is_open(&mut looked).await, "so was a command that changes nothing");
        assert!(is_open(&mut rung).await, "a worker was sent before the flush");

        // The next is committed while the first is flushed, which does not hold it.
        let mut next = house.puts("next");
        house.until_committed(2).await;
        house.disk.ends();
        first.await.expect("a task").expect("put");
        rung.await.expect("rung");
        house.disk.is_asked();
        assert!(is_open(&mut next).await);
        house.disk.ends();
        next.await.expect("a task").expect("put");
        read.await.expect("a task").expect("read");
        looked.await.expect("a task").expect("looked");
        house.store.close();
    }

    /// Whoever was there before may have seen pages that are not on the disk.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_store_that_is_opened_anew_writes_nothing_behind_what_it_finds() {
        let house = House::open();
        let put = house.puts("1");
        house.disk.is_asked();
        // Committed and not flushed; another store comes, as after a kill.
        let again = Store::open(house.options.clone(), Clock::system()).expect("a store");
        let DatabaseUrl::Sqlite(file) = &house.options.url else { unreachable!("it is SQLite") };
        let log = std::fs::metadata(format!("{file}-wal")).expect("a log");
        assert_eq!(log.len(), 0, "what was found is carried over");
        assert_eq!(again.read(count).await.expect("read"), 1);
        again.close();
        house.disk.ends();
        put.await.expect("a task").expect("put");
        house.store.close();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_small_batch_waits_for_company_and_a_round_that_is_raced_takes_nobody_along() {
        let mut house = House::open();
        // The writer is held, so that eight more come into its batch.
        let (go, held) = channel::<()>();
        let mut nine = vec![house.runs(move |_| {
            held.recv().expect("let go");
            Ok(())
        })];
        house.ran.recv().expect("it runs");
        nine.extend((0..8).map(|number| house.puts(&number.to_string())));
        while house.store.waiting() < 8 {
            tokio::task::yield_now().await;
        }
        go.send(()).expect("it is held");
        house.disk.is_asked();
        (0..8).for_each(|_| house.ran.recv().expect("they run"));
        // Nine are on their way: three wait for company.
        let mut four: Vec<_> = ["u", "v", "w"].map(|subject| house.puts(subject)).into_iter().collect();
        four.iter().for_each(|_| house.ran.recv().expect("they run"));
        assert_eq!(house.committed(), 8, "a small batch was committed alone");
        // The fourth is raced: all are run again, and go on.
        let mut raced = false;
        four.push(house.runs(move |_| {
            if std::mem::replace(&mut raced, true) { Ok(()) } else { Err(StoreError::Raced.into()) }
        }));
        house.until_committed(11).await;
        house.disk.ends();
        for done in nine {
            done.await.expect("a task").expect("done");
        }
        house.disk.is_asked();
        house.disk.ends();
        for done in four {
            done.await.expect("a task").expect("done, or run again");
        }
        assert_eq!(house.committed(), 11, "each is there once");
        house.store.close();
    }
}
