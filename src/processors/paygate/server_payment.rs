//! Payments that our server makes with a card: typed at the cashier, read at a terminal, or on file. From an order to
//! the call it needs, and back.

use super::client::Client;
use super::codec::Fields;
use super::credential::{self, RECURRING_DAYS, RECURRING_UNTIL, SCHEME_REFERENCE};
use super::direct::{self, BrowserInfo, Direct, Payer, Step};
use super::stationary::{self, Paid};
use super::values::BadValue;
use super::values::card::PanCard;
use super::{NOT_SENDABLE, TERMINAL, TOLD_AUTH_CODE, TOLD_TERMINAL, TOLD_XID, acquirer, deposit};
use crate::domain::customer::Instrument;
use crate::domain::outcome::DepositOutcome;
use crate::domain::remark::Remark;
use crate::processors::{DepositOrder, Frames, Opened, TypedCard};
use secrecy::SecretString;
use std::collections::BTreeMap;

/// Among what a notice told: the pseudo number, brand and expiry of the card that was paid with.
const ON_FILE: [&str; 3] = ["PCNr", "CCBrand", "CCExpiry"];

/// What a series goes on with: the card that a payment was made by, and the scheme's name of that payment.
pub fn on_file(instrument: &Instrument, fields: &Fields) -> BTreeMap<String, String> {
    let card = [&instrument.token, &instrument.brand, &instrument.expiry].map(String::clone);
    let mut told: BTreeMap<_, _> = ON_FILE.map(str::to_owned).into_iter().zip(card).collect();
    // Manuals print SchemaReferenceID, and a payment by 3-D Secure 1 brings a TransactionId instead.
    let scheme = [SCHEME_REFERENCE, "SchemaReferenceID", "TransactionId"]
        .into_iter()
        .find_map(|name| fields.present(name))
        .filter(|text| text.len() <= 64);
    if let Some(scheme) = scheme {
        told.insert(SCHEME_REFERENCE.to_owned(), scheme.to_owned());
    }
    told
}

/// What a charge of a series needs, from the particulars of the deposit that began it: the card, and the rest.
pub fn series(initial: &BTreeMap<String, String>) -> Option<(Instrument, BTreeMap<String, String>)> {
    let [token, brand, expiry] = ON_FILE.map(|name| initial.get(name).cloned());
    let instrument = Instrument {
        issuer: super::ROOM.to_owned(),
        token: token?,
        brand: brand?,
        expiry: expiry?,
        masked: String::new(),
    };
    let kept = [SCHEME_REFERENCE, RECURRING_DAYS, RECURRING_UNTIL];
    let rest = kept.iter().filter_map(|name| Some(((*name).to_owned(), initial.get(*name)?.clone())));
    Some((instrument, rest.collect()))
}

fn unfit(bad: &BadValue) -> Opened {
    Opened::Refused { code: NOT_SENDABLE.to_owned(), reason: bad.to_string() }
}

fn decided(outcome: DepositOutcome) -> Opened {
    match outcome {
        DepositOutcome::Unknown { cause } => Opened::Unknown { cause },
        // It was sent; whoever asks finds it or not.
        DepositOutcome::NotFound => Opened::Unknown { cause: Remark::MadeUnknown.into() },
        outcome @ (DepositOutcome::Open { .. }
        | DepositOutcome::Authorized { .. }
        | DepositOutcome::AuthorizedLess { .. }
        | DepositOutcome::NotCaptured { .. }
        | DepositOutcome::Paid { .. }
        | DepositOutcome::Failed { .. }
        | DepositOutcome::ChargedBack { .. }) => Opened::Decided(outcome),
    }
}

fn holder(order: &DepositOrder, typed: Option<&str>) -> String {
    typed.map(str::to_owned).or_else(|| acquirer::holder(&order.customer)).unwrap_or_default()
}

/// Charges the card on file of an order, without the payer.
pub async fn charge(client: &Client, order: &DepositOrder, instrument: &Instrument) -> Opened {
    let card = PanCard {
        number: SecretString::from(instrument.token.clone()),
        security_code: None,
        expiry: instrument.expiry.clone(),
        brand: instrument.brand.clone(),
        holder: holder(order, None),
    };
    let credential = match credential::of(order, false) {
        Ok(credential) => credential,
        Err(bad) => return unfit(&bad),
    };
    let payment = Direct {
        order,
        card: &card,
        payer: Payer::Absent { scheme_reference: order.extra.get(SCHEME_REFERENCE).map(String::as_str) },
        credential: credential.as_ref(),
    };
    match direct::pay(client, &payment).await {
        Step::Unfit(bad) => unfit(&bad),
        Step::Decided(outcome) => decided(outcome),
        // Nobody is there to be asked, which ends it, unless the platform says otherwise.
        Step::Method(_) | Step::Legacy(_) => decided(deposit::settle(client, order).await),
    }
}

/// Pays with a card that was typed at the cashier or read at a terminal.
pub async fn typed(client: &Client, order: &DepositOrder, typed: &TypedCard) -> Opened {
    let card = PanCard {
        number: typed.number.clone(),
        security_code: typed.code.clone(),
        expiry: format!("{:04}{:02}", typed.year, typed.month),
        brand: typed.brand.clone(),
        holder: holder(order, typed.holder.as_deref()),
    };
    match order.method.as_str() {
        TERMINAL => at_terminal(client, order, &card, typed).await,
        "card" => at_cashier(client, order, &card, typed).await,
        _ => unfit(&BadValue::new("card", "JSON", "is not taken for this payment method")),
    }
}

async fn at_terminal(client: &Client, order: &DepositOrder, card: &PanCard, typed: &TypedCard) -> Opened {
    let Some((track2, track3)) = &typed.tracks else {
        return unfit(&BadValue::new("Track2", "ans..80", "is missing, and so is Track3"));
    };
    match stationary::pay(client, &stationary::Payment { order, card, track2, track3 }).await {
        Paid::Unfit(bad) => unfit(&bad),
        Paid::Other(outcome) => decided(outcome),
        Paid::Slip(outcome, slip) => {
            let told =
                [(TOLD_XID, slip.xid), (TOLD_TERMINAL, slip.terminal), (TOLD_AUTH_CODE, slip.auth_code)];
            let told = told.into_iter().filter(|(_, text)| !text.is_empty());
            let told = told.map(|(name, text)| (name.to_owned(), text)).collect();
            Opened::DecidedWith { outcome, told }
        }
    }
}

async fn at_cashier(client: &Client, order: &DepositOrder, card: &PanCard, typed: &TypedCard) -> Opened {
    let Some(browser) = &typed.browser else {
        return unfit(&BadValue::new(
            "browserInfo",
            "JSON",
            "is missing: the bank may want to see the browser",
        ));
    };
    let browser = match serde_json::from_str::<BrowserInfo>(browser) {
        Ok(browser) => browser,
        Err(_) => {
            return unfit(&BadValue::new("browserInfo", "JSON", "lacks a key, or has one that is not known"));
        }
    };
    let credential = match credential::of(order, typed.store) {
        Ok(credential) => credential,
        Err(bad) => return unfit(&bad),
    };
    let term_url = order.urls.success.trim_end_matches("success").to_owned() + "bank";
    let payer = Payer::Present {
        browser: &browser,
        term_url: &term_url,
        three_ds_data: typed.three_ds_data.as_ref(),
    };
    match direct::pay(client, &Direct { order, card, payer, credential: credential.as_ref() }).await {
        Step::Unfit(bad) => unfit(&bad),
        Step::Decided(outcome) => decided(outcome),
        Step::Method(versioning) => {
            let frames = Frames {
                method_url: versioning.method_url,
                method_data: versioning.method_data,
                server_trans_id: versioning.server_trans_id,
                version: versioning.version.unwrap_or_else(|| "2.1.0".to_owned()),
                processor_url: client.settings().url(""),
            };
            Opened::Frames { frames, reference: versioning.pay_id }
        }
        Step::Legacy(legacy) => legacy.form(&term_url),
    }
}
