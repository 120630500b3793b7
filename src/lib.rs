//! Tillgate, the platform side of a payment cashier.

pub mod cashier;
pub mod cashier;
pub mod clock;
pub mod config;
pub mod domain;
pub mod operations;
pub mod platform;
pub mod processors;
pub mod store;
