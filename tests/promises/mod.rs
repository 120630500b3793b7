//! The promises of the README, each by tests that bear its number: `cargo test p1_`.
//!
//! They are the shortest proofs, not the only ones. `cargo test simulation` holds a million operations to P1 to P4,
//! `script/chaos` holds real processes to P1, P2, P4 and P7, and the processors' stories hold every room to P8.

mod cards;
mod kills;
mod money;
mod notices;
mod trail;
mod waiting;

/// The processes, clients and checks of `script/chaos`.
#[path = "../../benches/chaos"]
#[allow(dead_code, reason = "the promises use a part of what script/chaos does")]
mod chaos {
    pub use crate::simulation::chance;
    pub use crate::support::ports;
    pub mod cashier;
    pub mod cluster;
    pub mod disturb;
    pub mod guard;
    pub mod nodes;
    pub mod payouts;
    pub mod proxy;
    pub mod races;
    pub mod verify;

    /// Out of a thousand commits so many are cut off.
    pub const CUTS: u64 = 15;
}
