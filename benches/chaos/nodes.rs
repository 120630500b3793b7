//! Tillgate itself, as its own process: started, killed, paused, and started again when it has ended, as a supervisor
//! of a real house would.

use super::guard::{Guard, signal};
use super::ports::free_address;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Which `tillgate` is tried, and on what.
pub struct Setup {
    pub binary: PathBuf,
    pub guard: Guard,
    /// The database as the nodes reach it, and as the checks do.
    pub url: String,
    pub checks_url: String,
    /// Where the first node listens: others may have to know it before it runs.
    pub first_port: u16,
    pub log_level: &'static str,
    /// How long a node waits for a database that is away.
    pub wait_seconds: u64,
    /// More lines of the configuration.
    pub more: String,
}

pub struct Nodes {
    setup: Setup,
    nodes: Vec<Mutex<Node>>,
    /// Nodes that ended without being killed.
    pub gave_up: AtomicU64,
}

struct Node {
    name: String,
    port: u16,
    process: Option<Child>,
    /// Not before this time is it started again.
    rests_until: Instant,
}

const CONFIG: &str = r#"
[listen]
workers = 2
drain_seconds = 2
[sandbox]
enabled = true
[sandbox.simulators]
paygate = ""
sopg = ""
rest_gateway = ""
[database]
url = "sqlite://nowhere"
writers = 1
readers = 4
migrate_on_start = false
[worker]
lease_seconds = 6
not_found_grace_seconds = 4
poll_ms = 100
[[platform.keys]]
name = "chaos"
key = "chaos-platform-key"
front_ends = ["*"]
[[front_ends]]
name = "Chaos"
currency = "EUR"
debit_event = "requested"
auth = { pass_code = "chaos-pass-code" }
[processors.map]
CFT = { processor = "CFT" }
"#;

impl Nodes {
    pub fn start(setup: Setup, many: usize) -> Arc<Nodes> {
        let config = format!("{CONFIG}{}", setup.more);
        std::fs::write(setup.guard.folder().join("config.toml"), config).expect("a configuration");
        let nodes = (1..=many).map(|number| {
            Mutex::new(Node {
                name: format!("node-{number}"),
                port: if number == 1 { setup.first_port } else { free_port() },
                process: None,
                rests_until: Instant::now(),
            })
        });
        let nodes = Nodes { nodes: nodes.collect(), setup, gave_up: AtomicU64::new(0) };
        let migrated = nodes.tool(&["migrate"]);
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
        nodes.supervise();
        Arc::new(nodes)
    }

    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    pub fn base(&self, number: usize) -> String {
        format!("http://127.0.0.1:{}", self.nodes[number].lock().expect("nobody panics here").port)
    }

    /// Starts whatever is down and has rested.
    pub fn supervise(&self) {
        for node in &self.nodes {
            let mut node = node.lock().expect("nobody panics here");
            if let Some(process) = &mut node.process
                && process.try_wait().expect("it can be asked").is_some()
            {
                self.setup.guard.ended(process);
                self.gave_up.fetch_add(1, Ordering::Relaxed);
                node.process = None;
                node.rests_until = Instant::now() + Duration::from_millis(500);
            }
            if node.process.is_none() && Instant::now() >= node.rests_until {
                let mut command = self.command(&self.setup.url);
                command.arg("serve").env("TILLGATE__NODE__NAME", &node.name);
                command.env("TILLGATE__LISTEN__CASHIER", format!("127.0.0.1:{}", node.port));
                let log = self.setup.guard.folder().join(format!("{}.log", node.name));
                let log = std::fs::File::options().create(true).append(true).open(log).expect("a log");
                command.stdout(log.try_clone().expect("a log")).stderr(log);
                node.process = Some(self.setup.guard.spawn(&mut command));
            }
        }
    }

    /// SIGKILL, and a rest before it is started again.
    pub fn kill(&self, number: usize, rest: Duration) -> bool {
        let mut node = self.nodes[number].lock().expect("nobody panics here");
        let Some(mut process) = node.process.take() else { return false };
        process.kill().expect("it can be killed");
        process.wait().expect("it ends");
        self.setup.guard.ended(&process);
        node.rests_until = Instant::now() + rest;
        true
    }

    pub fn pause(&self, number: usize) -> Option<u32> {
        let node = self.nodes[number].lock().expect("nobody panics here");
        let pid = node.process.as_ref()?.id();
        signal("STOP", pid);
        Some(pid)
    }

    /// Lets a paused node go on, if it is still the one that was paused.
    pub fn resume(&self, number: usize, pid: u32) {
        let node = self.nodes[number].lock().expect("nobody panics here");
        if node.process.as_ref().is_some_and(|process| process.id() == pid) {
            signal("CONT", pid);
        }
    }

    /// Runs a command of the command line on the database itself.
    pub fn tool(&self, arguments: &[&str]) -> Output {
        self.command(&self.setup.checks_url).args(arguments).output().expect("it runs")
    }

    /// What the nodes complained of.
    pub fn complaints(&self) -> String {
        let logs = (1..=self.nodes.len()).map(|number| {
            let log = self.setup.guard.folder().join(format!("node-{number}.log"));
            std::fs::read_to_string(log).unwrap_or_default()
        });
        logs.collect()
    }

    fn command(&self, url: &str) -> Command {
        let mut command = Command::new(&self.setup.binary);
        command.arg("--config").arg(self.setup.guard.folder().join("config.toml"));
        command.env("TILLGATE__DATABASE__URL", url).env("TILLGATE__LOG__LEVEL", self.setup.log_level);
        command.env("TILLGATE__DATABASE__WAIT_SECONDS", self.setup.wait_seconds.to_string());
        command.stdin(Stdio::null());
        command
    }
}

pub fn free_port() -> u16 {
    free_address().port()
}
