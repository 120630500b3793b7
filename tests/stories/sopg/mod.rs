//! paysafecard and Cash-Ticket through the whole server: the cashier's call, the panel, notification, return and
//! sweep, our ledger beside the gateway's books.

pub mod bench;
mod browser;
mod captures;
mod deposits;
mod endings;
mod faults;
mod killed;
mod killed_at_once;
mod names;
mod notices;
mod payouts;
mod program;
mod refunds;
mod states;
