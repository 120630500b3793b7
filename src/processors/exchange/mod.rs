//! What went over the wire for one order, masked, for people who look into it afterwards.
//!
//! A room's client writes down each call with a [`Note`]; whose call it is stands in the task that makes it, where
//! [`super::recorded`] has put it. A call that belongs to no order, such as one for an access token, is not kept. What
//! becomes of the finished [`Exchange`] is the [`Book`]'s matter; to a client a full or missing book is no different.

pub mod mask;

use crate::clock::Clock;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One call to a processor and its answer, or a notice of his and ours. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The payout or deposit, in its outside spelling.
    pub subject: String,
    /// The attempt of a payout.
    pub attempt: Option<String>,
    /// The account in the configuration.
    pub account: String,
    /// What was asked for, in the processor's words.
    pub action: String,
    pub address: String,
    pub sent: String,
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    pub received: Option<String>,
    /// Why there is no answer.
    pub failure: Option<String>,
    pub at: DateTime<Utc>,
    pub took: Duration,
    /// The number of the notice that it brought; without one the call was ours.
    pub notice: Option<i64>,
}

/// Where exchanges are written down. It must not wait: a payment never does for its record.
#[derive(Clone)]
pub struct Book {
    pub clock: Clock,
    pub write: Arc<dyn Fn(Exchange) + Send + Sync>,
}

/// Whose calls a task makes.
#[derive(Clone)]
pub(super) struct Whose {
    pub book: Book,
    pub account: Arc<str>,
    pub subject: String,
    pub attempt: Option<String>,
}

tokio::task_local! {
    static WHOSE: Whose;
}

/// Has every call within belong to an order.
pub(super) async fn within<F: Future>(whose: Whose, calls: F) -> F::Output {
    WHOSE.scope(whose, calls).await
}

/// A call that has begun. One that is dropped without a word was given up.
pub struct Note(Option<Open>);

struct Open {
    exchange: Exchange,
    write: Arc<dyn Fn(Exchange) + Send + Sync>,
    began: Instant,
}

impl Note {
    /// Begins a note, if the call belongs to an order.
    pub fn begin(action: &str, url: &str, sent: &[u8]) -> Note {
        let open = WHOSE.try_with(|whose| Open {
            exchange: Exchange {
                subject: whose.subject.clone(),
                attempt: whose.attempt.clone(),
                account: whose.account.to_string(),
                action: action.to_owned(),
                address: mask::address(url),
                sent: mask::masked(sent),
                status: None,
                received: None,
                failure: None,
                at: whose.book.clock.now(),
                took: Duration::ZERO,
                notice: None,
            },
            write: whose.book.write.clone(),
            began: Instant::now(),
        });
        Note(open.ok())
    }

    /// Whether anything is written down at all.
    pub fn is_kept(&self) -> bool {
        self.0.is_some()
    }

    pub fn answered(mut self, status: u16, body: &[u8]) {
        if let Some(open) = &mut self.0 {
            open.exchange.status = Some(status);
            open.exchange.received = Some(mask::masked(body));
        }
    }

    pub fn lost(mut self, cause: &str) {
        if let Some(open) = &mut self.0 {
            open.exchange.failure = Some(mask::masked(cause.as_bytes()));
        }
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        let Some(mut open) = self.0.take() else { return };
        if open.exchange.status.is_none() && open.exchange.failure.is_none() {
            open.exchange.failure = Some("the call was given up".to_owned());
        }
        open.exchange.took = open.began.elapsed();
        (open.write)(open.exchange);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[tokio::test]
    async fn a_call_is_written_down_with_its_end_and_only_where_it_belongs_to_an_order() {
        let written: Arc<Mutex<Vec<Exchange>>> = Arc::default();
        let kept = written.clone();
        let write = Arc::new(move |exchange| kept.lock().expect("whole").push(exchange));
        let clock = Clock::frozen_at(DateTime::UNIX_EPOCH);
        let whose = Whose {
            book: Book { clock, write },
            account: "shop".into(),
            subject: "PO-1".to_owned(),
            attempt: Some("AT-1".to_owned()),
        };
        Note::begin("nobody's", "https://x/y", b"a").answered(200, b"b");
        within(whose, async {
            Note::begin("pay", "https://x/y?key=1", b"password=p&a=1").answered(200, b"ok");
            Note::begin("pay", "https://x/y", b"").lost("reset");
            drop(Note::begin("pay", "https://x/y", b""));
        })
        .await;
        let written = written.lock().expect("whole");
        let ends: Vec<_> = written.iter().map(|one| (one.status, one.failure.as_deref())).collect();
        assert_eq!(ends, [(Some(200), None), (None, Some("reset")), (None, Some("the call was given up"))]);
        assert_eq!(
            (written[0].sent.as_str(), written[0].address.as_str()),
            ("password=***&a=1", "https://x/y")
        );
        assert!(written.iter().all(|one| one.subject == "PO-1" && one.account == "shop"));
    }
}
