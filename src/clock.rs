//! Time and randomness, handed down from `main` so that a whole system can be run on a seed.

use chrono::{DateTime, Duration, Utc};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// The only source of "now".
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Manual(Arc<Manual>),
}

struct Manual {
    now: Mutex<DateTime<Utc>>,
    moved: Notify,
}

impl Manual {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Clock {
    pub fn system() -> Clock {
        Clock(Source::System)
    }

    /// A clock that stands still until somebody advances it.
    pub fn frozen_at(now: DateTime<Utc>) -> Clock {
        Clock(Source::Manual(Arc::new(Manual { now: Mutex::new(now), moved: Notify::new() })))
    }

    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System => Utc::now(),
            Source::Manual(manual) => manual.now(),
        }
    }

    /// Waits until a time of this clock; one that stands still has to be moved there.
    pub async fn sleep_until(&self, due: DateTime<Utc>) {
        match &self.0 {
            Source::System => tokio::time::sleep((due - Utc::now()).to_std().unwrap_or_default()).await,
            Source::Manual(manual) => loop {
                let moved = manual.moved.notified();
                if manual.now() >= due {
                    return;
                }
                moved.await;
            },
        }
    }

    /// Whether it only moves when told: then it stands for every other clock too, the database's among them.
    pub fn is_frozen(&self) -> bool {
        match &self.0 {
            Source::System => false,
            Source::Manual(_) => true,
        }
    }

    /// Moves a frozen clock; the system's clock can't be moved, and says so by returning `false`.
    pub fn advance(&self, by: Duration) -> bool {
        match &self.0 {
            Source::System => false,
            Source::Manual(manual) => {
                *manual.now.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) += by;
                manual.moved.notify_waiters();
                true
            }
        }
    }
}

/// The only source of randomness: the operating system's, or a seed's.
#[derive(Clone)]
pub struct Entropy(Arc<Mutex<StdRng>>);

impl Entropy {
    pub fn system() -> Entropy {
        Entropy(Arc::new(Mutex::new(StdRng::from_rng(&mut rand::rng()))))
    }

    pub fn seeded(seed: u64) -> Entropy {
        Entropy(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    pub fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).fill_bytes(bytes);
    }

    pub fn next(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// `bytes` random bytes in hex.
    pub fn hex(&self, bytes: usize) -> String {
        let mut buffer = vec![0; bytes];
        self.fill(&mut buffer);
        hex::encode(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_sleeps_on_a_frozen_clock_wakes_when_it_is_moved_far_enough() {
        let clock = Clock::frozen_at("2026-11-24T12:00:00Z".parse().expect("a time"));
        let due = clock.now() + Duration::seconds(10);
        clock.sleep_until(clock.now()).await;
        let mut sleeping = std::pin::pin!(clock.sleep_until(due));
        for _ in 0..2 {
            assert!(futures_util::FutureExt::now_or_never(&mut sleeping).is_none());
            assert!(clock.advance(Duration::seconds(5)));
        }
        sleeping.await;
    }
}
