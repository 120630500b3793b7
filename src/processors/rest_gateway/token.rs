//! The token that every call carries: fetched once for however many calls wait, renewed before it ends.

use crate::clock::Clock;
use chrono::{DateTime, Duration, Utc};
use secrecy::{ExposeSecret, SecretString};
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

/// After a renewal that failed while the old token is still good, calls go on with the old one for this long.
const RETRY_RENEWAL_S: i64 = 30;

pub struct TokenCache {
    state: Mutex<State>,
    /// How many fetches have ended. Changed only under the lock, read before waiting for it.
    ended: AtomicU64,
    lifetime: Duration,
    renew_before: Duration,
    clock: Clock,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// How the last fetch failed, if it did.
    failure: Option<String>,
    not_before: Option<DateTime<Utc>>,
}

struct Held {
    token: SecretString,
    ends: DateTime<Utc>,
}

impl TokenCache {
    pub fn new(lifetime_s: u32, renew_before_s: u32, clock: Clock) -> TokenCache {
        TokenCache {
            state: Mutex::default(),
            ended: AtomicU64::new(0),
            lifetime: Duration::seconds(lifetime_s.into()),
            renew_before: Duration::seconds(renew_before_s.into()),
            clock,
        }
    }

    /// The token, or why there is none. Whoever waited for a fetch shares its end, good or bad, so a gateway that
    /// is down is asked once and not once per waiting call.
    pub async fn token<F>(&self, fetch: F) -> Result<SecretString, String>
    where
        F: AsyncFnOnce() -> Result<SecretString, String>,
    {
        let ended_before = self.ended.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        let now = self.clock.now();
        let usable = state.held.as_ref().filter(|held| now < held.ends);
        if let Some(held) = usable {
            let fresh = held.ends - now > self.renew_before;
            let later = state.not_before.is_some_and(|not_before| now < not_before);
            if fresh || later {
                return Ok(held.token.clone());
            }
        }
        let usable = usable.map(|held| held.token.clone());
        if self.ended.load(Ordering::Acquire) != ended_before
            && let Some(failure) = &state.failure
        {
            return usable.ok_or_else(|| failure.clone());
        }
        let fetched = fetch().await;
        self.ended.fetch_add(1, Ordering::Release);
        match fetched {
            Ok(token) => {
                // Counted from before the call, so our end never lies after the gateway's.
                let held = Held { token: token.clone(), ends: now + self.lifetime };
                *state = State { held: Some(held), failure: None, not_before: None };
                Ok(token)
            }
            Err(failure) => {
                state.failure = Some(failure.clone());
                state.not_before = Some(now + Duration::seconds(RETRY_RENEWAL_S));
                usable.ok_or(failure)
            }
        }
    }

    /// Drops a token that the gateway refused, unless another call has replaced it already.
    pub async fn forget(&self, refused: &SecretString) {
        let mut state = self.state.lock().await;
        let is_it = |held: &Held| held.token.expose_secret() == refused.expose_secret();
        if state.held.as_ref().is_some_and(is_it) {
            state.held = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn cache() -> (TokenCache, Clock) {
        let clock = Clock::frozen_at(DateTime::UNIX_EPOCH);
        (TokenCache::new(3600, 300, clock.clone()), clock)
    }

    fn show(token: Result<SecretString, String>) -> String {
        token.map_or_else(|failure| format!("failed: {failure}"), |token| token.expose_secret().to_owned())
    }

    #[tokio::test]
    async fn it_is_renewed_before_it_ends_and_not_earlier() {
        let (cache, clock) = cache();
        let count = Cell::new(0);
        let ask = async || {
            let fetch = async || {
                count.set(count.get() + 1);
                Ok(SecretString::from(format!("t{}", count.get())))
            };
            show(cache.token(fetch).await)
        };
        assert_eq!(ask().await, "t1");
        clock.advance(Duration::seconds(3299));
        assert_eq!(ask().await, "t1");
        clock.advance(Duration::seconds(1));
        assert_eq!(ask().await, "t2");
        clock.advance(Duration::seconds(10_000));
        assert_eq!(ask().await, "t3");
    }

    #[tokio::test]
    async fn a_failed_early_renewal_goes_on_with_the_old_one_until_its_end() {
        let (cache, clock) = cache();
        assert_eq!(show(cache.token(async || Ok(SecretString::from("old"))).await), "old");
        clock.advance(Duration::seconds(3400));
        assert_eq!(show(cache.token(async || Err("down".to_owned())).await), "old");
        // Not asked again at once.
        assert_eq!(show(cache.token(async || Ok(SecretString::from("new"))).await), "old");
        clock.advance(Duration::seconds(RETRY_RENEWAL_S));
        assert_eq!(show(cache.token(async || Ok(SecretString::from("new"))).await), "new");
        clock.advance(Duration::seconds(3600));
        assert_eq!(show(cache.token(async || Err("down".to_owned())).await), "failed: down");
    }

    #[tokio::test]
    async fn those_who_wait_share_one_fetch_even_a_failed_one() {
        for works in [true, false] {
            let (cache, _clock) = cache();
            let count = AtomicU64::new(0);
            let ask = || {
                cache.token(async || {
                    count.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    if works { Ok(SecretString::from("t")) } else { Err("down".to_owned()) }
                })
            };
            let answers = futures_util::future::join_all((0..20).map(|_| ask())).await;
            assert_eq!(count.load(Ordering::SeqCst), 1);
            assert!(answers.iter().all(|answer| answer.is_ok() == works));
            // A call that comes afterwards does try again.
            assert_eq!(ask().await.is_ok(), works);
            assert_eq!(count.load(Ordering::SeqCst), if works { 1 } else { 2 });
        }
    }

    #[tokio::test]
    async fn only_the_refused_token_is_forgotten() {
        let (cache, _clock) = cache();
        assert_eq!(show(cache.token(async || Ok(SecretString::from("a"))).await), "a");
        cache.forget(&SecretString::from("older")).await;
        assert_eq!(show(cache.token(async || Ok(SecretString::from("b"))).await), "a");
        cache.forget(&SecretString::from("a")).await;
        assert_eq!(show(cache.token(async || Ok(SecretString::from("b"))).await), "b");
    }
}
