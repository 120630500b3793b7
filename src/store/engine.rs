//! The engine: natural batches. A writer takes the commands that wait, loads the rows they announced, runs each
//! against the working set in arrival order, writes the set, commits once, and only then answers all.
//!
//! Under no load a batch is one command and nobody waits for a timer; under load batches grow by themselves.

use super::connection::{Connection, DatabaseUrl, Purpose};
use super::error::StoreError;
use super::queue::Queue;
use super::rows::LaneRow;
use super::set::{InSet, WorkingSet};
use super::tx::{MOST_LANES, Tx};
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
}

/// How often a batch is tried as a whole before its commands are run one by one, and each of those then.
const BATCH_TRIES: usize = 2;
const SINGLE_TRIES: usize = 5;

impl Writer {
    /// Works until the queue is closed and empty.
    pub fn run(mut self) {
        while let Some(jobs) = self.queue.take(self.limits.most, self.limits.share) {
            metrics::histogram!("tillgate_store_batch_commands").record(jobs.len() as f64);
            self.commit(jobs);
        }
    }

    fn commit(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        match self.tries(&mut jobs, BATCH_TRIES) {
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
                    if error.lost_connection() {
                        self.connection = None;
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
        connection.begin()?;
        let result =
            self.inside(&mut connection, jobs).and_then(|failed| connection.commit().map(|()| failed));
        // After an error the transaction is ended; a connection that can't even do that is not used again.
        if result.is_ok() || connection.rollback().is_ok() {
            self.connection = Some(connection);
        }
        result
    }

    fn inside(&self, connection: &mut Connection, jobs: &mut [Box<dyn Job>]) -> Result<Failed, StoreError> {
        let mut set = WorkingSet::default();
        let lane = load_lane(connection, &mut set, &self.lane_name)?;
        let mut tx = Tx { set: &mut set, connection, lane, now: self.clock.now() };
        let mut wants = Wants::default();
        for job in jobs.iter() {
            wants.add(job.wants());
        }
        wants.read(&mut tx)?;

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
        write(connection, &mut set, lane)?;
        Ok(failed)
    }
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

/// Reads and holds the writer's lane, and makes it at the writer's first batch.
fn load_lane(connection: &mut Connection, set: &mut WorkingSet, name: &str) -> Result<i64, StoreError> {
    use super::statement::Bind;
    let lock = if connection.is_postgres() { "FOR UPDATE" } else { "" };
    let found = connection.select::<LaneRow>(&format!("WHERE name = ? {lock}"), &[Bind::Text(name)])?;
    if let Some(lane) = found.first() {
        let id = lane.id;
        LaneRow::table(set).learn(found);
        return Ok(id);
    }
    let last = connection.select::<LaneRow>("ORDER BY id DESC LIMIT 1", &[])?;
    let id = last.first().map_or(1, |lane| lane.id + 1);
    if id > MOST_LANES {
        return Err(StoreError::Corrupt(format!("all {MOST_LANES} lanes are taken")));
    }
    let lane =
        LaneRow { id, name: name.to_owned(), version: 0, head_seq: 0, head_hash: String::new(), last_id: 0 };
    LaneRow::table(set).insert(lane);
    Ok(id)
}
