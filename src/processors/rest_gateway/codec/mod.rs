//! The wire format of the gateway: requests as forms or JSON, answers in JSON or XML, amounts as text.
//!
//! Lives here: bytes ↔ named values. Does not: what the values of an operation are (its own file), checksums
//! (`checksum`), or HTTP (`client`).

pub mod amount;
pub mod answer;
mod json;
pub mod request;
mod xml;
