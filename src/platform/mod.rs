//! The door for the merchant's own back end: customers, balances, adjustments, and what happened.

pub mod keys;
