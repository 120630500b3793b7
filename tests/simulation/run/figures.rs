//! What runs came to, in numbers.

use std::fmt;

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub operations: u64,
    pub(super) seeds: u64,
    pub(super) refused: u64,
    pub(super) repeats: u64,
    pub(super) calls: u64,
    pub(super) paid: u64,
    pub(super) credited: u64,
    pub(super) deaths: u64,
    pub(super) restarts: u64,
    pub digest: String,
}

impl Figures {
    pub fn add(&mut self, other: &Figures) {
        self.operations += other.operations;
        self.seeds += other.seeds;
        self.refused += other.refused;
        self.repeats += other.repeats;
        self.calls += other.calls;
        self.paid += other.paid;
        self.credited += other.credited;
        self.deaths += other.deaths;
        self.restarts += other.restarts;
    }

    /// A simulation in which something never happens proves nothing about it.
    pub fn saw_everything(&self) {
        let counts = [self.refused, self.repeats, self.paid, self.credited, self.deaths, self.restarts];
        assert!(counts.iter().all(|&count| count > 0), "{self}");
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { operations, seeds, refused, repeats, calls, .. } = self;
        let Figures { paid, credited, deaths, restarts, .. } = self;
        write!(f, "{operations} operations on {seeds} seeds ({refused} refused, {repeats} repeats), ")?;
        write!(
            f,
            "{calls} calls at the bank, {paid} payouts paid once, {credited} deposits credited once, "
        )?;
        write!(f, "{deaths} workers killed in a call, {restarts} restarts")
    }
}
