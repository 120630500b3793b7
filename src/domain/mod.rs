//! What is true: values and decisions.
//!
//! Nothing here does I/O, reads a clock, draws a random number or knows a wire format or SQL. A decision takes
//! what was loaded, returns the new state with its ledger transaction and its facts, or a [`refusal::Refusal`].

pub mod acting;
pub mod approval;
pub mod bank_account;
pub mod card_number;
pub mod customer;
pub mod debit;
pub mod deed;
pub mod deposit;
pub mod front_end;
pub mod ids;
pub mod ledger;
pub mod money;
pub mod outcome;
pub mod payout;
pub mod people;
pub mod processor_name;
pub mod proposal;
pub mod reason;
pub mod refusal;
pub mod remark;
