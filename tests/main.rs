//! All tests that go through more than one room: one binary, so that everything is linked once.

mod cli;
mod contract;
mod architecture;
mod paygate;
mod rest_gateway;
mod sopg;
mod store;
mod stories;
mod support;
