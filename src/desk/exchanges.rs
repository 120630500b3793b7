//! Keeps what went over the wire. It is written behind the payments' back: a call hands its record to a queue of
//! bounded length and goes on; what does not fit, or can't be written, is dropped and counted.

use crate::clock::Clock;
use crate::processors::exchange::{Book, Exchange};
use crate::store::exchanges;
use crate::store::{Store, Wants};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// So many records may wait, of at most twice 8 KiB each.
const MOST_WAITING: usize = 512;
/// So many are written in one unit of work.
const AT_ONCE: usize = 32;

enum Message {
    Keep(Box<Exchange>),
    /// Asks to be told when everything before it is written.
    Tell(oneshot::Sender<()>),
}

/// The way to the task that writes.
#[derive(Clone)]
pub struct Keeper(mpsc::Sender<Message>);

/// Begins to keep exchanges in the store, and gives the book that processors write into.
pub fn keep(store: Store, clock: Clock) -> (Book, Keeper) {
    let (sender, receiver) = mpsc::channel(MOST_WAITING);
    tokio::spawn(write(store, receiver));
    let keeper = Keeper(sender);
    (keeper.book(clock), keeper)
}

impl Keeper {
    /// What is written into it is kept, or dropped and counted.
    pub fn book(&self, clock: Clock) -> Book {
        let queue = self.clone();
        let write = Arc::new(move |exchange| {
            if queue.0.try_send(Message::Keep(Box::new(exchange))).is_err() {
                dropped(1);
            }
        });
        Book { clock, write }
    }

    /// Waits until everything that has been handed over is written or dropped.
    pub async fn is_done(&self) {
        let (tell, told) = oneshot::channel();
        if self.0.send(Message::Tell(tell)).await.is_ok() {
            // An error says that the task is gone, and what waited with it.
            let _ = told.await;
        }
    }
}

async fn write(store: Store, mut queue: mpsc::Receiver<Message>) {
    let mut messages = Vec::with_capacity(AT_ONCE);
    while queue.recv_many(&mut messages, AT_ONCE).await > 0 {
        let mut waiting = Vec::new();
        let mut kept = Vec::new();
        for message in messages.drain(..) {
            match message {
                Message::Keep(exchange) => kept.push(row(*exchange)),
                Message::Tell(tell) => waiting.push(tell),
            }
        }
        let count = kept.len();
        if count > 0 {
            let written = store.transact("exchanges", Wants::nothing(), move |tx| {
                kept.iter().try_for_each(|exchange| Ok(exchanges::insert(tx, exchange)?))
            });
            if let Err(error) = written.await {
                tracing::warn!(%error, count, "exchanges with processors could not be kept");
                dropped(count as u64);
            }
        }
        for tell in waiting {
            // Nobody waits any more when the asker is gone.
            let _ = tell.send(());
        }
    }
}

fn dropped(count: u64) {
    metrics::counter!("tillgate_exchanges_dropped_total").increment(count);
}

fn row(exchange: Exchange) -> exchanges::Exchange {
    exchanges::Exchange {
        subject: exchange.subject,
        attempt: exchange.attempt,
        account: exchange.account,
        action: exchange.action,
        address: exchange.address,
        sent: exchange.sent,
        status: exchange.status,
        received: exchange.received,
        failure: exchange.failure,
        at: exchange.at,
        took: chrono::Duration::from_std(exchange.took).unwrap_or(chrono::Duration::MAX),
        notice: exchange.notice,
    }
}
