//! A client and a simulator on loopback, with one frozen clock.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use tillgate::clock::{Clock, Entropy};
use tillgate::domain::customer::{Details, Instrument};
use tillgate::domain::ids::{AttemptId, DepositId, PayoutId};
use tillgate::domain::money::{Currency, Money};
use tillgate::domain::outcome::DepositOutcome;
use tillgate::processors::rest_gateway::operations::purchase::Card;
use tillgate::processors::rest_gateway::simulator::{
    self, Delivery, Fault, Manner, Running, Setup, Simulator,
};
use tillgate::processors::rest_gateway::{ISSUER, RestGateway, Settings};
use tillgate::processors::{Capture, DepositOrder, Opened, PayoutOrder, ReturnUrls};

const QUESTIONS: [&str; 4] = ["authToken", "inquiry", "getCardsAndAccounts", "getTransactionList"];

pub struct Bench {
    pub running: Running,
    pub simulator: Simulator,
    pub gateway: Arc<RestGateway>,
    pub clock: Clock,
}

impl Bench {
    pub async fn begin() -> Bench {
        Bench::with("").await
    }

    /// `more` are further lines of the account's settings.
    pub async fn with(more: &str) -> Bench {
        // Another test of this process may have done it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = Clock::frozen_at(DateTime::from_timestamp(1_705_486_800, 0).expect("a time"));
        let simulator = Simulator::new(Setup::default(), clock.clone(), Entropy::seeded(7));
        // Nobody listens where these callbacks go; tests look at them instead.
        simulator.set_callbacks(Manner { delivery: Delivery::Held, ..Manner::default() });
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let running = simulator::start(listener, simulator.clone()).expect("a simulator");
        let settings = settings(&running, more);
        let gateway = Arc::new(RestGateway::new(settings, clock.clone()).expect("a client"));
        Bench { running, simulator, gateway, clock }
    }

    /// Plans a fault for an operation, and the client to meet it with: one that gives up soon where no answer will
    /// come, the patient one otherwise.
    pub fn under(&self, fault: Fault, operation: &str) -> Arc<RestGateway> {
        self.simulator.plan(operation, fault);
        match fault {
            Fault::TimeoutBefore | Fault::TimeoutAfter => {
                let timeout = if QUESTIONS.contains(&operation) { "read" } else { "payment" };
                let settings = settings(&self.running, &format!("{timeout}_timeout_ms = 3000\n"));
                Arc::new(RestGateway::new(settings, self.clock.clone()).expect("a client"))
            }
            _ => self.gateway.clone(),
        }
    }

    /// After the call that met the fault: the gateway has really got as far as was planned.
    pub async fn met(&self, fault: Fault) {
        if matches!(fault, Fault::TimeoutBefore | Fault::TimeoutAfter) {
            self.simulator.silenced(1).await;
        }
    }

    pub fn captured(&self) -> i64 {
        self.simulator.books().totals("EUR").captured
    }

    pub fn refunded(&self) -> i64 {
        self.simulator.books().totals("EUR").refunded
    }

    pub fn paid_out(&self) -> i64 {
        self.simulator.books().totals("EUR").paid_out
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A deposit that is paid with a typed card, and its payment's number.
    pub async fn paid(&self, reference: &str, amount: &str) -> DepositOrder {
        let order = deposit(reference, amount);
        let opened = self.gateway.open_with_card(&order, &card(simulator::CARD_APPROVED)).await;
        let Opened::Decided(DepositOutcome::Paid { reference, .. }) = opened else {
            panic!("not paid: {opened:?}");
        };
        DepositOrder { processor_reference: Some(reference), ..order }
    }

    /// A deposit that is authorised with a typed card.
    pub async fn authorized(&self, reference: &str, amount: &str) -> DepositOrder {
        let order = DepositOrder { capture: Capture::Manual, ..deposit(reference, amount) };
        let opened = self.gateway.open_with_card(&order, &card(simulator::CARD_APPROVED)).await;
        let Opened::Decided(DepositOutcome::Authorized { reference }) = opened else {
            panic!("not authorized: {opened:?}");
        };
        DepositOrder { processor_reference: Some(reference), ..order }
    }
}

/// One after the other, each with a simulator of its own. What a refused checksum does is told in the stories, where an
/// order that is refused has an end.
pub async fn each_fault(story: impl AsyncFn(Fault)) {
    for fault in Fault::ALL.into_iter().filter(|fault| *fault != Fault::ChecksumRefused) {
        story(fault).await;
    }
}

pub fn settings(running: &Running, more: &str) -> Settings {
    let least = format!(
        "base_url = '{}'\ninvoice_base_url = '{}'\npartner_id = '312'\nmember_id = '10519'\nusername = 'shop-eu'\n\
         secure_key = 'k9QmZ2vT7xLw4RbN8sYpD3hJ6fGcA1eU'\nterminal_id = '2204'\nsandbox = true\nallow_pan = true\n\
         limits = {{ per_second = 10000, breaker_failures = 1000 }}\n",
        running.base_url(),
        running.invoice_base_url()
    );
    toml::from_str(&format!("{least}{more}")).expect("settings")
}

pub fn money(major: &str, currency: &str) -> Money {
    Money::parse_major(major, Currency::find(currency).expect("a currency")).expect("an amount")
}

pub fn eur(major: &str) -> Money {
    money(major, "EUR")
}

pub fn card(number: &str) -> Card {
    Card {
        number: SecretString::from(number),
        month: 7,
        year: 2030,
        code: Some(SecretString::from("745")),
        holder: Some("Ana Kovac".to_owned()),
        brand: "VISA".to_owned(),
    }
}

pub fn ana() -> Details {
    Details {
        first_name: Some("Ana".to_owned()),
        last_name: Some("Kovač".to_owned()),
        email: Some("ana@example.org".to_owned()),
        ip_address: Some("192.0.2.10".to_owned()),
        country: Some("HR".to_owned()),
        city: Some("Split".to_owned()),
        street: Some("Riva 1".to_owned()),
        ..Details::default()
    }
}

pub fn deposit(reference: &str, amount: &str) -> DepositOrder {
    DepositOrder {
        deposit: DepositId(1),
        reference: reference.to_owned(),
        processor_reference: None,
        amount: eur(amount),
        front_end: "MyPhoneCards EUR".to_owned(),
        pin: "Bigdaddy".to_owned(),
        customer: ana(),
        method: "card".to_owned(),
        language: "en".to_owned(),
        capture: Capture::Automatic,
        urls: ReturnUrls {
            success: "https://shop.example/return".to_owned(),
            failure: "https://shop.example/return".to_owned(),
            back: "https://shop.example/back".to_owned(),
            notify: "https://shop.example/notify".to_owned(),
        },
        instrument: None,
        extra: BTreeMap::new(),
    }
}

pub fn payout(reference: &str, amount: &str) -> PayoutOrder {
    let account = [
        ("bankAccount.transferType", "IMPS"),
        ("bankAccount.bankAccountNumber", "9874563210"),
        ("bankAccount.bankAccountName", "Ana Kovac"),
        ("notify_url", "https://shop.example/notify"),
    ];
    PayoutOrder {
        payout: PayoutId(1),
        attempt: AttemptId(1),
        request_id: reference.to_owned(),
        reference: reference.to_owned(),
        amount: eur(amount),
        front_end: "MyPhoneCards EUR".to_owned(),
        pin: "Bigdaddy".to_owned(),
        customer: ana(),
        instrument: None,
        deposit_reference: None,
        extra: account.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

pub fn instrument(token: &str) -> Instrument {
    Instrument {
        issuer: ISSUER.to_owned(),
        token: token.to_owned(),
        brand: "VISA".to_owned(),
        expiry: "203007".to_owned(),
        masked: "**** 0051".to_owned(),
    }
}

/// Whether the client gets over a fault by itself, whatever it was asked.
pub fn got_over(fault: Fault) -> bool {
    matches!(fault, Fault::TokenRefused | Fault::HttpUnauthorized | Fault::Quirky)
}

/// `Paid` with an amount in minor units, whatever the payment's number.
pub fn is_paid(outcome: &DepositOutcome, minor: i64) -> bool {
    matches!(outcome, DepositOutcome::Paid { minor: told, .. } if *told == minor)
}

pub fn is_cancelled(outcome: &DepositOutcome) -> bool {
    matches!(outcome, DepositOutcome::Failed { code, .. } if code == "cancelled")
}
