//! Door 1: the cashier calls us, in form, JSON, XML or SOAP, and is always answered in kind.

pub mod call;
pub mod catalog;
pub mod codes;
pub mod contract;
pub mod credentials;
pub mod directory;
mod methods;
mod peer;
mod reply;
pub mod routes;
pub mod waiting;
pub mod wire;
