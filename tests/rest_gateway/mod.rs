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

pub use bench::{ana, card, eur};
use tillgate::processors::rest_gateway::{Settings, simulator::Running};

/// An account at a simulator, as another program of the merchant would have it.
pub fn settings_of(running: &Running) -> Settings {
    bench::settings(running, "")
}
