//! Stories of money, told through the cashier's door on every database at hand.

pub mod acting;
mod flows;
mod holds;
mod leases;
mod left_alone;
pub mod paygate;
mod payouts;
mod plans;
mod platform;
pub mod rest_gateway;
mod service;
pub mod sopg;
