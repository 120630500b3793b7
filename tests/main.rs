//! All tests that go through more than one room: one binary, so that everything is linked once.

mod store;
mod support;
