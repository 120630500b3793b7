//! `paynow.aspx`: our page holds the card form, and the browser posts it straight to the platform.
//!
//! The page adds inputs with the names of [`CARD_INPUTS`]; what is typed there never passes our server.

use super::client::Client;
use super::hosted_page;
use super::values::{BadValue, brand};
use crate::processors::{CardInputs, DepositOrder, Opened};

/// Number, check value, expiry (YYYYMM), brand.
pub const CARD_INPUTS: [&str; 4] = ["CCNr", "CCCVC", "CCExpiry", "CCBrand"];

/// The brands to choose from where the account names none.
const BRANDS: [&str; 3] = ["VISA", "MasterCard", "AMEX"];

/// Always a form: the card fields must be posted, never stand in an address.
pub fn open(client: &Client, order: &DepositOrder) -> Result<Opened, BadValue> {
    let request = hosted_page::payment(client, "paynow.aspx", order)?;
    let action = client.settings().url("paynow.aspx");
    let offered = &client.settings().page.brands;
    let brands: Vec<String> = match offered.is_empty() {
        true => BRANDS.map(str::to_owned).to_vec(),
        false => offered.iter().filter_map(|name| brand::spell(name)).map(str::to_owned).collect(),
    };
    let [number, check_value, expiry, brand] = CARD_INPUTS.map(str::to_owned);
    let inputs = CardInputs { number, check_value, expiry, brand, brands };
    Ok(Opened::CardForm { action, fields: client.seal(request), inputs })
}
