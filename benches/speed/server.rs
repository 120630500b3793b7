//! The product as a process of its own, on a database of its own.

use super::load;
use super::proc;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub const FRONT_END: &str = "Bench EUR";
pub const CUSTOMERS: usize = 1_000;
const PASS_CODE: &str = "bench-pass-code-0123456789";
const PLATFORM_KEY: &str = "bench-platform-key-0123456789";

pub struct Server {
    child: Child,
    pub address: SocketAddr,
    pub ready_after: Duration,
    _folder: tempfile::TempDir,
}

#[derive(Clone, Default)]
pub struct Setting<'a> {
    pub url: String,
    /// Commands of one commit; 1 is a commit for each request.
    pub batch_most: Option<usize>,
    pub writers: Option<usize>,
    /// A library that makes every flush slower.
    pub preload: Option<&'a Path>,
}

impl Server {
    pub async fn start(setting: &Setting<'_>) -> Server {
        let folder = tempfile::tempdir().expect("a folder");
        let address = free_address();
        let config = folder.path().join("config.toml");
        let mut text = format!(
            "[listen]\ncashier = '{address}'\nworkers = 2\n[database]\nurl = '{}'\nmigrate_on_start = true\n\
             [log]\nlevel = 'warn'\n[processors.map]\nCFT = {{ processor = 'CFT' }}\n\
             [[platform.keys]]\nname = 'bench'\nkey = '{PLATFORM_KEY}'\nfront_ends = ['*']\n\
             [[front_ends]]\nname = '{FRONT_END}'\ncurrency = 'EUR'\ndebit_event = 'requested'\n\
             auth = {{ pass_code = '{PASS_CODE}' }}\n",
            setting.url
        );
        if let Some(most) = setting.batch_most {
            text = text.replace("migrate_on_start", &format!("batch_most = {most}\nmigrate_on_start"));
        }
        if let Some(writers) = setting.writers {
            text = text.replace("migrate_on_start", &format!("writers = {writers}\nmigrate_on_start"));
        }
        std::fs::write(&config, text).expect("a configuration");
        let program = program();
        let mut command = Command::new(program);
        command.arg("serve").arg("--config").arg(&config).stdout(Stdio::null());
        if let Some(library) = setting.preload {
            command.env("LD_PRELOAD", library);
        }
        let started = Instant::now();
        let child = command.spawn().expect("the server starts");
        let mut server = Server { child, address, ready_after: Duration::ZERO, _folder: folder };
        server.await_ready(started).await;
        server
    }

    async fn await_ready(&mut self, started: Instant) {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let url = format!("http://{}/health/ready", self.address);
        loop {
            if let Ok(answer) = http.get(&url).send().await
                && answer.status().is_success()
            {
                self.ready_after = started.elapsed();
                return;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "the server is not ready after a minute");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Customers with more money than any run can spend.
    pub async fn fund(&self) {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let mut tasks = tokio::task::JoinSet::new();
        for first in 0..32 {
            let (http, address) = (http.clone(), self.address);
            tasks.spawn(async move {
                for number in (first..CUSTOMERS).step_by(32) {
                    let pin = pin(number);
                    let bodies = [
                        ("customers", format!(r#"{{"front_end":"{FRONT_END}","pin":"{pin}"}}"#)),
                        (
                            "adjustments",
                            format!(
                                r#"{{"front_end":"{FRONT_END}","pin":"{pin}","amount":"9000000000.00","reason":"bench"}}"#
                            ),
                        ),
                    ];
                    for (path, body) in bodies {
                        let answer = http
                            .post(format!("http://{address}/platform/v1/{path}"))
                            .bearer_auth(PLATFORM_KEY)
                            .header("idempotency-key", &pin)
                            .body(body)
                            .send()
                            .await
                            .expect("an answer");
                        assert!(answer.status().is_success(), "{path}: {}", answer.status());
                    }
                }
            });
        }
        tasks.join_all().await;
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn peak_mb(&self) -> f64 {
        proc::peak_mb(self.pid())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// The release binary beside this benchmark.
fn program() -> PathBuf {
    let own = std::env::current_exe().expect("our own path");
    let release = own.ancestors().nth(2).expect("the release folder");
    let program = release.join("tillgate");
    assert!(program.exists(), "build first: cargo build --release");
    program
}

pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

pub fn pin(number: usize) -> String {
    format!("bench{number:04}")
}

/// A number no two calls of one run share.
fn trace(salt: u64, connection: usize, turn: u64) -> u64 {
    salt * 1_000_000_000_000 + connection as u64 * 1_000_000_000 + turn + 1
}

/// A cheap spread over the customers.
fn customer(connection: usize, turn: u64) -> usize {
    let mixed = (turn.wrapping_add(connection as u64 * 7919)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 40) as usize % CUSTOMERS
}

fn create(pin: &str, trace: u64) -> String {
    format!(
        r#"{{"FrontEndName":"{FRONT_END}","PIN":"{pin}","WSPassCode":"{PASS_CODE}","TraceID":{trace},"PP":"CFT","Amount":12.00,"Fee":0.50,"CreatedBy":"INTERNET"}}"#
    )
}

/// CreatePayout in JSON on random customers.
pub fn spread(salt: u64) -> load::Script {
    Arc::new(move |connection, turn, _| {
        let body = create(&pin(customer(connection, turn)), trace(salt, connection, turn));
        load::post("/cashier/CreatePayout", "application/json", "", &body)
    })
}

/// The same, all on one customer.
pub fn hot(salt: u64, number: usize) -> load::Script {
    Arc::new(move |connection, turn, _| {
        let body = create(&pin(number), trace(salt, connection, turn));
        load::post("/cashier/CreatePayout", "application/json", "", &body)
    })
}

/// The same as SOAP 1.1.
pub fn soap(salt: u64) -> load::Script {
    Arc::new(move |connection, turn, _| {
        let (pin, trace) = (pin(customer(connection, turn)), trace(salt, connection, turn));
        let body = format!(
            "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
             <CreatePayout xmlns=\"urn:tillgate:cashier:1\"><FrontEndName>{FRONT_END}</FrontEndName><PIN>{pin}</PIN>\
             <WSPassCode>{PASS_CODE}</WSPassCode><TraceID>{trace}</TraceID><PP>CFT</PP><Amount>12.00</Amount>\
             <Fee>0.50</Fee><CreatedBy>INTERNET</CreatedBy></CreatePayout></soap:Body></soap:Envelope>"
        );
        load::post("/cashier/CreatePayout", "text/xml", "SOAPAction: \"CreatePayout\"\r\n", &body)
    })
}

/// Calls of five lives, a repeat and a refusal.
const CYCLE: u64 = 22;

/// Whole lives of payouts (created, authorized, in progress, approved) with 5 % exact repeats and 5 % refusals.
pub fn lives(salt: u64) -> load::Script {
    Arc::new(move |connection, turn, before| {
        let (life, step) = (turn / CYCLE, turn % CYCLE);
        let number = customer(connection, life * 8 + step / 4);
        let own = trace(salt, connection, turn - step % 4);
        let update = |status: &str| {
            let text = String::from_utf8_lossy(before);
            let id =
                text.split("ExtPayoutID\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("?");
            let body = format!(
                r#"{{"FrontEndName":"{FRONT_END}","PIN":"{}","WSPassCode":"{PASS_CODE}","ExtPayoutID":"{id}","Status":"{status}"}}"#,
                pin(number)
            );
            load::post("/cashier/UpdatePayout", "application/json", "", &body)
        };
        let create = |number: usize, own: u64, amount: &str| {
            let body = create(&pin(number), own).replace("12.00", amount);
            load::post("/cashier/CreatePayout", "application/json", "", &body)
        };
        match step {
            // The first call of this cycle once more, then one that nobody can pay for.
            20 => create(customer(connection, life * 8), trace(salt, connection, life * CYCLE), "12.00"),
            21 => create(number, trace(salt, connection, turn), "9000000000000.00"),
            step => match step % 4 {
                0 => create(number, own, "12.00"),
                1 => update("A"),
                2 => update("I"),
                _ => update("Y"),
            },
        }
    })
}

/// How each call of such a life ends: a repeat says that it is one, and only the last is refused.
pub fn lived() -> load::Judge {
    Arc::new(|turn, answer| match turn % CYCLE {
        20 => load::holds(answer, "\"Status\":0,") && load::holds(answer, "\"Replayed\":1"),
        21 => load::holds(answer, "\"Status\":20,"),
        _ => load::holds(answer, "\"Status\":0,"),
    })
}

pub fn health() -> load::Script {
    Arc::new(|_, _, _| b"GET /health HTTP/1.1\r\nHost: bench\r\n\r\n".to_vec())
}
