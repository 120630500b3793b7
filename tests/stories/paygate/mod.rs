//! Paygate through the whole server: the cashier's calls, the customer's browser, the platform's notices, the sweep,
//! the outbox, and a platform that goes wrong in every way it can.

mod batch;
mod browser;
mod captures;
mod deposits;
mod direct;
pub mod faults;
mod first_version;
mod kills;
mod leaks;
mod less;
mod not_captured;
mod notices;
mod ordered;
mod paused;
mod payouts;
mod process;
mod questions;
mod refunds;
mod reversals;
mod terminal;
mod twint;

use crate::support::story::{Customer, Story, settings};
use crate::support::{self, Scratch};
use serde_json::{Value, json};
use tillgate::config::Settings;
use tillgate::domain::ids::{DepositId, PayoutId};
use tillgate::domain::ledger::Account;
use tillgate::domain::money::Currency;
use tillgate::processors::paygate::simulator::{Fault, Moved, Simulator};
use tillgate::store::attempts::{self, Attempt};
use tillgate::store::{ledger, notices as stored_notices};

/// The card of most customers, the platform's published ones, and what is typed with them.
pub const CARD: &str = "4111111111111111";
pub const CHALLENGED: &str = "4000012892688323";
pub const NOT_AUTHENTICATED: &str = "4000011744135012";
pub const CHECK_VALUE: &str = "847";
pub const EUR: &str = "MyPhoneCards EUR";
pub const CHF: &str = "MyPhoneCards CHF";

/// A server whose outbox is worked off by hand, in front of a simulated platform.
pub struct House {
    pub story: Story,
    /// Stays where it is sent, to see where that is.
    pub browser: reqwest::Client,
}

/// A deposit that was opened.
#[derive(Clone, Debug)]
pub struct Opened {
    pub id: String,
    pub trace: i64,
    pub url: String,
    /// The TransID.
    pub reference: String,
}

impl House {
    pub async fn on(scratch: Scratch) -> House {
        House::with(scratch, |_| {}).await
    }

    /// For stories in which calls are never answered: it waits only a few seconds for each.
    pub async fn impatient(scratch: Scratch) -> House {
        House::with(scratch, impatient).await
    }

    pub async fn with(scratch: Scratch, change: impl FnOnce(&mut Settings)) -> House {
        let mut settings = settings(&scratch.url);
        settings.worker.enabled = false;
        for account in settings.paygate.values_mut() {
            account.limits.read_timeout_ms = 20_000;
            account.limits.total_timeout_ms = 30_000;
            account.limits.per_second = 10_000;
            account.limits.breaker_failures = 1_000;
        }
        change(&mut settings);
        let story = Story::with(scratch, settings).await;
        let browser = support::client().redirect(reqwest::redirect::Policy::none());
        House { story, browser: browser.build().expect("a client") }
    }

    pub fn simulator(&self) -> &Simulator {
        let simulators = self.story.running().simulators.as_ref().expect("a sandbox");
        simulators.paygate.as_ref().expect("Paygate's simulator")
    }

    /// Carries out everything that is due.
    pub async fn works(&self) {
        self.story.running().worker.run_once().await;
    }

    pub async fn after(&self, time: chrono::Duration) {
        self.story.advance(time);
        self.works().await;
    }

    pub async fn call(&self, method: &str, customer: &Customer, more: Value) -> Value {
        let mut fields = json!({ "FrontEndName": customer.front_end, "PIN": customer.pin });
        for (name, value) in more.as_object().expect("fields") {
            fields[name] = value.clone();
        }
        self.story.call(method, fields).await
    }

    pub async fn opens(&self, customer: &Customer, pp: &str, amount: &str, capture: &str) -> Opened {
        let trace = self.story.next_trace();
        let fields = json!({ "TraceID": trace, "PP": pp, "Amount": amount, "Capture": capture });
        let reply = self.call("CreateDeposit", customer, fields).await;
        assert_eq!(reply["Status"], 0, "{reply}");
        let id = reply["ExtDepositID"].as_str().expect("an id").to_owned();
        let url = reply["RedirectURL"].as_str().expect("an address").to_owned();
        Opened { trace, url, reference: id.replace('-', ""), id }
    }

    /// Opens the platform's page; returns where its form goes.
    pub async fn form_of(&self, opened: &Opened) -> String {
        let page =
            self.story.http().get(&opened.url).send().await.expect("a page").text().await.expect("text");
        let action = page.split("action='").nth(1).unwrap_or_else(|| panic!("no form in {page}"));
        format!("{}{}", self.simulator().base_url, action.split('\'').next().expect("an address"))
    }

    /// Fills the platform's card form in, and says where the browser is sent then.
    pub async fn types_card(&self, opened: &Opened, number: &str) -> String {
        let form = self.form_of(opened).await;
        let fields = [
            ("CardHolder", "Big Daddy"),
            ("CardNumber", number),
            ("CardExpirationMonth", "12"),
            ("CardExpirationYear", "2030"),
            ("Cccvc", CHECK_VALUE),
            ("CcBrand", "VISA"),
        ];
        self.sent_to(&form, &fields).await
    }

    pub async fn sent_to(&self, form: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.browser.post(form).form(fields).send().await.expect("an answer");
        let there = answer.headers().get("location").map(|there| there.to_str().expect("text").to_owned());
        there.unwrap_or_default()
    }

    /// The customer pays by card and comes back to our page.
    pub async fn pays(&self, opened: &Opened) -> String {
        let there = self.types_card(opened, CARD).await;
        assert!(there.starts_with(&self.story.base), "he comes back to us, not {there}");
        self.visits(&there).await
    }

    pub async fn visits(&self, url: &str) -> String {
        let page = self.story.http().get(url).send().await.expect("a page");
        page.text().await.expect("text")
    }

    /// A deposit that was paid, credited, and left its card with the customer.
    pub async fn paid_in(&self, customer: &Customer, amount: &str) -> Opened {
        let opened = self.opens(customer, "PaygateCard", amount, "automatic").await;
        self.pays(&opened).await;
        self.works().await;
        assert_eq!(self.deposit(customer, &opened).await["DepositStatus"], "Credited");
        opened
    }

    pub async fn deposit(&self, customer: &Customer, opened: &Opened) -> Value {
        self.call("GetDeposit", customer, json!({ "ExtDepositID": opened.id })).await
    }

    /// A payout as far as InProgress, where it is given to its processor.
    pub async fn pays_out(&self, customer: &Customer, pp: &str, amount: &str) -> (String, Attempt) {
        let fields = json!({ "TraceID": self.story.next_trace(), "PP": pp, "Amount": amount });
        let reply = self.call("CreatePayout", customer, fields).await;
        assert_eq!(reply["Status"], 0, "{reply}");
        let payout = reply["ExtPayoutID"].as_str().expect("an id").to_owned();
        for status in ["A", "I"] {
            assert_eq!(self.update(customer, &payout, status).await["Status"], 0, "{status}");
        }
        let attempt = self.attempts(&payout).await.pop().expect("an attempt");
        (payout, attempt)
    }

    pub async fn update(&self, customer: &Customer, payout: &str, status: &str) -> Value {
        let fields = json!({ "ExtPayoutID": payout, "Status": status, "UpdatedBy": "agent7" });
        self.call("UpdatePayout", customer, fields).await
    }

    pub async fn payout(&self, customer: &Customer, payout: &str) -> Value {
        self.call("GetPayout", customer, json!({ "ExtPayoutID": payout })).await
    }

    pub async fn attempts(&self, payout: &str) -> Vec<Attempt> {
        let id = PayoutId::parse(payout).expect("an id");
        let found = self.story.running().store.read(move |connection| attempts::of_payout(connection, id));
        found.await.expect("read")
    }

    pub fn goes_wrong(&self, trans_id: &str, fault: Fault) {
        self.simulator().next_call(trans_id, fault);
    }

    /// What the platform really moved for an order.
    pub fn moved(&self, trans_id: &str, kind: Moved) -> i64 {
        self.simulator().sum(trans_id, kind)
    }

    /// What our books say of a processor: what it holds of ours, in minor units.
    pub async fn booked(&self, processor: &str, currency: &str) -> i64 {
        let account = Account::processor(processor, Currency::find(currency).expect("a currency"));
        let read =
            self.story.running().store.read(move |connection| ledger::balance_now(connection, &account));
        -read.await.expect("read").minor()
    }

    /// Our books of the platform equal the platform's own, to the cent.
    pub async fn books_agree(&self, processor: &str, currency: &str) {
        let moved: i64 = self
            .simulator()
            .movements()
            .iter()
            .filter(|m| m.currency == currency)
            .map(|m| match m.kind {
                Moved::Capture => m.minor,
                Moved::Credit | Moved::Payout => -m.minor,
                Moved::Authorization | Moved::Reversal => 0,
            })
            .sum();
        assert_eq!(self.booked(processor, currency).await, moved, "{:#?}", self.simulator().movements());
    }

    /// Waits until the platform's notice of an order has been stored.
    pub async fn hears_of(&self, opened: &Opened, notices: i64) {
        loop {
            let reference = opened.reference.clone();
            let found = self
                .story
                .running()
                .store
                .read(move |connection| stored_notices::deliveries_of(connection, &reference));
            if found.await.expect("read") >= notices {
                return;
            }
            self.simulator().deliver().await;
            tokio::task::yield_now().await;
        }
    }

    pub async fn ends(self) {
        self.story.ends().await;
    }
}

/// Still long enough for a machine that has other things to do.
pub fn impatient(settings: &mut Settings) {
    for account in settings.paygate.values_mut() {
        account.limits.read_timeout_ms = 4_000;
        account.limits.total_timeout_ms = 5_000;
    }
}

pub fn id_of(opened: &Opened) -> DepositId {
    DepositId::parse(&opened.id).expect("an id")
}
