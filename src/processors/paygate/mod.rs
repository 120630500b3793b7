//! Paygate: cards, TWINT and payouts by `creditex`.
//!
//! From the wire upwards: [`codec`] (bytes), [`values`] (what one parameter may hold), [`codes`] (what a result
//! code means), [`settings`] (one merchant account), [`client`] (HTTP), one file for each call, and [`Paygate`],
//! which carries orders out. Not here: when to try again, and what an outcome does to our books.

pub mod acquirer;
pub mod answer;
pub mod authorize;
pub mod batch_file;
pub mod cancel_auth;
pub mod capture;
pub mod client;
pub mod codec;
pub mod codes;
pub mod credential;
pub mod credit;
pub mod creditex;
pub mod debug;
pub mod deposit;
pub mod direct;
pub mod first_version;
pub mod hosted_page;
pub mod inquire;
pub mod notification;
pub mod payment_add_data;
pub mod paynow;
pub mod policy;
mod processor;
pub mod request;
pub mod reverse;
mod server_payment;
pub mod settings;
pub mod simulator;
pub mod stationary;
pub mod three_ds;
pub mod twint;
pub mod values;

pub use processor::Paygate;
pub use server_payment::series;
pub use settings::Settings;

use crate::domain::outcome::Outcome;

/// The name of this room in stored instruments.
pub const ROOM: &str = "paygate";

/// The code of a refusal that is our own: a value did not fit, and nothing was sent.
pub const NOT_SENDABLE: &str = "NOT-SENDABLE";

/// In an order's `extra`: the settlement reference, instead of our own reference.
pub const EXTRA_REF_NR: &str = "RefNr";
/// In an order's `extra`: the text on the order.
pub const EXTRA_ORDER_TEXT: &str = "OrderDesc";
/// In a payout's `extra`: the TransID of the deposit that a credit goes against.
pub const EXTRA_DEPOSIT_TRANS_ID: &str = "deposit_trans_id";
/// In a payout's `extra`: the method of that deposit, `card` if it is left out.
pub const EXTRA_DEPOSIT_METHOD: &str = "method";
/// In an order's `extra`: minor units that our books say were credited on the payment before this credit.
pub const EXTRA_CREDITED_BEFORE: &str = "credited_before";
/// In a deposit's `extra`: what tells this capture from an equal one that was refused before.
pub const EXTRA_CAPTURE_KEY: &str = "capture_key";
/// The method of a deposit that is paid at a terminal.
pub const TERMINAL: &str = "terminal";
/// Among what was told of a payment at a terminal: its action, which a reversal names, the terminal, the approval.
pub const TOLD_XID: &str = "XID";
pub const TOLD_TERMINAL: &str = "TID";
pub const TOLD_AUTH_CODE: &str = "AuthCode";
/// In a deposit's `extra`: minor units that our books say were captured before this part.
pub const EXTRA_CAPTURED_BEFORE: &str = "captured_before";

/// Final for this attempt: the same order would be refused again.
fn not_sendable(bad: &values::BadValue) -> Outcome {
    Outcome::Declined { code: NOT_SENDABLE.to_owned(), reason: bad.to_string() }
}
