//! Stories of money at the REST gateway: entered by the cashier's door, with a simulator that outlives the server.

mod browser;
mod by_hand;
mod cards;
mod charges;
mod faults;
mod faults_by_hand;
mod installations;
mod invoices;
mod notices;
pub mod payouts;
mod refunds;
mod registrations;
mod restarts;
mod twins;
mod yen;

use crate::support::Scratch;
use crate::support::story::{Customer, Story, noon, settings};
use chrono::Duration;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::Mutex;
use tillgate::clock::{Clock, Entropy};
use tillgate::config::Settings;
use tillgate::processors::rest_gateway::simulator::{
    self, CARD_APPROVED, Decision, Delivery, Manner, Payment, Running, Setup, Simulator,
};

pub const FRONT_END: &str = "Flows EUR InProgress";

/// A server, its gateway, and a customer who begins with nothing.
pub struct Stage {
    pub story: Story,
    pub gateway: Running,
    pub simulator: Simulator,
    pub ana: Customer,
    /// Who came besides her; their books are looked through with hers.
    others: Mutex<Vec<Customer>>,
}

impl Stage {
    pub async fn on(scratch: Scratch) -> Stage {
        Stage::with(scratch, |_| {}).await
    }

    /// The worker is stepped by hand and callbacks wait until they are delivered, unless `change` says otherwise.
    pub async fn with(scratch: Scratch, change: impl FnOnce(&mut Settings)) -> Stage {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock: Clock = noon();
        let simulator = Simulator::new(Setup::default(), clock.clone(), Entropy::seeded(11));
        // Every callback comes twice and the newest first.
        let manner = Manner { delivery: Delivery::Held, copies: 2, newest_first: true, ..Manner::default() };
        simulator.set_callbacks(manner);
        simulator.switch(|switches| switches.multiple_refund = true);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let gateway = simulator::start(listener, simulator.clone()).expect("a simulator");
        let mut settings = settings(&scratch.url);
        settings.worker.enabled = false;
        settings.sandbox.simulators.paygate.clear();
        settings.sandbox.simulators.sopg.clear();
        settings.sandbox.simulators.rest_gateway.clear();
        let account = settings.rest_gateway.get_mut("rest").expect("an account");
        account.base_url = gateway.base_url();
        account.invoice_base_url = Some(gateway.invoice_base_url());
        account.sandbox = true;
        account.allow_pan = true;
        account.payment_timeout_ms = 20_000;
        account.read_timeout_ms = 20_000;
        account.limits.per_second = 10_000;
        account.limits.breaker_failures = 1_000;
        // The other processors play no part here.
        settings.paygate.clear();
        settings.sopg.accounts.clear();
        settings
            .processors
            .map
            .retain(|_, mapping| mapping.account.as_ref().is_none_or(|account| account == "rest"));
        change(&mut settings);
        let story = Story::at(scratch, settings, clock).await;
        let ana = newcomer(&story, "Ana").await;
        Stage { story, gateway, simulator, ana, others: Mutex::default() }
    }

    /// One more customer who owns nothing.
    pub async fn arrives(&self, pin: &str) -> Customer {
        let customer = newcomer(&self.story, pin).await;
        self.others.lock().expect("unpoisoned").push(customer.clone());
        customer
    }

    /// A call about our customer.
    pub async fn call(&self, method: &str, fields: Value) -> Value {
        self.call_of(&self.ana, method, fields).await
    }

    pub async fn call_of(&self, customer: &Customer, method: &str, mut fields: Value) -> Value {
        fields["FrontEndName"] = json!(customer.front_end);
        fields["PIN"] = json!(customer.pin);
        self.story.call(method, fields).await
    }

    /// Calls until the answer is final, letting time pass between the repeats as the cashier does.
    pub async fn insists(&self, method: &str, fields: Value) -> Value {
        self.insists_of(&self.ana, method, fields).await
    }

    pub async fn insists_of(&self, customer: &Customer, method: &str, fields: Value) -> Value {
        for _ in 0..12 {
            let reply = self.call_of(customer, method, fields.clone()).await;
            if reply["Status"] != -1 {
                return reply;
            }
            self.later(5).await;
        }
        panic!("{method} is never answered: {fields}");
    }

    /// Minutes pass, and what is due then is done.
    pub async fn later(&self, minutes: i64) {
        self.story.advance(Duration::minutes(minutes));
        self.works().await;
    }

    pub async fn works(&self) {
        self.story.running().worker.run_once().await;
    }

    /// Callbacks arrive, and what they hurry is done.
    pub async fn hears(&self) {
        self.simulator.deliver().await;
        self.works().await;
    }

    pub async fn get(&self, deposit: &str) -> Value {
        let reply = self.call("GetDeposit", json!({ "ExtDepositID": deposit })).await;
        assert_eq!(reply["Status"], 0, "{reply}");
        reply
    }

    pub async fn status(&self, deposit: &str) -> String {
        self.get(deposit).await["DepositStatus"].as_str().expect("a status").to_owned()
    }

    /// Lets hours pass until the deposit is no longer open.
    pub async fn ends_as(&self, deposit: &str) -> String {
        for _ in 0..24 {
            self.works().await;
            let status = self.status(deposit).await;
            if status != "Pending" && status != "Settling" {
                return status;
            }
            self.later(15).await;
        }
        panic!("{deposit} never ends");
    }

    /// The balance in cents.
    pub async fn balance(&self) -> i64 {
        cents(&self.story.balance(&self.ana).await)
    }

    /// The newest payment of a deposit that has our reference.
    pub fn payment(&self, deposit: &str) -> Option<Payment> {
        self.simulator.payment(&reference(deposit))
    }

    pub fn customer_pays(&self, deposit: &str) {
        let payment = self.payment(deposit).expect("a payment");
        self.simulator.customer_decides(payment.id, Decision::Pay).expect("he is expected");
    }

    /// A deposit that is paid with a typed card.
    pub async fn paid(&self, amount: &str) -> String {
        let reply = self.insists("CreateDeposit", self.card(amount, CARD_APPROVED)).await;
        assert_eq!((&reply["Status"], &reply["DepositStatus"]), (&json!(0), &json!("Credited")), "{reply}");
        id(&reply)
    }

    /// The fields of a deposit with a typed card.
    pub fn card(&self, amount: &str, number: &str) -> Value {
        json!({
            "TraceID": self.story.next_trace(), "PP": "RestCard", "Amount": amount,
            "CardNumber": number, "CardExpiry": "07/2030", "CardCode": "745", "CardHolder": "Ana Kovac",
        })
    }

    pub fn wish(&self, pp: &str, amount: &str) -> Value {
        json!({ "TraceID": self.story.next_trace(), "PP": pp, "Amount": amount })
    }

    /// The gateway's books and ours agree to the cent, and the ledger and the audit chain are whole.
    pub async fn ends(self) {
        let totals = self.simulator.books().totals("EUR");
        let theirs = totals.captured - totals.refunded - totals.charged_back - totals.paid_out;
        let mut ours = self.balance().await;
        let others = std::mem::take(&mut *self.others.lock().expect("unpoisoned"));
        for customer in &others {
            ours += cents(&self.story.balance(customer).await);
        }
        assert_eq!(ours, theirs, "{totals:?}");
        self.story.ends().await;
        self.gateway.stop().await;
    }
}

/// For stories in which calls are never answered: each is waited for a few seconds only, which is still long enough for
/// a machine that has other things to do.
pub fn impatient(settings: &mut Settings) {
    let account = settings.rest_gateway.get_mut("rest").expect("an account");
    (account.payment_timeout_ms, account.read_timeout_ms) = (3_000, 3_000);
}

/// What a deposit is called at the gateway: by the merchant's number and our id.
pub fn reference(deposit: &str) -> String {
    format!("10519-{}", deposit.replace('-', ""))
}

/// A customer who owns nothing.
pub async fn newcomer(story: &Story, pin: &str) -> Customer {
    story
        .platform(
            "customers",
            &format!("add-{pin}"),
            json!({ "front_end": FRONT_END, "pin": pin, "details": { "first_name": pin } }),
        )
        .await;
    Customer { front_end: FRONT_END.to_owned(), pin: pin.to_owned() }
}

pub fn id(reply: &Value) -> String {
    reply["ExtDepositID"].as_str().unwrap_or_else(|| panic!("an id in {reply}")).to_owned()
}

pub fn cents(amount: &str) -> i64 {
    amount.replace('.', "").parse().expect("an amount")
}

/// The same fields with more.
pub fn and(mut fields: Value, more: Value) -> Value {
    for (name, value) in more.as_object().expect("fields") {
        fields[name] = value.clone();
    }
    fields
}
