//! Door 1: the cashier calls us.

pub mod catalog;
pub mod codes;
pub mod wire;
