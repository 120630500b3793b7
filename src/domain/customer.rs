//! A customer as the platform knows him: who he is, which front end he belongs to, whether he may act.

use super::money::Currency;
use chrono::NaiveDate;

/// A customer of one front end, whose currency is the front end's for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub id: i64,
    pub front_end: String,
    pub pin: String,
    pub currency: Currency,
    pub blocked: bool,
    pub details: Details,
}

/// What the cashier may pull with `GetCustomer`. All of it is optional and none of it decides anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub street: Option<String>,
    pub city: Option<String>,
    pub province: Option<String>,
    pub postal_code: Option<String>,
    pub country: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub born: Option<NaiveDate>,
    pub gender: Option<String>,
    pub profile: Option<i64>,
    pub ip_address: Option<String>,
}

/// Something stored that a card payout can go to. Never a card number: `token` is the processor's pseudo number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// The processor room that issued the token, for example `paygate`.
    pub issuer: String,
    pub token: String,
    pub brand: String,
    /// `YYYYMM`.
    pub expiry: String,
    /// For people: `**** 0001`.
    pub masked: String,
}
