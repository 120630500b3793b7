//! The back office: who gets in, who sees what, and what a browser makes of it.

mod browser;
mod house_pages;
mod payout_pages;
mod payouts;
mod proposals;
mod release_codes;
mod routes;
mod sessions;
mod sign_in;
pub mod visitor;
