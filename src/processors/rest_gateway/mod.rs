//! The REST payment gateway: purchases, stored cards, series, invoices and payouts.
//!
//! Bytes become trees in `codec`, `client` carries them, `operations` has one file for each thing that can be asked,
//! and `deposits`, `payouts` and `notice` are what the rest of the house sees.

pub mod checksum;
pub mod client;
pub mod codec;
pub mod debug;
pub mod deposits;
pub mod gateway;
pub mod notice;
pub mod operations;
pub mod payouts;
mod scrub;
pub mod settings;
pub mod simulator;
pub mod status;
mod token;
pub mod trouble;

pub use gateway::RestGateway;
pub use settings::Settings;

/// The issuer of this room's tokens, as instruments name it.
pub const ISSUER: &str = "rest_gateway";
