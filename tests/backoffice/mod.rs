//! The back office: who gets in, who sees what, and what a browser makes of it.

mod browser;
mod exchanges;
mod house_pages;
mod payout_pages;
mod payouts;
mod people;
mod proposals;
mod release_codes;
mod routes;
mod sessions;
mod sign_in;
mod viewers;
pub mod visitor;
