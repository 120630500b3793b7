//! A lease is renewed while what it is for is being done, so it can be short and soon over after its holder was killed.

use super::Desk;
use crate::store::Wants;
use crate::store::outbox::{self, Claimed};
use chrono::{DateTime, Duration, Utc};

/// How often a lease is renewed while it lasts, so that one renewal may fail.
const RENEWALS: i32 = 3;

/// How long a step of a deposit is held without a word of its holder, where what he sent may be under way at the
/// processor for so long: from his last renewal on, and whoever died did so before the next.
pub fn of_step(lease: Duration, lingers: std::time::Duration) -> Duration {
    let lingers = Duration::from_std(lingers).unwrap_or(Duration::MAX);
    lease.max(lingers.checked_add(&renewed_every(lease)).unwrap_or(lingers))
}

pub(super) fn renewed_every(lease: Duration) -> Duration {
    lease / RENEWALS
}

impl Desk {
    /// Renews a claim, made at `since` or later, until it is lost.
    pub async fn keeps(&self, claim: &Claimed, since: DateTime<Utc>, lease: Duration) {
        let turn = format!("errand/{}", claim.id);
        let every = renewed_every(self.lease.min(lease));
        let (mut next, mut until) = (since + every, since + lease);
        loop {
            self.clock.sleep_until(next).await;
            let now = self.clock.now();
            // Whoever slept past its end leaves the errand to others, and does not stand in their way.
            if now >= until {
                return;
            }
            let held = claim.clone();
            let renewal =
                self.store.transact(&turn, Wants::nothing(), move |tx| Ok(outbox::renew(tx, &held, lease)?));
            let renewed = tokio::select! {
                biased;
                () = self.clock.sleep_until(until) => return,
                renewed = renewal => renewed,
            };
            next = now + every;
            match renewed {
                Ok(true) => until = now + lease,
                Ok(false) => return,
                Err(error) => tracing::warn!(errand.id = claim.id, %error, "a lease could not be renewed"),
            }
        }
    }

    /// Does something under a claim that was made at `since` or later. `None` when the claim was lost before it was
    /// done: then it is dropped where it stands, since somebody else may be at it already.
    pub(super) async fn while_held<T>(
        &self,
        claim: &Claimed,
        since: DateTime<Utc>,
        lease: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        tokio::select! {
            // First: whoever was paused past his lease must find that out before anything else leaves him.
            biased;
            () = self.keeps(claim, since, lease) => None,
            done = work => Some(done),
        }
    }
}
