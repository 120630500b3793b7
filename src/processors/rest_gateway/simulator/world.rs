//! Everything the simulator remembers. It keeps what a card does and its last digits, never its number.

use super::books::Books;
use super::callbacks::Callbacks;
use super::faults::Faults;
use super::outgoing::Style;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The one merchant of a simulator.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Setup {
    pub partner_id: String,
    pub member_id: String,
    pub username: String,
    pub secure_key: String,
    pub terminal_id: String,
    /// Where browsers reach it; by default the address it listens on.
    pub public_url: Option<String>,
}

impl Default for Setup {
    /// The account of the recorded examples.
    fn default() -> Setup {
        Setup {
            partner_id: "312".to_owned(),
            member_id: "10519".to_owned(),
            username: "shop-eu".to_owned(),
            secure_key: "k9QmZ2vT7xLw4RbN8sYpD3hJ6fGcA1eU".to_owned(),
            terminal_id: "2204".to_owned(),
            public_url: None,
        }
    }
}

/// What an account may do, as the real thing has it per merchant.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Switches {
    pub active: bool,
    pub unique_order: bool,
    pub partial_refund: bool,
    pub multiple_refund: bool,
    pub refund_days: i64,
    /// Refunds stay requested until `finish_refunds`.
    pub slow_refunds: bool,
    pub tokenisation: bool,
    pub recurring: bool,
    /// Off: answers carry no card data.
    pub card_storage: bool,
    /// Questions about invoices are signed with the gateway's number of them.
    pub invoices_by_number: bool,
    /// Charges of tokens and series are declined.
    pub decline_charges: bool,
    pub style: Style,
    /// Kinds of callbacks that are made.
    pub notify_sale: bool,
    pub notify_capture: bool,
    pub notify_reversal: bool,
    pub notify_refund: bool,
    pub notify_chargeback: bool,
    pub notify_payout: bool,
}

impl Default for Switches {
    fn default() -> Switches {
        Switches {
            active: true,
            unique_order: false,
            partial_refund: true,
            multiple_refund: false,
            refund_days: 180,
            slow_refunds: false,
            tokenisation: true,
            recurring: true,
            card_storage: true,
            invoices_by_number: false,
            decline_charges: false,
            style: Style::Mapped,
            notify_sale: true,
            notify_capture: true,
            notify_reversal: true,
            notify_refund: true,
            notify_chargeback: true,
            notify_payout: true,
        }
    }
}

/// What a test card does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    Approve,
    ThreeD,
    Decline,
    Pending,
    /// Paid, but the answer never comes.
    Silent,
    /// Paid, but the server answers with an HTML error.
    Crash,
}

pub const CARD_APPROVED: &str = "4000000000000051";
pub const CARD_THREE_D: &str = "4000000000000002";
pub const CARD_DECLINED: &str = "4000000000000101";
pub const CARD_PENDING: &str = "4000000000000200";
pub const CARD_SILENT: &str = "4000000000000309";
pub const CARD_CRASH: &str = "4000000000000408";

impl Behaviour {
    pub(super) fn of(number: &str) -> Behaviour {
        match number {
            CARD_THREE_D => Behaviour::ThreeD,
            CARD_DECLINED => Behaviour::Decline,
            CARD_PENDING => Behaviour::Pending,
            CARD_SILENT => Behaviour::Silent,
            CARD_CRASH => Behaviour::Crash,
            _ => Behaviour::Approve,
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct StoredCard {
    pub behaviour: Behaviour,
    pub bin: String,
    pub last_four: String,
    pub month: String,
    pub year: String,
    pub holder: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Payment {
    pub id: u64,
    pub reference: String,
    /// `DB`, `PA` or `PO`.
    pub kind: String,
    /// The long status.
    pub status: String,
    /// Hundredths, like every amount here.
    pub amount: i64,
    pub currency: String,
    pub captured: i64,
    pub refunded: i64,
    pub refund_requested: i64,
    pub paid_out: i64,
    pub mode: String,
    pub brand: String,
    pub terminal: String,
    pub card: Option<StoredCard>,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub return_url: String,
    pub return_by_get: bool,
    pub notify_url: String,
    pub remark: String,
    pub registration: Option<String>,
    /// It began a series.
    pub initial: bool,
    pub invoice: Option<u64>,
    pub created: DateTime<Utc>,
    /// Who holds it may act as the customer at the bank.
    #[serde(skip)]
    pub session: String,
}

#[derive(Clone, Debug)]
pub(super) struct StoredToken {
    pub registration: String,
    pub active: bool,
    pub brand: String,
    pub mode: String,
    pub terminal: String,
    pub card: Option<StoredCard>,
    /// The end of an account's number, where it is an account.
    pub account_end: String,
    pub bic: String,
    pub first_name: String,
    pub last_name: String,
    pub customer: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct InvoiceRow {
    pub id: u64,
    pub reference: String,
    pub amount: i64,
    pub currency: String,
    pub return_url: String,
    pub state: String,
    pub hours: i64,
    pub created: DateTime<Utc>,
    pub email: String,
    pub name: String,
    pub description: String,
    pub payment: Option<u64>,
    pub reminders: u32,
    #[serde(skip)]
    pub pass: String,
}

pub(super) struct World {
    pub setup: Setup,
    pub switches: Switches,
    /// Tokens and when they end.
    pub tokens: BTreeMap<String, DateTime<Utc>>,
    pub tokens_given: u32,
    pub payments: Vec<Payment>,
    pub stored: Vec<StoredToken>,
    pub invoices: Vec<InvoiceRow>,
    pub books: Books,
    /// What may still be paid out, by currency.
    pub payout_balance: BTreeMap<String, i64>,
    pub callbacks: Callbacks,
    pub faults: Faults,
    /// How often each operation was processed, faults or not.
    pub processed: BTreeMap<String, u32>,
}

impl World {
    pub fn new(setup: Setup) -> World {
        World {
            setup,
            switches: Switches::default(),
            tokens: BTreeMap::new(),
            tokens_given: 0,
            payments: Vec::new(),
            stored: Vec::new(),
            invoices: Vec::new(),
            books: Books::default(),
            payout_balance: BTreeMap::new(),
            callbacks: Callbacks::default(),
            faults: Faults::default(),
            processed: BTreeMap::new(),
        }
    }

    pub fn payment(&self, id: &str) -> Option<&Payment> {
        self.payments.iter().find(|payment| payment.id.to_string() == id)
    }

    /// The newest of a name, as the real thing looks it up.
    pub fn newest(&self, reference: &str) -> Option<&Payment> {
        self.payments.iter().rev().find(|payment| payment.reference == reference)
    }

    /// Changes one payment; ids are only given out by this world, so it exists.
    pub fn change(&mut self, id: u64, change: impl FnOnce(&mut Payment)) {
        if let Some(payment) = self.payments.iter_mut().find(|payment| payment.id == id) {
            change(payment);
        }
    }
}
