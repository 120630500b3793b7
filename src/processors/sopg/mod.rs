//! SOPG: paysafecard and Cash-Ticket dispositions.
//!
//! Not here: what our deposits and payouts make of an outcome (`operations`), and when to ask again (`worker`).

pub mod amount;
pub mod envelope;
mod tree;
