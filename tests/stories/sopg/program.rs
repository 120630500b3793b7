//! The built program, run with a gateway of the test's own, and killed with signal 9.

use super::bench::{EUROS, Till};
use crate::support::{self, Scratch};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tillgate::clock::Clock;
use tillgate::processors::sopg::simulator::{self, Deliver, Fault, NoticePlan, Simulator};
use tillgate::store::{Connection, DatabaseUrl, Purpose, check};

pub struct Program {
    process: Running,
    base: String,
    config: PathBuf,
    pub http: reqwest::Client,
    pub gateway: Simulator,
    pub scratch: Scratch,
    _folder: tempfile::TempDir,
}

impl Program {
    /// With leases that end soon, since its clock can't be moved.
    pub fn new(scratch: Scratch) -> Program {
        Program::with_lease(scratch, 2)
    }

    pub fn with_lease(scratch: Scratch, seconds: i64) -> Program {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let gateway = simulator::start(listener, Clock::system(), Deliver::ByItself).expect("a gateway");
        gateway.plan_notices(NoticePlan { suppress: true, ..NoticePlan::default() });
        let folder = tempfile::tempdir().expect("a folder");
        let free = support::ports::free_address();
        let config = folder.path().join("config.toml");
        std::fs::write(&config, configuration(&scratch, &gateway, &free.to_string(), seconds))
            .expect("written");
        let browser = support::client().redirect(reqwest::redirect::Policy::none());
        Program {
            process: Running(None),
            base: format!("http://{free}"),
            config,
            http: browser.build().expect("a client"),
            gateway,
            scratch,
            _folder: folder,
        }
    }

    pub async fn starts(&mut self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tillgate"));
        command.arg("serve").env_clear().env("TILLGATE_CONFIG", &self.config);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.process = Running(Some(command.spawn().expect("the program starts")));
        let url = format!("{}/health/ready", self.base);
        self.until("it is ready", async || {
            self.http.get(&url).send().await.is_ok_and(|response| response.status() == 200)
        })
        .await;
    }

    pub fn is_killed(&mut self) {
        let mut process = self.process.0.take().expect("it runs");
        // The standard library's kill is signal 9 here.
        process.kill().expect("killed");
        process.wait().expect("gone");
    }

    /// Looks again and again until something holds.
    pub async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let ends = Instant::now() + Duration::from_secs(90);
        let mut every = tokio::time::interval(Duration::from_millis(30));
        while !holds().await {
            assert!(Instant::now() < ends, "waited in vain until {what}");
            every.tick().await;
        }
    }

    /// A call that may be cut off.
    pub async fn tries(&self, method: &str, till: Till, more: &Value) -> Option<Value> {
        let mut fields =
            json!({ "WSPassCode": "sandbox", "FrontEndName": till.front_end, "PIN": "Bigdaddy" });
        for (name, value) in more.as_object().expect("fields") {
            fields[name] = value.clone();
        }
        let request = self.http.post(format!("{}/cashier/{method}", self.base)).body(fields.to_string());
        let response = request.header("content-type", "application/json").send().await.ok()?;
        serde_json::from_str(&response.text().await.ok()?).ok()
    }

    pub async fn call(&self, method: &str, more: Value) -> Value {
        self.tries(method, EUROS, &more).await.expect("an answer")
    }

    pub async fn stands_at(&self, id: &str, status: &str) {
        self.until(status, async || {
            let reply = self.tries("GetDeposit", EUROS, &json!({ "ExtDepositID": id })).await;
            reply.is_some_and(|reply| reply["DepositStatus"] == status)
        })
        .await;
    }

    pub async fn pays(&self, panel: &str) {
        let request = self.http.post(panel).header("content-type", "application/x-www-form-urlencoded");
        let response = request.body("pin1=0000000000000015&pay=1").send().await.expect("the panel");
        let back = response.headers()["location"].to_str().expect("an address").to_owned();
        assert_eq!(self.http.get(back).send().await.expect("our page").status(), 200);
    }

    /// Sets a fault that holds a call, lets something happen, and kills the program while the call is held.
    pub async fn dies_in<T>(&mut self, fault: Fault, happens: impl AsyncFn(&Program) -> T) -> T {
        let operation = fault.operation.clone().expect("an operation");
        let calls = self.gateway.calls(&operation) + 1 + fault.skip as usize;
        self.gateway.fault(fault);
        let happened = {
            let this = &*self;
            let held = this.until("the call is held", async || this.gateway.calls(&operation) >= calls);
            tokio::pin!(held);
            let done = happens(this);
            tokio::pin!(done);
            // What happens may itself be the call that is cut off.
            tokio::select! {
                biased;
                value = &mut done => { held.await; Some(value) }
                () = &mut held => None,
            }
        };
        self.is_killed();
        let clear = format!("{}/control/faults", self.gateway.base());
        self.http.delete(clear).send().await.expect("cleared");
        self.starts().await;
        match happened {
            Some(value) => value,
            None => happens(self).await,
        }
    }

    pub async fn balance(&self) -> String {
        self.call("GetBalance", json!({})).await["Balance"].as_str().expect("a balance").to_owned()
    }

    pub fn base(&self) -> String {
        self.base.clone()
    }

    /// What is left of a program that was killed: the gateway and the database.
    pub fn leaves(self) -> (Simulator, Scratch) {
        (self.gateway, self.scratch)
    }

    pub async fn ends(mut self) {
        self.is_killed();
        let url = self.scratch.url.clone();
        let checked = tokio::task::spawn_blocking(move || {
            let mut connection = Connection::open(&url, Purpose::Read).expect("opened");
            check::run(&mut connection).expect("checked")
        });
        assert!(checked.await.expect("checked").is_sound());
        self.gateway.look(|book| book.audit().expect("the gateway's books add up"));
    }
}

/// The process, which ends with whoever started it.
struct Running(Option<Child>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut process) = self.0.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The project's own configuration, at the test's gateway and database.
fn configuration(scratch: &Scratch, gateway: &Simulator, listen: &str, lease: i64) -> String {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/config.toml");
    let mut config: toml::Table = std::fs::read_to_string(file).expect("read").parse().expect("TOML");
    let mut set = |path: &[&str], value: toml::Value| {
        let (key, tables) = path.split_last().expect("a key");
        let mut table = &mut config;
        for name in tables {
            table = table.get_mut(*name).and_then(toml::Value::as_table_mut).expect("a table");
        }
        table.insert((*key).to_owned(), value);
    };
    let url = match &scratch.url {
        DatabaseUrl::Sqlite(path) => format!("sqlite://{path}"),
        DatabaseUrl::Postgres(url) => url.clone(),
    };
    set(&["database", "url"], url.into());
    set(&["listen", "cashier"], listen.into());
    set(&["worker", "lease_seconds"], lease.into());
    // The clock of a real program can't be moved, so an order that is not known there is believed sooner; still later
    // than the longest call of every account.
    set(&["worker", "not_found_grace_seconds"], 5.into());
    let brief: toml::Table =
        "queue_timeout_ms = 500\nread_timeout_ms = 1500\ntotal_timeout_ms = 2000".parse().expect("TOML");
    set(&["paygate", "paygate", "limits"], brief.into());
    for name in ["paygate", "rest_gateway"] {
        set(&["sandbox", "simulators", name], "127.0.0.1:0".into());
    }
    set(&["sandbox", "simulators", "sopg"], "".into());
    // All that is held at once is at the gateway, and nobody is left alone for it.
    let wide: toml::Table =
        "concurrent = 1000\nper_second = 10000\nbreaker_failures = 1000".parse().expect("TOML");
    for (account, panel) in [("paysafecard", gateway.panel()), ("cash_ticket", gateway.cash_ticket_panel())] {
        let mut set = |key: &str, value: toml::Value| set(&["sopg", "accounts", account, key], value);
        set("endpoint", gateway.endpoint().into());
        set("panel", panel.into());
        set("allow_plain_http", true.into());
        set("used_payout_id_is_paid", true.into());
        set("partial_debits", true.into());
        set("modify", true.into());
        set("limits", wide.clone().into());
    }
    config.to_string()
}
