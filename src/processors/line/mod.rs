//! The line from one account to its processor: so many calls at a time, so many a second, and none for a while to a
//! processor that does not answer.
//!
//! Not here: what is sent, and what becomes of a call that has no answer. A call that finds the line busy or the
//! processor left alone was not sent.

mod breaker;
mod limits;
#[cfg(test)]
mod tests;

pub use limits::Limits;

use super::Health;
use crate::clock::Clock;
use crate::domain::remark::Remark;
use breaker::{Breaker, Pass};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

pub struct Line {
    /// The room's name, for the figures.
    room: &'static str,
    turns: Semaphore,
    rate: DefaultDirectRateLimiter,
    breaker: Breaker,
    patience: Duration,
}

/// Why a call may not be made now. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    #[error("{}", Remark::TooManyWait)]
    Busy,
    #[error("{}", Remark::LeftAlone)]
    LeftAlone,
}

/// How a call ended, as far as the line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Whatever it said, the processor answered.
    Answered,
    /// There was no connection.
    NotSent,
    /// It may have arrived, and nothing came back that can be read.
    Unknown,
}

/// One call on the line. Dropping it without a word counts as no answer.
pub struct Call<'a> {
    line: &'a Line,
    pass: Pass,
    _turn: SemaphorePermit<'a>,
}

impl Line {
    pub fn new(room: &'static str, limits: &Limits, clock: Clock) -> Line {
        let per_second = NonZeroU32::new(limits.per_second).unwrap_or(NonZeroU32::MIN);
        Line {
            room,
            turns: Semaphore::new(limits.concurrent),
            rate: RateLimiter::direct(Quota::per_second(per_second)),
            breaker: Breaker::new(clock, limits.breaker_failures, limits.breaker_open_ms),
            patience: Duration::from_millis(limits.queue_timeout_ms),
        }
    }

    /// Waits for the turn of one call. Whoever waits for a processor that is left alone is told so.
    pub async fn call(&self) -> Result<Call<'_>, Closed> {
        let turn = async {
            self.rate.until_ready().await;
            self.turns.acquire().await
        };
        let Ok(Ok(turn)) = tokio::time::timeout(self.patience, turn).await else { return Err(Closed::Busy) };
        let pass = self.breaker.admit().ok_or(Closed::LeftAlone)?;
        Ok(Call { line: self, pass, _turn: turn })
    }

    pub fn health(&self) -> Health {
        if self.breaker.is_open() { Health::LeftAlone } else { Health::Calls }
    }
}

impl Call<'_> {
    /// Says how the call of an operation ended.
    pub fn ended(self, operation: &str, end: End) {
        let word = match end {
            End::Answered => "answered",
            End::NotSent => "not_sent",
            End::Unknown => "unknown",
        };
        let room = self.line.room;
        metrics::counter!("tillgate_processor_calls_total", "processor" => room, "endpoint" => operation.to_owned(), "end" => word)
            .increment(1);
        match end {
            End::Answered => self.pass.succeeded(),
            End::NotSent | End::Unknown => self.pass.failed(),
        }
    }
}
