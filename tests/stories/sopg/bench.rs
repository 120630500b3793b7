//! A server and a gateway of the test's own, both on clocks that stand still, the worker stepped by hand.

use crate::support::story::{self, Customer, Story};
use crate::support::{self, Scratch};
use chrono::{Duration, TimeZone, Utc};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use tillgate::clock::Clock;
use tillgate::config::Settings;
use tillgate::domain::ledger::Account;
use tillgate::domain::money::Currency;
use tillgate::processors::sopg::simulator::{self, Deliver, Fault, Kind, NoticePlan, Simulator};
use tillgate::store::ledger;

/// A brand in a currency, with an amount and a test card that can pay it often.
#[derive(Clone, Copy, Debug)]
pub struct Till {
    pub pp: &'static str,
    pub front_end: &'static str,
    pub currency: &'static str,
    pub amount: &'static str,
    pub card: &'static str,
}

const fn till(pp: &'static str, front_end: &'static str, currency: &'static str) -> Till {
    let euro = matches!(currency.as_bytes(), b"EUR");
    let (amount, card) = if euro { ("5.00", "0000000000000015") } else { ("0.50", "0000000000000022") };
    Till { pp, front_end, currency, amount, card }
}

/// Both brands, which are both demo accounts, in both currencies.
pub const TILLS: [Till; 4] = [
    till("paysafecard", "MyPhoneCards EUR", "EUR"),
    till("paysafecard", "MyPhoneCards GBP", "GBP"),
    till("Cash-Ticket", "MyPhoneCards EUR", "EUR"),
    till("Cash-Ticket", "MyPhoneCards GBP", "GBP"),
];
pub const EUROS: Till = TILLS[0];

pub struct Bench {
    pub story: Story,
    pub gateway: Simulator,
    /// A browser that stays where it is sent from.
    pub browser: reqwest::Client,
    customers: AtomicU64,
}

/// A deposit and how its customer can pay it.
#[derive(Clone, Debug)]
pub struct Paying {
    pub till: Till,
    pub customer: Customer,
    pub trace: i64,
    pub id: String,
    pub panel: String,
    pub mtid: String,
}

pub fn gateway() -> Simulator {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clock = Clock::frozen_at(Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).single().expect("a time"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    simulator::start(listener, clock, Deliver::OnDemand).expect("a gateway")
}

/// The server's settings with both accounts at the gateway.
pub fn settings(scratch: &Scratch, gateway: &Simulator) -> Settings {
    let mut settings = story::settings(&scratch.url);
    settings.worker.enabled = false;
    settings.sandbox.simulators.sopg = String::new();
    for (name, account) in &mut settings.sopg.accounts {
        account.endpoint = gateway.endpoint();
        let cash_ticket = name == "cash_ticket";
        account.panel = if cash_ticket { gateway.cash_ticket_panel() } else { gateway.panel() };
        account.allow_plain_http = true;
        account.ask_again_after_ms = vec![0, 0, 0];
        account.timeout_ms = 20_000;
        account.partial_debits = true;
        account.limits.per_second = 10_000;
        account.limits.breaker_failures = 1_000;
    }
    settings
}

/// For stories in which calls are never answered: each is waited for a few seconds only, which is still long enough for
/// a machine that has other things to do.
pub fn impatient(settings: &mut Settings) {
    settings.sopg.accounts.values_mut().for_each(|account| account.timeout_ms = 4_000);
}

/// The gateway's own, shorter window: an account with a minute to fetch the money.
pub fn with_a_minute(settings: &mut Settings) {
    let account = settings.sopg.accounts.get_mut("paysafecard").expect("the account");
    account.username = "psc_example_shop_test".to_owned();
    account.password = Some("example-password".into());
}

impl Bench {
    pub async fn on(scratch: Scratch) -> Bench {
        Bench::with(scratch, |_| {}).await
    }

    pub async fn with(scratch: Scratch, change: impl FnOnce(&mut Settings)) -> Bench {
        let gateway = gateway();
        let mut settings = settings(&scratch, &gateway);
        change(&mut settings);
        let story = Story::with(scratch, settings).await;
        let browser = support::client().redirect(reqwest::redirect::Policy::none());
        let browser = browser.build().expect("a client");
        Bench { story, gateway, browser, customers: AtomicU64::new(1) }
    }

    /// A customer without money, known well enough to be paid out to.
    pub async fn customer(&self, till: Till) -> Customer {
        let number = self.customers.fetch_add(1, Ordering::SeqCst);
        self.named(till, &format!("customer{number}@customer.example")).await
    }

    /// A payout of 14.65 that waits to be given to the gateway.
    pub async fn gives_out(&self, customer: &Customer) -> Value {
        let mut about = json!({ "FrontEndName": customer.front_end, "PIN": customer.pin });
        let mut create = about.clone();
        create["TraceID"] = self.story.next_trace().into();
        create["PP"] = json!("paysafecard");
        create["Amount"] = json!("14.65");
        about["ExtPayoutID"] = self.story.call("CreatePayout", create).await["ExtPayoutID"].clone();
        for letter in ["A", "I"] {
            let mut update = about.clone();
            update["Status"] = json!(letter);
            assert_eq!(self.story.call("UpdatePayout", update).await["Status"], 0);
        }
        about
    }

    pub async fn named(&self, till: Till, email: &str) -> Customer {
        let number = self.customers.fetch_add(1, Ordering::SeqCst);
        let pin = format!("Player{number}");
        let details =
            json!({ "first_name": "Jané", "last_name": "O'Doe", "email": email, "born": "1990-02-28" });
        let body = json!({ "front_end": till.front_end, "pin": pin, "details": details });
        self.story.platform("customers", &format!("add-{}-{pin}", till.front_end), body).await;
        Customer { front_end: till.front_end.to_owned(), pin }
    }

    pub async fn create(&self, till: Till, customer: &Customer, trace: i64, more: Value) -> Value {
        let mut fields = json!({
            "FrontEndName": customer.front_end, "PIN": customer.pin, "TraceID": trace, "PP": till.pp,
            "Amount": till.amount, "Currency": till.currency, "Language": "en",
        });
        for (name, value) in more.as_object().expect("fields") {
            fields[name] = value.clone();
        }
        self.story.call("CreateDeposit", fields).await
    }

    /// Opens a deposit as a cashier does: asked to repeat, it repeats.
    pub async fn opens(&self, till: Till) -> Paying {
        self.opens_with(till, json!({})).await
    }

    pub async fn opens_with(&self, till: Till, more: Value) -> Paying {
        let (customer, trace) = (self.customer(till).await, self.story.next_trace());
        let mut reply = self.create(till, &customer, trace, more.clone()).await;
        for _ in 0..5 {
            if reply["Status"] != -1 {
                break;
            }
            reply = self.create(till, &customer, trace, more.clone()).await;
        }
        assert_eq!(reply["Status"], 0, "{till:?}: {reply}");
        let panel = reply["RedirectURL"].as_str().expect("a way to pay").to_owned();
        let id = reply["ExtDepositID"].as_str().expect("an id").to_owned();
        let url = reqwest::Url::parse(&panel).expect("an address");
        let mtid = url.query_pairs().find(|(name, _)| name == "mtid").expect("an mtid").1.into_owned();
        Paying { till, customer, trace, id, panel, mtid }
    }

    /// Pays at the panel; the address it sends the browser to.
    pub async fn pays(&self, paying: &Paying) -> String {
        self.submits(paying, &format!("pin1={}&pay=1", paying.till.card)).await
    }

    pub async fn presses_cancel(&self, paying: &Paying) -> String {
        self.submits(paying, "cancel=1").await
    }

    pub async fn submits(&self, paying: &Paying, form: &str) -> String {
        let request = self.browser.post(&paying.panel).body(form.to_owned());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let response = request.send().await.expect("the panel");
        let status = response.status();
        let location = response.headers().get("location").and_then(|value| value.to_str().ok());
        let location = location.map(str::to_owned);
        location.unwrap_or_else(|| panic!("the panel answered {status}"))
    }

    /// The browser opens one of our pages.
    pub async fn visits(&self, url: &str) -> String {
        let response = self.browser.get(url).send().await.expect("our page");
        assert_eq!(response.status(), 200, "{url}");
        response.text().await.expect("a page")
    }

    pub async fn deposit(&self, paying: &Paying) -> Value {
        let reply = self.call(paying, "GetDeposit", json!({})).await;
        assert_eq!(reply["Status"], 0, "{reply}");
        reply
    }

    pub async fn status(&self, paying: &Paying) -> String {
        self.deposit(paying).await["DepositStatus"].as_str().expect("a status").to_owned()
    }

    /// A call about a deposit.
    pub async fn call(&self, paying: &Paying, method: &str, more: Value) -> Value {
        let mut fields = json!({
            "FrontEndName": paying.customer.front_end, "PIN": paying.customer.pin, "ExtDepositID": paying.id,
        });
        for (name, value) in more.as_object().expect("fields") {
            fields[name] = value.clone();
        }
        self.story.call(method, fields).await
    }

    pub async fn works(&self) -> usize {
        self.story.running().worker.run_once().await
    }

    pub fn passes(&self, seconds: i64) {
        self.story.advance(Duration::seconds(seconds));
        self.gateway.advance(Duration::seconds(seconds));
    }

    /// Works and lets time pass, as often as it takes, and says where the deposit stands then.
    pub async fn settles(&self, paying: &Paying) -> String {
        for _ in 0..12 {
            self.works().await;
            let status = self.status(paying).await;
            if !matches!(status.as_str(), "Pending" | "Settling") {
                return status;
            }
            self.passes(20);
        }
        self.status(paying).await
    }

    /// The deposit is credited, once, and only once debited.
    pub async fn is_credited_once(&self, paying: &Paying, what: &str) {
        let deposit = self.deposit(paying).await;
        assert_eq!(deposit["DepositStatus"], "Credited", "{what}: {deposit}");
        assert_eq!(deposit["CapturedAmount"], paying.till.amount, "{what}");
        let postings = deposit["Postings"].as_str().unwrap_or_default();
        assert_eq!(postings.matches("deposit_credited").count(), 2, "{what}: {postings}");
        assert_eq!(self.story.balance(&paying.customer).await, paying.till.amount, "{what}");
        assert_eq!(self.letter(paying), "O", "{what}");
    }

    /// No money came, and nobody says otherwise.
    pub async fn has_nothing(&self, paying: &Paying, status: &str, what: &str) {
        assert_eq!(self.status(paying).await, status, "{what}");
        assert_eq!(self.story.balance(&paying.customer).await, "0.00", "{what}");
        let debited = self.gateway.look(|book| {
            let mut all = book.dispositions.iter();
            all.find(|known| known.mtid == paying.mtid).map_or(0, |known| known.debited)
        });
        assert_eq!(debited, 0, "{what}");
    }

    pub fn letter(&self, paying: &Paying) -> String {
        self.gateway.letter(&paying.mtid).map(|letter| letter.text().to_owned()).unwrap_or_default()
    }

    pub fn fails(&self, operation: &str, kind: Kind, times: u32) {
        self.gateway.fault(Fault::new(operation, kind).times(times));
    }

    /// Takes all faults back, and lets go of calls that are held.
    pub async fn clears_faults(&self) {
        let url = format!("{}/control/faults", self.gateway.base());
        self.browser.delete(url).send().await.expect("cleared");
    }

    pub fn tells_nobody(&self) {
        self.gateway.plan_notices(NoticePlan { suppress: true, ..NoticePlan::default() });
    }

    /// To the cent: what the gateway took and paid out is what our ledger says of it.
    pub async fn books_agree(&self) {
        for code in ["EUR", "GBP"] {
            let theirs = self.gateway.look(|book| {
                book.audit().expect("the gateway's books add up");
                let paid_out: i64 = book.merchants.iter().map(|m| book.paid_out(&m.username, code)).sum();
                book.taken(code) - paid_out
            });
            let currency = Currency::find(code).expect("a currency");
            let ours = self.story.running().store.read(move |connection| {
                let mut sum = 0;
                for name in ["paysafecard", "Cash-Ticket"] {
                    sum -= ledger::balance_now(connection, &Account::processor(name, currency))?.minor();
                    sum -= ledger::balance_now(connection, &Account::suspense(name, currency))?.minor();
                }
                Ok(sum)
            });
            assert_eq!(ours.await.expect("read"), theirs, "{code}");
        }
    }

    /// Everything agrees, and everything is sound.
    pub async fn ends(self) {
        self.books_agree().await;
        self.story.ends().await;
        self.gateway.stop().await;
    }
}
