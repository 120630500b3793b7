//! All tests that go through more than one room: one binary, so that everything is linked once.

mod architecture;
mod backoffice;
mod bad_requests;
mod cli;
mod contract;
mod paygate;
mod promises;
mod rest_gateway;
mod simulation;
mod sopg;
mod store;
mod stories;
mod support;
mod wire;
