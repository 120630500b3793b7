//! What an operator says of a line: `limits = { … }` of an account.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// How long a call may wait for its turn before it is given up unsent.
    pub queue_timeout_ms: u64,
    /// So many calls at a time.
    pub concurrent: usize,
    pub per_second: u32,
    /// So many calls without an answer in a row, and the processor is left alone.
    pub breaker_failures: u32,
    /// So long, until a single call tries whether it answers again.
    pub breaker_open_ms: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            queue_timeout_ms: 10_000,
            concurrent: 16,
            per_second: 50,
            breaker_failures: 5,
            breaker_open_ms: 15_000,
        }
    }
}

impl Limits {
    /// What is wrong with them.
    pub fn problem(&self) -> Option<&'static str> {
        let least = [self.concurrent as u64, self.per_second.into(), self.breaker_failures.into()];
        least.contains(&0).then_some("concurrent, per_second and breaker_failures must be at least 1")
    }
}
