//! Stops calling a processor that does not answer, and finds out with single probes when it does again.

use crate::clock::Clock;
use chrono::{DateTime, Duration, Utc};
use std::sync::{Arc, Mutex, MutexGuard};

/// The breaker of one account. Closed: calls pass. Open: none does. Half open: one probe at a time.
#[derive(Clone)]
pub struct Breaker {
    clock: Clock,
    failures: u32,
    open_for: Duration,
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until: DateTime<Utc> },
    Probing,
}

/// Permission for one call. Dropping it without a word counts as a failure: nobody knows what became of the call.
pub struct Pass {
    breaker: Breaker,
    probe: bool,
    reported: bool,
}

impl Breaker {
    pub fn new(clock: Clock, failures: u32, open_for_ms: u64) -> Breaker {
        let open_for = Duration::milliseconds(i64::try_from(open_for_ms).unwrap_or(i64::MAX / 1_000_000));
        Breaker { clock, failures, open_for, state: Arc::new(Mutex::new(State::Closed { failures: 0 })) }
    }

    /// `None` while the breaker is open, or while a probe is out.
    pub fn admit(&self) -> Option<Pass> {
        let mut state = self.lock();
        let probe = match *state {
            State::Closed { .. } => false,
            State::Open { until } if self.clock.now() >= until => {
                *state = State::Probing;
                true
            }
            State::Open { .. } | State::Probing => return None,
        };
        Some(Pass { breaker: self.clone(), probe, reported: false })
    }

    pub fn is_open(&self) -> bool {
        !matches!(*self.lock(), State::Closed { .. })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Pass {
    pub fn succeeded(mut self) {
        self.reported = true;
        let mut state = self.breaker.lock();
        // A call that began before the breaker opened proves nothing about now; only the probe closes it.
        if self.probe || matches!(*state, State::Closed { .. }) {
            *state = State::Closed { failures: 0 };
        }
    }

    pub fn failed(self) {}
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.reported {
            return;
        }
        let until = self.breaker.clock.now() + self.breaker.open_for;
        let mut state = self.breaker.lock();
        *state = match *state {
            State::Probing if self.probe => State::Open { until },
            State::Closed { failures } if failures + 1 >= self.breaker.failures => State::Open { until },
            State::Closed { failures } => State::Closed { failures: failures + 1 },
            State::Open { until } => State::Open { until },
            State::Probing => State::Probing,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_closes_after_one_good_probe() {
        let clock = Clock::frozen_at(DateTime::UNIX_EPOCH);
        let breaker = Breaker::new(clock.clone(), 2, 1_000);
        let admit = || breaker.admit().expect("admitted");
        admit().failed();
        admit().succeeded();
        admit().failed();
        assert!(!breaker.is_open(), "a success in between starts the count again");
        drop(admit());
        assert!(breaker.is_open() && breaker.admit().is_none());

        clock.advance(Duration::milliseconds(1_000));
        let probe = admit();
        assert!(breaker.admit().is_none(), "one probe at a time");
        probe.failed();
        assert!(breaker.admit().is_none(), "a failed probe opens it anew");

        clock.advance(Duration::milliseconds(1_000));
        admit().succeeded();
        assert!(!breaker.is_open() && breaker.admit().is_some());
    }

    #[test]
    fn late_news_of_calls_before_it_opened_changes_nothing() {
        let clock = Clock::frozen_at(DateTime::UNIX_EPOCH);
        let breaker = Breaker::new(clock.clone(), 1, 1_000);
        let (early, other) = (breaker.admit().unwrap(), breaker.admit().unwrap());
        breaker.admit().unwrap().failed();
        early.succeeded();
        assert!(breaker.is_open());
        clock.advance(Duration::milliseconds(1_000));
        let probe = breaker.admit().unwrap();
        other.failed();
        probe.succeeded();
        assert!(!breaker.is_open());
    }
}
