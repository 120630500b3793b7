//! SOPG: paysafecard and Cash-Ticket dispositions.
//!
//! Not here: what our deposits and payouts make of an outcome (`operations`), and when to ask again (`worker`).

pub mod amount;
pub mod assign_cards;
pub mod client;
pub mod codes;
pub mod create_disposition;
pub mod deposit;
pub mod envelope;
pub mod execute_debit;
pub mod limits;
pub mod mid;
pub mod modify_disposition;
pub mod notification;
pub mod panel;
mod parts;
pub mod payout;
pub mod payout_state;
pub mod processor;
pub mod raw_state;
pub mod refund;
pub mod retry;
#[cfg(test)]
mod samples;
pub mod serial_numbers;
pub mod settings;
pub mod simulator;
pub mod state;
mod transfers;
mod tree;
pub mod verdict;

pub use processor::{DebitAnswer, DispositionState, Processor};
pub use settings::{AccountSettings, Settings};
pub use verdict::{Attempted, Verdict, verdict};

/// The room's name among the figures.
pub const ROOM: &str = "sopg";
