//! People at work: approvals, holds, races of two, and what takes two of them.

mod approvals;
mod cashier;
mod chance;
mod ends;
mod holds;
pub mod office;
mod races;
mod two;
