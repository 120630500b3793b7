//! The program itself: a server and the platform's simulator, each a process of its own that can be killed.

use crate::support;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tillgate::store::DatabaseUrl;

pub struct Platform {
    child: Child,
    pub base_url: String,
}

impl Platform {
    pub fn start() -> Platform {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tillgate"));
        command
            .args(["sandbox", "paygate", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("the simulator starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("piped");
        BufReader::new(out).read_line(&mut line).expect("a greeting");
        let base_url = line.split(" at ").nth(1).expect("an address").trim().to_owned();
        Platform { child, base_url }
    }

    pub async fn books(&self, http: &reqwest::Client) -> Value {
        // A connection that is kept for the next time may be closed at the moment in which it comes.
        let books = http.get(format!("{}/control/books", self.base_url)).header("connection", "close");
        let books = books.send().await.expect("books");
        books.json().await.expect("JSON")
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One server process after another on one address and one database.
pub struct Server {
    child: Option<Child>,
    address: String,
    pub base: String,
    environment: Vec<(String, String)>,
    log: std::path::PathBuf,
    pub http: reqwest::Client,
}

impl Server {
    /// `paygate` is where the platform is reached.
    pub fn new(url: &DatabaseUrl, paygate: &str, folder: &Path, more: &[(&str, &str)]) -> Server {
        // Whoever came first installed the same provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let address = support::ports::free_address().to_string();
        let url = match url {
            DatabaseUrl::Sqlite(path) => format!("sqlite://{path}"),
            DatabaseUrl::Postgres(url) => url.clone(),
        };
        let settings = [
            ("DATABASE__URL", url.as_str()),
            ("DATABASE__MIGRATE_ON_START", "false"),
            ("LISTEN__CASHIER", &address),
            ("LISTEN__WORKERS", "1"),
            ("SANDBOX__SIMULATORS__PAYGATE", ""),
            ("SANDBOX__SIMULATORS__SOPG", "127.0.0.1:0"),
            ("SANDBOX__SIMULATORS__REST_GATEWAY", "127.0.0.1:0"),
            ("PAYGATE__PAYGATE__BASE_URL", paygate),
            ("PAYGATE__PAYGATE__HTTPS_ONLY", "false"),
            ("PAYGATE__PAYGATE__MERCHANT_ID", "sandbox_shop"),
            ("PAYGATE__PAYGATE__ENCRYPTION_KEY", "sandbox-encryption"),
            ("PAYGATE__PAYGATE__MAC_KEY", "sandbox-mac-password-of-32-chars"),
            ("PAYGATE__PAYGATE__LIMITS__READ_TIMEOUT_MS", "2000"),
            ("PAYGATE__PAYGATE__LIMITS__TOTAL_TIMEOUT_MS", "2500"),
            ("PAYGATE__PAYGATE__LIMITS__QUEUE_TIMEOUT_MS", "500"),
            ("WORKER__LEASE_SECONDS", "4"),
            ("WORKER__NOT_FOUND_GRACE_SECONDS", "4"),
        ];
        let named = |(name, value): (&str, &str)| (format!("TILLGATE__{name}"), value.to_owned());
        let environment = settings.into_iter().chain(more.iter().copied()).map(named).collect();
        let http = support::client().timeout(Duration::from_secs(120)).build().expect("a client");
        let base = format!("http://{address}");
        Server { child: None, address, base, environment, log: folder.join("server.log"), http }
    }

    pub async fn start(&mut self, worker: bool) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&self.log).expect("a log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_tillgate"));
        command.args(["serve", "--config", concat!(env!("CARGO_MANIFEST_DIR"), "/config.toml")]);
        command.env_clear().envs(self.environment.iter().cloned());
        command.env("TILLGATE__WORKER__ENABLED", worker.to_string());
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("the log")).stderr(log);
        self.child = Some(command.spawn().expect("the server starts"));
        let ready = format!("{}/health/ready", self.base);
        self.until("the server is ready", async || {
            self.http.get(&ready).send().await.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("killed");
        child.wait().expect("it ended");
    }

    /// `kill -STOP`: it does nothing until it is woken, and knows nothing of the time between.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    pub fn wake(&self) {
        self.signal("CONT");
    }

    /// Ends by itself, after what is under way.
    pub async fn ends(&mut self) {
        self.signal("TERM");
        let mut child = self.child.take().expect("it runs");
        self.until("it has ended", async || child.try_wait().expect("asked").is_some()).await;
    }

    fn signal(&self, name: &str) {
        let id = self.child.as_ref().expect("it runs").id().to_string();
        let sent = Command::new("kill").args([format!("-{name}"), id]).status().expect("a signal");
        assert!(sent.success(), "{name}");
    }

    /// How many of its calls to an endpoint of the platform have ended in a way.
    pub async fn ended_calls(&self, endpoint: &str, end: &str) -> u64 {
        let text = self.http.get(format!("{}/metrics", self.base)).send().await.expect("metrics");
        let text = text.text().await.expect("text");
        let about = |line: &&str| {
            line.starts_with("tillgate_processor_calls_total")
                && line.contains(endpoint)
                && line.contains(end)
        };
        text.lines().filter(about).filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    pub fn log(&self) -> Vec<u8> {
        std::fs::read(&self.log).expect("a log")
    }

    pub async fn call(&self, method: &str, mut fields: Value) -> Value {
        fields["WSPassCode"] = json!("sandbox");
        let request = self.http.post(format!("{}/cashier/{method}", self.base));
        let request = request.header("content-type", "application/json").body(fields.to_string());
        let answer = request.send().await.expect("an answer").text().await.expect("a body");
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("JSON was answered, not {answer}"))
    }

    /// Waits until something is so. Processes tell nobody when they are through.
    pub async fn until(&self, what: &str, mut so: impl AsyncFnMut() -> bool) {
        let ends = Instant::now() + Duration::from_secs(150);
        while !so().await {
            let log =
                || String::from_utf8_lossy(&self.log()).lines().rev().take(30).collect::<Vec<_>>().join("\n");
            assert!(Instant::now() < ends, "{what} on {}: not so\n{}", self.address, log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
