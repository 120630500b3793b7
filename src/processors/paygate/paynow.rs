//! `paynow.aspx`: our page holds the card form, and the browser posts it straight to the platform.
//!
//! The page adds inputs with the names of [`CARD_INPUTS`]; what is typed there never passes our server.

use super::client::Client;
use super::hosted_page;
use super::values::BadValue;
use crate::processors::{DepositOrder, Opened};

/// Number, check value, expiry (YYYYMM), brand.
pub const CARD_INPUTS: [&str; 4] = ["CCNr", "CCCVC", "CCExpiry", "CCBrand"];

/// Always a form: the card fields must be posted, never stand in an address.
pub fn open(client: &Client, order: &DepositOrder) -> Result<Opened, BadValue> {
    let request = hosted_page::payment(client, "paynow.aspx", order)?;
    let action = client.settings().url("paynow.aspx");
    Ok(Opened::Form { action, fields: client.seal(request), reference: None })
}
