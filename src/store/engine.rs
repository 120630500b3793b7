//! The engine: natural batches. A writer takes the commands that wait, loads the rows they announced, runs each
//! against the working set in arrival order, writes the set, commits once, and only then answers all.
//!
//! Under no load a batch is one command and nobody waits for a timer; under load batches grow by themselves.

use super::anchors::Anchor;
use super::bell::Bell;
use super::connection::{Connection, DatabaseUrl, Purpose};
use super::error::StoreError;
use super::own::Own;
use super::queue::Queue;
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
        while let Some(jobs) = self.queue.take(self.limits.most, self.limits.share) {
            metrics::histogram!("tillgate_store_batch_commands").record(jobs.len() as f64);
            self.commit(jobs);
        }
    }

    fn commit(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        // A command that is alone from the beginning has nobody who could be hurt by its repeats.
        let tries = if jobs.len() == 1 { SINGLE_TRIES } else { BATCH_TRIES };
        match self.tries(&mut jobs, tries) {
            Ok(failed) => answer(jobs, failed),
            // One by one, so that one bad command can't fail its neighbours.
            Err(error) if jobs.len() > 1 && !error.lost_connection() => {
                tracing::debug!(commands = jobs.len(), %error, "a batch is run again one by one");
                for job in jobs {
                    let mut alone = vec![job];
                    match self.tries(&mut alone, SINGLE_TRIES) {
                        Ok(failed) => answer(alone, failed),
                        Err(error) => fail(alone, &error),
                    }
                }
            }
            Err(error) => fail(jobs, &error),
        }
    }

    /// Runs a batch until it commits. Conflicts and lost connections are tried again on fresh rows: whatever was
    /// committed by a COMMIT whose answer was lost is then found by its stored reply.
    fn tries(&mut self, jobs: &mut [Box<dyn Job>], tries: usize) -> Result<Failed, StoreError> {
        let mut attempt = 1;
        loop {
            match self.batch(jobs) {
                Ok(failed) => return Ok(failed),
                Err(error) => {
                    self.own.forget();
                    if error.lost_connection() {
                        self.connection = None;
                    }
                    if error.is_conflict() {
                        metrics::counter!("tillgate_store_races_total").increment(1);
                        self.holding = HOLD_AFTER_RACE;
                    }
                    let again = error.is_conflict() || error.lost_connection();
                    if !again || attempt >= tries {
                        return Err(error);
                    }
                }
            }
            attempt += 1;
        }
    }

    fn batch(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<Failed, StoreError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(&self.url, Purpose::Write)?,
        };
        let hold = self.holding > 0;
        self.holding = self.holding.saturating_sub(1);
        if connection.is_postgres() && !hold {
            let result = self.inside(&mut connection, jobs, false);
            self.connection = Some(connection);
            return result.map(|done| self.keep(done));
        }
        // The lane first: it is made in a transaction of its own.
        let begun =
            self.own.lane(&mut connection, &self.lane_name).map(drop).and_then(|()| connection.begin());
        if let Err(error) = begun {
            self.connection = Some(connection);
            return Err(error);
        }
        let result = self.inside(&mut connection, jobs, true);
        let result = result.and_then(|done| connection.commit().map(|()| done));
        // After an error the transaction is ended; a connection that can't even do that is not used again.
        if result.is_ok() || connection.rollback().is_ok() {
            self.connection = Some(connection);
        }
        result.map(|done| self.keep(done))
    }

    fn keep(&mut self, done: Done) -> Failed {
        if done.rings {
            self.bell.ring();
        }
        self.own.keep(done.set, done.lane);
        done.failed
    }

    fn inside(
        &mut self,
        connection: &mut Connection,
        jobs: &mut [Box<dyn Job>],
        hold: bool,
    ) -> Result<Done, StoreError> {
        let mut set = WorkingSet::default();
        let row = self.own.lane(connection, &self.lane_name)?;
        let lane = row.id;
        set.last_id = row.last_id;
        set.lanes.learn(row.clone());
        let (now, frozen) = (self.clock.now(), self.clock.is_frozen());
        let mut tx = Tx { set: &mut set, connection, lane, now, hold, frozen };
        let mut wants = Wants::default();
        for job in jobs.iter() {
            wants.add(job.wants());
        }
        wants.read(&mut tx, &self.own)?;

        let mut failed = Failed::new();
        for (place, job) in jobs.iter_mut().enumerate() {
            let mark = tx.set.mark();
            match catch_unwind(AssertUnwindSafe(|| job.run(&mut tx))) {
                Ok(Ok(())) => {}
                // A database that failed has ended the transaction for all.
                Ok(Err(error)) if !matches!(error, StoreError::Corrupt(_)) => return Err(error),
                Ok(Err(error)) => {
                    tx.set.roll_back(&mark);
                    failed.push((place, error));
                }
                Err(_) => {
                    tx.set.roll_back(&mark);
                    failed.push((place, StoreError::Panicked));
                }
            }
        }
        self.anchor.record(&mut tx)?;
        let rings = set.leaves_due_errand(micros(now));
        write(connection, &mut set, lane, rings)?;
        Ok(Done { failed, set, lane, rings })
    }
}

/// A batch that was written.
struct Done {
    failed: Failed,
    set: WorkingSet,
    lane: i64,
    /// It left an errand that is due.
    rings: bool,
}

/// The commands of a committed batch that failed by themselves, by their place.
type Failed = Vec<(usize, StoreError)>;

fn answer(jobs: Vec<Box<dyn Job>>, mut failed: Failed) {
    for (place, job) in jobs.into_iter().enumerate() {
        let error = failed.iter().position(|(at, _)| *at == place).map(|index| failed.swap_remove(index).1);
        if let Some(error) = &error {
            tracing::error!(%error, "a command failed by itself and was taken back");
        }
        job.answer(error.map_or(Ok(()), Err));
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
