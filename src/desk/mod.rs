//! The desk takes an order to its processor and brings the outcome to the operation that applies it.
//!
//! Every step is: one unit of work that says what is about to be asked, the call with no unit of work open, one unit
//! of work that applies what was said. Doors and worker come here; nobody else speaks to a processor.

mod captures;
mod charges;
mod deposits;
mod exchanges;
mod lease;
mod openings;
mod orders;
mod payouts;
mod refunds;
mod releases;
mod settlements;
mod way;

pub use crate::processors::paygate::TERMINAL;
pub use crate::processors::{CardInputs, Frames, TypedCard};
pub use deposits::INVOICE;
pub use exchanges::{Keeper, keep};
pub use lease::of_step as lease_of_step;
pub use openings::OpenedDeposit;
pub use orders::reference_of;
pub use way::{Challenge, Way, challenge};

use crate::clock::{Clock, Entropy};
use crate::operations::hold::Holder;
use crate::operations::{Caller, Rules};
use crate::processors::{DepositProcessor, Registry};
use crate::store::Store;
use crate::store::outbox::Claimed;
use std::sync::Arc;
use std::time::Duration as Lingers;

/// The rules of a front end, as they are now.
pub type FindRules = Arc<dyn Fn(&str) -> Option<Rules> + Send + Sync>;

#[derive(Clone)]
pub struct Desk {
    pub store: Store,
    pub processors: Registry,
    pub rules: FindRules,
    pub clock: Clock,
    pub entropy: Entropy,
    /// The address under which browsers and processors reach us, without a slash at the end.
    pub public_url: Arc<str>,
    /// A deposit whose customer never finished is given up after this time.
    pub abandon_after: chrono::Duration,
    /// From so long after an order was sent on, "not known there" may count.
    pub not_found_grace: chrono::Duration,
    /// Who takes steps of deposits here, as the database is told.
    pub holder: Arc<str>,
    /// So long after its death what this node was doing is taken up by another.
    pub lease: chrono::Duration,
}

impl Desk {
    /// What the references of new deposits at an account begin with.
    pub fn reference_prefix(&self, account: &str) -> String {
        self.processors
            .deposits
            .get(account)
            .map(|processor| processor.reference_prefix())
            .unwrap_or_default()
    }

    /// Whoever takes a step of a deposit, for the worker where his claim is given.
    fn holder(&self, lent: Option<&Claimed>) -> Holder {
        self.holder_for(|processor| processor.lingers(), lent)
    }

    /// Whoever opens a deposit with a typed card.
    fn opener(&self) -> Holder {
        self.holder_for(|processor| processor.opening_lingers(), None)
    }

    fn holder_for(&self, lingers: fn(&dyn DepositProcessor) -> Lingers, lent: Option<&Claimed>) -> Holder {
        let (processors, lease) = (self.processors.deposits.clone(), self.lease);
        let lease_of = move |account: &str| {
            let lingers = processors.get(account).map(|processor| lingers(processor.as_ref()));
            lease::of_step(lease, lingers.unwrap_or_default())
        };
        Holder { name: self.holder.clone(), lease: Arc::new(lease_of), lent: lent.cloned() }
    }

    /// On whose behalf the house itself acts.
    fn house(&self, who: &str) -> Caller {
        Caller { who: who.to_owned(), request_id: self.entropy.hex(8) }
    }
}
