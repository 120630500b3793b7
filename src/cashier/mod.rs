//! Door 1: the cashier calls us.

pub mod wire;
