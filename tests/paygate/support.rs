//! A simulated platform, an account that talks to it, and a customer who owns a card.

use chrono::{DateTime, TimeZone, Utc};
use std::collections::BTreeMap;
use std::net::TcpListener;
use tillgate::clock::{Clock, Entropy};
use tillgate::domain::customer::{Details, Instrument};
use tillgate::domain::ids::{AttemptId, DepositId, PayoutId};
use tillgate::domain::money::{Currency, Money};
use tillgate::processors::paygate::simulator::{Merchant, Simulator};
use tillgate::processors::paygate::{Paygate, Settings};
use tillgate::processors::{Capture, DepositOrder, PayoutOrder, ReturnUrls};

pub const CARD: &str = "4111111111111111";
pub const EXPIRY: &str = "203012";

pub struct Story {
    pub simulator: Simulator,
    pub paygate: Paygate,
    pub clock: Clock,
    pub browser: reqwest::Client,
}

pub fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).unwrap()
}

pub fn euro(minor: i64) -> Money {
    Money::from_minor(minor, Currency::find("EUR").unwrap())
}

pub fn settings(base_url: &str, merchant: &Merchant, more: &str) -> Settings {
    let text = format!(
        "base_url = '{base_url}'\nmerchant_id = '{}'\nencryption_key = '{}'\nmac_key = '{}'\nhttps_only = false\n\
         limits = {{ read_timeout_ms = 20000, total_timeout_ms = 30000, per_second = 10000, breaker_failures = 1000 }}\n{more}",
        merchant.id, merchant.password, merchant.mac_password
    );
    toml::from_str(&text).expect("settings")
}

impl Story {
    pub fn begin() -> Story {
        Story::with(Merchant::default(), "")
    }

    /// Waits only a few seconds for each call, for stories in which some are never answered.
    pub fn impatient() -> Story {
        let mut story = Story::begin();
        let mut settings = settings(&story.simulator.base_url, &Merchant::default(), "");
        (settings.limits.read_timeout_ms, settings.limits.total_timeout_ms) = (4_000, 5_000);
        story.paygate = Paygate::new(settings, story.clock.clone(), Entropy::seeded(8)).unwrap();
        story
    }

    /// With switches of the merchant at the platform, and more lines of our settings.
    pub fn with(merchant: Merchant, more: &str) -> Story {
        let clock = Clock::frozen_at(noon());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let simulator =
            Simulator::start(listener, vec![merchant.clone()], clock.clone(), Entropy::seeded(7)).unwrap();
        let settings = settings(&simulator.base_url, &merchant, more);
        let paygate = Paygate::new(settings, clock.clone(), Entropy::seeded(8)).unwrap();
        let browser = crate::support::client().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Story { simulator, paygate, clock, browser }
    }

    pub fn payout(&self, number: i64, minor: i64) -> PayoutOrder {
        PayoutOrder {
            payout: PayoutId(number),
            attempt: AttemptId(number),
            request_id: format!("request-{number}"),
            reference: AttemptId(number).to_string(),
            amount: euro(minor),
            front_end: "Phone Cards EUR".to_owned(),
            pin: "Bigdaddy".to_owned(),
            customer: customer(),
            instrument: Some(Instrument {
                issuer: "paygate".to_owned(),
                token: self.simulator.store_card(CARD, EXPIRY, "VISA"),
                brand: "Visa".to_owned(),
                expiry: EXPIRY.to_owned(),
                masked: "**** 1111".to_owned(),
            }),
            deposit_reference: None,
            extra: BTreeMap::new(),
        }
    }

    pub fn deposit(&self, number: i64, minor: i64, capture: Capture, notify: &str) -> DepositOrder {
        let at = |page: &str| format!("{}/shop/{page}", self.simulator.base_url);
        DepositOrder {
            deposit: DepositId(number),
            reference: DepositId(number).to_string(),
            processor_reference: None,
            amount: euro(minor),
            front_end: "Phone Cards EUR".to_owned(),
            pin: "Bigdaddy".to_owned(),
            customer: customer(),
            method: "card".to_owned(),
            language: "en".to_owned(),
            capture,
            urls: ReturnUrls {
                success: at("success"),
                failure: at("failure"),
                back: at("back"),
                notify: notify.to_owned(),
            },
            instrument: None,
            extra: BTreeMap::new(),
        }
    }
}

pub fn customer() -> Details {
    Details {
        first_name: Some("Jürgen".to_owned()),
        last_name: Some("Großmann".to_owned()),
        city: Some("Köln".to_owned()),
        country: Some("DE".to_owned()),
        email: Some("big@example.com".to_owned()),
        ..Details::default()
    }
}
