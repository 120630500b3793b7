//! The door for the merchant's own back end: customers, balances, adjustments, and what happened.
//!
//! JSON over `/platform/v1`, an API key as bearer token, `Idempotency-Key` on what moves money, and problems as
//! RFC 9457 has them. This is how a real platform joins its own accounts to ours.

pub mod events;
pub mod keys;
mod problem;
pub(crate) mod requests;
mod routes;

pub(crate) use problem::Problem;
pub use routes::configure;

use crate::cashier::directory::Directory;
use crate::clock::{Clock, Entropy};
use crate::store::Store;
use keys::Keys;
use std::sync::{Arc, RwLock};

/// What this door needs of the house.
#[derive(Clone)]
pub struct Platform {
    pub directory: Directory,
    pub store: Store,
    pub entropy: Entropy,
    pub clock: Clock,
    keys: Arc<RwLock<Keys>>,
}

impl Platform {
    pub fn new(directory: Directory, store: Store, keys: Keys, entropy: Entropy, clock: Clock) -> Platform {
        Platform { directory, store, entropy, clock, keys: Arc::new(RwLock::new(keys)) }
    }

    pub fn keys(&self) -> Keys {
        self.keys.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    pub fn replace_keys(&self, keys: Keys) {
        *self.keys.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = keys;
    }
}
