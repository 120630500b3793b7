//! Tillgate, the platform side of a payment cashier.
//!

pub mod operations;

pub mod store;

pub mod cashier;
pub mod platform;

pub mod processors;

pub mod clock;
pub mod config;
pub mod server;
pub mod telemetry;

pub mod cli;
pub mod replay;
