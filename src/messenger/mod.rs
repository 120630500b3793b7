//! What we tell the cashier: its `RejectPayout`, by which the platform ends a payout request that a customer made there.
//!
//! Lives here: the request as the cashier wants it, its signature, HTTP and time-outs, and what its answer means. Does
//! not: when it is asked and what follows (`operations::tell_cashier`), or when it is asked again (`worker`).

mod client;
mod settings;

pub use client::Client;
pub use settings::{Problem, Settings, Spelling};

use crate::domain::ids::PayoutId;
use crate::domain::remark::Remark;
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

/// A payout that is to end, as its cashier knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub payout: PayoutId,
    pub front_end: String,
    /// The processor by the cashier's name for it.
    pub processor: String,
}

/// What the cashier said to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It ends it; an update of the payout follows.
    Yes,
    /// It does not, for good.
    No { status: i64, description: String },
    /// No answer, or none that tells: asked again.
    Nothing { cause: String },
}

/// The cashiers that want to be told, by front end. A reload puts new ones in their place.
#[derive(Clone, Default)]
pub struct Messenger(Arc<RwLock<Arc<HashMap<String, Client>>>>);

impl Messenger {
    pub fn new(clients: HashMap<String, Client>) -> Messenger {
        Messenger(Arc::new(RwLock::new(Arc::new(clients))))
    }

    pub fn replace(&self, clients: HashMap<String, Client>) {
        *self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Arc::new(clients);
    }

    pub async fn reject(&self, rejection: &Rejection, now_seconds: i64) -> Said {
        let clients = self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        match clients.get(&rejection.front_end) {
            Some(client) => client.reject(rejection, now_seconds).await,
            None => Said::Nothing { cause: Remark::NoRejectPayout.into() },
        }
    }
}
