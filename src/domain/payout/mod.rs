//! A payout: its state and what may become of it.

pub mod status;
