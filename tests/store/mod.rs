//! The store through its own door, each test on every database that is at hand.

mod backups;
mod batches;
mod chains;
mod house;
mod leases;
mod list_plans;
mod lists;
mod many;
mod memory;
mod model;
mod outages;
mod peers;
mod plans;
mod races;
