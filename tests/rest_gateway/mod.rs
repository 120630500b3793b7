//! The REST gateway's client against its simulator: outcomes on our side, books on theirs.

mod bench;
mod browser;
mod charges;
pub mod chromium;
mod control;
mod deposits;
mod faults;
mod formats;
mod invoices;
mod notices;
mod payouts;
mod refunds;
mod stored;
mod tokens;
