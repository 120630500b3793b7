//! Stories of money, told through the cashier's door on every database at hand.

mod acting;
mod flows;
mod paygate;
mod payouts;
mod platform;
mod rest_gateway;
mod service;
mod sopg;
