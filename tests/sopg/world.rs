//! A simulator on a frozen clock, accounts that point at it, and a way to say what a test means.

use chrono::{TimeZone, Utc};
use std::collections::BTreeMap;
use std::net::TcpListener;
use tillgate::clock::Clock;
use tillgate::domain::customer::Details;
use tillgate::domain::ids::{AttemptId, DepositId, PayoutId};
use tillgate::domain::money::{Currency, Money};
use tillgate::domain::outcome::DepositOutcome;
use tillgate::processors::sopg::assign_cards::{Assigned, CardEntry};
use tillgate::processors::sopg::simulator::{self, Deliver, Fault, Kind, Simulator};
use tillgate::processors::sopg::{AccountSettings, Processor};
use tillgate::processors::{Capture, DepositOrder, DepositProcessor, Opened, PayoutOrder, ReturnUrls};

pub struct World {
    pub simulator: Simulator,
    pub processor: Processor,
}

pub fn money(text: &str, code: &str) -> Money {
    Money::parse_major(text, Currency::find(code).unwrap()).unwrap()
}

pub fn eur(text: &str) -> Money {
    money(text, "EUR")
}

impl World {
    /// The account with the usual minute in S.
    pub fn new() -> World {
        World::of(|_| {})
    }

    pub fn of(change: impl FnOnce(&mut AccountSettings)) -> World {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = Clock::frozen_at(Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let simulator = simulator::start(listener, clock.clone(), Deliver::OnDemand).unwrap();
        let mut account = account(&simulator);
        change(&mut account);
        let processor = Processor::connect(&account, clock).unwrap();
        World { simulator, processor }
    }

    /// Opens a deposit of `amount` and expects to be sent to the panel; returns the order and the panel's address.
    pub async fn opens(&self, mtid: &str, amount: Money) -> (DepositOrder, String) {
        let order = order(mtid, amount);
        match self.processor.open(&order).await {
            Opened::Redirect { url, .. } => (order, url),
            other => panic!("not opened: {other:?}"),
        }
    }

    /// Opens and pays by PIN: the disposition is in S.
    pub async fn paid(&self, mtid: &str, amount: Money, pins: &[&str]) -> DepositOrder {
        let (order, _) = self.opens(mtid, amount).await;
        assert_eq!(self.pays(&order, pins).await, Assigned::Done);
        order
    }

    pub async fn pays(&self, order: &DepositOrder, pins: &[&str]) -> Assigned {
        let cards: Vec<CardEntry> =
            pins.iter().map(|pin| CardEntry { pin: full(pin).into(), password: None }).collect();
        self.processor.assign(order, &cards).await.unwrap()
    }

    pub fn fails(&self, operation: &str, kind: Kind) {
        self.simulator.fault(Fault::new(operation, kind));
    }

    pub fn letter(&self, mtid: &str) -> String {
        self.simulator.letter(mtid).map(|letter| letter.text().to_owned()).unwrap_or_default()
    }

    /// What the gateway took, in cents of EUR, after its books were found to add up.
    pub fn taken(&self) -> i64 {
        self.simulator.look(|book| {
            book.audit().unwrap();
            book.taken("EUR")
        })
    }
}

/// The last two digits of a test PIN name it.
pub fn full(pin: &str) -> String {
    format!("{pin:0>16}")
}

pub fn account(simulator: &Simulator) -> AccountSettings {
    let text = format!(
        r#"
        brand = "paysafecard"
        endpoint = "{}"
        panel = "{}"
        username = "psc_example_shop_test"
        password = "example-password"
        client_id_key = "a key for tests"
        sub_id = "shop1"
        partial_debits = true
        modify = true
        ask_again_after_ms = [0, 0, 0]
        timeout_ms = 20000
        limits = {{ per_second = 10000, breaker_failures = 1000 }}
        allow_plain_http = true
        currencies = {{ EUR = {{ most = "1000.00" }}, GBP = {{ most = "850.00" }} }}
        "#,
        simulator.endpoint(),
        simulator.panel(),
    );
    toml::from_str(&text).unwrap()
}

pub fn customer() -> Details {
    Details {
        first_name: Some("Jané".to_owned()),
        last_name: Some("O'Doe & <Sons>".to_owned()),
        email: Some("jane@customer.example".to_owned()),
        ip_address: Some("198.51.100.23".to_owned()),
        born: chrono::NaiveDate::from_ymd_opt(1990, 2, 28),
        ..Details::default()
    }
}

pub fn order(mtid: &str, amount: Money) -> DepositOrder {
    DepositOrder {
        deposit: DepositId(1),
        reference: mtid.to_owned(),
        processor_reference: None,
        amount,
        front_end: "MyPhoneCards EUR".to_owned(),
        pin: "Bigdaddy".to_owned(),
        customer: customer(),
        method: "paysafecard".to_owned(),
        language: "de".to_owned(),
        capture: Capture::Automatic,
        urls: ReturnUrls {
            success: format!("https://till.example/pay/ok?deposit={mtid}&back=%2Fhome"),
            failure: format!("https://till.example/pay/cancel?deposit={mtid}"),
            back: "https://till.example/".to_owned(),
            notify: format!("https://till.example/notices/sopg?deposit={mtid}"),
        },
        instrument: None,
        extra: BTreeMap::new(),
    }
}

/// The same order with a commitment of the caller on record.
pub fn on_record(order: &DepositOrder, attempted: &str) -> DepositOrder {
    let mut order = order.clone();
    order.extra.insert("attempted".to_owned(), attempted.to_owned());
    order
}

pub fn payout(ptid: &str, amount: Money, email: &str) -> PayoutOrder {
    PayoutOrder {
        payout: PayoutId(1),
        attempt: AttemptId(1),
        request_id: ptid.to_owned(),
        reference: ptid.to_owned(),
        amount,
        front_end: "MyPhoneCards EUR".to_owned(),
        pin: email.to_owned(),
        customer: Details { email: Some(email.to_owned()), ..customer() },
        instrument: None,
        deposit_reference: None,
        extra: BTreeMap::new(),
    }
}

pub fn is_paid(outcome: &DepositOutcome, amount: Money) -> bool {
    let DepositOutcome::Paid { minor, currency, .. } = outcome else { return false };
    *minor == amount.minor() && currency == amount.currency().code()
}
