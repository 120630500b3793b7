//! The engine: natural batches. A writer takes the commands that wait, loads the rows they announced, runs each
//! against the working set in arrival order, writes the set, commits once, and answers all when that is on the disk.
//!
//! Under no load a batch is one command and nobody waits for a timer; under load batches grow by themselves.

use super::anchors::Anchor;
use super::bell::Bell;
use super::connection::{Connection, DatabaseUrl, Purpose};
use super::error::StoreError;
use super::flush::{self, Log};
use super::own::Own;
use super::queue::{Filling, Queue};
use super::set::WorkingSet;
use super::tx::{Tx, micros};
use super::wants::Wants;
use super::write::write;
use crate::clock::Clock;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A command that waits in the queue. It may be run more than once: only the last run is committed.
pub(super) trait Job: Send {
    fn wants(&self) -> &Wants;
    /// Runs against the set. A refusal is a result; an error means that the database could not do its part.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError>;
    /// Gives the answer of the last run, or the error, to whoever waits.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// How large batches may get.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimits {
    pub most: usize,
    /// Of one customer, so that a flood of his can't make the others wait for long batches.
    pub share: usize,
}

pub(super) struct Writer {
    pub url: DatabaseUrl,
    pub lane_name: String,
    pub clock: Clock,
    pub queue: Arc<Queue<Box<dyn Job>>>,
    pub limits: BatchLimits,
    pub connection: Option<Connection>,
    /// SQLite's log where it is flushed apart.
    pub log: Option<Arc<Log>>,
    pub own: Own,
    pub anchor: Anchor,
    pub bell: Bell,
    /// For how many batches rows are still locked when they are read.
    pub holding: u32,
}

/// How often a batch is tried as a whole before its commands are run one by one, and each of those then.
const BATCH_TRIES: usize = 2;
const SINGLE_TRIES: usize = 5;
/// For how many batches a writer that was raced on PostgreSQL locks what it reads. Without races it does not: what a
/// batch read is compared by the one statement that writes it, which spares BEGIN, locks and COMMIT.
const HOLD_AFTER_RACE: u32 = 32;

impl Writer {
    /// Works until the queue is closed and empty.
    pub fn run(mut self) {
        loop {
            let mut filling = Filling::new(self.limits.most, self.limits.share);
            let Some(jobs) = self.queue.take(&mut filling) else { return };
            self.commit(jobs, filling);
        }
    }

    fn commit(&mut self, mut jobs: Vec<Box<dyn Job>>, filling: Filling) {
        match self.tries(&mut jobs, Some(filling)) {
            Ok(done) => self.finish(jobs, done),
            // One by one, so that one bad command can't fail its neighbours.
            Err(error) if jobs.len() > 1 && !error.lost_connection() => {
                tracing::debug!(commands = jobs.len(), %error, "a batch is run again one by one");
                for job in jobs {
                    let mut alone = vec![job];
                    match self.tries(&mut alone, None) {
                        Ok(done) => self.finish(alone, done),
                        Err(error) => fail(alone, &error),
                    }
                }
            }
            Err(error) => fail(jobs, &error),
        }
    }

    /// Runs a batch until it commits. Conflicts and lost connections are tried again on fresh rows: whatever was
    /// committed by a COMMIT whose answer was lost is then found by its stored reply.
    fn tries(
        &mut self,
        jobs: &mut Vec<Box<dyn Job>>,
        mut filling: Option<Filling>,
    ) -> Result<Done, StoreError> {
        let mut trusting = self.own.is_trusted(self.clock.now()) && self.holding == 0;
        let mut attempt = 1;
        loop {
            let error = match self.batch(jobs, filling.take(), trusting) {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let lost = error.lost_connection();
            if lost {
                self.connection = None;
            }
            if std::mem::take(&mut trusting) && error.is_conflict() {
                // Somebody else may have been there or the guess was wrong: everything is read, which is no race yet.
                if matches!(error, StoreError::Raced) {
                    self.own.doubt();
                }
                continue;
            }
            self.own.forget();
            if error.is_conflict() {
                metrics::counter!("tillgate_store_races_total").increment(1);
                self.holding = HOLD_AFTER_RACE;
            }
            // A command that is alone has nobody who could be hurt by its repeats.
            let tries = if jobs.len() == 1 { SINGLE_TRIES } else { BATCH_TRIES };
            let again = error.is_conflict() || lost;
            if !again || attempt >= tries {
                return Err(error);
            }
            attempt += 1;
        }
    }

    fn batch(
        &mut self,
        jobs: &mut Vec<Box<dyn Job>>,
        filling: Option<Filling>,
        trusting: bool,
    ) -> Result<Done, StoreError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                // What SQLite counts of others' commits is counted for each connection.
                self.own.forget();
                let mut connection = Connection::open(&self.url, Purpose::Write)?;
                if let Some(log) = &self.log {
                    log.follow(flush::apart(&mut connection)?);
                }
                connection
            }
        };
        let hold = self.holding > 0;
        self.holding = self.holding.saturating_sub(1);
        let mut terms = Terms { hold, trusting, filling };
        if connection.is_postgres() && !hold {
            let result = self.inside(&mut connection, jobs, 0, &mut terms);
            self.connection = Some(connection);
            return result;
        }
        // The lane first: it is made in a transaction of its own.
        let begun =
            self.own.lane(&mut connection, &self.lane_name).map(drop).and_then(|()| connection.begin());
        if let Err(error) = begun {
            self.connection = Some(connection);
            return Err(error);
        }
        let result = connection.changes().and_then(|changes| {
            let done = self.rounds(&mut connection, jobs, &mut terms)?;
            self.end(&mut connection, done, changes)
        });
        if result.is_err() {
            self.log.iter().for_each(|log| log.end(None));
            // What earlier rounds left in memory was not committed.
            self.own.forget();
        }
        // After an error the transaction is ended; a connection that can't even do that is not used again.
        if result.is_ok() || connection.rollback().is_ok() {
            self.connection = Some(connection);
        }
        result
    }

    /// Runs and writes the batch, and on SQLite also who comes while it is small beside what is on its way to the disk:
    /// there rows are written one by one, so another round costs what it would cost anyway, and a commit costs pages.
    fn rounds(
        &mut self,
        connection: &mut Connection,
        jobs: &mut Vec<Box<dyn Job>>,
        terms: &mut Terms,
    ) -> Result<Done, StoreError> {
        let mut done = self.inside(connection, jobs, 0, terms)?;
        while let (Some(log), Some(filling)) = (&self.log, &mut terms.filling)
            && !filling.is_full()
        {
            let begun = jobs.len();
            let is_small = || begun * 2 < log.under_way();
            jobs.append(&mut self.queue.more_while(filling, is_small));
            if jobs.len() == begun {
                break;
            }
            self.own.keep(done.set, done.lane);
            let next = self.inside(connection, jobs, begun, terms)?;
            done.failed.extend(next.failed);
            done = Done { failed: done.failed, rings: done.rings || next.rings, ..next };
        }
        Ok(done)
    }

    /// Commits. On SQLite a batch that changed nothing is answered at once when all that it has seen is on the disk.
    fn end(&mut self, connection: &mut Connection, mut done: Done, changes: i64) -> Result<Done, StoreError> {
        let changed = connection.changes()? != changes;
        match &self.log {
            Some(log) => {
                done.flushes = changed || !log.is_quiet();
                if done.flushes {
                    log.begin();
                }
                connection.commit()?;
            }
            None => {
                connection.commit()?;
                if !changed {
                    flush::make_last(connection)?;
                }
            }
        }
        Ok(done)
    }

    /// Answers first: nobody has to wait for what is only put away.
    fn finish(&mut self, jobs: Vec<Box<dyn Job>>, done: Done) {
        metrics::histogram!("tillgate_store_batch_commands").record(jobs.len() as f64);
        let answers = Answers { jobs, failed: done.failed, bell: done.rings.then(|| self.bell.clone()) };
        match &self.log {
            Some(log) if done.flushes => log.end(Some(answers)),
            _ => answers.give(),
        }
        if done.trusting {
            self.own.confirm();
        }
        self.own.keep(done.set, done.lane);
        if let (true, Some(connection)) = (done.flushes, &mut self.connection)
            && let Err(error) = flush::carry_over(connection)
        {
            tracing::warn!(%error, "the log could not be carried over");
        }
    }

    /// Runs the commands from the `begun`th on, and who comes meanwhile, and writes what they made.
    fn inside(
        &mut self,
        connection: &mut Connection,
        jobs: &mut Vec<Box<dyn Job>>,
        mut begun: usize,
        terms: &mut Terms,
    ) -> Result<Done, StoreError> {
        let &mut Terms { hold, trusting, ref mut filling } = terms;
        let mut set = WorkingSet::default();
        let row = self.own.lane(connection, &self.lane_name)?;
        let lane = row.id;
        set.last_id = row.last_id;
        set.lanes.learn(row.clone());
        if trusting && !connection.is_postgres() {
            self.own.look(connection)?;
        }
        let (now, frozen) = (self.clock.now(), self.clock.is_frozen());
        let mut tx = Tx { set: &mut set, connection, lane, now, hold, frozen };
        let mut failed = Failed::new();
        let mut guess = None;
        while begun < jobs.len() {
            let mut wants = Wants::default();
            for job in &jobs[begun..] {
                wants.add(job.wants());
            }
            if trusting && jobs.len() == 1 {
                guess = wants.guess(&mut tx);
            }
            wants.read(&mut tx, trusting.then_some(&mut self.own))?;
            for (place, job) in jobs.iter_mut().enumerate().skip(begun) {
                match run(job.as_mut(), &mut tx) {
                    Ok(()) => {}
                    Err(error @ (StoreError::Corrupt(_) | StoreError::Panicked)) => {
                        failed.push((place, error))
                    }
                    // A database that failed has ended the transaction for all.
                    Err(error) => return Err(error),
                }
            }
            begun = jobs.len();
            // Who came meanwhile rides along: a flush for many costs what it costs for one.
            if let Some(filling) = filling {
                jobs.append(&mut self.queue.more(filling));
            }
        }
        if guess.is_some_and(|name| !tx.set.replies.is_new(&name)) {
            return Err(StoreError::Raced);
        }
        self.anchor.record(&mut tx)?;
        let rings = set.leaves_due_errand(micros(now));
        write(connection, &mut set, lane, jobs.len() == 1, rings)?;
        Ok(Done { failed, set, lane, rings, trusting, flushes: false })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.log.iter().for_each(|log| log.close());
    }
}

/// Runs one command. One that fails by itself is taken back and hurts nobody.
fn run(job: &mut dyn Job, tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let mark = tx.set.mark();
    let result = catch_unwind(AssertUnwindSafe(|| job.run(tx))).unwrap_or(Err(StoreError::Panicked));
    if result.is_err() {
        tx.set.roll_back(&mark);
    }
    result
}

/// How a batch is run.
struct Terms {
    /// Rows are locked when they are read.
    hold: bool,
    /// Rows may come from memory, and a command that is alone may guess.
    trusting: bool,
    /// What else may come into it.
    filling: Option<Filling>,
}

/// A batch that was written.
struct Done {
    failed: Failed,
    set: WorkingSet,
    lane: i64,
    /// It left an errand that is due.
    rings: bool,
    trusting: bool,
    /// It is answered after a flush.
    flushes: bool,
}

/// The commands of a committed batch that failed by themselves, by their place.
type Failed = Vec<(usize, StoreError)>;

/// What is to be said of a batch that was committed.
pub(super) struct Answers {
    jobs: Vec<Box<dyn Job>>,
    failed: Failed,
    /// Rung when an errand that it left is due.
    bell: Option<Bell>,
}

impl Answers {
    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Says it.
    pub fn give(mut self) {
        for (place, job) in self.jobs.into_iter().enumerate() {
            let at = self.failed.iter().position(|(at, _)| *at == place);
            let error = at.map(|index| self.failed.swap_remove(index).1);
            if let Some(error) = &error {
                tracing::error!(%error, "a command failed by itself and was taken back");
            }
            job.answer(error.map_or(Ok(()), Err));
        }
        if let Some(bell) = self.bell {
            bell.ring();
        }
    }
}

fn fail(jobs: Vec<Box<dyn Job>>, error: &StoreError) {
    use std::error::Error as _;
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    tracing::warn!(commands = jobs.len(), %error, cause, "commands could not be committed");
    metrics::counter!("tillgate_store_failed_commands_total").increment(jobs.len() as u64);
    for job in jobs {
        job.answer(Err(error.again()));
    }
}
