//! SOPG, client against simulator: every state and every fault a disposition can meet, and an outside witness.

mod debits;
mod faults;
mod interop;
mod notices;
mod opening;
mod panel;
mod retries;
mod service;
mod tls;
mod transfers;
mod world;
