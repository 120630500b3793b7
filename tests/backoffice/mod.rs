//! The back office: who gets in, who sees what, and what a browser makes of it.

mod actions;
mod browser;
mod bulk_approval;
mod by_hand;
mod exchanges;
mod four_eyes;
mod hands;
mod hostile;
mod house_pages;
mod lived_in;
mod notices;
mod payout_pages;
mod payouts;
mod people;
mod proposals;
mod races;
mod release_codes;
mod routes;
mod sessions;
mod sign_in;
mod spreadsheet;
mod viewers;
pub mod visitor;
