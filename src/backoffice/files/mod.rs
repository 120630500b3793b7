//! Lists as files: written a row at a time, so that a million rows take no more memory than ten.

pub mod csv;
pub mod xlsx;
mod zip;

use crate::domain::money::Money;
use chrono::{DateTime, Utc};

/// What stands in a cell of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Empty,
    /// Also ids and other long numbers, which spreadsheets would round.
    Text(String),
    /// In major units, with a point; the currency has a column of its own.
    Amount(Money),
    Time(DateTime<Utc>),
}

impl Value {
    pub fn maybe(text: Option<&str>) -> Value {
        text.map_or(Value::Empty, |text| Value::Text(text.to_owned()))
    }
}

/// Something that turns rows into the bytes of a file.
pub trait Sheet: Send {
    fn row(&mut self, cells: &[Value]);
    /// The bytes that are ready; what comes later does not change them.
    fn take(&mut self) -> Vec<u8>;
    /// The rest.
    fn finish(self: Box<Self>) -> Vec<u8>;
}
