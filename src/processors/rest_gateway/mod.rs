//! The REST payment gateway: purchases, stored cards, series, invoices and payouts.

pub mod checksum;
pub mod codec;
pub mod debug;
