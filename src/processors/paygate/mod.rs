//! Paygate: cards, TWINT and payouts by `creditex`.
//!
//! From the wire upwards: [`codec`] (bytes), [`values`] (what one parameter may hold), [`codes`] (what a result
//! code means), [`settings`] (one merchant account), then the client and one file for each call. Not here: when
//! to try again, and what an outcome does to our books.

pub mod answer;
pub mod breaker;
pub mod client;
pub mod codec;
pub mod codes;
pub mod inquire;
pub mod payment_add_data;
pub mod request;
pub mod settings;
pub mod values;
