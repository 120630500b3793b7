//! Customer rows and the instruments that payouts to cards can go to.

use super::connection::Connection;
use super::error::StoreError;
use super::rows::{CustomerRow, InstrumentRow};
use super::statement::Bind;
use super::tx::Tx;
use crate::domain::customer::{Customer, Details, Instrument};
use crate::domain::ids::path;
use crate::domain::money::Currency;
use chrono::NaiveDate;

pub fn name(front_end: &str, pin: &str) -> String {
    path(&[front_end, pin])
}

pub fn find(tx: &mut Tx<'_>, front_end: &str, pin: &str) -> Result<Option<Customer>, StoreError> {
    tx.find::<CustomerRow>(&name(front_end, pin))?.map(customer).transpose()
}

/// Whether the hash is that of the customer's one-time token, which is used up with it.
pub fn use_login_token(tx: &mut Tx<'_>, front_end: &str, pin: &str, hash: &str) -> Result<bool, StoreError> {
    use subtle::ConstantTimeEq;
    let Some(mut row) = tx.find::<CustomerRow>(&name(front_end, pin))? else { return Ok(false) };
    let fits =
        row.login_token_hash.as_deref().is_some_and(|held| held.as_bytes().ct_eq(hash.as_bytes()).into());
    if fits {
        row.login_token_hash = None;
        row.updated_at = tx.now_micros();
        tx.update(row)?;
    }
    Ok(fits)
}

pub fn set_login_token(tx: &mut Tx<'_>, customer: &Customer, hash: String) -> Result<(), StoreError> {
    let mut row = held(tx, customer)?;
    row.login_token_hash = Some(hash);
    row.updated_at = tx.now_micros();
    tx.update(row)
}

/// Adds a customer; the id of `customer` is ignored and made here.
pub fn insert(tx: &mut Tx<'_>, customer: &Customer) -> Result<i64, StoreError> {
    let id = tx.new_id()?;
    let now = tx.now_micros();
    let mut row = CustomerRow {
        id,
        name: name(&customer.front_end, &customer.pin),
        version: 0,
        front_end: customer.front_end.clone(),
        pin: customer.pin.clone(),
        currency: customer.currency.code().to_owned(),
        blocked: 0,
        login_token_hash: None,
        first_name: None,
        last_name: None,
        street: None,
        city: None,
        province: None,
        postal_code: None,
        country: None,
        phone: None,
        email: None,
        born: None,
        gender: None,
        profile: None,
        ip_address: None,
        created_at: now,
        updated_at: now,
    };
    fill(&mut row, customer);
    tx.insert(row)?;
    Ok(id)
}

/// Writes what may change of a customer: his details and whether he is blocked.
pub fn update(tx: &mut Tx<'_>, customer: &Customer) -> Result<(), StoreError> {
    let mut row = held(tx, customer)?;
    fill(&mut row, customer);
    row.updated_at = tx.now_micros();
    tx.update(row)
}

fn held(tx: &mut Tx<'_>, customer: &Customer) -> Result<CustomerRow, StoreError> {
    tx.find::<CustomerRow>(&name(&customer.front_end, &customer.pin))?.ok_or(StoreError::Raced)
}

fn fill(row: &mut CustomerRow, customer: &Customer) {
    let details = customer.details.clone();
    row.blocked = i64::from(customer.blocked);
    row.first_name = details.first_name;
    row.last_name = details.last_name;
    row.street = details.street;
    row.city = details.city;
    row.province = details.province;
    row.postal_code = details.postal_code;
    row.country = details.country;
    row.phone = details.phone;
    row.email = details.email;
    row.born = details.born.map(|date| date.to_string());
    row.gender = details.gender;
    row.profile = details.profile;
    row.ip_address = details.ip_address;
}

pub fn find_now(
    connection: &mut Connection,
    front_end: &str,
    pin: &str,
) -> Result<Option<Customer>, StoreError> {
    let rows = connection.select::<CustomerRow>("WHERE name = ?", &[Bind::Text(&name(front_end, pin))])?;
    rows.into_iter().next().map(customer).transpose()
}

/// A page of a front end's customers behind an id, oldest first.
pub fn list(
    connection: &mut Connection,
    front_end: &str,
    after: i64,
    most: i64,
) -> Result<Vec<Customer>, StoreError> {
    let rest = "WHERE front_end = ? AND id > ? ORDER BY id LIMIT ?";
    let binds = [Bind::Text(front_end), Bind::Int(after), Bind::Int(most)];
    connection.select::<CustomerRow>(rest, &binds)?.into_iter().map(customer).collect()
}

pub(super) fn customer(row: CustomerRow) -> Result<Customer, StoreError> {
    let currency = currency(&row.currency)?;
    let born = row.born.as_deref().map(str::parse::<NaiveDate>).transpose();
    let born = born.map_err(|_| StoreError::Corrupt(format!("customer {}: born", row.id)))?;
    Ok(Customer {
        id: row.id,
        front_end: row.front_end,
        pin: row.pin,
        currency,
        blocked: row.blocked != 0,
        details: Details {
            first_name: row.first_name,
            last_name: row.last_name,
            street: row.street,
            city: row.city,
            province: row.province,
            postal_code: row.postal_code,
            country: row.country,
            phone: row.phone,
            email: row.email,
            born,
            gender: row.gender,
            profile: row.profile,
            ip_address: row.ip_address,
        },
    })
}

pub(super) fn currency(code: &str) -> Result<Currency, StoreError> {
    Currency::find(code).ok_or_else(|| StoreError::Corrupt(format!("`{code}` is not a currency")))
}

/// Keeps the instrument that a deposit brought, or notes that it was used again.
pub fn keep_instrument(tx: &mut Tx<'_>, customer: &Customer, new: &Instrument) -> Result<(), StoreError> {
    let name = path(&[&customer.front_end, &customer.pin, &new.issuer, &new.token]);
    let now = tx.now_micros();
    if let Some(mut row) = tx.find::<InstrumentRow>(&name)? {
        row.brand = new.brand.clone();
        row.expiry = new.expiry.clone();
        row.masked = new.masked.clone();
        row.updated_at = now;
        return tx.update(row);
    }
    let row = InstrumentRow {
        id: tx.new_id()?,
        name,
        version: 0,
        customer_id: customer.id,
        issuer: new.issuer.clone(),
        token: new.token.clone(),
        brand: new.brand.clone(),
        expiry: new.expiry.clone(),
        masked: new.masked.clone(),
        created_at: now,
        updated_at: now,
    };
    tx.insert(row)
}

/// The id of the instrument that was used last, of those an issuer knows; what a payout is fixed to.
pub fn latest_instrument_id(tx: &mut Tx<'_>, customer: i64, issuer: &str) -> Result<Option<i64>, StoreError> {
    let rest = "WHERE customer_id = ? AND issuer = ? ORDER BY updated_at DESC, id DESC LIMIT 1";
    let binds = [Bind::Int(customer), Bind::Text(issuer)];
    let rows =
        tx.select::<InstrumentRow>(rest, &binds, |row| row.customer_id == customer && row.issuer == issuer)?;
    Ok(rows.into_iter().max_by_key(|row| (row.updated_at, row.id)).map(|row| row.id))
}

pub fn find_instrument(connection: &mut Connection, id: i64) -> Result<Option<Instrument>, StoreError> {
    let rows = connection.select::<InstrumentRow>("WHERE id = ?", &[Bind::Int(id)])?;
    Ok(rows.into_iter().next().map(instrument))
}

/// A customer's instrument by its token.
pub fn find_kept(
    connection: &mut Connection,
    customer: &Customer,
    issuer: &str,
    token: &str,
) -> Result<Option<Instrument>, StoreError> {
    let name = path(&[&customer.front_end, &customer.pin, issuer, token]);
    let rows = connection.select::<InstrumentRow>("WHERE name = ?", &[Bind::Text(&name)])?;
    Ok(rows.into_iter().next().map(instrument))
}

/// The instrument that was used last, of those an issuer knows, with its id.
pub fn latest_instrument_now(
    connection: &mut Connection,
    customer: i64,
    issuer: &str,
) -> Result<Option<(i64, Instrument)>, StoreError> {
    let rest = "WHERE customer_id = ? AND issuer = ? ORDER BY updated_at DESC, id DESC LIMIT 1";
    let rows = connection.select::<InstrumentRow>(rest, &[Bind::Int(customer), Bind::Text(issuer)])?;
    Ok(rows.into_iter().next().map(|row| (row.id, instrument(row))))
}

/// The instrument that was used last, of those an issuer knows.
pub fn latest_instrument(
    connection: &mut Connection,
    customer: i64,
    issuer: &str,
) -> Result<Option<Instrument>, StoreError> {
    Ok(latest_instrument_now(connection, customer, issuer)?.map(|(_, instrument)| instrument))
}

pub(super) fn instrument(row: InstrumentRow) -> Instrument {
    Instrument {
        issuer: row.issuer,
        token: row.token,
        brand: row.brand,
        expiry: row.expiry,
        masked: row.masked,
    }
}
