//! Paygate's client against its simulator: every call, and every way for it to go wrong.

pub mod bank;
mod control;
mod deposits;
mod notices;
mod parameters;
mod payouts;
mod random;
mod support;
mod three_ds;
mod witness;
