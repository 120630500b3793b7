//! What the customer does in his browser: at the ACS, at a bank's or wallet's page, on an invoice's page.

use super::callbacks::Kind;
use super::cents;
use super::desk::{Desk, Reply};
use super::incoming::Incoming;
use super::payments::NewPayment;
use super::sums;
use super::words;
use super::world::{InvoiceRow, Payment};
use chrono::Duration;
use serde::Deserialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Pay,
    Fail,
    Cancel,
}

/// How the browser goes back to the merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    pub url: String,
    pub by_get: bool,
    pub fields: Vec<(String, String)>,
}

impl Desk<'_> {
    pub fn by_session(&self, session: &str) -> Option<&Payment> {
        self.world.payments.iter().find(|payment| !session.is_empty() && payment.session == session)
    }

    /// The customer decides; a second decision changes nothing and leads back again.
    pub fn decide(&mut self, session: &str, decision: Decision) -> Option<Return> {
        let payment = self.by_session(session)?.clone();
        if matches!(payment.status.as_str(), "authstarted" | "authstarted_3D") {
            match decision {
                Decision::Pay => self.approve(payment.id),
                Decision::Fail => self.set_status(payment.id, "authfailed", "Authentication failed"),
                Decision::Cancel => self.set_status(payment.id, "cancelled", "Cancelled by customer"),
            }
            self.notify(payment.id, Kind::Sale, None);
        }
        self.way_back(payment.id)
    }

    pub fn way_back(&self, id: u64) -> Option<Return> {
        let payment = self.world.payment(&id.to_string())?;
        let cancelled = payment.status == "cancelled";
        let short = if cancelled { "C" } else { words::in_inquiry(&payment.status) };
        // The real thing is known to sign a cancellation with the literal word.
        let key = if cancelled { "null" } else { self.key() };
        let (code, description) = words::result(&payment.status, short);
        let (number, reference) = (payment.id.to_string(), payment.reference.clone());
        let signed = cents::signed(payment.amount, &payment.currency);
        let checksum = sums::md5(format!("{number}|{reference}|{signed}|{short}|{key}"));
        let amount = cents::write(payment.amount);
        let fields = [
            ("trackingid", number.as_str()),
            ("paymentId", number.as_str()),
            ("desc", reference.as_str()),
            ("merchantTransactionId", reference.as_str()),
            ("status", short),
            ("checksum", checksum.as_str()),
            ("amount", amount.as_str()),
            ("currency", payment.currency.as_str()),
            ("resultCode", code),
            ("resultDescription", description),
            ("timestamp", &self.timestamp()),
            ("paymentMode", payment.mode.as_str()),
            ("paymentBrand", payment.brand.as_str()),
            ("firstname", payment.first_name.as_str()),
            ("lastname", payment.last_name.as_str()),
            ("custEmail", payment.email.as_str()),
            ("remark", payment.remark.as_str()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Some(Return { url: payment.return_url.clone(), by_get: payment.return_by_get, fields: fields.into() })
    }

    /// The invoice behind a link, if it can still be paid.
    pub fn payable(&self, id: &str, pass: &str) -> Option<&InvoiceRow> {
        let row = self.world.invoices.iter().find(|row| row.id.to_string() == id && row.pass == pass)?;
        let open = matches!(row.state.as_str(), "generated" | "mailsent");
        (open && self.now < row.created + Duration::hours(row.hours)).then_some(row)
    }

    /// The customer pays an invoice by card. `None`: it can't be paid; otherwise the new payment, or what was wrong.
    pub fn pay_invoice(&mut self, id: &str, pass: &str, typed: &Incoming) -> Option<Result<Payment, Reply>> {
        let row = self.payable(id, pass)?.clone();
        let card = match self.read_card(typed) {
            Ok(card) => card,
            Err(reply) => return Some(Err(reply)),
        };
        let new = NewPayment {
            reference: row.reference.clone(),
            amount: row.amount,
            mode: "CC".to_owned(),
            brand: "VISA".to_owned(),
            card: Some(card),
            first_name: typed.get("customer.givenName").to_owned(),
            last_name: typed.get("customer.surname").to_owned(),
            invoice: Some(row.id),
        };
        let payment = self.record(new, typed, None);
        self.world.change(payment, |payment| {
            payment.kind = "DB".to_owned();
            payment.currency = row.currency.clone();
            payment.return_url = row.return_url.clone();
            payment.email = row.email.clone();
        });
        self.process(payment);
        self.world.payment(&payment.to_string()).cloned().map(Ok)
    }
}
